// expect: use of deleted function|call to deleted member function
#include "binlog/base/byte_writer.hpp"

// The bytes would be gone before the view is read.
binferry::Bytes view() {
#ifdef WRONG
  return binferry::ByteWriter().view();
#else
  static binferry::ByteWriter writer;
  return writer.view();
#endif
}
