#include "applier/row_writer.hpp"

#include "applier/ddl.hpp"
#include "applier/generated.hpp"
#include "binlog/format/same_value.hpp"
#include "binlog/row/json_diff.hpp"

#include <algorithm>
#include <utility>

namespace binferry {
namespace {

using Type = SqliteStatement::Type;

// Statements kept a table; one that updates ever other sets of columns must not fill the memory.
constexpr std::size_t kMostStatements = 64;
constexpr std::size_t kMostTargets = 512;

std::string printable(const Cell& cell) {
  switch (cell.type) {
    case Type::integer: return std::to_string(cell.integer);
    case Type::real: return std::to_string(cell.real);
    case Type::text: return quote_text(cell.bytes.substr(0, 100));
    case Type::blob: return "X'" + to_hex(bytes_of(cell.bytes.substr(0, 50))) + "'";
    case Type::null: return "NULL";
  }
  return "NULL";
}

}  // namespace

// A column that the server computes.
struct GeneratedColumn {
  std::size_t column = 0;          // of the layout
  std::string expression;          // as the definition has it
  std::optional<std::string> sql;  // in SQLite's words; nothing if it is not understood
};

// A table as its row events show it now, with what was prepared for it.
struct RowWriter::Target {
  std::shared_ptr<const Table> table;  // keeps the address that is the key of `targets_`
  std::shared_ptr<const TableLayout> layout;
  CellReader reader;
  std::vector<std::size_t> all_columns;  // of the layout
  std::vector<Cell> before;
  std::vector<Cell> after;
  std::string mask;                  // a byte a column of the layout: 1 where the statement has it
  std::vector<std::size_t> changed;  // columns of an update, as in `mask`
  std::int64_t rowid = 0;            // of the row in hand, in a table without a key
  std::unordered_map<std::string, SqliteStatement> updates;
  std::unordered_map<std::string, SqliteStatement> inserts;
  SqliteStatement remove;
  std::optional<KeylessRows> keyless;
  std::vector<GeneratedColumn> generated;
  std::string where;                                       // address of a row: `"id" = ?`, parameters from 1 on
  std::unordered_map<std::size_t, std::string> documents;  // patched, of JSON columns
};

RowWriter::RowWriter(Replica& replica, BadText bad_text) : replica_(replica), bad_text_(bad_text) {}
RowWriter::~RowWriter() = default;

void RowWriter::forget_tables() {
  targets_.clear();
  last_ = nullptr;
}

Result<std::optional<std::size_t>> RowWriter::apply(const RowChange& change) {
  Result<Target*> target = target_of(change);
  if (!target) return propagate(target);
  Status done;
  switch (change.op) {
    case RowOp::write: done = insert(**target, change); break;
    case RowOp::update: done = update(**target, change); break;
    case RowOp::remove: done = remove(**target, change); break;
  }
  if (!done) {
    const std::string name = change.table->schema + "." + change.table->name;
    return propagate(done, "table " + name + ", row " + std::to_string(change.row + 1) + " of the transaction");
  }
  if (wide_default_) return std::exchange(wide_default_, std::nullopt);
  const int wide = (*target)->reader.wide_column();
  if (wide >= 0) return static_cast<std::size_t>(wide);
  return std::nullopt;
}

Result<RowWriter::Target*> RowWriter::target_of(const RowChange& change) {
  if (last_ != nullptr && last_->table == change.table) return last_;
  const auto found = targets_.find(change.table.get());
  if (found != targets_.end()) return last_ = found->second.get();
  // A table gets a new shape, or a new id, whenever the source opens it anew; the old ones never come back.
  if (targets_.size() >= kMostTargets) forget_tables();
  Result<std::unique_ptr<Target>> made = make_target(change.table);
  if (!made) return propagate(made, "table " + change.table->schema + "." + change.table->name);
  last_ = made->get();
  targets_.emplace(change.table.get(), std::move(*made));
  return last_;
}

Result<std::unique_ptr<RowWriter::Target>> RowWriter::make_target(std::shared_ptr<const Table> table) {
  const ReplicaTable* const known = replica_.tables.find(table->schema, table->name);
  if (known == nullptr || !known->is_active()) return fail(Errc::internal, "rows for a table that is not active");
  auto target = std::make_unique<Target>();
  target->table = std::move(table);
  target->layout = known->layout;
  const TableLayout& layout = *target->layout;
  Result<CellReader> reader = CellReader::make(*target->table, layout, bad_text_);
  if (!reader) return propagate(reader);
  target->reader = std::move(*reader);
  for (std::size_t i = 0; i < layout.columns.size(); ++i) target->all_columns.push_back(i);
  if (layout.key_kind == KeyKind::none) {
    Result<KeylessRows> rows = KeylessRows::make(replica_.database(), layout);
    if (!rows) return propagate(rows);
    target->keyless = std::move(*rows);
    target->where = quote_identifier(layout.row_address) + " = ?1";
  }
  for (std::size_t i = 0; i < layout.key.size(); ++i) {
    if (i != 0) target->where += " AND ";
    target->where += quote_identifier(layout.columns[layout.key[i]].name) + " = ?" + std::to_string(i + 1);
  }
  Result<SqliteStatement> remove =
      replica_.database().prepare("DELETE FROM " + quote_identifier(layout.name) + " WHERE " + target->where);
  if (!remove) return propagate(remove);
  target->remove = std::move(*remove);
  if (Status planned = plan_generated(*target); !planned) return propagate(planned);
  return target;
}

std::unexpected<Error> RowWriter::missing(const Target& target, std::string_view what) const {
  std::string key;
  const TableLayout& layout = *target.layout;
  const auto add = [&](std::size_t column) {
    if (key.size() > 300) return;
    key += (key.empty() ? "" : ", ") + layout.columns[column].name + "=" + printable(target.before[column]);
  };
  std::ranges::for_each(layout.key.empty() ? target.all_columns : layout.key, add);
  return fail(Errc::diverged, std::string(what) + " (" + key + ")",
              "the replica and its source have different histories: make the replica again, or copy this table anew");
}

Result<SqliteStatement*> RowWriter::insert_statement(Target& target) {
  target.mask.clear();
  for (const Cell& cell : target.after) target.mask += cell.present ? '\1' : '\0';
  const auto found = target.inserts.find(target.mask);
  if (found != target.inserts.end()) return &found->second;
  // A MINIMAL image leaves out what has its constant default.
  const ReplicaTable* const known = replica_.tables.find(target.layout->schema, target.layout->table);
  std::string names;
  std::string values;
  for (std::size_t i = 0; i < target.after.size(); ++i) {
    const LayoutColumn& column = target.layout->columns[i];
    std::string value = "?" + std::to_string(i + 1);
    if (target.mask[i] == '\0') {
      Result<std::string> constant = default_value_sql(*known->definition, column.index, replica_.layout_options());
      if (!constant) return propagate(constant);
      value = std::move(*constant);
      if (column.type == SqliteType::integer && value.starts_with('\'')) wide_default_ = i;
    }
    names += (i == 0 ? "" : ", ") + quote_identifier(column.name);
    values += (i == 0 ? "" : ", ") + value;
  }
  if (wide_default_) return nullptr;
  Result<SqliteStatement> statement = replica_.database().prepare(
      "INSERT INTO " + quote_identifier(target.layout->name) + " (" + names + ") VALUES (" + values + ")");
  if (!statement) return propagate(statement);
  if (target.inserts.size() >= kMostStatements) target.inserts.clear();
  return &target.inserts.emplace(target.mask, std::move(*statement)).first->second;
}

Status RowWriter::insert(Target& target, const RowChange& change) {
  if (Status read = target.reader.read(change.after, target.after, 1); !read) return read;
  if (target.reader.wide_column() >= 0) return {};
  Result<SqliteStatement*> statement = insert_statement(target);
  if (!statement) return propagate(statement);
  if (*statement == nullptr) return {};
  bool is_whole = true;
  for (std::size_t i = 0; i < target.after.size(); ++i) {
    if (target.after[i].present) target.after[i].bind(**statement, static_cast<int>(i) + 1);
    is_whole &= target.after[i].present;
  }
  if (Status inserted = (*statement)->run(); !inserted) {
    if (inserted.error().code != Errc::diverged) return inserted;
    target.before = target.after;
    return missing(target, "the row to insert is in the replica already");
  }
  if (target.keyless) target.rowid = replica_.database().last_rowid();
  if (!is_whole && !target.generated.empty()) {
    if (Status computed = compute_generated(target, change); !computed) return computed;
  }
  if (!target.keyless) return {};
  const std::int64_t rowid = target.rowid;
  return is_whole ? target.keyless->add(rowid, target.after) : target.keyless->record(rowid);
}

Status RowWriter::remove(Target& target, const RowChange& change) {
  if (target.keyless) {
    if (Status read = target.reader.read(change.before, target.before, 0); !read) return read;
    if (target.reader.wide_column() >= 0) return missing(target, "the row to delete is not in the replica");
    Result<std::int64_t> rowid = find_row(target, change);
    if (!rowid) return propagate(rowid);
    if (Status forgotten = target.keyless->forget(*rowid); !forgotten) return forgotten;
    target.remove.bind(1, *rowid);
    return target.remove.run();
  }
  const std::vector<std::size_t>& key = target.layout->key;
  if (Status read = target.reader.read_some(change.before, key, target.before, 0); !read) return read;
  if (target.reader.wide_column() >= 0) return missing(target, "the row to delete is not in the replica");
  for (std::size_t i = 0; i < key.size(); ++i) target.before[key[i]].bind(target.remove, static_cast<int>(i) + 1);
  if (Status removed = target.remove.run(); !removed) return removed;
  if (replica_.database().changes() == 0) return missing(target, "the row to delete is not in the replica");
  return {};
}

Status RowWriter::update(Target& target, const RowChange& change) {
  return target.keyless ? update_by_row(target, change) : update_by_key(target, change);
}

Status RowWriter::read_changed(Target& target, const RowChange& change) {
  const std::size_t count = target.layout->columns.size();
  target.mask.assign(count, '\0');
  target.changed.clear();
  for (std::size_t i = 0; i < count; ++i) {
    const int image = target.reader.image_column(i);
    if (image < 0) continue;
    const auto at = static_cast<std::size_t>(image);
    if (!change.after[at].present() || same_value(change.before[at], change.after[at])) continue;
    target.mask[i] = '\1';
    target.changed.push_back(i);
  }
  return target.reader.read_some(change.after, target.changed, target.after, 1);
}

Result<SqliteStatement*> RowWriter::update_statement(Target& target) {
  const auto found = target.updates.find(target.mask);
  if (found != target.updates.end()) return &found->second;
  // The row's address comes first, so that it has the same parameters in every statement.
  std::size_t parameter = std::max<std::size_t>(target.layout->key.size(), 1);
  std::string sql = "UPDATE " + quote_identifier(target.layout->name) + " SET ";
  for (const std::size_t column : target.changed) {
    if (column != target.changed.front()) sql += ", ";
    sql += quote_identifier(target.layout->columns[column].name) + " = ?" + std::to_string(++parameter);
  }
  Result<SqliteStatement> statement = replica_.database().prepare(sql + " WHERE " + target.where);
  if (!statement) return propagate(statement);
  if (target.updates.size() >= kMostStatements) target.updates.clear();
  return &target.updates.emplace(target.mask, std::move(*statement)).first->second;
}

Status RowWriter::update_by_key(Target& target, const RowChange& change) {
  const std::vector<std::size_t>& key = target.layout->key;
  if (Status read = target.reader.read_some(change.before, key, target.before, 0); !read) return read;
  if (target.reader.wide_column() >= 0) return missing(target, "the row to update is not in the replica");
  if (Status read = read_changed(target, change); !read) return read;
  if (target.reader.wide_column() >= 0 || target.changed.empty()) return {};
  for (const std::size_t column : target.changed) {
    if (Status patched = patch_json(target, change, column); !patched) return patched;
  }
  Result<SqliteStatement*> statement = update_statement(target);
  if (!statement) return propagate(statement);
  for (std::size_t i = 0; i < key.size(); ++i) target.before[key[i]].bind(**statement, static_cast<int>(i) + 1);
  int parameter = static_cast<int>(key.size());
  for (const std::size_t column : target.changed) target.after[column].bind(**statement, ++parameter);
  if (Status updated = (*statement)->run(); !updated) {
    if (updated.error().code != Errc::diverged) return updated;
    return missing(target, "the row's new key is in the replica already");
  }
  if (replica_.database().changes() == 0) return missing(target, "the row to update is not in the replica");
  return target.generated.empty() ? Status{} : compute_generated(target, change);
}

Status RowWriter::update_by_row(Target& target, const RowChange& change) {
  if (Status read = target.reader.read(change.before, target.before, 0); !read) return read;
  if (target.reader.wide_column() >= 0) return missing(target, "the row to update is not in the replica");
  if (Status read = read_changed(target, change); !read) return read;
  if (target.reader.wide_column() >= 0 || target.changed.empty()) return {};
  Result<std::int64_t> rowid = find_row(target, change);
  if (!rowid) return propagate(rowid);
  target.rowid = *rowid;
  for (const std::size_t column : target.changed) {
    if (Status patched = patch_json(target, change, column); !patched) return patched;
  }
  Result<SqliteStatement*> statement = update_statement(target);
  if (!statement) return propagate(statement);
  if (Status forgotten = target.keyless->forget(*rowid); !forgotten) return forgotten;
  (*statement)->bind(1, *rowid);
  int parameter = 1;
  for (const std::size_t column : target.changed) target.after[column].bind(**statement, ++parameter);
  if (Status updated = (*statement)->run(); !updated) return updated;
  if (!target.generated.empty()) {
    if (Status computed = compute_generated(target, change); !computed) return computed;
  }
  return target.keyless->record(*rowid);
}

Status RowWriter::plan_generated(Target& target) {
  const ReplicaTable* const known = replica_.tables.find(target.layout->schema, target.layout->table);
  const TableDefinition& definition = *known->definition;
  const SqlDialect dialect = dialect_of_version(replica_.checkpoint.source.version);
  const auto resolve = [&](std::string_view name) -> std::optional<ReadableColumn> {
    const std::size_t index = definition.column_index(name);
    if (index >= target.layout->columns.size()) return std::nullopt;
    return ReadableColumn{&definition.columns[index], target.layout->columns[index].name};
  };
  for (const LayoutColumn& column : target.layout->columns) {
    if (column.index >= definition.columns.size()) continue;
    const ColumnDefinition& defined = definition.columns[column.index];
    if (defined.generated == Generated::no) continue;
    GeneratedColumn generated{static_cast<std::size_t>(&column - target.layout->columns.data()),
                              defined.generation_expression, std::nullopt};
    if (auto sql = translate_generated(defined.generation_expression, dialect, resolve))
      generated.sql = std::move(sql->sql);
    target.generated.push_back(std::move(generated));
  }
  return {};
}

Status RowWriter::compute_generated(Target& target, const RowChange& change) {
  std::string sets;
  for (const GeneratedColumn& generated : target.generated) {
    const int image = target.reader.image_column(generated.column);
    if (image >= 0 && change.after[static_cast<std::size_t>(image)].present()) continue;
    const std::string& name = target.layout->columns[generated.column].name;
    if (!generated.sql) {
      // Unless it is computed from what changed, it is as it was.
      const bool concerned =
          change.op == RowOp::write || std::ranges::any_of(target.changed, [&](std::size_t column) {
            return folded_name(generated.expression).contains(folded_name(target.layout->columns[column].name));
          });
      if (!concerned) continue;
      return fail(Errc::diverged, "the log leaves out the computed column " + name + " = " + generated.expression,
                  "set binlog_row_image=FULL at the source and copy this table anew");
    }
    sets += (sets.empty() ? "" : ", ") + quote_identifier(name) + " = " + *generated.sql;
  }
  if (sets.empty()) return {};
  const TableLayout& layout = *target.layout;
  Result<std::string> where = written_row(target, change);
  if (!where) return propagate(where);
  Result<SqliteStatement> statement = replica_.database().prepare(
      "UPDATE " + quote_identifier(layout.name) + " SET " + sets + " WHERE " + *where, false);
  if (!statement) return propagate(statement);
  if (target.keyless) statement->bind(1, target.rowid);
  for (std::size_t i = 0; i < layout.key.size(); ++i) {
    const std::size_t column = layout.key[i];
    const bool is_new = change.op == RowOp::write || target.mask[column] != '\0';
    const Cell& cell = (is_new ? target.after : target.before)[column];
    if (cell.present) cell.bind(*statement, static_cast<int>(i) + 1);
  }
  if (Status computed = statement->run(); !computed) {
    if (computed.error().code != Errc::schema_mismatch) return computed;
    // 9223372036854775807 + 1: an error at the source, or whatever a lax sql_mode makes of it.
    return fail(Errc::diverged, "the log leaves out the computed column of a value beyond its range",
                "set binlog_row_image=FULL at the source and copy this table anew");
  }
  if (replica_.database().changes() == 1) return {};
  return fail(Errc::internal, "the row in hand is not found by its key");
}

// The address of the row that was just written. What a MINIMAL image leaves out of its key has its constant default.
Result<std::string> RowWriter::written_row(const Target& target, const RowChange& change) const {
  const TableLayout& layout = *target.layout;
  if (change.op != RowOp::write || target.keyless ||
      std::ranges::all_of(layout.key, [&](std::size_t column) { return target.after[column].present; })) {
    return target.where;
  }
  const ReplicaTable* const known = replica_.tables.find(layout.schema, layout.table);
  std::string where;
  for (std::size_t i = 0; i < layout.key.size(); ++i) {
    const LayoutColumn& column = layout.columns[layout.key[i]];
    std::string value = "?" + std::to_string(i + 1);
    if (!target.after[layout.key[i]].present) {
      Result<std::string> constant = default_value_sql(*known->definition, column.index, replica_.layout_options());
      if (!constant) return constant;
      value = std::move(*constant);
    }
    where += (i == 0 ? "" : " AND ") + quote_identifier(column.name) + " = " + value;
  }
  return where;
}

// A partial update of a JSON document: its steps go over the document of the image before, else over the replica's.
Status RowWriter::patch_json(Target& target, const RowChange& change, std::size_t column) {
  const auto image = static_cast<std::size_t>(target.reader.image_column(column));
  const Value& after = change.after[image];
  if (after.kind != ValueKind::json_diff) return {};
  std::string& document = target.documents[column];
  document.clear();
  const Value& before = change.before[image];
  if (before.kind == ValueKind::json) {
    if (Status done = append_patched_json_text(before.bytes(), after.bytes(), document); !done) return done;
  } else {
    const TableLayout& layout = *target.layout;
    Result<SqliteStatement> stored =
        replica_.database().prepare("SELECT " + quote_identifier(layout.columns[column].name) + " FROM " +
                                        quote_identifier(layout.name) + " WHERE " + target.where,
                                    false);
    if (!stored) return propagate(stored);
    if (target.keyless) stored->bind(1, target.rowid);
    for (std::size_t i = 0; i < layout.key.size(); ++i) {
      target.before[layout.key[i]].bind(*stored, static_cast<int>(i) + 1);
    }
    Result<bool> found = stored->step();
    if (!found) return propagate(found);
    if (!*found || stored->is_null(0)) return missing(target, "the document to update is not in the replica");
    if (Status done = append_patched_json_text(stored->text(0), after.bytes(), document); !done) return done;
  }
  target.after[column] = {Type::text, true, 0, 0, document};
  return {};
}

// Rowid of one row that is equal to the image before, in the columns that it has.
Result<std::int64_t> RowWriter::find_row(Target& target, const RowChange& change) {
  const char* const what = change.op == RowOp::remove ? "the row to delete is not in the replica"
                                                      : "the row to update is not in the replica";
  if (std::ranges::all_of(target.before, &Cell::present)) {
    Result<std::optional<std::int64_t>> found = target.keyless->find(target.before);
    if (!found) return propagate(found);
    if (!*found) return missing(target, what);
    return **found;
  }
  if (std::ranges::none_of(target.before, &Cell::present)) {
    return fail(Errc::schema_mismatch, "the log's row holds none of the table's columns",
                "the definition that the replica has is wrong: copy this table anew");
  }
  // A MINIMAL image of a table whose only key is a unique one holds that key, for which there is an index.
  const TableLayout& layout = *target.layout;
  std::string sql = "SELECT " + quote_identifier(layout.row_address) + " FROM " + quote_identifier(layout.name);
  bool first = true;
  for (std::size_t i = 0; i < target.before.size(); ++i) {
    if (!target.before[i].present) continue;
    sql += (first ? " WHERE " : " AND ") + quote_identifier(layout.columns[i].name) + " IS ?" + std::to_string(i + 1);
    first = false;
  }
  Result<SqliteStatement> statement = replica_.database().prepare(sql + " LIMIT 1", false);
  if (!statement) return propagate(statement);
  for (std::size_t i = 0; i < target.before.size(); ++i) {
    if (target.before[i].present) target.before[i].bind(*statement, static_cast<int>(i) + 1);
  }
  Result<bool> found = statement->step();
  if (!found) return propagate(found);
  if (!*found) return missing(target, what);
  return statement->integer(0);
}

Status RowWriter::widen(const std::string& schema, const std::string& table, std::size_t column) {
  ReplicaTable* const known = replica_.tables.find(schema, table);
  if (known == nullptr || !known->is_active())
    return fail(Errc::internal, "a wide column for a table that is not active");
  forget_tables();  // statements of the old table
  TableLayout layout = *known->layout;
  if (Status rebuilt = rebuild_wide(replica_.database(), *known->definition, layout, column); !rebuilt) return rebuilt;
  known->wide_columns.push_back(column);
  std::ranges::sort(known->wide_columns);
  known->layout = std::make_shared<const TableLayout>(std::move(layout));
  return replica_.save_table(schema, table);
}

}  // namespace binferry
