#include "binlog/event/event_framer.hpp"

#include "binlog/base/byte_writer.hpp"
#include "binlog/base/crypto.hpp"
#include "binlog/base/hex.hpp"
#include "tests/unit/support/binlog_writer.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::BinlogWriter;

constexpr std::string_view kFile = "binlog.000003";

// The bytes of event `index` in an exactly-sized block.
std::vector<std::uint8_t> event_bytes(const BinlogWriter& log, std::size_t index) {
  const std::string& all = log.str();
  const std::size_t begin = log.starts()[index];
  const std::size_t end = index + 1 < log.starts().size() ? log.starts()[index + 1] : all.size();
  return {all.begin() + static_cast<std::ptrdiff_t>(begin), all.begin() + static_cast<std::ptrdiff_t>(end)};
}

BinlogWriter small_log(BinlogWriter::Options options = {}) {
  BinlogWriter log(std::move(options));
  log.magic().format_description().insert_transaction(1);
  return log;
}

Result<RawEvent> frame_at(EventFramer& framer, const BinlogWriter& log, std::size_t index,
                          std::vector<std::uint8_t>& keep) {
  keep = event_bytes(log, index);
  return framer.frame(keep, log.starts()[index], kFile);
}

TEST(EventFramer, EventsComeOutWithPlaceBodyAndType) {
  const BinlogWriter log = small_log();
  EventFramer framer;
  std::vector<std::uint8_t> bytes;
  EXPECT_EQ(framer.format(), nullptr);
  for (std::size_t i = 0; i < log.starts().size(); ++i) {
    const auto event = frame_at(framer, log, i, bytes);
    ASSERT_TRUE(event) << event.error().message();
    EXPECT_EQ(event->offset, log.starts()[i]);
    EXPECT_EQ(event->end, log.starts()[i] + bytes.size());
    EXPECT_EQ(event->end, event->header.log_pos);
    EXPECT_EQ(event->file, kFile);
    EXPECT_EQ(event->bytes.data(), bytes.data());  // a plain event is not copied
    EXPECT_EQ(event->body.size(), bytes.size() - 19 - 4);
  }
  ASSERT_NE(framer.format(), nullptr);
  EXPECT_EQ(framer.format()->version, 80040U);
}

TEST(EventFramer, TheInUseFlagIsNotPartOfTheChecksum) {
  for (const bool in_use : {false, true}) {
    BinlogWriter log;
    log.magic().format_description(in_use);
    EventFramer framer;
    std::vector<std::uint8_t> bytes;
    EXPECT_TRUE(frame_at(framer, log, 0, bytes)) << in_use;
    bytes[17] ^= 0x40;  // any other flag is
    EXPECT_EQ(framer.frame(bytes, 4, kFile).error().code, Errc::checksum) << in_use;
  }
}

TEST(EventFramer, EveryFlippedBitOfAnEventIsFound) {
  const BinlogWriter log = small_log();
  EventFramer framer;
  std::vector<std::uint8_t> bytes;
  ASSERT_TRUE(frame_at(framer, log, 0, bytes));
  const std::vector<std::uint8_t> whole = event_bytes(log, 2);
  for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
    bytes = whole;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1U << bit % 8);
    EXPECT_FALSE(framer.frame(bytes, log.starts()[2], kFile)) << bit;
  }
}

TEST(EventFramer, AChecksumErrorSaysWhereAndWhat) {
  const BinlogWriter log = small_log();
  EventFramer framer;
  std::vector<std::uint8_t> bytes;
  ASSERT_TRUE(frame_at(framer, log, 0, bytes));
  bytes = event_bytes(log, 1);
  const std::string stored = to_hex(std::vector<std::uint8_t>(bytes.rbegin(), bytes.rbegin() + 4));
  bytes[25] ^= 1;
  const auto event = framer.frame(bytes, log.starts()[1], kFile);
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, Errc::checksum);
  EXPECT_EQ(event.error().where, "binlog.000003:" + std::to_string(log.starts()[1]) + ": GTID");
  EXPECT_EQ(event.error().what.find("checksum mismatch (stored 0x" + stored + ", computed 0x"), 0U)
      << event.error().what;
  EXPECT_FALSE(event.error().hint.empty());
}

