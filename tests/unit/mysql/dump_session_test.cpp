#include "binlog/source/mysql/dump_session.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/event/control_events.hpp"
#include "binlog/event/event_framer.hpp"
#include "tests/unit/mysql/conversation.hpp"

#include <gtest/gtest.h>

namespace binferry::mysql::test {
namespace {

Greeting mysql_greeting(std::uint32_t version = 80040) {
  Greeting greeting;
  greeting.version_number = version;
  return greeting;
}
Greeting mariadb_greeting() {
  Greeting greeting;
  greeting.kind = ServerKind::mariadb;
  greeting.version_number = 101119;
  return greeting;
}
DumpOptions options(std::uint32_t server_id = 81) {
  DumpOptions dump;
  dump.server_id = server_id;
  return dump;
}

// A source that answers the start-up queries from a table; what it does not know gets OK, or error 1193 for a variable.
class Source {
 public:
  std::vector<std::pair<std::string, std::string>> values = {
      {"SELECT UNIX_TIMESTAMP()", "1700000000"},
      {"SELECT @@GLOBAL.SERVER_ID", "80"},
      {"SELECT @source_binlog_checksum", "CRC32"},
      {"SELECT @@GLOBAL.SERVER_UUID", "fde9933f-e70c-11f1-82fa-02fc00000001"},
      {"SELECT @@GLOBAL.GTID_MODE", "ON"},
      {"SELECT @@GLOBAL.gtid_domain_id", "0"}};
  std::vector<std::string> commands;  // received, without headers
  int fail_at = -1;                   // the command of this number gets `failure`
  std::string failure = error_packet(1927, "Connection was killed");

  [[nodiscard]] std::vector<std::string> answer(const std::string& command) {
    commands.push_back(command);
    if (static_cast<int>(commands.size()) - 1 == fail_at) return {failure};
    const std::string sql = command.substr(1);
    for (const auto& [known, value] : values) {
      if (sql == known) return result(value);
    }
    if (sql.starts_with("SELECT")) return {error_packet(1193, "Unknown system variable")};
    return {ok_packet()};
  }
  // Until the session streams or fails.
  Status start_up(DumpSession& session, PacketCodec& codec) {
    if (Status started = session.start(); !started) return started;
    while (!session.streaming()) {
      const std::string command = take_outgoing(codec).substr(4);
      for (const std::string& packet : answer(command)) {
        if (Result<DumpSession::Step> step = session.resume(bytes_of(packet)); !step) return propagate(step);
      }
    }
    commands.push_back(take_outgoing(codec).substr(4));
    return {};
  }

