// Whole groups of the smaller fixtures, with every byte changed in turn, through all that a command runs: source,
// assembler, change reader, catalogue and formats. Checksums are taken off first, for they would refuse everything.
#include "binlog/base/byte_reader.hpp"
#include "binlog/base/crc32.hpp"
#include "binlog/changes.hpp"
#include "binlog/format/formatter.hpp"
#include "binlog/source/file_source.hpp"
#include "binlog/source/transaction_stream.hpp"
#include "tests/property/fixture_logs.hpp"

#include <array>
#include <cstring>

namespace binferry::test {
namespace {

constexpr std::uintmax_t kLargestLog = 24'000;
constexpr std::size_t kLargestGroup = 4'000;

std::vector<std::string> small_logs() {
  std::vector<std::string> logs = fixture_logs();
  std::erase_if(logs, [](const std::string& name) {
    return std::filesystem::file_size(std::filesystem::path(source_dir()) / "fixtures" / name) > kLargestLog ||
           name.find("encrypted") != std::string::npos;
  });
  return logs;
}

// Bytes that a test goes on changing.
class StringInput final : public Input {
 public:
  explicit StringInput(const std::string& bytes) : bytes_(bytes) {}
  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into, std::size_t) override {
    if (offset >= bytes_.size()) return 0;
    return bytes_.copy(reinterpret_cast<char*>(into.data()), into.size(), offset);
  }
  Result<std::optional<std::uint64_t>> size() const override { return bytes_.size(); }
  [[nodiscard]] bool is_still(const std::string&) const override { return true; }

 private:
  const std::string& bytes_;
};

std::unique_ptr<FileSource> open_log(const std::string& bytes) {
  FileSourceOptions options;
  options.buffer_bytes = 32 * 1024;
  options.limits.payload_bytes = options.limits.inflated_bytes = 1 << 20;
  return std::make_unique<FileSource>(std::make_unique<StringInput>(bytes), "log.000001", options);
}

void put_u32(std::string& bytes, std::size_t at, std::uint32_t value) {
  std::memcpy(bytes.data() + at, &value, sizeof value);
}

// The magic and the FORMAT_DESCRIPTION of `log`, which says from now on that there are no checksums.
std::string head_without_checksums(const std::string& log) {
  const std::uint32_t size = ByteReader(bytes_of(log).subspan(4 + 9)).u32();
  std::string head = log.substr(0, 4 + size);
  head[4 + 17] = static_cast<char>(head[4 + 17] & ~1);  // its own checksum is that of a closed file
  head[head.size() - 5] = 0;
  put_u32(head, head.size() - 4, crc32(bytes_of(head).subspan(4, size - 4)));
  return head;
}

// The events from `from` to `to` without their checksums, and without end positions, which are then others.
std::string events_without_checksums(const std::string& log, std::size_t from, std::size_t to, bool had_checksums) {
  std::string out;
  while (from < to) {
    const std::uint32_t size = ByteReader(bytes_of(log).subspan(from + 9)).u32();
    std::string event = log.substr(from, size - (had_checksums ? 4 : 0));
    put_u32(event, 9, static_cast<std::uint32_t>(event.size()));
    put_u32(event, 13, 0);
    out += event;
    from += size;
  }
  return out;
}

class Reading {
 public:
  Reading() {
    formatters_[0] = make_text_formatter({.notes = true});
    formatters_[1] = make_json_formatter();
    formatters_[2] = make_sql_formatter();
  }

  // All of `log`, printed by one of the formatters.
  Status read(const std::string& log, Catalogue& catalogue, std::size_t format) {
    const std::unique_ptr<FileSource> source = open_log(log);
    TransactionStream stream(*source);
    ChangeOptions options;
    options.stop_on_mismatch = false;
    ChangeReader reader(catalogue, options);
    for (;;) {
      Result<TransactionStream::Item> item = stream.next();
      if (!item) return propagate(item);
      if (*item == TransactionStream::Item::end) return {};
      if (*item != TransactionStream::Item::transaction) continue;
      if (Status printed = print(reader, stream.transaction(), *formatters_[format % formatters_.size()]); !printed) {
        return printed;
      }
    }
  }

 private:
  Status print(ChangeReader& reader, const Transaction& transaction, Formatter& formatter) {
    Result<ChangeReader::Counts> counts = reader.check(transaction);
    if (!counts) return propagate(counts);
    out_.clear();
    formatter.begin(transaction, counts->rows, out_);
    reader.start(transaction);
    for (;;) {
      Result<const Change*> change = reader.next();
      if (!change) return propagate(change);
      if (*change == nullptr) break;
      if (Status done = formatter.change(**change, out_); !done) return propagate(done, transaction.file + ":");
    }
    formatter.end(out_);
    return {};
  }

  std::array<std::unique_ptr<Formatter>, 3> formatters_;
  std::string out_;
};

class GroupDamage : public testing::TestWithParam<std::string> {};

TEST_P(GroupDamage, IsReadOrRefusedWithItsPlaceWhicheverByteIsWrong) {
  const FixtureLog fixture(GetParam());
  const std::string head = head_without_checksums(fixture.bytes);
  const std::unique_ptr<FileSource> source = open_log(fixture.bytes);
  TransactionStream stream(*source);
  Catalogue catalogue;
  Reading reading;
  std::size_t groups = 0;
  for (;;) {
    const auto item = stream.next();
    ASSERT_TRUE(item) << item.error().message();
    if (*item == TransactionStream::Item::end) break;
    if (*item != TransactionStream::Item::transaction) continue;
    const Transaction& group = stream.transaction();
    const bool had_checksums = source->format().checksum == ChecksumAlgorithm::crc32;
    std::string log = head + events_without_checksums(fixture.bytes, static_cast<std::size_t>(group.offset),
                                                      static_cast<std::size_t>(group.end), had_checksums);
    if (log.size() - head.size() <= kLargestGroup) ++groups;
    for (std::size_t at = head.size(); at < log.size() && log.size() - head.size() <= kLargestGroup; ++at) {
      const char was = log[at];
      log[at] = static_cast<char>(was ^ (at % 2 == 0 ? 0xFF : 1 << (at / 2 % 8)));
      Catalogue copy = catalogue;
      if (const Status status = reading.read(log, copy, at / 7); !status) {
        EXPECT_TRUE(status.error().where.starts_with("log.000001:")) << at << ' ' << status.error().message();
        EXPECT_NE(status.error().code, Errc::internal) << at << ' ' << status.error().message();
      }
      log[at] = was;
    }
    const Status whole = reading.read(log, catalogue, 0);
    ASSERT_TRUE(whole) << group.offset << ' ' << whole.error().message();
  }
  EXPECT_GT(groups, 2U);
}

INSTANTIATE_TEST_SUITE_P(Fixtures, GroupDamage, testing::ValuesIn(small_logs()), name_of_log);

}  // namespace
}  // namespace binferry::test
