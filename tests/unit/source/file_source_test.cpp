#include "binlog/source/file_source.hpp"

#include "tests/unit/source/drain.hpp"
#include "tests/unit/support/binlog_writer.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <thread>
#include <unistd.h>

namespace binferry {
namespace {

using test::BinlogWriter;
using test::drain;
using test::Drained;

// Bytes as a file that never ends in the middle of a read.
class MemoryInput final : public Input {
 public:
  explicit MemoryInput(std::string bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read(std::uint64_t offset, std::span<std::uint8_t> into, std::size_t) override {
    if (offset >= bytes_.size()) return 0;
    return bytes_.copy(reinterpret_cast<char*>(into.data()), into.size(), offset);
  }
  Result<std::optional<std::uint64_t>> size() const override { return bytes_.size(); }
  [[nodiscard]] bool is_still(const std::string&) const override { return true; }

 private:
  std::string bytes_;
};

Drained drain_bytes(const std::string& bytes, const FileSourceOptions& options = {}) {
  FileSource source(std::make_unique<MemoryInput>(bytes), "/logs/binlog.000001", options);
  return drain(source);
}

BinlogWriter small_log(bool in_use, BinlogWriter::Options options = {}) {
  BinlogWriter log(options);
  log.begin_file(in_use).insert_transaction(1).insert_transaction(2);
  return log;
}

TEST(FileSource, GivesEveryEventWithItsPlace) {
  const BinlogWriter log = small_log(false).rotate("binlog.000002");
  const Drained got = drain_bytes(log.str());
  ASSERT_FALSE(got.error) << got.error->message();
  EXPECT_EQ(got.files, std::vector<std::string>{"binlog.000001"});
  EXPECT_EQ(got.file_ends, 1);
  EXPECT_EQ(got.last, SourceState::end);
  EXPECT_EQ(got.torn, 0U);
  EXPECT_EQ(got.event_bytes + 4, log.str().size());
  ASSERT_EQ(got.offsets.size(), log.starts().size());
  EXPECT_TRUE(std::equal(got.offsets.begin(), got.offsets.end(), log.starts().begin()));
  EXPECT_EQ(got.types.front(), EventType::format_description);
  EXPECT_EQ(got.types.back(), EventType::rotate);
}

TEST(FileSource, ReadsTheSameThroughABufferOfAnySize) {
  BinlogWriter log = small_log(false);
  log.insert_transaction(3, 500).insert_transaction(4).stop();
  const Drained whole = drain_bytes(log.str());
  for (const std::size_t buffer_bytes : {1UL, 19UL, 100UL, 127UL, 4096UL}) {
    for (const std::size_t mapped_event_bytes : {50UL, 1000UL, 1UL << 20}) {
      FileSourceOptions options;
      options.buffer_bytes = buffer_bytes;
      options.mapped_event_bytes = mapped_event_bytes;
      if (mapped_event_bytes == 50) options.buffer_bytes = 40;
      const Drained got = drain_bytes(log.str(), options);
      if (mapped_event_bytes == 50) {
        // A FORMAT_DESCRIPTION that large is refused: no server writes one.
        ASSERT_TRUE(got.error);
        EXPECT_EQ(got.error->code, Errc::corrupt);
        continue;
      }
      ASSERT_FALSE(got.error) << got.error->message();
      EXPECT_EQ(got.offsets, whole.offsets);
      EXPECT_EQ(got.event_bytes, whole.event_bytes);
    }
  }
}

TEST(FileSource, ViewsAHugeEventThroughATemporaryFile) {
  BinlogWriter log;
  log.begin_file(false).insert_transaction(1, 100'000).insert_transaction(2);
  FileSourceOptions options;
  options.buffer_bytes = 4096;
  options.mapped_event_bytes = 8192;
  FileSource source(std::make_unique<MemoryInput>(log.str()), "binlog.000001", options);
  RawEvent event;
  int mapped = 0;
  for (;;) {
    const Result<SourceState> state = source.next(event);
    ASSERT_TRUE(state) << state.error().message();
    if (*state == SourceState::end) break;
    if (*state != SourceState::event || !event.is_mapped) continue;
    ++mapped;
    EXPECT_EQ(text_of(event.bytes), std::string_view(log.str()).substr(event.offset, event.header.length));
    EXPECT_EQ(event.body.size(), event.bytes.size() - 23);
    EXPECT_EQ(event.body.data(), event.bytes.data() + 19);
  }
  EXPECT_EQ(mapped, 1);

  std::string damaged = log.str();
  damaged[damaged.size() / 2] = static_cast<char>(damaged[damaged.size() / 2] ^ 4);
  const Drained got = drain_bytes(damaged, options);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::checksum);
  EXPECT_EQ(got.error->where, "binlog.000001:317: WRITE_ROWS");
}

TEST(FileSource, DoesNotBelieveALengthThatTheFileCannotHold) {
  BinlogWriter log = small_log(false);
  std::string bytes = log.str();
  bytes.replace(log.starts()[2] + 9, 4, std::string("\x00\x00\x00\x30", 4));  // 768 MiB
  const Drained got = drain_bytes(bytes);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::truncated);
}

// Every truncation point: an error, or a torn tail exactly where the in-use flag allows one.
TEST(FileSource, TellsATornTailFromATruncatedFileAtEveryByte) {
  for (const bool in_use : {false, true}) {
    const BinlogWriter log = small_log(in_use);
    const std::string& bytes = log.str();
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const std::string cut = bytes.substr(0, size);
      const bool at_boundary = std::ranges::find(log.starts(), size) != log.starts().end();
      const bool flag_readable = size >= 4 + 19;
      const Drained newest = drain_bytes(cut);
      const bool clean = at_boundary;
      EXPECT_EQ(!newest.error, clean || (in_use && flag_readable)) << size;
      if (newest.error) {
        EXPECT_EQ(newest.error->code, Errc::truncated) << size;
        EXPECT_FALSE(newest.error->hint.empty());
      } else {
        const auto last_start = *std::prev(std::ranges::upper_bound(log.starts(), size));
        EXPECT_EQ(newest.torn, size - last_start) << size;
        EXPECT_EQ(4 + newest.event_bytes + newest.torn, size);
      }
      FileSourceOptions options;
      options.tail = TailRule::whole;
      const Drained whole = drain_bytes(cut, options);
      EXPECT_EQ(!whole.error, at_boundary && size != 4) << size;
      options.tail = TailRule::active;
      EXPECT_FALSE(drain_bytes(cut, options).error) << size;
      options.follow = true;
      const Drained followed = drain_bytes(cut, options);
      EXPECT_FALSE(followed.error);
      EXPECT_EQ(followed.last, SourceState::wait);
      EXPECT_EQ(followed.event_bytes, newest.event_bytes);
    }
  }
}

TEST(FileSource, NamesTheEventThatIsCut) {
  const BinlogWriter log = small_log(false);
  const Drained got = drain_bytes(log.str().substr(0, log.str().size() - 1));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->message(), "binlog.000001:588: XID: the file ends inside an event, 30 bytes behind its start");
}

