#include "applier/rebuild.hpp"

#include "applier/cell.hpp"
#include "applier/column_traits.hpp"
#include "applier/generated.hpp"
#include "applier/indexes.hpp"
#include "applier/keyless.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace binferry {
namespace {

using Type = SqliteStatement::Type;

constexpr std::string_view kNewTable = "binferry_rebuild";

std::unexpected<Error> uncertain(std::string why) {
  return fail(Errc::unsupported, std::move(why));
}

// How one column of the new table gets its values.
struct ColumnPlan {
  enum class Kind : std::uint8_t { copy, convert, constant, number, compute } kind = Kind::copy;
  std::size_t source = 0;                      // copy, convert: column of the old layout
  std::optional<ColumnConversion> conversion;  // convert, compute
  Cell constant;
  std::string buffer;         // of the constant; of converted values
  std::string expression;     // compute: over columns of the old table
  ColumnDefinition computed;  // compute: what the expression gives, before conversion
};

// What an expression gives, as a column whose values are converted to the wanted one's.
ColumnDefinition computed_column(const SqliteExpression& expression) {
  ColumnDefinition column;
  switch (expression.kind) {
    case SqliteExpression::Kind::text:
      column.type = ColumnType::varchar;
      column.declared_type = "text";
      column.length = std::numeric_limits<std::uint32_t>::max();
      column.charset = charset_named("utf8mb4");
      break;
    case SqliteExpression::Kind::decimal:
      column.type = ColumnType::decimal;
      column.declared_type = "decimal";
      column.precision = 65;
      column.scale = expression.scale;
      break;
    case SqliteExpression::Kind::integer:
    case SqliteExpression::Kind::null:
      column.type = ColumnType::big_int;
      column.declared_type = "bigint";
      break;
  }
  return column;
}

// The literal that ALTER TABLE … ADD COLUMN takes; nothing for what has none.
std::optional<std::string> default_literal(const Cell& cell) {
  switch (cell.type) {
    case Type::null: return "NULL";
    case Type::integer: return std::to_string(cell.integer);
    case Type::real: return fmt::format("{:.17g}", cell.real);
    case Type::text:
      if (cell.bytes.find('\0') != std::string_view::npos) return std::nullopt;
      return quote_text(cell.bytes);
    case Type::blob: return "X'" + to_hex(bytes_of(cell.bytes)) + "'";
  }
  return std::nullopt;
}

bool is_plain_text(std::string_view text, char first_letter, char last_letter) {
  return std::ranges::all_of(text,
                             [&](char c) { return (c >= '0' && c <= '9') || (c >= first_letter && c <= last_letter); });
}

// Collations that order texts of digits and letters of one case as their bytes; those of a language may not (Danish
// `aa` is a letter after `z`).
bool orders_plain_text(const ColumnDefinition& column) {
  if (column.charset == nullptr) return false;
  std::string_view name = collation_name(column.collation);
  if (!name.starts_with(column.charset->name)) return false;
  name.remove_prefix(column.charset->name.size());
  constexpr std::string_view kOfNoLanguage[] = {"_bin",        "_general_ci", "_unicode_ci", "_unicode_520_ci",
                                                "_0900_ai_ci", "_0900_as_ci", "_0900_as_cs", "_0900_bin",
                                                "_swedish_ci"};
  return std::ranges::find(kOfNoLanguage, name) != std::end(kOfNoLanguage);
}

class Rebuild {
 public:
  Rebuild(Database& database, const Alteration& alteration) : database_(database), a_(alteration) {}

  Result<Altered> run() {
    if (a_.old_layout.columns.size() != a_.before.columns.size() + implicit_column_count(a_.before)) {
      return uncertain("the replica's table is not the one that the statement found");
    }
    Result<bool> rows = ask("SELECT 1 FROM " + quote_identifier(a_.old_layout.name) + " LIMIT 1");
    if (!rows) return propagate(rows);
    has_rows_ = *rows;
    wide_ = wide_columns_that_stay();
    // A value above 2^63-1 may only show when it is converted: once more, with that column wide.
    for (;;) {
      Result<TableLayout> layout = make_layout(a_.after, a_.options, wide_);
      if (!layout) return uncertain(layout.error().what);
      layout_ = std::move(*layout);
      found_wide_.reset();
      if (has_rows_) {
        if (Status planned = plan(); !planned) return propagate(planned);
      }
      if (!found_wide_) {
        if (Status done = change_table(); !done) return propagate(done);
      }
      if (!found_wide_) break;
      wide_.push_back(*found_wide_);
      std::ranges::sort(wide_);
      if (Status dropped = database_.execute(fmt::format("DROP TABLE IF EXISTS {}", kNewTable)); !dropped) {
        return propagate(dropped);
      }
    }
    return Altered{std::move(layout_), std::move(wide_)};
  }

