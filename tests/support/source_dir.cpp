#include "tests/support/source_dir.hpp"

namespace binferry {

const char* source_dir() {
  return BINFERRY_SOURCE_DIR;
}

}  // namespace binferry
