// The grammar of a stream: events in, whole transactions out (PROTOCOL 8).
//
// A Transaction owns its bytes. The assembler fills one Transaction again and again, so memory is allocated only while
// transactions grow; what exceeds Limits::transaction_memory_bytes goes to an unlinked temporary file.
//
//   grammar (a stream is a sequence of these, with FORMAT_DESCRIPTION, ROTATE, PREVIOUS_GTIDS, … between them):
//     group       := [gtid] ( BEGIN part* end | payload | statement | rows-without-begin )      MySQL, MariaDB
//     before 10.0
//                  | mariadb_gtid part* end | mariadb_gtid(STANDALONE) part* statement          MariaDB
//     end         := XID | QUERY COMMIT | QUERY ROLLBACK | XA_PREPARE
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/base/spool.hpp"
#include "binlog/coordinates/gtid.hpp"
#include "binlog/event/format_description.hpp"
#include "binlog/event/raw_event.hpp"
#include "binlog/event/transaction_payload.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace binferry {

// What the end of a group says of its changes.
enum class Outcome : std::uint8_t {
  committed,     // they happened
  rolled_back,   // QUERY ROLLBACK: of its rows, those of non-transactional tables happened
  prepared,      // XA_PREPARE: they happen when a later group says xa_committed
  xa_committed,  // the group is XA COMMIT of an earlier prepared one
  xa_rolled_back,
};
std::string_view name_of(Outcome outcome);

class Transaction {
 public:
  explicit Transaction(const Limits& limits) : events_(limits.transaction_memory_bytes) {}

  std::string file;             // base name of the log
  std::uint64_t offset = 0;     // first byte of the group in `file`
  std::uint64_t end = 0;        // just behind it: the position to go on from
  AnyGtid gtid;                 // monostate for anonymous groups
  std::uint32_t server_id = 0;  // of the originating server
  std::uint32_t timestamp = 0;  // seconds; start of the statement, from the group's first event
  std::uint64_t commit_us = 0;  // immediate_commit_timestamp, microseconds since 1970; 0 if the log has none
  std::uint64_t original_commit_us = 0;
  std::optional<std::uint64_t> xid;  // XID event
  std::string xa;                    // XA identifier as MySQL prints it, `X'61',X'',1`; empty if none
  Outcome outcome = Outcome::committed;
  bool compressed = false;        // came as a TRANSACTION_PAYLOAD
  bool standalone = false;        // one statement without BEGIN
  std::uint8_t alter_flags = 0;   // MariaDB two-phase ALTER: kStartAlter, kCommitAlter, kRollbackAlter
  std::uint64_t start_alter = 0;  // seq_no of the START ALTER that a commit or rollback ends
  std::uint64_t event_count = 0;
  std::uint64_t stored_bytes = 0;                   // bytes of the group in the log (compressed size for a payload)
  std::shared_ptr<const FormatDescription> format;  // governs the events

  static constexpr std::uint8_t kStartAlter = 2;
  static constexpr std::uint8_t kCommitAlter = 4;
  static constexpr std::uint8_t kRollbackAlter = 8;

  // Bytes of the events as kept (decompressed).
  [[nodiscard]] std::uint64_t event_bytes() const { return events_.size(); }
  [[nodiscard]] bool spilled() const { return events_.spilled(); }
  // `binlog.000003:1547`
  [[nodiscard]] std::string place() const;

  // Reads the events in order, those undone by a ROLLBACK TO SAVEPOINT marked. The transaction must not change
  // meanwhile.
  class Cursor {
   public:
    explicit Cursor(const Transaction& transaction);
    // Null at the end. The event lives until the next call.
    Result<const RawEvent*> next();
    // The event was undone by a later ROLLBACK TO SAVEPOINT (non-transactional tables keep such changes).
    [[nodiscard]] bool undone() const { return undone_; }

   private:
    const Transaction* transaction_;
    Spool::Cursor cursor_;
    RawEvent event_;
    std::uint64_t index_ = 0;
    bool undone_ = false;
  };

 private:
  friend class TransactionAssembler;
  struct Range {
    std::uint64_t begin;  // event indexes, half open
    std::uint64_t end;
  };

  void clear();
  Status append(const RawEvent& event);

  Spool events_;
  std::vector<Range> undone_;
};

// What an event was to the grammar.
enum class EventRole : std::uint8_t {
  inert,     // between groups, or without meaning for them
  part,      // belongs to the group being assembled
  complete,  // ends it: transaction() is whole until the next push()
};

class TransactionAssembler {
 public:
  explicit TransactionAssembler(const Limits& limits = {});
  ~TransactionAssembler();

  // Takes the next event of the stream. Errors (grammar, INCIDENT, malformed group) carry the event's place; after one
  // the assembler must not be used.
  Result<EventRole> push(const RawEvent& event, const FormatDescription& format);

  [[nodiscard]] const Transaction& transaction() const { return transaction_; }
  // No group is open: the position behind the last event is a safe one.
  [[nodiscard]] bool idle() const { return state_ == State::idle; }
  // Where the open group began; meaningful while !idle().
  [[nodiscard]] std::uint64_t open_since() const { return transaction_.offset; }

  // The input ended or was cut (end of a file, a lost connection): gives up the open group. Returns the bytes of the
  // log that it held, 0 if none was open.
  std::uint64_t discard_open_group();
  // Groups given up because the log itself shows that they never ended, and their bytes, since construction.
  [[nodiscard]] std::uint64_t discarded_groups() const { return discarded_groups_; }
  [[nodiscard]] std::uint64_t discarded_bytes() const { return discarded_bytes_; }

 private:
  enum class State : std::uint8_t {
    idle,
    gtid,        // after a GTID event (or parts such as INTVAR that precede a statement)
    open,        // inside BEGIN … end
    standalone,  // after a MariaDB GTID with STANDALONE
    direct,      // row events without BEGIN (MySQL 5.1): until STMT_END
  };
  struct Savepoint {
    std::string name;
    std::uint64_t event;  // index of the first event behind it
  };

  Result<EventRole> dispatch(const RawEvent& event, const FormatDescription& format);
  void begin_group(const RawEvent& event, const FormatDescription& format, State state);
  Result<EventRole> add(const RawEvent& event);
  Result<EventRole> finish(const RawEvent& event, Outcome outcome);
  Result<EventRole> on_gtid(const RawEvent& event, const FormatDescription& format);
  Result<EventRole> on_mariadb_gtid(const RawEvent& event, const FormatDescription& format);
  Result<EventRole> on_query(const RawEvent& event, const FormatDescription& format);
  Result<EventRole> on_transaction_control(const RawEvent& event, std::string_view sql);
  Result<EventRole> on_xa_prepare(const RawEvent& event);
  Result<EventRole> on_rows(const RawEvent& event, const FormatDescription& format);
  Result<EventRole> on_payload(const RawEvent& event, const FormatDescription& format);
  Status on_savepoint(std::string_view sql, bool rollback);
  void cut_open_group();

  Transaction transaction_;
  PayloadReader payload_;
  State state_ = State::idle;
  bool in_payload_ = false;
  std::shared_ptr<const FormatDescription> format_;
  std::vector<Savepoint> savepoints_;
  std::uint64_t discarded_groups_ = 0;
  std::uint64_t discarded_bytes_ = 0;
};

}  // namespace binferry