 private:
  Result<bool> ask(const std::string& sql) {
    Result<SqliteStatement> question = database_.prepare(sql, false);
    if (!question) return propagate(question);
    return question->step();
  }

  [[nodiscard]] bool is_new(std::size_t column) const { return a_.column_sources[column] == kNewColumn; }

  std::vector<std::size_t> wide_columns_that_stay() const {
    std::vector<std::size_t> wide;
    for (std::size_t i = 0; i < a_.after.columns.size(); ++i) {
      const bool holds_64_bits =
          a_.after.columns[i].type == ColumnType::big_int || a_.after.columns[i].type == ColumnType::bit;
      if (holds_64_bits && !is_new(i) && a_.old_layout.columns[a_.column_sources[i]].wide_unsigned) wide.push_back(i);
    }
    return wide;
  }

  Status change_table() {
    const bool in_place = has_rows_ ? fits_in_place() : same_shape();
    return in_place ? change_in_place() : rebuild();
  }

  // ---- what becomes of each column ------------------------------------------------------------------------------

  Status plan() {
    plans_.clear();
    order_.clear();
    for (std::size_t i = 0; i < a_.after.columns.size(); ++i) {
      plans_.emplace_back();
      if (Status planned = is_new(i) ? plan_new(i) : plan_kept(i); !planned) return planned;
    }
    if (Status planned = plan_implicit(); !planned) return planned;
    // A generated column follows its base columns; only once all are planned is it known whether they changed.
    // A default that is an expression may name columns, too.
    for (std::size_t i = 0; i < a_.after.columns.size(); ++i) {
      const ColumnDefinition& column = a_.after.columns[i];
      const bool by_default = column.generated == Generated::no;
      if (by_default ? plans_[i].kind != ColumnPlan::Kind::compute : !must_compute(i)) continue;
      Status planned =
          by_default ? plan_computed(i, column.default_value.text, "its default is an expression")
                     : plan_computed(i, column.generation_expression, "its generation expression is not computed here");
      if (!planned) return planned;
    }
    return {};
  }

  Status plan_new(std::size_t i) {
    const ColumnDefinition& column = a_.after.columns[i];
    ColumnPlan& plan = plans_.back();
    if (column.generated != Generated::no) return {};
    if (column.row_period != RowPeriod::no) return uncertain("column " + column.name + ": the source's own row times");
    if (column.auto_increment) {
      plan.kind = ColumnPlan::Kind::number;
      return plan_numbers(column);
    }
    plan.kind = ColumnPlan::Kind::constant;
    Result<Cell> cell = default_for_existing_rows(column, a_.settings, plan.buffer);
    if (!cell && column.default_value.kind == ColumnDefault::Kind::expression) {
      plan.kind = ColumnPlan::Kind::compute;  // from what, is planned when all columns are
      return {};
    }
    if (!cell) return propagate(cell);
    plan.constant = *cell;
    if (cell->type == Type::text && layout_.columns[i].type == SqliteType::integer) found_wide_ = i;
    return {};
  }

  Status plan_kept(std::size_t i) {
    const ColumnDefinition& column = a_.after.columns[i];
    const ColumnDefinition& old = a_.before.columns[a_.column_sources[i]];
    ColumnPlan& plan = plans_.back();
    plan.source = a_.column_sources[i];
    plan.conversion.emplace(old, column, a_.settings);
    const std::string old_table = quote_identifier(a_.old_layout.name);
    const std::string old_column = quote_identifier(a_.old_layout.columns[plan.source].name);
    if (!plan.conversion->keeps_values()) plan.kind = ColumnPlan::Kind::convert;
    if (plan.conversion->forbids_null()) {
      Result<bool> nulls = ask("SELECT 1 FROM " + old_table + " WHERE " + old_column + " IS NULL LIMIT 1");
      if (!nulls) return propagate(nulls);
      if (*nulls) plan.kind = ColumnPlan::Kind::convert;
    }
    if (column.auto_increment && !old.auto_increment) {
      Result<bool> zeros = ask("SELECT 1 FROM " + old_table + " WHERE " + old_column + " = 0 LIMIT 1");
      if (!zeros) return propagate(zeros);
      if (*zeros) return uncertain("column " + column.name + ": a zero may have got the next number");
    }
    return {};
  }

