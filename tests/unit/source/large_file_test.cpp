// Files beyond 4 GiB and events beyond memory, without such files on disk.
#include "binlog/source/file_source.hpp"

#include "binlog/base/mapped_pages.hpp"
#include "tests/unit/source/drain.hpp"
#include "tests/unit/support/binlog_writer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <unistd.h>

namespace binferry {
namespace {

using test::BinlogWriter;

// A file whose parts stand at far offsets: reading anywhere else is a failure of the test.
class SparseInput final : public Input {
 public:
  void put(std::uint64_t offset, std::string bytes) { parts_.emplace_back(offset, std::move(bytes)); }
  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into, std::size_t) override {
    for (const auto& [begin, bytes] : parts_) {
      if (offset < begin || offset > begin + bytes.size()) continue;
      const std::size_t from = static_cast<std::size_t>(offset - begin);
      return bytes.copy(reinterpret_cast<char*>(into.data()), into.size(), from);
    }
    return fail(Errc::io, "read where nothing is: " + std::to_string(offset));
  }
  Result<std::optional<std::uint64_t>> size() const override {
    return parts_.back().first + parts_.back().second.size();
  }
  [[nodiscard]] bool is_still(const std::string&) const override { return true; }

 private:
  std::vector<std::pair<std::uint64_t, std::string>> parts_;
};

TEST(LargeFile, CountsOffsetsBeyond4GiB) {
  for (const std::uint64_t far : {(std::uint64_t{1} << 32) - 100, std::uint64_t{5} << 32}) {
    BinlogWriter head;
    head.begin_file(false);
    BinlogWriter tail;
    tail.at(far).insert_transaction(1).insert_transaction(2).rotate("binlog.000002");
    auto input = std::make_unique<SparseInput>();
    input->put(0, head.str() + std::string(100, 'x'));
    input->put(far, tail.str());
    FileSourceOptions options;
    options.start = far;
    FileSource source(std::move(input), "binlog.000001", options);
    const test::Drained got = test::drain(source);
    ASSERT_FALSE(got.error) << got.error->message();
    ASSERT_EQ(got.offsets.size(), 2 + tail.starts().size());
    EXPECT_EQ(got.offsets[2], far);
    EXPECT_EQ(got.offsets.back(), far + tail.starts().back());
    EXPECT_EQ(source.offset(), far + tail.str().size());
  }
}

// One event of `size` bytes whose body is a repeated pattern; nothing of it exists until it is read.
class HugeEventInput final : public Input {
 public:
  explicit HugeEventInput(std::uint32_t size) {
    BinlogWriter::Options options;
    options.checksums = false;
    BinlogWriter head(options);
    head.begin_file(false);
    BinlogWriter event(options);
    event.event(EventType::transaction_payload, {});
    front_ = head.str() + event.str();
    const std::uint32_t end = static_cast<std::uint32_t>(head.str().size()) + size;
    std::memcpy(front_.data() + head.str().size() + 9, &size, 4);
    std::memcpy(front_.data() + head.str().size() + 13, &end, 4);
    total_ = head.str().size() + size;
  }
  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into, std::size_t) override {
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), total_ - offset));
    std::memset(into.data(), 0x5A, size);
    if (offset < front_.size()) front_.copy(reinterpret_cast<char*>(into.data()), size, offset);
    return size;
  }
  Result<std::optional<std::uint64_t>> size() const override { return total_; }
  [[nodiscard]] bool is_still(const std::string&) const override { return true; }

 private:
  std::string front_;
  std::uint64_t total_ = 0;
};

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total = 0;
  std::size_t resident = 0;
  statm >> total >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

TEST(LargeFile, ReadsAHugeEventInBoundedMemory) {
  constexpr std::uint32_t kSize = 256 << 20;
  FileSource source(std::make_unique<HugeEventInput>(kSize), "binlog.000001", {});
  const std::size_t before = resident_bytes();
  std::size_t peak = before;
  RawEvent event;
  for (;;) {
    const Result<SourceState> state = source.next(event);
    ASSERT_TRUE(state) << state.error().message();
    peak = std::max(peak, resident_bytes());
    if (*state == SourceState::event && event.is_mapped) break;
    ASSERT_NE(*state, SourceState::end);
  }
  ASSERT_EQ(event.bytes.size(), kSize);
  constexpr std::size_t kStep = 1 << 20;
  for (std::size_t at = 0; at < event.body.size(); at += kStep) {
    const Bytes step = event.body.subspan(at, std::min(kStep, event.body.size() - at));
    ASSERT_TRUE(step.front() == 0x5A && std::memcmp(step.data(), step.data() + 1, step.size() - 1) == 0);
    release_mapped_pages(step);
    peak = std::max(peak, resident_bytes());
  }
  EXPECT_LT(peak - before, 32U << 20);
  // What was given back can be read again.
  EXPECT_EQ(event.body[event.body.size() / 2], 0x5A);
}

}  // namespace
}  // namespace binferry