 private:
  static std::vector<std::string> result(const std::string& value) {
    ByteWriter column;
    column.lenenc("def").lenenc("").lenenc("").lenenc("").lenenc("x").lenenc("");
    column.u8(12).u16(63).u32(21).u8(253).u16(0).u8(0).u16(0);
    const std::string eof("\xFE\0\0\2\0", 5);
    return {"\x01", column.str(), eof, ByteWriter().lenenc(value).str(), eof};
  }
};

// The recorded replica had negotiated CLIENT_DEPRECATE_EOF; binferry does not. A result of one row and one column then
// has an EOF packet behind its column and another at its end.
std::string with_eof(const std::string& answer) {
  if (!answer.starts_with(std::string_view("\x01\0\0\x01\x01", 5))) return answer;
  ByteReader reader(bytes_of(answer));
  std::vector<std::string> packets;
  while (!reader.empty()) {
    const std::uint32_t size = reader.u24();
    reader.skip(1);
    packets.emplace_back(reader.text(size));
  }
  EXPECT_EQ(packets.size(), 4U);
  const std::string eof("\xFE\0\0\2\0", 5);
  packets = {packets[0], packets[1], eof, packets[2], eof};
  std::string framed;
  for (std::size_t i = 0; i < packets.size(); ++i) framed += frame(static_cast<std::uint8_t>(i + 1), packets[i]);
  return framed;
}

// Every byte of a real conversation: our commands must be the replica's, its ACKs ours.
TEST(DumpSession, ReplaysTheRecordedConversation) {
  const std::vector<Message> recorded = read_transcript("mysql-8.0.40-gtid-semisync.jsonl");
  ASSERT_EQ(recorded.size(), 42U);
  std::string theirs;
  std::string source;
  for (std::size_t i = 7; i < recorded.size(); ++i) {  // behind the login
    (recorded[i].from_source ? source : theirs) +=
        recorded[i].from_source ? with_eof(recorded[i].bytes) : recorded[i].bytes;
  }
  const std::size_t dump_at = theirs.find(std::string("\x6f\0\0\0\x1e", 5));
  ASSERT_NE(dump_at, std::string::npos);
  DumpOptions dump = options();
  dump.heartbeat_ms = 3000;
  dump.semi_sync = SemiSync::required;
  dump.report_port = 33081;
  dump.replica_uuid = Uuid::from_dashed("f7885915-e70d-11f1-a897-02fc00000001").value();
  constexpr std::size_t kSetAt = 4 + 1 + 2 + 4 + 4 + 8 + 4;
  dump.gtids = AnyGtidSet(GtidSet::decode(bytes_of(theirs.substr(dump_at + kSetAt, 0x6f + 4 - kSetAt))).value());

  PacketCodec codec;
  DumpSession session(codec, mysql_greeting(), dump);
  ASSERT_TRUE(session.start());
  std::string ours = take_outgoing(codec);
  feed(codec, source);
  std::string file;
  int events = 0;
  int acks = 0;
  FramerOptions framing;
  framing.network = true;
  EventFramer framer(framing);
  for (Result<bool> ready = codec.next(); ready && *ready; ready = codec.next()) {
    Result<DumpSession::Step> step = session.resume(codec.packet());
    ASSERT_TRUE(step) << step.error().message();
    if (*step == DumpSession::Step::event) {
      ++events;
      Result<RawEvent> event = framer.frame(session.event().bytes, 4, file);
      ASSERT_TRUE(event) << event.error().message();
      if (event->header.type == EventType::rotate) file = decode_rotate(event->body)->file;
      if (session.event().ack_requested) {
        ++acks;
        ASSERT_TRUE(session.acknowledge({file, event->header.log_pos}));
      }
    }
    ours += take_outgoing(codec);
  }
  EXPECT_EQ(codec.unread_bytes(), 0U);
  EXPECT_EQ(acks, 5);
  EXPECT_GT(events, 15);
  EXPECT_EQ(file, "binlog.000002");
  EXPECT_EQ(session.facts().server_id, 80U);
  EXPECT_TRUE(session.facts().semi_sync_enabled);

  // The replica had negotiated query attributes: two bytes more in front of every statement.
  std::string plain;
  for (ByteReader reader{bytes_of(theirs)}; !reader.empty();) {
    const std::uint32_t size = reader.u24();
    const std::uint8_t sequence = reader.u8();
    std::string payload(reader.text(size));
    ASSERT_FALSE(reader.failed());
    if (payload.starts_with(std::string_view("\x03\0\x01", 3))) payload.erase(1, 2);
    plain += frame(sequence, payload);
  }
  EXPECT_EQ(to_hex(bytes_of(ours)), to_hex(bytes_of(plain)));
}

TEST(DumpSession, StartsMariadbByGtidWithItsCapability) {
  DumpOptions dump = options();
  dump.gtids = AnyGtidSet::parse("0-1-100,5-2-7").value();
  PacketCodec codec;
  DumpSession session(codec, mariadb_greeting(), dump);
  Source source;
  ASSERT_TRUE(source.start_up(session, codec));
  const auto has = [&](std::string_view sql) {
    return std::ranges::find(source.commands, "\x03" + std::string(sql)) != source.commands.end();
  };
  EXPECT_TRUE(has("SET @mariadb_slave_capability = 4"));
  EXPECT_TRUE(has("SET @slave_connect_state = '0-1-100,5-2-7'"));
  EXPECT_EQ(source.commands.back(), ByteWriter().u8(0x12).u32(4).u16(2).u32(81).str());
}

TEST(DumpSession, StartsByFileAndOffset) {
  DumpOptions dump = options();
  dump.position = {"binlog.000007", 1547};
  PacketCodec codec;
  DumpSession session(codec, mysql_greeting(50624), dump);
  Source source;
  source.values.pop_back();
  ASSERT_TRUE(source.start_up(session, codec));
  EXPECT_EQ(source.commands.back(), ByteWriter().u8(0x12).u32(1547).u16(0).u32(81).text("binlog.000007").str());
}

TEST(DumpSession, Beyond4GibNeedsTheCommandWith64Bits) {
  DumpOptions dump = options();
  dump.position = {"binlog.000007", 5'000'000'000};
  PacketCodec codec;
  DumpSession session(codec, mysql_greeting(), dump);
  Source source;
  ASSERT_TRUE(source.start_up(session, codec));
  EXPECT_EQ(source.commands.back(),
            ByteWriter().u8(0x1E).u16(2).u32(81).u32(13).text("binlog.000007").u64(5'000'000'000).u32(8).u64(0).str());
  PacketCodec other_codec;
  DumpSession other(other_codec, mariadb_greeting(), dump);
  EXPECT_EQ(Source().start_up(other, other_codec).error().code, Errc::unsupported);
}

TEST(DumpSession, EveryStepThatFailsEndsTheStartUp) {
  for (const bool mariadb : {false, true}) {
    DumpOptions dump = options();
    dump.semi_sync = SemiSync::preferred;
    if (mariadb) dump.gtids = AnyGtidSet(MariadbGtidSet{});
    for (const std::string& failure : {error_packet(1927, "Connection was killed"), std::string()}) {
      int steps = 0;
      for (int step = 0;; ++step, ++steps) {
        PacketCodec codec;
        DumpSession session(codec, mariadb ? mariadb_greeting() : mysql_greeting(), dump);
        Source source;
        source.fail_at = step;
        source.failure = failure;
        const Status started = source.start_up(session, codec);
        if (started) break;
        EXPECT_FALSE(session.streaming());
        EXPECT_EQ(started.error().code, failure.size() > 1 ? Errc::connection : Errc::protocol) << step;
      }
      EXPECT_GE(steps, 11) << mariadb;
    }
  }
}

TEST(DumpSession, SaysWhatTheSourceCannotDo) {
  const auto code_of = [](DumpOptions dump, Source source, const Greeting& greeting = mysql_greeting()) {
    PacketCodec codec;
    DumpSession session(codec, greeting, std::move(dump));
    const Status started = source.start_up(session, codec);
    return started ? Errc::internal : started.error().code;
  };
  EXPECT_EQ(code_of(options(80), {}), Errc::refused);  // the source's own id
  EXPECT_EQ(code_of(options(0), {}), Errc::usage);
  DumpOptions semi_sync = options();
  semi_sync.semi_sync = SemiSync::required;
  EXPECT_EQ(code_of(semi_sync, {}), Errc::refused);
  Source off;
  off.values.emplace_back("SELECT @@global.rpl_semi_sync_source_enabled", "0");
  EXPECT_EQ(code_of(semi_sync, off), Errc::refused);
  DumpOptions by_gtid = options();
  by_gtid.gtids = AnyGtidSet(GtidSet{});
  Source no_gtids;
  no_gtids.values[4].second = "OFF";
  EXPECT_EQ(code_of(by_gtid, no_gtids), Errc::refused);
  by_gtid.gtids = AnyGtidSet::parse("0-1-2").value();
  EXPECT_EQ(code_of(by_gtid, {}), Errc::wrong_source);
  by_gtid.gtids = AnyGtidSet::parse("fde9933f-e70c-11f1-82fa-02fc00000001:1-5").value();
  EXPECT_EQ(code_of(by_gtid, {}, mariadb_greeting()), Errc::wrong_source);
}

TEST(DumpSession, AnOldSourceIsAskedForSemiSyncByItsOldName) {
  DumpOptions dump = options();
  dump.semi_sync = SemiSync::required;
  Source source;
  source.values.emplace_back("SELECT @@global.rpl_semi_sync_master_enabled", "1");
  PacketCodec codec;
  DumpSession session(codec, mysql_greeting(50744), dump);
  ASSERT_TRUE(source.start_up(session, codec));
  EXPECT_TRUE(session.facts().has_semi_sync);
  EXPECT_EQ(source.commands[source.commands.size() - 2],
            "\x03SET @rpl_semi_sync_replica = 1, @rpl_semi_sync_slave = 1");
  // Without its prefix, or with a flag that nobody knows, a packet is not read.
  EXPECT_EQ(session.resume(bytes_of(std::string("\0\0\0\0\0", 5))).error().code, Errc::protocol);
  EXPECT_EQ(session.resume(bytes_of(std::string("\0\xEF\2\0\0", 5))).error().code, Errc::protocol);
  EXPECT_EQ(session.resume(bytes_of(std::string("\0\xEF", 2))).error().code, Errc::protocol);
}

TEST(DumpSession, AcksGoForwardOnly) {
  DumpOptions dump = options();
  dump.semi_sync = SemiSync::required;
  Source source;
  source.values.emplace_back("SELECT @@global.rpl_semi_sync_source_enabled", "1");
  PacketCodec codec;
  DumpSession session(codec, mysql_greeting(), dump);
  EXPECT_EQ(session.acknowledge({"binlog.000001", 4}).error().code, Errc::internal);
  ASSERT_TRUE(source.start_up(session, codec));
  EXPECT_TRUE(session.acknowledge({"binlog.999999", 5'000'000'000}));
  EXPECT_EQ(take_outgoing(codec), frame(0, ByteWriter().u8(0xEF).u64(5'000'000'000).text("binlog.999999").str()));
  EXPECT_TRUE(session.acknowledge({"binlog.1000000", 300}));
  EXPECT_EQ(session.acknowledge({"binlog.1000000", 299}).error().code, Errc::internal);
}

TEST(DumpSession, AnEndOfTheStreamIsAnEndOnlyIfAskedFor) {
  for (const bool asked : {false, true}) {
    DumpOptions dump = options();
    dump.stop_at_end = asked;
    PacketCodec codec;
    DumpSession session(codec, mysql_greeting(), dump);
    ASSERT_TRUE(Source().start_up(session, codec));
    const Result<DumpSession::Step> step = session.resume(bytes_of(std::string("\xFE\0\0\2\0", 5)));
    if (asked) {
      EXPECT_EQ(step, DumpSession::Step::end);
    } else {
      EXPECT_EQ(step.error().code, Errc::connection);
    }
    EXPECT_EQ(session.resume(bytes_of(error_packet(1236, "could not find first log file name"))).error().code,
              Errc::purged);
  }
}

}  // namespace
}  // namespace binferry::mysql::test
