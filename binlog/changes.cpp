#include "binlog/changes.hpp"

#include "binlog/event/query_event.hpp"
#include "binlog/row/table_map_cache.hpp"
#include "binlog/schema/ddl_parser.hpp"
#include "binlog/schema/resolve.hpp"
#include "binlog/schema/temporary_tables.hpp"

#include <algorithm>
#include <array>
#include <tuple>
#include <unordered_map>

namespace binferry {
namespace {

// Engines whose changes survive a rollback (MySQL manual, "Nontransactional tables").
bool is_transactional(std::string_view engine) {
  constexpr std::array<std::string_view, 8> kWithout = {"myisam", "aria",    "memory", "heap",
                                                        "csv",    "archive", "merge",  "mrg_myisam"};
  std::string lower(engine);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(kWithout, lower) == kWithout.end();
}

bool explicit_timestamp_default(const FormatDescription& format) {
  return format.version >= (format.kind == ServerKind::mariadb ? 101000U : 80002U);
}

// One line of an error needs the statement, but not a megabyte of it.
std::string excerpt(std::string_view sql) {
  constexpr std::size_t kLongest = 300;
  return std::string(sql.substr(0, kLongest)) + (sql.size() > kLongest ? "…" : "");
}

bool is_query(EventType type) {
  return type == EventType::query || type == EventType::query_compressed || type == EventType::execute_load_query;
}

bool has_old_temporals(const Table& table) {
  return std::ranges::any_of(table.columns, [](const Column& column) {
    return column.storage == Storage::time_old || column.storage == Storage::datetime_old ||
           column.storage == Storage::timestamp_old;
  });
}

}  // namespace

struct ChangeReader::Impl {
  Impl(Catalogue& with, ChangeOptions chosen)
      : catalogue(with),
        options(std::move(chosen)),
        maps([this](const TableMap& map) { return resolve_with_catalogue(map); }, options.limits),
        bare_maps([this](const TableMap& map) { return from_map_alone(map); }, options.limits),
        reader(options.limits) {}

  Result<std::shared_ptr<const Table>> from_map_alone(const TableMap& map) {
    Result<Table> table = table_from_map(map, mariadb);
    if (!table) return propagate(table);
    if (mariadb && has_old_temporals(*table)) {
      const TablePtr definition = definition_for_check(*table);
      if (definition) settle_old_temporals(*table, *definition);
    }
    return std::make_shared<const Table>(std::move(*table));
  }

  // check() comes before next() has fed the catalogue with the statements of the group itself, which matters to
  // CREATE TABLE … SELECT.
  TablePtr definition_for_check(const Table& table) {
    if (!statement_in_group) return catalogue.find(table.schema, table.name);
    Catalogue ahead = catalogue;
    Transaction::Cursor group(*transaction);
    for (std::uint64_t i = 0; i < events_checked; ++i) {
      Result<const RawEvent*> event = group.next();
      if (!event || *event == nullptr) break;
      if (is_query((*event)->header.type)) look_ahead(**event, ahead);
    }
    return ahead.find(table.schema, table.name);
  }

  Result<std::shared_ptr<const Table>> resolve_with_catalogue(const TableMap& map) {
    Result<Table> table = table_from_map(map, mariadb);
    if (!table) return propagate(table);
    table->schema = catalogue.stored_name(table->schema);
    table->name = catalogue.stored_name(table->name);
    const TablePtr definition = catalogue.find(table->schema, table->name);
    if (mariadb && definition) settle_old_temporals(*table, *definition);
    Result<std::shared_ptr<const Table>> resolved = resolve(*table, definition.get());
    if (resolved || resolved.error().code != Errc::schema_mismatch || options.stop_on_mismatch) return resolved;
    Result<std::shared_ptr<const Table>> bare = resolve(std::move(*table), nullptr);
    if (bare) mismatches.insert_or_assign(bare->get(), Mismatch{*bare, std::move(resolved.error())});
    return bare;
  }

  // Only rows prove a definition wrong. A statement also maps tables that it might have changed (the children of a
  // foreign key), and an XA transaction may be read long after it was prepared, when those have another shape.
  void tell_mismatch(const Table& table) {
    const auto found = mismatches.find(&table);
    if (found == mismatches.end()) return;
    if (options.on_mismatch) options.on_mismatch(found->second.error);
    catalogue.remove(table.schema, table.name);  // it was wrong: do not complain at every statement
    mismatches.erase(found);
  }

  bool wanted(const std::shared_ptr<const Table>& table) {
    if (!options.wants) return true;
    if (table != wanted_table) {
      wanted_table = table;
      wanted_answer = options.wants(table->schema, table->name);
    }
    return wanted_answer;
  }