TEST(EventFramer, WithoutChecksumsOnlyTheFormatDescriptionHasOne) {
  BinlogWriter::Options options;
  options.checksums = false;
  const BinlogWriter log = small_log(options);
  EventFramer framer;
  std::vector<std::uint8_t> bytes;
  ASSERT_TRUE(frame_at(framer, log, 0, bytes));
  bytes[30] ^= 1;  // in the server version's padding
  EXPECT_EQ(framer.frame(bytes, 4, kFile).error().code, Errc::checksum);
  ASSERT_TRUE(frame_at(framer, log, 0, bytes));
  const auto event = frame_at(framer, log, 1, bytes);
  ASSERT_TRUE(event);
  EXPECT_EQ(event->body.size(), bytes.size() - 19);
}

TEST(EventFramer, TheLengthMustBeThatOfTheBytesGiven) {
  const BinlogWriter log = small_log();
  EventFramer framer;
  std::vector<std::uint8_t> bytes;
  ASSERT_TRUE(frame_at(framer, log, 0, bytes));
  const std::vector<std::uint8_t> whole = event_bytes(log, 1);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    bytes.assign(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
    bytes.shrink_to_fit();
    EXPECT_EQ(framer.frame(bytes, 200, kFile).error().code, Errc::truncated) << size;
  }
  bytes = whole;
  bytes.push_back(0);
  EXPECT_EQ(framer.frame(bytes, 200, kFile).error().code, Errc::corrupt);
}

TEST(EventFramer, AnEventTooShortForItsChecksumIsCorrupt) {
  const BinlogWriter log = small_log();
  EventFramer framer;
  std::vector<std::uint8_t> bytes;
  ASSERT_TRUE(frame_at(framer, log, 0, bytes));
  const std::string tiny = ByteWriter().u32(0).u8(3).u32(1).u32(22).u32(0).u16(0).fill(3).str();
  EXPECT_EQ(framer.frame(bytes_of(tiny), 200, kFile).error().code, Errc::corrupt);
}

TEST(EventFramer, AFileBeginsWithItsFormat) {
  const BinlogWriter log = small_log();
  EventFramer framer;
  std::vector<std::uint8_t> bytes;
  EXPECT_EQ(frame_at(framer, log, 1, bytes).error().code, Errc::out_of_order);
  const std::string ancient = ByteWriter().u32(0).u8(1).u32(1).u32(75).u32(0).u16(0).fill(56).str();
  EXPECT_EQ(framer.frame(bytes_of(ancient), 4, kFile).error().code, Errc::unsupported);
}

TEST(EventFramer, TheEventAtOffsetFourBeginsAnotherFile) {
  BinlogWriter::Options plain;
  plain.checksums = false;
  const BinlogWriter first = small_log();
  const BinlogWriter second = small_log(plain);
  EventFramer framer;
  std::vector<std::uint8_t> bytes;
  for (const BinlogWriter* log : {&first, &second, &first}) {
    for (std::size_t i = 0; i < log->starts().size(); ++i) ASSERT_TRUE(frame_at(framer, *log, i, bytes)) << i;
  }
}

TEST(EventFramer, ARelayLogChangesItsFormatInTheMiddle) {
  BinlogWriter::Options relay;
  relay.checksums = false;
  BinlogWriter own(relay);
  own.magic().format_description(false, 0, EventHeader::kRelayLog);
  BinlogWriter source;
  source.at(own.position()).format_description().insert_transaction(1);
  EventFramer framer;
  std::vector<std::uint8_t> bytes;
  ASSERT_TRUE(frame_at(framer, own, 0, bytes));
  EXPECT_EQ(framer.format()->checksum, ChecksumAlgorithm::off);
  std::uint64_t offset = own.position();
  for (std::size_t i = 0; i < source.starts().size(); ++i) {
    bytes = event_bytes(source, i);
    ASSERT_TRUE(framer.frame(bytes, offset, kFile)) << i;
    offset += bytes.size();
  }
  EXPECT_EQ(framer.format()->checksum, ChecksumAlgorithm::crc32);
}