TEST(FileSource, FindsEveryFlippedByteButTheInUseFlag) {
  const BinlogWriter log = small_log(false).rotate("binlog.000002");
  const std::size_t events = log.starts().size();
  for (std::size_t at = 0; at < log.str().size(); ++at) {
    for (const int bit : {0, 3, 7}) {
      std::string bytes = log.str();
      bytes[at] = static_cast<char>(bytes[at] ^ 1 << bit);
      const Drained got = drain_bytes(bytes);
      if (at == 4 + 17 && bit == 0) {
        EXPECT_FALSE(got.error);
        continue;
      }
      // The version becomes that of a server without checksums: bodies have four bytes too many then, for decoders to
      // find.
      if (at == 4 + 19 + 2 && bit != 0) continue;
      ASSERT_TRUE(got.error) << "byte " << at << " bit " << bit;
      EXPECT_LT(got.offsets.size(), events);
      if (at >= 4) {
        EXPECT_TRUE(got.error->where.starts_with("binlog.000001:")) << got.error->message();
        // Everything before the damage was given, nothing behind it.
        const auto damaged = std::prev(std::ranges::upper_bound(log.starts(), at));
        EXPECT_EQ(got.offsets.size(), static_cast<std::size_t>(damaged - log.starts().begin()));
      }
    }
  }
}