  // What a rollback took back (to a savepoint, or of the whole group) happened all the same where the engine knows no
  // rollback. Servers write transactional rows into such groups too, to be rolled back again.
  bool happened(const Table& table, bool undone) const {
    const bool rolled_back = transaction->outcome == Outcome::rolled_back;
    if (!undone && !rolled_back) return true;
    const TablePtr definition = catalogue.find(table.schema, table.name);
    if (!definition) return !undone;  // a whole group is logged for its non-transactional rows' sake
    return !is_transactional(definition->engine);
  }

  [[nodiscard]] std::size_t header_length(EventType type) const {
    return transaction->format->post_header_length(type);
  }

  void begin(const Transaction& next_transaction) {
    transaction = &next_transaction;
    if (transaction->format != format) {
      format = transaction->format;
      if (format->created != 0) temporaries.clear();
    }
    mariadb = format->kind == ServerKind::mariadb;
    cursor.emplace(next_transaction);
    maps.clear_statement();
    bare_maps.clear_statement();
    rows_open = false;
    row_number = 0;
    events_checked = 0;
    statement_in_group = false;
    wanted_table.reset();  // who wants which rows may have changed with the tables
  }

  // Opens `reader` on a row event; false if its rows are not to be delivered.
  Result<bool> open_rows(const RawEvent& event, const TableMapCache& with) {
    Result<RowsEvent> rows =
        RowsEvent::decode(event.header.type, event.body, header_length(event.header.type), inflated, options.limits);
    if (!rows) return propagate(rows);
    Result<std::shared_ptr<const Table>> table = with.find(rows->table_id);
    if (!table) return propagate(table);
    statement_ends = rows->ends_statement();
    rows_table = table->get();
    tell_mismatch(**table);
    if (!wanted(*table) || !happened(**table, cursor->undone())) return false;
    if (Status opened = reader.open(*table, *rows); !opened) return propagate(opened);
    change.row.op = rows->change;
    change.row.no_foreign_key_checks = rows->skips_foreign_keys();
    change.row.cascades_logged = rows->logs_cascades();
    change.row.undone = cursor->undone();
    if (change.row.table != *table) change.row.table = std::move(*table);
    return true;
  }

  Result<std::uint64_t> count(const RawEvent& event);
  Result<const Change*> next();
  Result<bool> take(const RawEvent& event);
  Result<bool> take_query(const RawEvent& event);
  Result<QueryEvent> decode_statement(const RawEvent& event);
  [[nodiscard]] SqlDialect dialect_of(const QueryEvent& query) const;
  [[nodiscard]] DdlContext context_of(const QueryEvent& query, const SqlDialect& dialect) const;
  void look_ahead(const RawEvent& event, Catalogue& ahead);
  Result<bool> take_ddl(const RawEvent& event, const QueryEvent& query, const SqlDialect& dialect);

  Catalogue& catalogue;
  ChangeOptions options;
  bool mariadb = false;
  TableMapCache maps;
  TableMapCache bare_maps;           // for check(), which asks the catalogue only for what no map tells
  std::uint64_t events_checked = 0;  // by check(), of this group, before the one in hand
  bool statement_in_group = false;   // one of them was a statement
  RowReader reader;
  const Table* rows_table = nullptr;  // of the row event in hand
  struct Mismatch {
    std::shared_ptr<const Table> table;  // keeps the address that is the key
    Error error;
  };
  std::unordered_map<const Table*, Mismatch> mismatches;  // of maps that no rows have followed yet
  std::shared_ptr<const Table> wanted_table;              // kept, so that no other table can take its address
  bool wanted_answer = true;

  std::shared_ptr<const FormatDescription> format;  // of the transaction
  TemporaryTables temporaries;
  const Transaction* transaction = nullptr;
  std::optional<Transaction::Cursor> cursor;
  bool rows_open = false;
  bool statement_ends = false;
  std::uint64_t row_number = 0;
  std::uint64_t row_in_event = 0;