  // MariaDB's `row_start` and `row_end` stay with the table, or are the source's own.
  Status plan_implicit() {
    const std::size_t now = implicit_column_count(a_.after);
    if (a_.before.system_versioned != a_.after.system_versioned || now != implicit_column_count(a_.before)) {
      return uncertain("system versioning began or ended: the source's own row times");
    }
    for (std::size_t i = 0; i < now; ++i) {
      plans_.emplace_back();
      plans_.back().source = a_.before.columns.size() + i;
    }
    return {};
  }

  // ---- generated columns ----------------------------------------------------------------------------------------

  [[nodiscard]] bool must_compute(std::size_t i) const {
    if (is_new(i) || plans_[i].kind != ColumnPlan::Kind::copy) return true;
    const ColumnDefinition& old = a_.before.columns[plans_[i].source];
    if (old.generated == Generated::no || old.generation_expression != a_.after.columns[i].generation_expression)
      return true;
    // Its values were computed from the base columns as they were.
    for (std::size_t base = 0; base < a_.after.columns.size(); ++base) {
      if (a_.after.columns[base].generated == Generated::no && plans_[base].kind == ColumnPlan::Kind::convert)
        return true;
    }
    return false;
  }

  Status plan_computed(std::size_t i, std::string_view source, std::string_view why_not) {
    const ColumnDefinition& column = a_.after.columns[i];
    ColumnPlan& plan = plans_[i];
    const auto resolve = [&](std::string_view name) -> std::optional<ReadableColumn> {
      const std::size_t base = a_.after.column_index(name);
      if (base == TableDefinition::kNoColumn || is_new(base) || a_.after.columns[base].generated != Generated::no ||
          plans_[base].kind != ColumnPlan::Kind::copy) {
        return std::nullopt;
      }
      const bool is_real = a_.settings.decimal_real && a_.after.columns[base].type == ColumnType::decimal;
      if (is_real) return std::nullopt;
      return ReadableColumn{&a_.after.columns[base], a_.old_layout.columns[plans_[base].source].name};
    };
    const std::optional<SqliteExpression> expression = translate_generated(source, a_.context.dialect, resolve);
    const TypeFamily family = family_of(column.type);
    const bool takes_numbers =
        family == TypeFamily::integer || family == TypeFamily::decimal || family == TypeFamily::real;
    const bool is_known = expression && (takes_numbers || !expression->any_scale);
    if (!is_known) return uncertain("column " + column.name + ": " + std::string(why_not));
    plan.kind = ColumnPlan::Kind::compute;
    plan.expression = expression->sql;
    plan.computed = computed_column(*expression);
    plan.computed.name = column.name;
    plan.conversion.emplace(plan.computed, column, a_.settings);
    return {};
  }

  // ---- an AUTO_INCREMENT column added ---------------------------------------------------------------------------

  // InnoDB numbers the rows as they lie in the clustered index: by the primary key, else by the first unique key that
  // takes no NULL, else as they came, which is not the order of the log.
  Status plan_numbers(const ColumnDefinition& column) {
    Result<bool> many = ask("SELECT 1 FROM " + quote_identifier(a_.old_layout.name) + " LIMIT 1 OFFSET 1");
    if (!many) return propagate(many);
    const bool had_numbers = std::ranges::any_of(a_.before.columns, &ColumnDefinition::auto_increment);
    if (had_numbers || a_.after.auto_increment != 0 || a_.context.auto_increment_increment == 0) {
      return uncertain("column " + column.name + ": where its numbers begin");
    }
    if (!*many) return {};
    const bool innodb = a_.before.engine.empty() || same_name(a_.before.engine, "InnoDB");
    const IndexDefinition* clustered = innodb && !a_.before.partitioned ? clustered_index() : nullptr;
    if (clustered == nullptr) return uncertain("column " + column.name + ": in which order its rows were numbered");
    for (const IndexPart& part : clustered->parts) {
      const std::size_t key = a_.before.column_index(part.column);
      if (part.prefix_length != 0) return uncertain("column " + column.name + ": numbered by the prefix of a key");
      if (Status ordered = prove_order(key); !ordered) return ordered;
      order_ += (order_.empty() ? " ORDER BY " : ", ") + quote_identifier(a_.old_layout.columns[key].name);
      if (part.descending) order_ += " DESC";
    }
    return {};
  }