TEST(EventFramer, AnUnknownTypeStopsUnlessItIsFlaggedIgnorable) {
  BinlogWriter log;
  log.magic().format_description();
  log.event(static_cast<EventType>(43), "new").event(static_cast<EventType>(43), "new", EventHeader::kIgnorable);
  log.event(EventType::unknown, "").event(static_cast<EventType>(200), "");
  EventFramer framer;
  std::vector<std::uint8_t> bytes;
  ASSERT_TRUE(frame_at(framer, log, 0, bytes));
  const auto stopped = frame_at(framer, log, 1, bytes);
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.error().code, Errc::unknown_event);
  EXPECT_NE(stopped.error().what.find("43"), std::string::npos);
  const auto passed = frame_at(framer, log, 2, bytes);
  ASSERT_TRUE(passed);
  EXPECT_EQ(duty_of(passed->header.type), EventDuty::unknown);
  EXPECT_EQ(frame_at(framer, log, 3, bytes).error().code, Errc::unknown_event);
  EXPECT_EQ(frame_at(framer, log, 4, bytes).error().code, Errc::unknown_event);
}

TEST(EventFramer, BodiesBeginBehindALongerHeader) {
  // No server has written headers of more than 19 bytes; the format allows them.
  BinlogWriter log;
  log.magic().format_description();
  std::string fde = log.str().substr(4);
  fde[19 + 56] = 21;
  fde[17] = 0;
  fde.resize(fde.size() - 4);
  fde += ByteWriter().u32(test::reference_crc32(fde)).str();
  BinlogWriter rest;
  rest.event(EventType::xid, "xx" + std::string(8, '\x05'));
  EventFramer framer;
  ASSERT_TRUE(framer.frame(bytes_of(fde), 4, kFile));
  const auto event = framer.frame(bytes_of(rest.str()), 126, kFile);
  ASSERT_TRUE(event);
  EXPECT_EQ(text_of(event->body), std::string(8, '\x05'));
  BinlogWriter shorter;
  shorter.event(EventType::stop, "x");
  EXPECT_EQ(framer.frame(bytes_of(shorter.str()), 126, kFile).error().code, Errc::corrupt);
}

FramerOptions network(ChecksumAlgorithm session = ChecksumAlgorithm::crc32) {
  FramerOptions options;
  options.network = true;
  options.session_checksum = session;
  return options;
}

TEST(EventFramer, TheFirstRotateOfAStreamFollowsTheSessionsChecksum) {
  for (const bool checksums : {true, false}) {
    BinlogWriter::Options options;
    options.checksums = checksums;
    BinlogWriter log(options);
    log.artificial_rotate("binlog.000003", 157);
    EventFramer framer(network(checksums ? ChecksumAlgorithm::crc32 : ChecksumAlgorithm::off));
    std::vector<std::uint8_t> bytes;
    const auto event = frame_at(framer, log, 0, bytes);
    ASSERT_TRUE(event);
    EXPECT_EQ(text_of(event->body).substr(8), "binlog.000003");
    EXPECT_EQ(event->end, event->offset);  // it is in no file
  }
}

