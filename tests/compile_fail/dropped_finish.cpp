// expect: ignoring return value|unused-result
#include "binlog/base/byte_reader.hpp"

// finish() is where a sticky failure comes out; not asking it is not noticing.
binferry::Status read(binferry::Bytes bytes) {
  binferry::ByteReader reader(bytes);
  reader.u32();
#ifdef WRONG
  reader.finish("number");
  return {};
#else
  return reader.finish("number");
#endif
}
