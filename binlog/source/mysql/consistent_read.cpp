#include "binlog/source/mysql/consistent_read.hpp"

#include "binlog/source/mysql/grants.hpp"
#include "binlog/source/mysql/server_state.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <thread>

#include <fmt/format.h>

namespace binferry::mysql {
namespace {

constexpr std::uint16_t kAccessDenied = 1227;
constexpr std::uint16_t kTableAccessDenied = 1142;
constexpr std::uint16_t kSchemaAccessDenied = 1044;
constexpr std::uint16_t kXaResourceManager = 1401;
constexpr std::uint16_t kLockWaitTimeout = 1205;
constexpr std::uint16_t kDeadlock = 1213;
constexpr std::uint32_t kFirstWithAtomicGtids = 50'700;

bool is_denied(std::uint16_t code) {
  return code == kAccessDenied || code == kTableAccessDenied || code == kSchemaAccessDenied;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// What a server of another age does not know, it need not be told.
Status set_if_known(Connection& connection, std::string_view sql) {
  Status set = connection.query(sql);
  if (set || connection.refusal().code == ServerError::kUnknownSystemVariable) return {};
  return set;
}

}  // namespace

std::string quote_mysql_name(std::string_view name) {
  std::string quoted = "`";
  for (const char c : name) {
    if (c == '`') quoted += '`';
    quoted += c;
  }
  return quoted + "`";
}

ConsistentRead::~ConsistentRead() = default;

void ConsistentRead::note(const std::string& text) const {
  if (options_.note) options_.note(text);
}

void ConsistentRead::stop() noexcept {
  stopped_.store(true);
  for (const auto& wakeup : wakeups_) wakeup->wake();
}

Result<std::unique_ptr<Connection>> ConsistentRead::new_connection(const Address& address) {
  ConnectionOptions options;
  options.read_deadline_ms = options_.read_deadline_ms;
  options.wakeup = wakeups_.emplace_back(std::make_unique<Wakeup>()).get();
  Result<std::unique_ptr<Connection>> opened = Connection::open(address, options);
  if (!opened) return opened;
  Connection& connection = **opened;
  // Text comes in the column's own character set, as it stands in the log, and is read by the same tables.
  for (const std::string_view sql :
       {"SET NAMES utf8mb4", "SET character_set_results = NULL",
        "SET time_zone = '+00:00', sql_mode = '', sql_quote_show_create = 1, net_write_timeout = 86400, "
        "wait_timeout = 604800, sql_auto_is_null = 0"}) {
    if (Status set = connection.query(sql); !set) return propagate(set);
  }
  const std::string lock_wait = fmt::format("SET lock_wait_timeout = {}", options_.lock_wait_s);
  for (const std::string_view sql :
       {std::string_view("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ"), std::string_view(lock_wait),
        std::string_view("SET max_execution_time = 0"), std::string_view("SET max_statement_time = 0"),
        std::string_view("SET show_gipk_in_create_table_and_information_schema = 1")}) {
    if (Status set = set_if_known(connection, sql); !set) return propagate(set);
  }
  return opened;
}

Result<std::unique_ptr<ConsistentRead>> ConsistentRead::open(const Address& address, ConsistentReadOptions options) {
  options.connections = std::max<std::uint32_t>(options.connections, 1);
  std::unique_ptr<ConsistentRead> read(new ConsistentRead(std::move(options)));
  if (Status connected = read->connect(address); !connected) return propagate(connected, address.text());
  if (Status learned = read->learn_source(); !learned) return propagate(learned, address.text());
  if (Status taken = read->take(address); !taken) return propagate(taken, address.text());
  return read;
}

Status ConsistentRead::connect(const Address& address) {
  Result<std::unique_ptr<Connection>> control = new_connection(address);
  if (!control) return propagate(control);
  control_ = std::move(*control);
  Result<std::unique_ptr<Connection>> holder = new_connection(address);
  if (!holder) return propagate(holder);
  holder_ = std::move(*holder);
  for (std::uint32_t i = 0; i < options_.connections; ++i) {
    Result<std::unique_ptr<Connection>> reader = new_connection(address);
    if (!reader) {
      if (readers_.empty() || control_ == nullptr) return propagate(reader);
      note(fmt::format("only {} connections to read with: {}", readers_.size(), reader.error().message()));
      break;
    }
    readers_.push_back(std::move(*reader));
  }
  return {};
}

Status ConsistentRead::learn_source() {
  source_.kind = control_->greeting().kind;
  version_ = control_->greeting().version_number;
  Result<std::optional<std::string>> version = control_->query_value("SELECT VERSION()");
  if (!version) return propagate(version);
  source_.version = version->value_or("");
  Result<std::optional<std::string>> id = control_->query_value("SELECT @@GLOBAL.server_id");
  if (!id) return propagate(id);
  source_.server_id = static_cast<std::uint32_t>(number(id->value_or("")));
  if (!is_mariadb()) {
    Result<std::optional<std::string>> uuid = control_->query_value("SELECT @@GLOBAL.server_uuid");
    if (!uuid) return propagate(uuid);
    source_.server_uuid = uuid->value_or("");
  }
  return control_->query("SELECT engine FROM information_schema.engines WHERE transactions = 'YES'",
                         [this](QueryRow row) -> Status {
                           if (row[0]) transactional_engines_.insert(std::string(*row[0]));
                           return {};
                         });
}

// The ways that the account's privileges leave open, the best first.
Result<std::vector<ConsistentRead::Way>> ConsistentRead::ways() {
  Grants grants;
  Status shown = control_->query("SHOW GRANTS", [&](QueryRow row) -> Status {
    grants.add(row[0].value_or(""));
    return {};
  });
  if (!shown) return propagate(shown);
  const bool may_reload = grants.may_lock_globally();
  std::vector<Way> ways;
  if (is_mariadb()) ways.push_back(Way::mariadb);
  if (may_reload) ways.push_back(Way::global_lock);
  if (!is_mariadb() && version_ >= kFirstWithAtomicGtids) {
    Result<std::optional<std::string>> mode = control_->query_value("SELECT @@GLOBAL.gtid_mode");
    if (!mode) return propagate(mode);
    if (*mode == "ON") ways.push_back(Way::gtids);
  }
  if (may_reload) ways.push_back(Way::held_lock);
  // Whether the account may lock the tables is told when it tries.
  if (!is_mariadb()) ways.push_back(Way::table_locks);
  return ways;
}

Status ConsistentRead::take(const Address& address) {
  Result<std::vector<Way>> open_ways = ways();
  if (!open_ways) return propagate(open_ways);
  std::string last_refusal;
  for (std::size_t i = 0; i < open_ways->size(); ++i) {
    const bool is_last = i + 1 == open_ways->size();
    for (int tried = 0; tried < (is_last ? options_.tries : options_.tries / 2); ++tried) {
      if (stopped_.load() || (options_.should_stop && options_.should_stop())) {
        return fail(Errc::cancelled, "stopped before the snapshot was taken");
      }
      Result<Attempt> result = attempt((*open_ways)[i]);
      if (result && *result == Attempt::done) return {};
      if (!result) {
        const std::uint16_t code = control_->refusal().code != 0 ? control_->refusal().code : holder_->refusal().code;
        if (result.error().code != Errc::refused || !is_denied(code)) return propagate(result);
        last_refusal = result.error().what;
      }
      // Nothing stays locked over a pause.
      if (Status cleared = reset(); !cleared) return propagate(cleared);
      if (!result) break;
      // Longer and longer, so that one pause of the source is met.
      std::this_thread::sleep_for(std::chrono::milliseconds(std::min(2 << std::min(tried, 7), 200)));
    }
    if (!is_last) note("the source did not hold still for a snapshot; trying the next way");
  }
  if (is_mariadb() && readers_.size() > 1) {
    note("the connections never met one snapshot: one alone reads");
    while (readers_.size() > 1) readers_.pop_back();
    return take(address);
  }
  if (!last_refusal.empty()) {
    return fail(Errc::refused, "no exact position for a snapshot can be had: " + last_refusal,
                "grant the account RELOAD, or LOCK TABLES on the schemas");
  }
  return fail(Errc::busy, "the source never held still for the moment that a snapshot takes",
              "try again when fewer table statements and XA transactions run, or grant RELOAD");
}

Status ConsistentRead::reset() {
  held_.clear();
  tables_.clear();
  if (Status ended = holder_->query("UNLOCK TABLES"); !ended) return ended;
  if (Status ended = control_->query("UNLOCK TABLES"); !ended) return ended;
  for (const auto& reader : readers_) {
    if (Status ended = reader->query("ROLLBACK"); !ended) return ended;
  }
  return {};
}

Result<ConsistentRead::Attempt> ConsistentRead::attempt(Way way) {
  Result<BinlogPosition> before = current_position(*control_);
  if (!before) return propagate(before);
  before_ = std::move(*before);
  if (Result<bool> prepared = has_prepared_xa(); !prepared || *prepared) {
    if (!prepared) return propagate(prepared);
    return Attempt::again;
  }
  Result<Attempt> begun = Attempt::again;
  switch (way) {
    case Way::mariadb: begun = begin_mariadb(); break;
    case Way::global_lock:
    case Way::held_lock: begun = begin_global_lock(way == Way::held_lock); break;
    case Way::gtids: begun = begin_gtids(); break;
    case Way::table_locks: begun = begin_table_locks(); break;
  }
  if (!begun || *begun == Attempt::again) return begun;
  Result<std::optional<std::string>> clock = control_->query_value("SELECT UNIX_TIMESTAMP()");
  if (!clock) return propagate(clock);
  source_.clock_s = static_cast<std::uint32_t>(number(clock->value_or("")));
  Result<Attempt> pinned = pin();
  if (!pinned || *pinned == Attempt::again) return pinned;
  if (way == Way::global_lock || way == Way::held_lock) return Attempt::done;  // they looked under the lock
  // Prepared transactions have their rows in the log before the position and their end behind it.
  Result<bool> prepared = has_prepared_xa();
  if (!prepared) return propagate(prepared);
  return *prepared ? Attempt::again : Attempt::done;
}

// Tables that keep no snapshot are held still until they have been read. A statement that changed one lets go of it
// only once it stands in the log.
Result<ConsistentRead::Attempt> ConsistentRead::lock_nontransactional(bool& locked) {
  Result<std::vector<ConsistentTable>> tables = list_tables(*control_);
  if (!tables) return propagate(tables);
  std::string sql;
  for (const ConsistentTable& table : *tables) {
    if (table.transactional) continue;
    sql += (sql.empty() ? "LOCK TABLES " : ", ") + quote_mysql_name(table.schema) + "." + quote_mysql_name(table.name) +
           " READ";
    held_.emplace(table.schema, table.name);
  }
  locked = !sql.empty();
  if (!locked) return Attempt::done;
  if (Status taken = holder_->query(sql); !taken) {
    const std::uint16_t code = holder_->refusal().code;
    if (is_denied(code)) {
      return fail(Errc::refused,
                  "tables without transactions must be locked while they are copied: " + taken.error().what,
                  "grant the account LOCK TABLES, or make them ENGINE=InnoDB");
    }
    if (code != 0) return Attempt::again;  // gone meanwhile, or in use for too long
    return propagate(taken);
  }
  return Attempt::done;
}

Status ConsistentRead::begin_readers() {
  for (const auto& reader : readers_) {
    if (Status begun = reader->query("START TRANSACTION WITH CONSISTENT SNAPSHOT"); !begun) return begun;
  }
  return {};
}

Result<ConsistentRead::Attempt> ConsistentRead::begin_mariadb() {
  bool locked = false;
  Result<Attempt> held = lock_nontransactional(locked);
  if (!held || *held == Attempt::again) return held;
  if (Status begun = begin_readers(); !begun) return propagate(begun);
  for (std::size_t i = 0; i < readers_.size(); ++i) {
    BinlogPosition position;
    Status asked = readers_[i]->query("SHOW STATUS LIKE 'binlog_snapshot_%'", [&](QueryRow row) -> Status {
      if (row.size() < 2 || !row[0] || !row[1]) return {};
      if (row[0]->ends_with("file")) position.file = *row[1];
      if (row[0]->ends_with("position")) position.offset = number(*row[1]);
      return {};
    });
    if (!asked) return propagate(asked);
    if (position.file.empty()) {
      return fail(Errc::refused, "the server writes no binary log", "start it with log_bin and binlog_format=ROW");
    }
    if (i == 0)
      position_ = std::move(position);
    else if (position != position_)
      return Attempt::again;
  }
  Result<AnyGtidSet> set = executed();
  if (!set) return propagate(set);
  gtids_ = std::move(*set);
  return Attempt::done;
}

// The lock waits for every commit under way, so that engine and log stand at the same place.
Result<ConsistentRead::Attempt> ConsistentRead::begin_global_lock(bool stays) {
  const auto waited = [&](Connection& connection, Status& status) -> Result<Attempt> {
    const std::uint16_t code = connection.refusal().code;
    if (code == kDeadlock) return Attempt::again;
    if (code != kLockWaitTimeout) return propagate(status);
    note(fmt::format("a statement at the source keeps the lock away for {} s: trying again", options_.lock_wait_s));
    return Attempt::again;
  };
  if (Status locked = control_->query("FLUSH TABLES WITH READ LOCK"); !locked) return waited(*control_, locked);
  bool holds_tables = false;
  Result<Attempt> held = lock_nontransactional(holds_tables);
  if (!held || *held == Attempt::again) return held;
  if (Status begun = begin_readers(); !begun) return propagate(begun);
  if (Status read = read_place(); !read) return propagate(read);
  // All statements that stand in the log before it have ended: the lock waited for them. A transaction that was
  // prepared meanwhile stands there, too.
  before_ = position_;
  if (Result<bool> prepared = has_prepared_xa(); !prepared || *prepared) {
    if (!prepared) return propagate(prepared);
    return Attempt::again;
  }
  if (stays) return Attempt::done;
  if (Status unlocked = control_->query("UNLOCK TABLES"); !unlocked) return propagate(unlocked);
  return Attempt::done;
}

// A server from 5.7 on adds a transaction to @@gtid_executed after the engine has committed it, and until then keeps
// its GTID in @@gtid_owned from before it stands in the log (MYSQL_BIN_LOG::process_commit_stage_queue,
// Gtid_state::update_commit_group). So at any moment
//
//     executed ⊆ what the engine shows ⊆ what the log holds ⊆ executed ∪ owned
//
// Read in this order: E1 = executed; the snapshot; the position P; owned, which must be empty; E2 = executed. With
// E1 = E2 the snapshot and the log up to P hold E1 and nothing else: what was there at the snapshot or at P and not in
// E1 was owned then, and by the time that nothing was owned it had come to E2. In 5.6 executed runs ahead of the
// engine, and nothing of this holds.
Result<ConsistentRead::Attempt> ConsistentRead::begin_gtids() {
  bool locked = false;
  Result<Attempt> held = lock_nontransactional(locked);
  if (!held || *held == Attempt::again) return held;
  Result<AnyGtidSet> before = executed();
  if (!before) return propagate(before);
  if (Status begun = begin_readers(); !begun) return propagate(begun);
  Result<BinlogPosition> position = current_position(*control_);
  if (!position) return propagate(position);
  Result<std::optional<std::string>> owned = control_->query_value("SELECT @@GLOBAL.gtid_owned");
  if (!owned) return propagate(owned);
  if (!owned->value_or("").empty()) return Attempt::again;
  Result<AnyGtidSet> after = executed();
  if (!after) return propagate(after);
  if (!(*before == *after)) return Attempt::again;
  position_ = std::move(*position);
  gtids_ = std::move(*after);
  return Attempt::done;
}

// A transaction holds its tables until it has committed in the engine, so that tables locked for reading stand where
// the log stands. Others may be in between, and are none of ours.
Result<ConsistentRead::Attempt> ConsistentRead::begin_table_locks() {
  Result<std::vector<ConsistentTable>> tables = list_tables(*control_);
  if (!tables) return propagate(tables);
  std::string sql;
  std::set<std::pair<std::string, std::string>> locked;
  for (const ConsistentTable& table : *tables) {
    sql += (sql.empty() ? "LOCK TABLES " : ", ") + quote_mysql_name(table.schema) + "." + quote_mysql_name(table.name) +
           " READ";
    locked.emplace(table.schema, table.name);
  }
  if (!sql.empty()) {
    if (Status taken = control_->query(sql); !taken) {
      const std::uint16_t code = control_->refusal().code;
      if (code == 0 || is_denied(code)) return propagate(taken);
      return Attempt::again;
    }
  }
  // While these are locked, the ones without transactions can be held for longer.
  bool holds_tables = false;
  Result<Attempt> held = lock_nontransactional(holds_tables);
  if (!held || *held == Attempt::again) return held;
  if (Status begun = begin_readers(); !begun) return propagate(begun);
  if (Status read = read_place(); !read) return propagate(read);
  // A table that was made meanwhile is not among the locked ones.
  tables = list_tables(*control_);
  if (!tables) return propagate(tables);
  const bool all_locked = std::ranges::all_of(
      *tables, [&](const ConsistentTable& table) { return locked.contains({table.schema, table.name}); });
  if (Status unlocked = control_->query("UNLOCK TABLES"); !unlocked) return propagate(unlocked);
  return all_locked ? Attempt::done : Attempt::again;
}

// While nothing can be committed: where the log ends, and what it holds up to there.
Status ConsistentRead::read_place() {
  Result<BinlogPosition> position = current_position(*control_);
  if (!position) return propagate(position);
  position_ = std::move(*position);
  Result<AnyGtidSet> set = executed();
  if (!set) return propagate(set);
  gtids_ = std::move(*set);
  return {};
}

// Everything that the log up to position_ holds, or now: for MySQL.
Result<AnyGtidSet> ConsistentRead::executed() {
  const std::string sql = is_mariadb()
                              ? fmt::format("SELECT BINLOG_GTID_POS('{}', {})", position_.file, position_.offset)
                              : std::string("SELECT @@GLOBAL.gtid_executed");
  Result<std::optional<std::string>> text = control_->query_value(sql);
  if (!text) {
    if (control_->refusal().code == ServerError::kUnknownSystemVariable) return AnyGtidSet{};
    return propagate(text);
  }
  if (!*text && is_mariadb()) {
    return fail(Errc::protocol, "the server does not know the GTIDs of its position " + position_.text());
  }
  if (text->value_or("").empty()) return AnyGtidSet{};
  std::string compact;
  for (const char c : **text) {
    if (c != '\n' && c != ' ') compact += c;
  }
  return AnyGtidSet::parse(compact);
}

// Only where XA PREPARE stands in the log by itself: before that a transaction is logged whole at its commit.
Result<bool> ConsistentRead::has_prepared_xa() {
  const bool is_logged = version_ >= (is_mariadb() ? 100'500U : 50'707U);
  if (!is_logged) return false;
  bool any = false;
  Status asked = control_->query("XA RECOVER", [&](QueryRow) -> Status {
    any = true;
    return {};
  });
  if (!asked) {
    // MySQL 8 asks for XA_RECOVER_ADMIN, and answers those who lack it with XAER_RMERR; only its warnings speak of a
    // privilege. What is missed here stops the stream at its XA COMMIT, and is not lost.
    const std::uint16_t code = control_->refusal().code;
    if (!is_denied(code) && code != kXaResourceManager) return propagate(asked);
    return false;
  }
  return any;
}

}  // namespace binferry::mysql