TEST(FileSource, TakesZerosUpToTheEndForATornTailOnlyInAFileInUse) {
  for (const std::size_t zeros : {1UL, 18UL, 19UL, 30UL, 5000UL}) {
    const Drained in_use = drain_bytes(small_log(true).str() + std::string(zeros, '\0'), {.buffer_bytes = 512});
    EXPECT_FALSE(in_use.error);
    EXPECT_EQ(in_use.torn, zeros);
    EXPECT_TRUE(drain_bytes(small_log(false).str() + std::string(zeros, '\0')).error);
    EXPECT_TRUE(drain_bytes(small_log(true).str() + std::string(zeros, '\0'), {.tail = TailRule::whole}).error);
  }
  EXPECT_TRUE(drain_bytes(small_log(true).str() + std::string(700, '\0') + "x", {.buffer_bytes = 512}).error);
}

TEST(FileSource, RefusesWhatIsNotALog) {
  const Drained text = drain_bytes("CREATE TABLE t (a INT);");
  ASSERT_TRUE(text.error);
  EXPECT_EQ(text.error->code, Errc::corrupt);
  const Drained empty = drain_bytes("");
  ASSERT_TRUE(empty.error);
  EXPECT_EQ(empty.error->what, "the file is empty");
  BinlogWriter headless;
  headless.magic().insert_transaction(1);
  const Drained got = drain_bytes(headless.str());
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::out_of_order);
}

TEST(FileSource, ChecksTheEndPositionModulo32Bits) {
  BinlogWriter log;
  log.begin_file(false);
  log.at(log.position() + 1).insert_transaction(1);  // says that it ends a byte behind where it does
  const Drained got = drain_bytes(log.str());
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::corrupt);
  EXPECT_EQ(got.offsets.size(), 2U);
}

TEST(FileSource, ToleratesPositionsThatTheServerLeftOut) {
  BinlogWriter::Options options = BinlogWriter::mariadb();
  options.zero_positions_in_groups = true;
  EXPECT_FALSE(drain_bytes(small_log(false, options).str()).error);
}

TEST(FileSource, ReadsLogsWithoutChecksums) {
  BinlogWriter::Options options;
  options.checksums = false;
  const BinlogWriter log = small_log(false, options);
  const Drained got = drain_bytes(log.str());
  EXPECT_FALSE(got.error);
  EXPECT_EQ(got.event_bytes + 4, log.str().size());
}

TEST(FileSource, TakesSeveralFormatDescriptionsOfARelayLog) {
  BinlogWriter relay;
  relay.magic().format_description(false, 0, EventHeader::kRelayLog).previous_gtids();
  relay.artificial_rotate("source.000007", 4);
  BinlogWriter::Options plain;
  plain.checksums = false;
  BinlogWriter source(plain);  // the source's own FORMAT_DESCRIPTION, other checksum setting, its own positions
  source.begin_file(false).insert_transaction(1);
  const std::string bytes = relay.str() + source.str().substr(4);
  const Drained got = drain_bytes(bytes);
  ASSERT_FALSE(got.error) << got.error->message();
  EXPECT_EQ(std::ranges::count(got.types, EventType::format_description), 2);

  FileSourceOptions options;
  options.start = bytes.size() - 31 + 4;  // the XID without its checksum: only the second format can frame it
  const Drained tail = drain_bytes(bytes, options);
  ASSERT_FALSE(tail.error) << tail.error->message();
  EXPECT_EQ(tail.types.back(), EventType::xid);
  EXPECT_EQ(tail.offsets.back(), options.start);
}

TEST(FileSource, StartsAtAnyEventAndNowhereElse) {
  for (const bool is_mariadb : {false, true}) {
    const BinlogWriter log = small_log(false, is_mariadb ? BinlogWriter::mariadb() : BinlogWriter::Options{});
    for (std::uint64_t start = 0; start <= log.str().size() + 1; ++start) {
      FileSourceOptions options;
      options.start = start;
      const Drained got = drain_bytes(log.str(), options);
      const auto at = std::ranges::find(log.starts(), start);
      const bool is_boundary = at != log.starts().end() || start == log.str().size();
      ASSERT_EQ(!got.error, is_boundary) << start;
      if (got.error) {
        EXPECT_EQ(got.error->code, Errc::not_found) << start << got.error->message();
        continue;
      }
      EXPECT_EQ(got.types.front(), EventType::format_description);
      const auto from_start = std::ranges::count_if(got.offsets, [&](std::uint64_t offset) { return offset >= start; });
      EXPECT_EQ(from_start, log.starts().end() - at);
    }
  }
}