  Change change;
  const RawEvent* rows_event = nullptr;  // that `reader` walks; the cursor's, until its next event
  std::string inflated;                  // rows of a MariaDB compressed event
  std::string inflated_text;             // text of a MariaDB compressed query
  std::string sql;                       // UTF-8
  DdlStatement statement;
  std::vector<TableChange> table_changes;
};

ChangeReader::ChangeReader(Catalogue& catalogue, ChangeOptions options)
    : impl_(std::make_unique<Impl>(catalogue, std::move(options))) {}
ChangeReader::~ChangeReader() = default;

void ChangeReader::start(const Transaction& transaction) {
  impl_->begin(transaction);
}
Result<const Change*> ChangeReader::next() {
  return impl_->next();
}
const Table* ChangeReader::rows_table() const {
  return impl_->rows_table;
}

Result<ChangeReader::Counts> ChangeReader::check(const Transaction& transaction) {
  impl_->begin(transaction);
  Counts counts;
  for (;;) {
    Result<const RawEvent*> event = impl_->cursor->next();
    if (!event) return propagate(event);
    if (*event == nullptr) return counts;
    Result<std::uint64_t> rows = impl_->count(**event);
    if (!rows) return propagate(rows, (*event)->place());
    counts.rows += *rows;
    ++impl_->events_checked;
    impl_->statement_in_group = impl_->statement_in_group || is_query((*event)->header.type);
  }
}

Result<std::uint64_t> ChangeReader::Impl::count(const RawEvent& event) {
  if (event.header.type == EventType::table_map) {
    Result<std::shared_ptr<const Table>> table = bare_maps.add(event.body, header_length(EventType::table_map));
    if (!table) return propagate(table);
    return 0;
  }
  if (!is_rows_event(event.header.type)) return 0;
  Result<bool> opened = open_rows(event, bare_maps);
  if (!opened) return propagate(opened);
  std::uint64_t rows = 0;
  for (Row row; *opened;) {
    Result<bool> more = reader.next(row);
    if (!more) return propagate(more);
    if (!*more) break;
    ++rows;
  }
  if (statement_ends) bare_maps.clear_statement();
  return rows;
}

Result<const Change*> ChangeReader::Impl::next() {
  for (;;) {
    if (rows_open) {
      Row row;
      Result<bool> more = reader.next(row);
      if (!more) return propagate(more, rows_event->place());
      if (*more) {
        change.row.before = row.before;
        change.row.after = row.after;
        change.row.row = row_number++;
        if (row_in_event++ != 0) change.event_bytes = 0;
        return &change;
      }
      rows_open = false;
      if (statement_ends) maps.clear_statement();
    }
    Result<const RawEvent*> event = cursor->next();
    if (!event) return propagate(event);
    if (*event == nullptr) return nullptr;
    Result<bool> taken = take(**event);
    if (!taken) return propagate(taken, (*event)->place());
    if (rows_open) {
      rows_event = *event;
    } else if (*taken) {
      return &change;
    }
  }
}

// True if `change` now holds something to deliver (rows are delivered by next() itself).
Result<bool> ChangeReader::Impl::take(const RawEvent& event) {
  rows_table = nullptr;
  change.offset = event.offset;
  change.timestamp = event.header.timestamp;
  change.event_bytes = event.bytes.size();
  switch (event.header.type) {
    case EventType::table_map: {
      Result<std::shared_ptr<const Table>> table = maps.add(event.body, header_length(EventType::table_map));
      if (!table) return propagate(table);
      return false;
    }
    case EventType::query:
    case EventType::query_compressed:
    case EventType::execute_load_query: return take_query(event);
    case EventType::rows_query:
    case EventType::annotate_rows:
      change.kind = Change::Kind::note;
      change.note = text_of(event.body);
      if (event.header.type == EventType::rows_query && !change.note.empty()) change.note.remove_prefix(1);
      return true;
    default: break;
  }
  if (!is_rows_event(event.header.type)) return false;
  Result<bool> opened = open_rows(event, maps);
  if (!opened) return propagate(opened);
  rows_open = *opened;
  row_in_event = 0;
  if (!rows_open && statement_ends) maps.clear_statement();
  change.kind = Change::Kind::row;
  return rows_open;
}

Result<QueryEvent> ChangeReader::Impl::decode_statement(const RawEvent& event) {
  const auto header = static_cast<std::uint8_t>(header_length(event.header.type));
  if (event.header.type == EventType::query_compressed) {
    return decode_query_compressed(event.body, inflated_text, options.limits.inflated_bytes, header);
  }
  if (event.header.type == EventType::query) return decode_query(event.body, header);
  Result<ExecuteLoadQuery> load = decode_execute_load_query(event.body);
  if (!load) return propagate(load);
  return load->query;
}

SqlDialect ChangeReader::Impl::dialect_of(const QueryEvent& query) const {
  return {mariadb, transaction->format->version, query.status.sql_mode.value_or(0)};
}

// What a statement of the group in hand will do to the catalogue. What cannot be read is for next() to complain about.
void ChangeReader::Impl::look_ahead(const RawEvent& event, Catalogue& ahead) {
  const Result<QueryEvent> query = decode_statement(event);
  if (!query) return;
  const SqlDialect dialect = dialect_of(*query);
  const std::uint16_t client = query->status.charset ? query->status.charset->client : std::uint16_t{0};
  const Result<std::string> text = query_text_utf8(bytes_of(query->text), client);
  if (!text || classify_statement(*text, dialect).statement_class != StatementClass::table_ddl) return;
  const Result<DdlStatement> parsed = parse_ddl(*text, dialect);
  if (parsed && !std::holds_alternative<OtherStatement>(*parsed)) {
    std::ignore = ahead.apply(*parsed, context_of(*query, dialect));
  }
}

Result<bool> ChangeReader::Impl::take_query(const RawEvent& event) {
  Result<QueryEvent> query = decode_statement(event);
  if (!query) return propagate(query);
  if (query->text == "BEGIN" || query->text == "COMMIT") return false;

  const SqlDialect dialect = dialect_of(*query);
  const std::uint16_t client = query->status.charset ? query->status.charset->client : std::uint16_t{0};
  Result<std::string> text = query_text_utf8(bytes_of(query->text), client);
  // Only a table statement must be understood; any other is passed on as its bytes are.
  sql = text ? std::move(*text) : std::string(query->text);
  Classified classified = classify_statement(sql, dialect);
  StatementClass kind = classified.statement_class;
  switch (kind) {
    case StatementClass::begin:
    case StatementClass::commit:
    case StatementClass::rollback:
    case StatementClass::savepoint:
    case StatementClass::rollback_to:
    case StatementClass::release_savepoint:
    case StatementClass::xa_start:
    case StatementClass::xa_end:
    case StatementClass::xa_prepare:
    case StatementClass::xa_commit:
    case StatementClass::xa_rollback:
    case StatementClass::padding: return false;
    case StatementClass::table_ddl: {
      constexpr std::uint8_t kNotYet = Transaction::kStartAlter | Transaction::kRollbackAlter;
      if ((transaction->alter_flags & kNotYet) == 0) {
        if (!text) return propagate(text);
        return take_ddl(event, *query, dialect);
      }
      kind = StatementClass::other_ddl;  // a two-phase ALTER changes the table when it commits
      break;
    }
    case StatementClass::temporary:
      temporaries.observe({event.header.server_id, query->thread_id}, sql, dialect, query->database);
      break;
    default: break;
  }
  change.kind = Change::Kind::statement;
  change.statement = {kind, kind == StatementClass::account ? std::string_view{} : std::string_view(sql),
                      query->database, dialect};
  return true;
}

DdlContext ChangeReader::Impl::context_of(const QueryEvent& query, const SqlDialect& dialect) const {
  const QueryStatus& status = query.status;
  return {.default_database = std::string(query.database),
          .dialect = dialect,
          .explicit_defaults_for_timestamp =
              status.explicit_defaults_for_timestamp.value_or(explicit_timestamp_default(*transaction->format)),
          .server_collation = status.charset ? status.charset->server : std::uint16_t{0},
          .database_collation = status.database_collation.value_or(0),
          .utf8mb4_collation = status.default_collation_for_utf8mb4.value_or(0),
          .time_zone = std::string(status.time_zone),
          .microseconds = status.microseconds.value_or(0),
          .auto_increment_increment = status.auto_increment_increment.value_or(1),
          .auto_increment_offset = status.auto_increment_offset.value_or(1),
          .error_code = query.error_code};
}

Result<bool> ChangeReader::Impl::take_ddl(const RawEvent& event, const QueryEvent& query, const SqlDialect& dialect) {
  Result<DdlStatement> parsed = parse_ddl(sql, dialect);
  if (!parsed) return propagate(parsed);
  statement = std::move(*parsed);
  const bool is_other = std::holds_alternative<OtherStatement>(statement);
  if (is_other || temporaries.take({event.header.server_id, query.thread_id}, event.header.flags, dialect,
                                   query.database, statement)) {
    change.kind = Change::Kind::statement;
    change.statement = {is_other ? StatementClass::other_ddl : StatementClass::temporary, sql, query.database, dialect};
    return true;
  }
  DdlContext context = context_of(query, dialect);
  Result<std::vector<TableChange>> applied = catalogue.apply(statement, context);
  if (!applied && (options.stop_on_mismatch || applied.error().code != Errc::schema_mismatch)) {
    applied.error().what += " (statement: " + excerpt(sql) + ")";
    return propagate(applied);
  }
  if (!applied && options.on_mismatch) options.on_mismatch(applied.error());
  table_changes = applied ? std::move(*applied) : std::vector<TableChange>{};
  maps.invalidate();
  bare_maps.invalidate();
  mismatches.clear();
  change.kind = Change::Kind::ddl;
  change.ddl = {&statement, table_changes, sql, query.database, std::move(context)};
  return true;
}

}  // namespace binferry
