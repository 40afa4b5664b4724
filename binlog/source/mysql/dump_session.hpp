// A replica's conversation after the login: start-up queries, the request for the log, the stream of events, and ACKs
// (PROTOCOL 6.3 to 6.6 and 7).
//
// Sans-io: start() queues the first query in the codec, resume() takes each packet and queues what comes next. One
// thread; the codec must outlive the session. event() lives as long as the packet given to resume().
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"
#include "binlog/coordinates/any_gtid_set.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/coordinates/uuid.hpp"
#include "binlog/event/format_description.hpp"
#include "binlog/source/mysql/handshake.hpp"
#include "binlog/source/mysql/query_session.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace binferry::mysql {

enum class SemiSync : std::uint8_t {
  off,
  preferred,  // if the source has it
  required,   // `refused` if it has not
};

struct DumpOptions {
  // Ours: unique among the replicas of the source, not 0.
  std::uint32_t server_id = 0;
  Uuid replica_uuid;
  // Where to begin: behind the transactions of this set (an empty one: from the oldest log there is) …
  std::optional<AnyGtidSet> gtids;
  // … else at this place. An empty file name is the oldest.
  BinlogPosition position{{}, 4};
  // Sent by an idle source; 0: none.
  std::uint32_t heartbeat_ms = 30'000;
  SemiSync semi_sync = SemiSync::off;
  // End at the end of the log instead of waiting for more.
  bool stop_at_end = false;
  // As SHOW REPLICAS of the source is to list us; may be empty.
  std::string report_host{};
  std::uint16_t report_port = 0;
};

// What the start-up queries told.
struct SourceFacts {
  ServerKind kind = ServerKind::mysql;
  std::uint32_t version = 0;  // as FormatDescription::version
  std::uint64_t clock_s = 0;  // its time, seconds since 1970
  std::uint32_t server_id = 0;
  std::optional<Uuid> uuid;                             // MySQL
  std::string gtid_mode;                                // MySQL: ON, OFF, …; empty where it has none
  ChecksumAlgorithm checksum = ChecksumAlgorithm::off;  // declared for this session
  bool has_semi_sync = false;      // the feature is there and was asked for: every packet carries its prefix
  bool semi_sync_enabled = false;  // and is switched on
};

class DumpSession {
 public:
  enum class Step : std::uint8_t {
    receive,  // give the next packet to resume()
    event,    // event() is filled; then as `receive`
    end,      // stop_at_end, and there was no more
  };
  struct Event {
    Bytes bytes;                 // as the source stores it, checksum included
    bool ack_requested = false;  // the source waits for an ACK of the event's end
  };

  DumpSession(PacketCodec& codec, const Greeting& greeting, DumpOptions options);

  // Errors: `usage` for options that contradict each other or the server's kind.
  Status start();

  // Errors: what the server refuses, see to_error(); `refused`, `unsupported` for a source that cannot do what the
  // options ask for; `connection` when the source ends the stream; `protocol`.
  Result<Step> resume(Bytes packet);

  [[nodiscard]] const Event& event() const { return event_; }
  [[nodiscard]] bool streaming() const { return stage_ == Stage::stream; }
  // Complete once streaming.
  [[nodiscard]] const SourceFacts& facts() const { return facts_; }

  // Queues the ACK of a flagged event: `position` is its end. In order; `internal` if one goes backwards, or without
  // semi-sync.
  Status acknowledge(const BinlogPosition& position);

 private:
  // In the order of the conversation; those of the other server kind are passed over.
  enum class Stage : std::uint8_t {
    clock,
    server_id,
    heartbeat,
    declare_checksum,
    read_checksum,
    gtid_mode,          // MySQL
    server_uuid,        // MySQL
    replica_uuid,       // MySQL
    capability,         // MariaDB
    gtid_domain,        // MariaDB, by GTID
    connect_state,      // MariaDB, by GTID
    strict_mode,        // MariaDB, by GTID
    ignore_duplicates,  // MariaDB, by GTID
    register_replica,
    probe_semi_sync,
    probe_semi_sync_old,  // MySQL before 8.0.26
    request_semi_sync,
    dump,
    stream,
  };

  [[nodiscard]] bool applies(Stage stage) const;
  [[nodiscard]] std::string sql_of(Stage stage) const;
  Result<Step> advance();
  Result<Step> on_query(Bytes packet);
  Result<Step> on_registered(Bytes packet);
  Status on_refusal();
  Status on_value(std::string_view value);
  Status check_facts();
  Status send_dump();
  Result<Step> on_stream(Bytes packet);
  [[nodiscard]] bool is_mariadb() const { return facts_.kind == ServerKind::mariadb; }

  PacketCodec& codec_;
  QuerySession query_;
  DumpOptions options_;
  SourceFacts facts_;
  Stage stage_ = Stage::clock;
  Event event_;
  BinlogPosition last_ack_;
};

}  // namespace binferry::mysql