TEST(EventFramer, AStaleChecksumOfARewrittenFormatIsPardonedInStreamsWithoutChecksums) {
  BinlogWriter::Options options;
  options.checksums = false;
  BinlogWriter log(options);
  log.format_description(false, 1'700'000'000);
  std::string bytes = log.str();
  for (std::size_t i = 0; i < 4; ++i) bytes[19 + 52 + i] = 0;  // the source zeroes `created`
  EventFramer stream(network());
  EXPECT_TRUE(stream.frame(bytes_of(bytes), 4, kFile));
  EventFramer file;
  EXPECT_EQ(file.frame(bytes_of(bytes), 4, kFile).error().code, Errc::checksum);
}

TEST(EventFramer, OnlyWhatIsInTheFileMovesTheOffsetOfAStream) {
  BinlogWriter log;
  log.format_description().event(EventType::heartbeat, "binlog.000003");
  BinlogWriter::Options zeroed = BinlogWriter::mariadb();
  zeroed.zero_positions_in_groups = true;
  BinlogWriter group(zeroed);
  group.insert_transaction(1);
  EventFramer framer(network());
  std::vector<std::uint8_t> bytes;
  ASSERT_TRUE(frame_at(framer, log, 0, bytes));
  bytes = event_bytes(log, 1);
  EXPECT_EQ(framer.frame(bytes, 777, kFile)->end, 777U);
  bytes = event_bytes(group, 1);  // TABLE_MAP with position 0, as MariaDB 11.4 sends it
  const auto map = framer.frame(bytes, 777, kFile);
  ASSERT_TRUE(map);
  EXPECT_EQ(map->header.log_pos, 0U);
  EXPECT_EQ(map->end, 777 + bytes.size());
}

// What a MariaDB server with encrypt_binlog does to an event (PROTOCOL 1.7), from the description's other end.
std::vector<std::uint8_t> encrypt_event(std::vector<std::uint8_t> event, Bytes key, Bytes nonce, std::uint32_t offset) {
  std::array<std::uint8_t, 16> iv{};
  std::copy(nonce.begin(), nonce.end(), iv.begin());
  for (std::size_t i = 0; i < 4; ++i) iv[12 + i] = static_cast<std::uint8_t>(offset >> (8 * i));
  const std::vector<std::uint8_t> length(event.begin() + 9, event.begin() + 13);
  std::copy_n(event.begin(), 4, event.begin() + 9);
  std::array<std::uint8_t, 16> previous = iv;
  std::size_t at = 4;
  for (; at + 16 <= event.size(); at += 16) {
    for (std::size_t i = 0; i < 16; ++i) previous[i] ^= event[at + i];
    previous = *aes_encrypt_block(key, previous);
    std::copy(previous.begin(), previous.end(), event.begin() + static_cast<std::ptrdiff_t>(at));
  }
  const auto mask = *aes_encrypt_block(key, iv);
  for (std::size_t i = 0; at + i < event.size(); ++i) event[at + i] ^= mask[i];
  std::copy_n(event.begin() + 9, 4, event.begin());
  std::copy(length.begin(), length.end(), event.begin() + 9);
  return event;
}

class EncryptedMariadbFile : public ::testing::Test {
 protected:
  EncryptedMariadbFile() : log_(BinlogWriter::mariadb()) {
    log_.magic().format_description();
    log_.event(EventType::start_encryption, ByteWriter().u8(1).u32(1).text("NONCE-nonce!").str());
    log_.gtid_list().insert_transaction(1).insert_transaction(2, 5);
  }
  // Event `index` as it is stored.
  std::vector<std::uint8_t> stored(std::size_t index, std::string_view key) const {
    std::vector<std::uint8_t> bytes = event_bytes(log_, index);
    if (index < 2) return bytes;
    return encrypt_event(std::move(bytes), bytes_of(key), bytes_of("NONCE-nonce!"),
                         static_cast<std::uint32_t>(log_.starts()[index]));
  }
  BinlogWriter log_;
};

TEST_F(EncryptedMariadbFile, IsReadWithKeysOfEverySize) {
  for (const std::size_t size : {16U, 24U, 32U}) {
    const std::string key = std::string("0123456789abcdef0123456789abcdef").substr(0, size);
    const auto keys =
        MariadbKeys::parse(bytes_of("# ours\n2;00112233445566778899aabbccddeeff\n1;" + to_hex(bytes_of(key))));
    ASSERT_TRUE(keys) << keys.error().what;
    FramerOptions options;
    options.keys = &*keys;
    EventFramer framer(options);
    for (std::size_t i = 0; i < log_.starts().size(); ++i) {
      const std::vector<std::uint8_t> bytes = stored(i, key);
      const auto length = event_length(Bytes(bytes).first(19), {});
      EXPECT_EQ(length, bytes.size());
      const auto event = framer.frame(bytes, log_.starts()[i], kFile);
      ASSERT_TRUE(event) << event.error().message();
      EXPECT_EQ(text_of(event->bytes), text_of(event_bytes(log_, i)));
    }
    EXPECT_TRUE(framer.decrypting());
  }
}

TEST_F(EncryptedMariadbFile, AsksForTheKeyFileAndNoticesAWrongKey) {
  const std::string key = "0123456789abcdef";
  EventFramer without;
  ASSERT_TRUE(without.frame(stored(0, key), log_.starts()[0], kFile));
  ASSERT_TRUE(without.frame(stored(1, key), log_.starts()[1], kFile));
  const auto missing = without.frame(stored(2, key), log_.starts()[2], kFile);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code, Errc::encrypted);
  EXPECT_NE(missing.error().hint.find("--key-file"), std::string::npos);

  const auto wrong = MariadbKeys::parse(bytes_of("1;ffffffffffffffffffffffffffffffff"));
  FramerOptions options;
  options.keys = &*wrong;
  EventFramer framer(options);
  ASSERT_TRUE(framer.frame(stored(0, key), log_.starts()[0], kFile));
  ASSERT_TRUE(framer.frame(stored(1, key), log_.starts()[1], kFile));
  const auto garbled = framer.frame(stored(2, key), log_.starts()[2], kFile);
  ASSERT_FALSE(garbled);
}

