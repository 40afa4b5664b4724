// Random numbers that a seed brings back, the same on every machine and standard library (splitmix64).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace binferry::test {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15U);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
  }

  // 0 … n-1; n is at least 1. The bias of the modulo does not matter here.
  std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }

  // low … high, both included.
  std::size_t between(std::size_t low, std::size_t high) { return low + below(high - low + 1); }

  bool chance(unsigned percent) { return below(100) < percent; }

  template <class Container>
  const auto& pick(const Container& container) {
    return *(std::begin(container) + static_cast<std::ptrdiff_t>(below(std::size(container))));
  }

  std::string digits(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('0' + below(10));
    return text;
  }

 private:
  std::uint64_t state_;
};

// The seed of a randomised test: BINFERRY_SEED when set, else `fallback`. The caller prints it (SCOPED_TRACE).
std::uint64_t seed_or(std::uint64_t fallback);

}  // namespace binferry::test