  const IndexDefinition* clustered_index() const {
    if (const IndexDefinition* primary = a_.before.primary_key()) return primary;
    for (const IndexDefinition& index : a_.before.indexes) {
      const auto firm = [&](const IndexPart& part) {
        const ColumnDefinition* column = a_.before.find_column(part.column);
        return column != nullptr && !column->nullable && part.prefix_length == 0;
      };
      if (index.kind == IndexKind::unique && std::ranges::all_of(index.parts, firm)) return &index;
    }
    return nullptr;
  }

  // SQLite orders the column as the source did: numbers, bytes, dates, and texts that every collation orders alike.
  Status prove_order(std::size_t key) {
    const ColumnDefinition& column = a_.before.columns[key];
    switch (family_of(column.type)) {
      case TypeFamily::integer:
      case TypeFamily::bit:
      case TypeFamily::year:
      case TypeFamily::real:
      case TypeFamily::bytes:
      case TypeFamily::date:
      case TypeFamily::datetime:
      case TypeFamily::timestamp: return {};
      case TypeFamily::text:
        if (orders_plain_text(column)) break;
        return uncertain("column " + column.name + ": the order of a key under its collation");
      default: return uncertain("column " + column.name + ": the order of a key of its type");
    }
    Result<SqliteStatement> texts = database_.prepare(
        "SELECT " + quote_identifier(a_.old_layout.columns[key].name) + " FROM " + quote_identifier(a_.old_layout.name),
        false);
    if (!texts) return propagate(texts);
    bool lower = true;
    bool upper = true;
    for (;;) {
      Result<bool> more = texts->step();
      if (!more) return propagate(more);
      if (!*more) return {};
      lower = lower && is_plain_text(texts->text(0), 'a', 'z');
      upper = upper && is_plain_text(texts->text(0), 'A', 'Z');
      if (!lower && !upper) return uncertain("column " + column.name + ": the order of a key under its collation");
    }
  }

  // ---- in place -------------------------------------------------------------------------------------------------

  // The same columns in the same order, but for their names.
  [[nodiscard]] bool same_shape() const {
    if (layout_.columns.size() != a_.old_layout.columns.size()) return false;
    TableLayout renamed = a_.old_layout;
    for (std::size_t i = 0; i < renamed.columns.size(); ++i) {
      if (i < a_.column_sources.size() && a_.column_sources[i] != i) return false;
      renamed.columns[i].name = layout_.columns[i].name;
    }
    renamed.schema = layout_.schema;
    renamed.table = layout_.table;
    renamed.row_address = layout_.row_address;
    return renamed == layout_;
  }

  // Rows keep what they have, and new columns with one value for all stand at the end.
  [[nodiscard]] bool fits_in_place() const {
    const std::size_t kept = a_.old_layout.columns.size();
    if (layout_.columns.size() < kept || implicit_column_count(a_.after) != 0 || layout_.hidden_row_column ||
        a_.old_layout.hidden_row_column || layout_.key_kind != a_.old_layout.key_kind ||
        layout_.key != a_.old_layout.key) {
      return false;
    }
    for (std::size_t i = 0; i < layout_.columns.size(); ++i) {
      const ColumnPlan& plan = plans_[i];
      const LayoutColumn& column = layout_.columns[i];
      if (i < kept) {
        const LayoutColumn& old = a_.old_layout.columns[i];
        if (plan.kind != ColumnPlan::Kind::copy || plan.source != i || old.type != column.type ||
            old.wide_unsigned != column.wide_unsigned) {
          return false;
        }
      } else if (plan.kind != ColumnPlan::Kind::constant || !default_literal(plan.constant)) {
        return false;
      }
    }
    return true;
  }

