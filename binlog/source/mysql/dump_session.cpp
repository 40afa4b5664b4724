#include "binlog/source/mysql/dump_session.hpp"

#include "binlog/base/byte_writer.hpp"

#include <charconv>
#include <limits>
#include <utility>

namespace binferry::mysql {
namespace {

constexpr std::uint8_t kComBinlogDump = 0x12;
constexpr std::uint8_t kComRegisterReplica = 0x15;
constexpr std::uint8_t kComBinlogDumpGtid = 0x1E;
constexpr std::uint8_t kSemiSyncMagic = 0xEF;
constexpr std::uint8_t kAckRequested = 0x01;

// Of the dump commands. The second means one thing to MySQL and another to MariaDB.
constexpr std::uint16_t kNonBlocking = 0x1;
constexpr std::uint16_t kHeartbeatV2 = 0x2;
constexpr std::uint16_t kSendAnnotations = 0x2;
constexpr std::uint32_t kFirstWithHeartbeatV2 = 80026;

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

}  // namespace

DumpSession::DumpSession(PacketCodec& codec, const Greeting& greeting, DumpOptions options)
    : codec_(codec), query_(codec), options_(std::move(options)) {
  facts_.kind = greeting.kind;
  facts_.version = greeting.version_number;
}

Status DumpSession::start() {
  if (options_.server_id == 0) return fail(Errc::usage, "a replica's server id cannot be 0");
  if (options_.gtids && (is_mariadb() ? options_.gtids->mysql() != nullptr && !options_.gtids->mysql()->empty()
                                      : options_.gtids->mariadb() != nullptr && !options_.gtids->mariadb()->empty())) {
    return fail(Errc::wrong_source,
                is_mariadb() ? "MySQL's GTIDs mean nothing to a MariaDB source"
                             : "MariaDB's GTIDs mean nothing to a MySQL source",
                "check the source's address");
  }
  if (options_.position.offset < 4) return fail(Errc::usage, "no event begins before offset 4 of a log");
  query_.start(sql_of(stage_));
  return {};
}

bool DumpSession::applies(Stage stage) const {
  switch (stage) {
    case Stage::gtid_mode:
    case Stage::server_uuid:
    case Stage::replica_uuid: return !is_mariadb();
    case Stage::capability: return is_mariadb();
    case Stage::gtid_domain:
    case Stage::connect_state:
    case Stage::strict_mode:
    case Stage::ignore_duplicates: return is_mariadb() && options_.gtids.has_value();
    case Stage::probe_semi_sync: return options_.semi_sync != SemiSync::off;
    case Stage::probe_semi_sync_old:
      return options_.semi_sync != SemiSync::off && !is_mariadb() && !facts_.has_semi_sync;
    case Stage::request_semi_sync: return facts_.has_semi_sync;
    default: return true;
  }
}

std::string DumpSession::sql_of(Stage stage) const {
  const bool mariadb = is_mariadb();
  const std::string period_ns = std::to_string(std::uint64_t{options_.heartbeat_ms} * 1'000'000);
  switch (stage) {
    case Stage::clock: return "SELECT UNIX_TIMESTAMP()";
    case Stage::server_id: return "SELECT @@GLOBAL.SERVER_ID";
    // Either set of names is in use, by the server's age; a user variable that nobody reads does no harm.
    case Stage::heartbeat:
      return "SET @master_heartbeat_period = " + period_ns + ", @source_heartbeat_period = " + period_ns;
    case Stage::declare_checksum:
      return "SET @master_binlog_checksum = @@global.binlog_checksum, @source_binlog_checksum = "
             "@@global.binlog_checksum";
    case Stage::read_checksum: return "SELECT @source_binlog_checksum";
    case Stage::gtid_mode: return "SELECT @@GLOBAL.GTID_MODE";
    case Stage::server_uuid: return "SELECT @@GLOBAL.SERVER_UUID";
    case Stage::replica_uuid: {
      const std::string uuid = options_.replica_uuid.text();
      return "SET @slave_uuid = '" + uuid + "', @replica_uuid = '" + uuid + "'";
    }
    case Stage::capability: return "SET @mariadb_slave_capability = 4";
    case Stage::gtid_domain: return "SELECT @@GLOBAL.gtid_domain_id";
    case Stage::connect_state: return "SET @slave_connect_state = '" + options_.gtids->text() + "'";
    case Stage::strict_mode: return "SET @slave_gtid_strict_mode = 0";
    case Stage::ignore_duplicates: return "SET @slave_gtid_ignore_duplicates = 0";
    case Stage::probe_semi_sync:
      return mariadb ? "SELECT @@global.rpl_semi_sync_master_enabled" : "SELECT @@global.rpl_semi_sync_source_enabled";
    case Stage::probe_semi_sync_old: return "SELECT @@global.rpl_semi_sync_master_enabled";
    case Stage::request_semi_sync: return "SET @rpl_semi_sync_replica = 1, @rpl_semi_sync_slave = 1";
    case Stage::register_replica:
    case Stage::dump:
    case Stage::stream: break;
  }
  return {};
}

Result<DumpSession::Step> DumpSession::advance() {
  do {
    stage_ = static_cast<Stage>(std::to_underlying(stage_) + 1);
  } while (!applies(stage_));
  if (stage_ == Stage::register_replica) {
    ByteWriter command;
    command.u8(kComRegisterReplica).u32(options_.server_id);
    const std::string_view host = std::string_view(options_.report_host).substr(0, 60);
    command.u8(static_cast<std::uint8_t>(host.size())).text(host);
    command.u8(0).u8(0);  // user and password, which SHOW REPLICAS would print
    command.u16(options_.report_port).u32(0).u32(0);
    codec_.begin_command();
    codec_.write(command.view());
  } else if (stage_ == Stage::dump) {
    if (Status right = check_facts(); !right) return propagate(right);
    if (Status sent = send_dump(); !sent) return propagate(sent);
    stage_ = Stage::stream;
  } else {
    query_.start(sql_of(stage_));
  }
  return Step::receive;
}

Result<DumpSession::Step> DumpSession::resume(Bytes packet) {
  if (packet.empty()) return fail(Errc::protocol, "an empty packet from the source");
  switch (stage_) {
    case Stage::stream: return on_stream(packet);
    case Stage::register_replica: return on_registered(packet);
    default: return on_query(packet);
  }
}

Result<DumpSession::Step> DumpSession::on_registered(Bytes packet) {
  if (is_error_packet(packet)) {
    return std::unexpected(to_error(parse_server_error(packet), "to register a replica"));
  }
  if (!is_ok_packet(packet)) return fail(Errc::protocol, "an unknown answer to COM_REGISTER_SLAVE");
  return advance();
}

Result<DumpSession::Step> DumpSession::on_query(Bytes packet) {
  Result<QuerySession::Step> step = query_.resume(packet);
  if (!step) return propagate(step);
  switch (*step) {
    case QuerySession::Step::receive: return Step::receive;
    case QuerySession::Step::row:
      if (Status taken = on_value(query_.row()[0].value_or(std::string_view())); !taken) return propagate(taken);
      return Step::receive;
    case QuerySession::Step::refused:
      if (Status tolerated = on_refusal(); !tolerated) return propagate(tolerated);
      return advance();
    case QuerySession::Step::done: return advance();
  }
  return fail(Errc::internal, "a query in no state");
}

// A variable that the server does not have tells its age; where that is no answer, it is an error.
Status DumpSession::on_refusal() {
  const bool optional = stage_ == Stage::gtid_mode || stage_ == Stage::server_uuid ||
                        stage_ == Stage::probe_semi_sync || stage_ == Stage::probe_semi_sync_old;
  if (optional && query_.refusal().code == ServerError::kUnknownSystemVariable) return {};
  return std::unexpected(to_error(query_.refusal(), sql_of(stage_)));
}

Status DumpSession::on_value(std::string_view value) {
  switch (stage_) {
    case Stage::clock: facts_.clock_s = number_of(value); break;
    case Stage::server_id: facts_.server_id = static_cast<std::uint32_t>(number_of(value)); break;
    case Stage::read_checksum:
      if (value == "CRC32") {
        facts_.checksum = ChecksumAlgorithm::crc32;
      } else if (value != "NONE") {
        return fail(Errc::unsupported, "binlog_checksum=" + std::string(value), "set it to CRC32 or NONE");
      }
      break;
    case Stage::gtid_mode: facts_.gtid_mode = value; break;
    case Stage::server_uuid:
      facts_.uuid = Uuid::from_dashed(value);
      if (!facts_.uuid) return fail(Errc::protocol, "the source's server_uuid is no UUID: " + std::string(value));
      break;
    case Stage::probe_semi_sync:
    case Stage::probe_semi_sync_old:
      facts_.has_semi_sync = true;
      facts_.semi_sync_enabled = value == "1" || value == "ON";
      break;
    default: break;
  }
  return {};
}

Status DumpSession::check_facts() {
  if (facts_.server_id == options_.server_id) {
    return fail(Errc::refused, "the source itself has server id " + std::to_string(options_.server_id),
                "give this replica another one with --server-id");
  }
  if (options_.semi_sync == SemiSync::required && !facts_.semi_sync_enabled) {
    return fail(Errc::refused,
                facts_.has_semi_sync ? "semi-synchronous replication is switched off at the source"
                                     : "the source has no semi-synchronous replication",
                is_mariadb() ? "SET GLOBAL rpl_semi_sync_master_enabled=1, or use --semi-sync=preferred"
                             : "install its plugin and enable it, or use --semi-sync=preferred");
  }
  if (options_.gtids && !is_mariadb() && facts_.gtid_mode != "ON") {
    return fail(Errc::refused,
                "gtid_mode is " + (facts_.gtid_mode.empty() ? "not known" : facts_.gtid_mode) + " at the source",
                "set gtid_mode=ON there, or start by file and offset");
  }
  return {};
}

Status DumpSession::send_dump() {
  std::uint16_t flags = options_.stop_at_end ? kNonBlocking : std::uint16_t{0};
  if (is_mariadb()) flags |= kSendAnnotations;  // without them positions could not be counted
  if (!is_mariadb() && facts_.version >= kFirstWithHeartbeatV2) flags |= kHeartbeatV2;

  // COM_BINLOG_DUMP holds 32 bits of the offset. With a file's name the other command goes by file and offset, too.
  const bool is_far = !options_.gtids && options_.position.offset > std::numeric_limits<std::uint32_t>::max();
  if (is_far && (is_mariadb() || facts_.gtid_mode != "ON")) {
    return fail(Errc::unsupported, "the source cannot start at " + options_.position.text() + ", beyond 4 GiB",
                is_mariadb() ? "start by GTID" : "set gtid_mode=ON at the source, or start at the next file");
  }
  ByteWriter command;
  if (!is_mariadb() && (options_.gtids || is_far)) {
    const std::string set =
        options_.gtids && options_.gtids->mysql() ? options_.gtids->mysql()->encode() : GtidSet{}.encode();
    const std::string_view file = is_far ? std::string_view(options_.position.file) : std::string_view();
    command.u8(kComBinlogDumpGtid).u16(flags).u32(options_.server_id);
    // Only without a name does the source check that it still has what the set lacks.
    command.u32(static_cast<std::uint32_t>(file.size())).text(file);
    command.u64(is_far ? options_.position.offset : 4).u32(static_cast<std::uint32_t>(set.size())).text(set);
  } else {
    const bool by_place = !options_.gtids;
    command.u8(kComBinlogDump).u32(by_place ? static_cast<std::uint32_t>(options_.position.offset) : 4);
    command.u16(flags).u32(options_.server_id);
    if (by_place) command.text(options_.position.file);
  }
  codec_.begin_command();
  codec_.write(command.view());
  return {};
}

Result<DumpSession::Step> DumpSession::on_stream(Bytes packet) {
  if (is_error_packet(packet)) return std::unexpected(to_error(parse_server_error(packet), "the binary log"));
  if (is_eof_packet(packet)) {
    if (options_.stop_at_end) return Step::end;
    return fail(Errc::connection, "the source ended the stream (it goes down, or another replica has our server id)");
  }
  if (!is_ok_packet(packet)) return fail(Errc::protocol, "an unknown packet in the stream of events");
  event_ = {packet.subspan(1), false};
  if (!facts_.has_semi_sync) return Step::event;
  if (event_.bytes.size() < 2 || event_.bytes[0] != kSemiSyncMagic || (event_.bytes[1] & ~kAckRequested) != 0) {
    return fail(Errc::protocol, "a packet without the prefix of semi-synchronous replication");
  }
  event_.ack_requested = (event_.bytes[1] & kAckRequested) != 0;
  event_.bytes = event_.bytes.subspan(2);
  // The source counts anew behind an event that it wants to hear of, whether or not it does.
  if (event_.ack_requested) codec_.expect(1);
  return Step::event;
}

Status DumpSession::acknowledge(const BinlogPosition& position) {
  if (!facts_.has_semi_sync || !streaming()) return fail(Errc::internal, "an ACK without semi-synchronous replication");
  if (position < last_ack_) {
    return fail(Errc::internal, "an ACK of " + position.text() + " behind one of " + last_ack_.text());
  }
  last_ack_ = position;
  ByteWriter ack;
  ack.u8(kSemiSyncMagic).u64(position.offset).text(position.file);
  codec_.write_detached(ack.view());
  return {};
}

}  // namespace binferry::mysql