TEST_F(EncryptedMariadbFile, IsPlainInAStreamAndAfterACopyFromOne) {
  EventFramer stream(network());
  for (std::size_t i = 0; i < log_.starts().size(); ++i) {
    ASSERT_TRUE(stream.frame(event_bytes(log_, i), log_.starts()[i], kFile)) << i;
  }
  EXPECT_FALSE(stream.decrypting());

  BinlogWriter relay(BinlogWriter::mariadb());
  relay.magic().format_description();
  relay.event(EventType::start_encryption, ByteWriter().u8(1).u32(1).fill(12).str(), EventHeader::kIgnorable).stop();
  EventFramer file;
  for (std::size_t i = 0; i < relay.starts().size(); ++i) {
    ASSERT_TRUE(file.frame(event_bytes(relay, i), relay.starts()[i], kFile)) << i;
  }
}

TEST(MariadbKeyFile, LinesCommentsAndSpacesAreRead) {
  const auto keys =
      MariadbKeys::parse(bytes_of("# comment\n\n 1;00112233445566778899AABBCCDDEEFF # the log's\r\n"
                                  "4294967295;000102030405060708090a0b0c0d0e0f1011121314151617\n"));
  ASSERT_TRUE(keys);
  EXPECT_EQ(to_hex(keys->find(1)), "00112233445566778899AABBCCDDEEFF");
  EXPECT_EQ(keys->find(4294967295).size(), 24U);
  EXPECT_TRUE(keys->find(2).empty());
}

TEST(MariadbKeyFile, ABadLineIsNamedAndItsKeyIsNot) {
  for (const std::string_view line :
       {"1;0011", "1 00112233445566778899aabbccddeeff", ";00112233445566778899aabbccddeeff",
        "1;zz112233445566778899aabbccddeeff", "0;00112233445566778899aabbccddeeff",
        "4294967296;00112233445566778899aabbccddeeff"}) {
    const auto keys = MariadbKeys::parse(bytes_of("#\n" + std::string(line)));
    ASSERT_FALSE(keys) << line;
    EXPECT_EQ(keys.error().code, Errc::encrypted);
    EXPECT_NE(keys.error().what.find("line 2"), std::string::npos);
    EXPECT_EQ(keys.error().what.find("2233"), std::string::npos);
  }
}

TEST(MariadbKeyFile, AnEncryptedKeyFileNeedsItsPassword) {
  // openssl enc -aes-256-cbc -md sha1 -S 0102030405060708 -pass pass:secret, of "1;00112233445566778899aabbccddeeff\n"
  const std::string content = *from_hex(
      "53616C7465645F5F0102030405060708"
      "45B41E61DBD9F51C65E6365297E08F82EAC62A377C7530EE902474FF816F3D423474DCD5436BFDB1034DE997C03A6575");
  EXPECT_EQ(MariadbKeys::parse(bytes_of(content)).error().code, Errc::encrypted);
  EXPECT_FALSE(MariadbKeys::parse(bytes_of(content), "wrong"));
  const auto keys = MariadbKeys::parse(bytes_of(content), "secret");
  ASSERT_TRUE(keys) << keys.error().what;
  EXPECT_EQ(to_hex(keys->find(1)), "00112233445566778899AABBCCDDEEFF");
}

}  // namespace
}  // namespace binferry
