// Runs a fuzz target without libFuzzer: every file of the folders named on the command line, then mutations of them.
//
// The seed is printed, and taken back from BINFERRY_SEED; BINFERRY_FUZZ_ITERATIONS is the number of mutations (100000
// by default, fewer if they take longer than 10 s). An input that fails is written to the working directory; move it to
// tests/fuzz/crashes/NAME and it is replayed for ever.
#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace {

using Input = std::vector<std::uint8_t>;

constexpr std::size_t kMaxInputBytes = 64 * 1024;
constexpr std::uint64_t kDefaultIterations = 100000;
constexpr std::chrono::seconds kTimeLimit{10};

const Input* g_running = nullptr;
std::string g_failure_path;

void keep_running_input() {
  if (g_running == nullptr) return;
  if (std::FILE* file = std::fopen(g_failure_path.c_str(), "wb")) {
    std::fwrite(g_running->data(), 1, g_running->size(), file);
    std::fclose(file);
    std::fprintf(stderr, "the failing input (%zu bytes) is in %s\n", g_running->size(), g_failure_path.c_str());
  }
  g_running = nullptr;
}

void on_fatal_signal(int signal) {
  keep_running_input();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void run(const Input& input) {
  g_running = &input;
  // A block of exactly this size, so that AddressSanitizer sees a read of even one byte too many.
  const auto block = std::make_unique_for_overwrite<std::uint8_t[]>(input.size());
  std::copy(input.begin(), input.end(), block.get());
  LLVMFuzzerTestOneInput(block.get(), input.size());
  g_running = nullptr;
}

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text != nullptr && *text != '\0' ? std::strtoull(text, nullptr, 10) : otherwise;
}

class Mutator {
 public:
  Mutator(std::uint64_t seed, const std::vector<Input>& seeds) : random_(seed), seeds_(seeds) {}

  Input next() {
    Input input = any_seed();
    for (std::size_t steps = 1 + below(4); steps > 0; --steps) mutate(input);
    if (input.size() > kMaxInputBytes) input.resize(kMaxInputBytes);
    return input;
  }

 private:
  std::size_t below(std::size_t limit) { return static_cast<std::size_t>(random_() % limit); }
  const Input& any_seed() { return seeds_[below(seeds_.size())]; }

  void mutate(Input& input) {
    if (input.empty()) {
      for (std::size_t left = below(64); left > 0; --left) input.push_back(static_cast<std::uint8_t>(random_()));
      return;
    }
    const std::size_t at = below(input.size());
    const auto place = input.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t length = 1 + below(std::min<std::size_t>(input.size() - at, 32));
    const auto end = place + static_cast<std::ptrdiff_t>(length);
    switch (below(7)) {
      case 0: *place = static_cast<std::uint8_t>(*place ^ (1U << below(8))); break;
      case 1: *place = static_cast<std::uint8_t>(random_()); break;
      case 2: overwrite_number(input, at); break;
      case 3: input.erase(place, end); break;
      case 4: input.resize(at); break;
      case 5: {
        const Input copy(place, end);
        input.insert(place, copy.begin(), copy.end());
        break;
      }
      case 6: {  // the head of this input, the tail of another
        const Input& other = any_seed();
        input.resize(at);
        input.insert(input.end(), other.begin() + static_cast<std::ptrdiff_t>(std::min(at, other.size())), other.end());
        break;
      }
    }
  }

  // Lengths and counts are what parsers trust too much: put a boundary value over 1, 2, 4 or 8 bytes.
  void overwrite_number(Input& input, std::size_t at) {
    static constexpr std::array<std::uint64_t, 12> kBoundaries = {
        0, 1, 0x7F, 0xFB, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 0x7FFFFFFFFFFFFFFF, 0x8000000000000000, ~0ULL};
    const std::uint64_t value = kBoundaries[below(kBoundaries.size())];
    const std::size_t width = std::min(std::size_t{1} << below(4), input.size() - at);
    std::memcpy(input.data() + at, &value, width);
  }

  std::mt19937_64 random_;
  const std::vector<Input>& seeds_;
};

std::vector<std::filesystem::path> files_of(int argc, char** argv) {
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; ++i) {
    if (!std::filesystem::is_directory(argv[i])) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i])) {
      if (entry.is_regular_file()) files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

int main(int argc, char** argv) {
  if (__sanitizer_set_death_callback != nullptr) __sanitizer_set_death_callback(keep_running_input);
  for (const int signal : {SIGABRT, SIGILL, SIGTRAP}) std::signal(signal, on_fatal_signal);
  const std::string program = std::filesystem::path(argv[0]).filename().string();

  std::vector<Input> seeds;
  for (const auto& path : files_of(argc, argv)) {
    std::ifstream file(path, std::ios::binary);
    Input input{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    g_failure_path = program + ".replay.crash";
    std::printf("%s (%zu bytes)\n", path.c_str(), input.size());
    std::fflush(stdout);
    run(input);
    if (input.size() <= kMaxInputBytes) seeds.push_back(std::move(input));
  }
  if (seeds.empty()) std::puts("no files: mutating nothing but random bytes");
  seeds.emplace_back();  // the empty input, from which short random ones grow

  const std::uint64_t seed = number_from_environment("BINFERRY_SEED", std::random_device{}());
  const std::uint64_t wanted = number_from_environment("BINFERRY_FUZZ_ITERATIONS", kDefaultIterations);
  std::printf("BINFERRY_SEED=%llu\n", static_cast<unsigned long long>(seed));
  std::fflush(stdout);
  g_failure_path = program + ".seed" + std::to_string(seed) + ".crash";

  Mutator mutator(seed, seeds);
  const auto started = std::chrono::steady_clock::now();
  std::uint64_t done = 0;
  for (; done < wanted && std::chrono::steady_clock::now() - started < kTimeLimit; ++done) run(mutator.next());
  std::printf("%zu seeds, %llu mutations\n", seeds.size() - 1, static_cast<unsigned long long>(done));
}
