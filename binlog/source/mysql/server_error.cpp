#include "binlog/source/mysql/server_error.hpp"

#include "binlog/base/byte_reader.hpp"

#include <algorithm>
#include <array>

namespace binferry::mysql {
namespace {

struct Verdict {
  Errc code;
  std::string_view hint;
};

struct Phrase {
  std::string_view words;  // lower case
  Verdict verdict;
};

constexpr std::string_view kReseed = "make a new replica from a snapshot";
constexpr std::string_view kDiverged =
    "the source was reset, restored or replaced, or the position is another server's: make a new replica, or name the "
    "right source";

// The first that occurs in the text of error 1236 decides; MySQL 5.6 to 9 and MariaDB word them differently. The first
// message mentions a truncated log as well, so the order matters.
constexpr auto kDumpPhrases = std::to_array<Phrase>({
    {"has more gtids than", {Errc::diverged, kDiverged}},
    {"not in the master's binlog", {Errc::diverged, kDiverged}},
    {"impossible position", {Errc::diverged, kDiverged}},
    {"> file size", {Errc::diverged, kDiverged}},
    {"same server_uuid/server_id",
     {Errc::refused, "another replica uses the same server id: give this one its own with --server-id"}},
    {"same server_id",
     {Errc::refused, "another replica uses the same server id: give this one its own with --server-id"}},
    {"purged", {Errc::purged, kReseed}},
    {"could not find first log file", {Errc::purged, kReseed}},
    {"could not find gtid state", {Errc::purged, kReseed}},
    {"checksum that", {Errc::internal, "report it: the checksum was not agreed on"}},
    {"anonymous", {Errc::refused, "set gtid_mode=ON at the source, or start by file and offset"}},
    {"binary log without gtids",
     {Errc::refused, "the source wrote its first files without GTIDs: start by file and offset"}},
    {"binary log is not open", {Errc::refused, "start the source with log_bin"}},
    {"misconfigured", {Errc::refused, "give the source a server_id"}},
    {"bogus data", {Errc::corrupt, "check that the position is the start of an event"}},
    {"max_allowed_packet", {Errc::corrupt, "check that the position is the start of an event"}},
    {"truncated", {Errc::corrupt, "check the source's log with mysqlbinlog"}},
    {"checksum", {Errc::corrupt, "check the source's log with mysqlbinlog"}},
    {"i/o error", {Errc::io, "check the source's disk"}},
});

Verdict judge_dump(std::string_view message) {
  std::string text(message);
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  for (const Phrase& phrase : kDumpPhrases) {
    if (text.find(phrase.words) != std::string::npos) return phrase.verdict;
  }
  return {Errc::refused, "look into the source's error log"};
}

Verdict judge(const ServerError& refusal) {
  switch (refusal.code) {
    case 1236: return judge_dump(refusal.message);
    case 1789: return {Errc::purged, kReseed};
    case 1885: return {Errc::diverged, kDiverged};
    case 1040:  // too many connections
    case 1203:
    case 1205:  // lock wait timeout
    case 1213:  // deadlock
      return {Errc::busy, {}};
    case 1053:  // shutdown
    case 1152:
    case 1158:
    case 1159:
    case 1160:
    case 1161:
    case 1184:
    case 1317:  // interrupted
    case 1927:  // killed
    case 2006:
    case 2013:
    case 4031:  // idle for too long
      return {Errc::connection, {}};
    case 1045:
    case 1698: return {Errc::refused, "check user and password"};
    case 1044:
    case 1142:
    case 1227: return {Errc::refused, "grant the user REPLICATION SLAVE, REPLICATION CLIENT and SELECT"};
    case 1130: return {Errc::refused, "create the user for this host"};
    case 1129: return {Errc::refused, "unblock this host with FLUSH HOSTS"};
    case 4052:  // MariaDB's own number for what 1236 says in words
      return {Errc::refused, "another replica uses the same server id: give this one its own with --server-id"};
    case 1820:
    case 1862: return {Errc::refused, "set a new password: this one has expired"};
    case 3118:
    case 4151: return {Errc::refused, "unlock the account"};
    case 3159: return {Errc::refused, "the server asks for TLS: use --ssl-mode=required or better"};
    case 1153: return {Errc::limit, "raise max_allowed_packet at the source"};
    case 1773:
    case 1835: return {Errc::internal, "report it: the server calls a packet malformed"};
    default: return {Errc::refused, {}};
  }
}

}  // namespace

ServerError parse_server_error(Bytes packet) {
  ByteReader reader(packet);
  reader.skip(1);
  ServerError refusal;
  refusal.code = reader.u16();
  // Before the login the server does not know yet that the client understands the state.
  if (reader.remaining() >= 6 && reader.rest()[0] == '#') {
    reader.skip(1);
    refusal.state = reader.text(5);
  }
  refusal.message = text_of(reader.rest());
  return refusal;
}

Error to_error(const ServerError& refusal, std::string_view doing) {
  const Verdict verdict = judge(refusal);
  std::string what = "the server refused " + std::string(doing) + ": " + refusal.message + " (error " +
                     std::to_string(refusal.code) + ")";
  return {verdict.code, std::move(what), {}, std::string(verdict.hint)};
}

}  // namespace binferry::mysql
