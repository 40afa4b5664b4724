// expect: no matching function|no matching constructor|could not convert
#include "binlog/base/byte_reader.hpp"

// A reader without an end is what it exists to prevent.
unsigned first(const std::uint8_t* data, std::size_t size) {
#ifdef WRONG
  (void)size;
  return binferry::ByteReader(data).u8();
#else
  return binferry::ByteReader(binferry::Bytes(data, size)).u8();
#endif
}