  Status change_in_place() {
    if (Status renamed = rename_columns(); !renamed) return renamed;
    const std::string table = quote_identifier(layout_.name);
    for (std::size_t i = a_.old_layout.columns.size(); i < layout_.columns.size(); ++i) {
      if (Status added = database_.execute(
              "ALTER TABLE " + table + " ADD COLUMN " + quote_identifier(layout_.columns[i].name) + " " +
              std::string(name_of(layout_.columns[i].type)) + " DEFAULT " + *default_literal(plans_[i].constant));
          !added) {
        return added;
      }
    }
    if (layout_.key_kind == KeyKind::none && layout_.columns.size() != a_.old_layout.columns.size()) {
      Result<KeylessRows> keyless = KeylessRows::make(database_, layout_);
      if (!keyless) return propagate(keyless);
      if (Status hashed = keyless->rebuild(); !hashed) return hashed;
    }
    return change_indexes(database_, layout_, with_new_names(), a_.after);
  }

  // The old definition with the columns of the table as it now stands.
  [[nodiscard]] TableDefinition with_new_names() const {
    TableDefinition definition = a_.before;
    for (IndexDefinition& index : definition.indexes) {
      for (IndexPart& part : index.parts) {
        const auto now = std::ranges::find(a_.column_sources, a_.before.column_index(part.column));
        if (now == a_.column_sources.end()) continue;
        part.column = a_.after.columns[static_cast<std::size_t>(now - a_.column_sources.begin())].name;
      }
    }
    definition.columns = a_.after.columns;
    return definition;
  }

  // By way of names that nobody has, because two columns may change places.
  Status rename_columns() {
    std::vector<std::pair<std::string, std::string>> steps;
    for (std::size_t i = 0; i < a_.old_layout.columns.size(); ++i) {
      if (a_.old_layout.columns[i].name == layout_.columns[i].name) continue;
      steps.emplace_back(fmt::format("binferry_column_{}", i), layout_.columns[i].name);
      if (Status renamed = rename_column(a_.old_layout.columns[i].name, steps.back().first); !renamed) return renamed;
    }
    for (const auto& [from, to] : steps) {
      if (Status renamed = rename_column(from, to); !renamed) return renamed;
    }
    return {};
  }

  Status rename_column(const std::string& from, const std::string& to) {
    return database_.execute("ALTER TABLE " + quote_identifier(layout_.name) + " RENAME COLUMN " +
                             quote_identifier(from) + " TO " + quote_identifier(to));
  }

  // ---- a new table ----------------------------------------------------------------------------------------------

  Status rebuild() {
    Result<std::vector<std::string>> others = foreign_objects(database_, a_.old_layout, a_.before);
    if (!others) return propagate(others);
    TableLayout made = layout_;
    made.name = kNewTable;
    made.hash_table.clear();
    if (Status created = database_.execute(made.create_sql()); !created) return created;
    if (has_rows_) {
      Status copied = fill(made);
      if (!copied && copied.error().code == Errc::diverged) return uncertain("rows clash: " + copied.error().what);
      if (!copied || found_wide_) return copied;
    }
    if (made.key_kind == KeyKind::none) {
      if (Status hashed = create_hash_table(database_, made); !hashed) return hashed;
      if (has_rows_) {
        Result<KeylessRows> keyless = KeylessRows::make(database_, made);
        if (!keyless) return propagate(keyless);
        if (Status hashed = keyless->rebuild(); !hashed) return hashed;
      }
    }
    if (Status placed = take_place(database_, a_.old_layout, made); !placed) return placed;
    layout_ = std::move(made);
    if (Status indexed = create_indexes(database_, layout_, a_.after); !indexed) return indexed;
    restore_objects(database_, *others);
    return {};
  }

