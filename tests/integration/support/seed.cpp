#include "tests/integration/support/random.hpp"

#include <cstdlib>

namespace binferry::test {

std::uint64_t seed_or(std::uint64_t fallback) {
  const char* given = std::getenv("BINFERRY_SEED");
  return given != nullptr && *given != '\0' ? std::strtoull(given, nullptr, 0) : fallback;
}

}  // namespace binferry::test
