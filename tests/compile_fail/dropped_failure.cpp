// expect: ignoring return value|unused-result
#include "binlog/base/result.hpp"

// Making an Error and not returning it loses it.
binferry::Status load() {
#ifdef WRONG
  binferry::fail(binferry::Errc::io, "it broke");
  return {};
#else
  return binferry::fail(binferry::Errc::io, "it broke");
#endif
}