  Status fill(const TableLayout& made) {
    std::string insert = "INSERT INTO " + quote_identifier(made.name) + " VALUES (";
    std::string select = "SELECT ";
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      insert += fmt::format("{}?{}", i == 0 ? "" : ", ", i + 1);
      select += i == 0 ? "" : ", ";
      switch (plans_[i].kind) {
        case ColumnPlan::Kind::copy:
        case ColumnPlan::Kind::convert: select += quote_identifier(a_.old_layout.columns[plans_[i].source].name); break;
        case ColumnPlan::Kind::compute: select += plans_[i].expression; break;
        case ColumnPlan::Kind::constant:
        case ColumnPlan::Kind::number: select += "NULL"; break;
      }
    }
    if (made.hidden_row_column) insert += ", NULL";
    select += " FROM " + quote_identifier(a_.old_layout.name) + order_;
    Result<SqliteStatement> from = database_.prepare(select, false);
    if (!from) return propagate(from);
    Result<SqliteStatement> into = database_.prepare(insert + ")", false);
    if (!into) return propagate(into);
    number_ = first_number();
    for (;;) {
      Result<bool> more = from->step();
      // So an expression ends at a value that SQLite would give otherwise.
      if (!more && more.error().code == Errc::internal)
        return uncertain("a value of an expression: " + more.error().what);
      if (!more) return propagate(more);
      if (!*more) return {};
      if (Status bound = bind_row(*from, *into); !bound || found_wide_) return bound;
      if (Status inserted = into->run(); !inserted) return inserted;
      number_ += a_.context.auto_increment_increment;
    }
  }

  Status bind_row(const SqliteStatement& from, SqliteStatement& into) {
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      ColumnPlan& plan = plans_[i];
      const int column = static_cast<int>(i);
      Cell cell = plan.constant;
      if (plan.kind == ColumnPlan::Kind::number) {
        into.bind(column + 1, number_);
        continue;
      }
      if (plan.kind != ColumnPlan::Kind::constant) cell = Cell::of(from, column);
      if (plan.kind == ColumnPlan::Kind::convert || plan.kind == ColumnPlan::Kind::compute) {
        Result<Cell> converted = plan.conversion->convert(cell, plan.buffer);
        if (!converted) return propagate(converted);
        cell = *converted;
        if (cell.type == Type::text && layout_.columns[i].type == SqliteType::integer) found_wide_ = i;
      }
      cell.bind(into, column + 1);
    }
    return {};
  }

  // MySQL manual, "auto_increment_offset": the first number of the sequence; an offset beyond the increment is ignored.
  [[nodiscard]] std::int64_t first_number() const {
    const std::int64_t increment = a_.context.auto_increment_increment;
    const std::int64_t offset = a_.context.auto_increment_offset > increment ? 1 : a_.context.auto_increment_offset;
    return std::max<std::int64_t>(offset, 1);
  }

  Database& database_;
  const Alteration& a_;
  TableLayout layout_;
  std::vector<std::size_t> wide_;
  std::deque<ColumnPlan> plans_;  // addresses stay: conversions refer to `computed`
  std::string order_;
  std::optional<std::size_t> found_wide_;  // a column whose value needs more than 63 bits
  std::int64_t number_ = 1;
  bool has_rows_ = false;
};

}  // namespace

Result<Altered> alter_table(Database& database, const Alteration& alteration) {
  return Rebuild(database, alteration).run();
}

Status create_hash_table(Database& database, TableLayout& layout) {
  Result<std::optional<std::string>> number = database.query_text(
      "SELECT coalesce(max(CAST(substr(name, 15) AS INTEGER)), 0) + 1 FROM sqlite_schema"
      " WHERE type = 'table' AND name GLOB 'binferry_rows_[0-9]*'");
  if (!number) return propagate(number);
  layout.hash_table = "binferry_rows_" + number->value_or("1");
  return database.execute(
      "CREATE TABLE " + layout.hash_table +
      " (hash INTEGER NOT NULL, row INTEGER NOT NULL, PRIMARY KEY (hash, row)) STRICT, WITHOUT ROWID");
}

Status take_place(Database& database, const TableLayout& old, TableLayout& made) {
  if (Status dropped = database.execute("DROP TABLE " + quote_identifier(old.name)); !dropped) return dropped;
  if (!old.hash_table.empty()) {
    if (Status dropped = database.execute("DROP TABLE " + quote_identifier(old.hash_table)); !dropped) return dropped;
  }
  if (Status renamed = rename_sqlite_table(database, made.name, old.name); !renamed) return renamed;
  made.name = old.name;
  return {};
}

Status rename_sqlite_table(Database& database, const std::string& from, const std::string& to) {
  return database.execute("PRAGMA legacy_alter_table = ON; ALTER TABLE " + quote_identifier(from) + " RENAME TO " +
                          quote_identifier(to) + "; PRAGMA legacy_alter_table = OFF");
}

}  // namespace binferry