// A position inside an event must not pass for a torn tail, whatever its bytes look like as a header.
TEST(FileSource, RefusesAStartInsideAnEventOfAFileInUse) {
  const BinlogWriter log = small_log(true);
  for (std::uint64_t start = 4; start < log.str().size(); ++start) {
    if (std::ranges::find(log.starts(), start) != log.starts().end()) continue;
    FileSourceOptions options;
    options.start = start;
    const Drained got = drain_bytes(log.str(), options);
    ASSERT_TRUE(got.error) << start;
    EXPECT_EQ(got.error->code, Errc::not_found);
  }
}

TEST(FileSource, GoesOnWhereAGrowingFileWasTorn) {
  const test::TempDir dir;
  const std::string path = dir / "binlog.000001";
  const std::string bytes = small_log(true).str();
  test::write_file(path, "");
  FileSourceOptions options;
  options.follow = true;
  auto source = FileSource::open(path, options);
  ASSERT_TRUE(source);
  std::uint64_t events = 0;
  for (const char byte : bytes) {
    test::append_file(path, std::string_view(&byte, 1));
    const Drained got = drain(**source);
    ASSERT_FALSE(got.error) << got.error->message();
    ASSERT_EQ(got.last, SourceState::wait);
    events += got.types.size();
  }
  EXPECT_EQ(events, 12U);
  (*source)->finish(TailRule::newest);
  EXPECT_EQ(drain(**source).last, SourceState::end);
}

TEST(FileSource, ReadsAFollowedEventAgainBeforeItCallsItCorrupt) {
  const test::TempDir dir;
  const std::string path = dir / "binlog.000001";
  const std::string bytes = small_log(true).str();
  std::string halfway = bytes;
  std::fill(halfway.end() - 10, halfway.end(), '\0');  // the size is there, the last page is not
  test::write_file(path, halfway);
  FileSourceOptions options;
  options.follow = true;
  auto source = FileSource::open(path, options);
  ASSERT_TRUE(source);
  Drained got = drain(**source);
  EXPECT_EQ(got.last, SourceState::wait);
  EXPECT_TRUE((*source)->is_doubtful());
  test::write_file(path, bytes);
  got = drain(**source);
  EXPECT_FALSE(got.error);
  EXPECT_EQ(got.types, std::vector<EventType>{EventType::xid});

  test::append_file(path, halfway.substr(halfway.size() - 31));  // and this one never gets better
  for (int i = 0; i < 100 && !got.error; ++i) got = drain(**source);
  ASSERT_TRUE(got.error);
}

TEST(FileSource, ReadsAPipe) {
  BinlogWriter log = small_log(false);
  for (std::uint32_t i = 3; i < 500; ++i) log.insert_transaction(i);
  log.insert_transaction(500, 20'000).stop();
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  std::thread writer([&] {
    for (std::size_t at = 0; at < log.str().size();) {
      const ssize_t wrote = ::write(ends[1], log.str().data() + at, std::min<std::size_t>(777, log.str().size() - at));
      if (wrote <= 0) break;
      at += static_cast<std::size_t>(wrote);
    }
    ::close(ends[1]);
  });
  FileSourceOptions options;
  options.buffer_bytes = 2000;
  options.mapped_event_bytes = 50'000;
  options.start = log.starts()[10];
  const auto source = FileSource::open("/dev/fd/" + std::to_string(ends[0]), options);
  ASSERT_TRUE(source);
  const Drained got = drain(**source);
  writer.join();
  ::close(ends[0]);
  ASSERT_FALSE(got.error) << got.error->message();
  EXPECT_EQ(got.offsets.back() + 23, log.str().size());
}

TEST(FileSource, SaysWhichFileCannotBeOpened) {
  const auto source = FileSource::open("/nonexistent/binlog.000001", {});
  ASSERT_FALSE(source);
  EXPECT_EQ(source.error().code, Errc::not_found);
  EXPECT_EQ(source.error().where, "/nonexistent/binlog.000001");
}

}  // namespace
}  // namespace binferry
