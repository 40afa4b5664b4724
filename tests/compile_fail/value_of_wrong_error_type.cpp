// expect: could not convert|no viable conversion|cannot convert
#include "binlog/base/result.hpp"

// A bare message is not an error: it has no code, and so no exit code and no retry decision.
binferry::Status load() {
#ifdef WRONG
  return std::unexpected(std::string("it broke"));
#else
  return binferry::fail(binferry::Errc::io, "it broke");
#endif
}
