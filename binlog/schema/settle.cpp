#include "binlog/schema/settle.hpp"

#include "binlog/schema/ddl_parts.hpp"

#include <algorithm>
#include <charconv>

namespace binferry::schema_detail {
namespace {

constexpr std::uint64_t kMaxRowBytes = 65535;
constexpr std::uint16_t kUtf8mb4GeneralCi = 45;
constexpr std::uint16_t kUtf8mb40900AiCi = 255;

std::uint16_t default_collation(const Charset& charset, const DdlContext& context) {
  if (charset.name != "utf8mb4") return charset.default_collation;
  if (context.utf8mb4_collation != 0) return context.utf8mb4_collation;
  return context.dialect.mariadb || context.dialect.version < 80000 ? kUtf8mb4GeneralCi : kUtf8mb40900AiCi;
}

// A collation whose name is not in our tables still tells its character set: `utf8mb4_new_ci`. MariaDB's
// `uca1400_ai_ci` goes with whatever character set is in force.
Collation collation_named(const std::string& name, Collation base, const DdlContext& context) {
  if (const Charset* charset = charset_of_collation_named(name)) return {charset, collation_id(name)};
  const Charset* charset = charset_named(std::string_view(name).substr(0, name.find('_')));
  if (charset == nullptr) charset = base.charset;
  return charset == nullptr ? Collation{} : Collation{charset, default_collation(*charset, context)};
}

std::uint32_t blob_class(std::uint64_t bytes) {
  return bytes <= 0xFF ? 0xFF : bytes <= 0xFFFF ? 0xFFFF : bytes <= 0xFFFFFF ? 0xFFFFFF : 0xFFFFFFFF;
}

void to_binary_type(ColumnDefinition& column) {
  switch (column.type) {
    case ColumnType::char_: column.type = ColumnType::binary; break;
    case ColumnType::varchar: column.type = ColumnType::varbinary; break;
    case ColumnType::text: column.type = ColumnType::blob; break;
    default: return;  // ENUM and SET keep their labels
  }
  column.charset = nullptr;
  column.collation = 0;
  column.json_alias = false;
}

bool takes_charset(ColumnType type) {
  return type == ColumnType::char_ || type == ColumnType::varchar || type == ColumnType::text ||
         type == ColumnType::enum_ || type == ColumnType::set_;
}

void set_charset(ColumnDefinition& column, Collation to) {
  column.charset = to.charset;
  column.collation = to.id;
  if (to.id == kBinaryCollation) to_binary_type(column);
}

// VARCHAR beyond a row's size becomes TEXT where the sql_mode is lax; where it is strict the statement failed.
void widen_long_varchar(ColumnDefinition& column) {
  const std::uint64_t bytes =
      std::uint64_t{column.length} * (column.charset != nullptr ? column.charset->max_bytes : 1);
  if (bytes <= kMaxRowBytes) return;
  if (column.type == ColumnType::varchar) {
    column.type = ColumnType::text;
  } else if (column.type == ColumnType::varbinary) {
    column.type = ColumnType::blob;
  } else {
    return;
  }
  column.length = blob_class(bytes);
}

bool is_json_check(const std::string& expression, const std::string& column) {
  std::string plain;
  for (const char c : folded_name(expression)) {
    if (c != '`' && c != ' ') plain += c;
  }
  return plain == "json_valid(" + folded_name(column) + ')';
}

// MariaDB prints its JSON columns as LONGTEXT with a check.
bool take_json_check(ColumnDefinition& column, const std::string& expression) {
  if (column.json_alias) return is_json_check(expression, column.name);
  if (column.type != ColumnType::text || column.length != 0xFFFFFFFF || !is_json_check(expression, column.name))
    return false;
  column.json_alias = collation_name(column.collation) == "utf8mb4_bin";
  return column.json_alias;
}

// CONVERT TO may turn MariaDB's JSON into mere text with a check, and back.
void settle_json_alias(ColumnDefinition& column) {
  if (column.json_alias && collation_name(column.collation) != "utf8mb4_bin") {
    column.json_alias = false;
    column.check = "json_valid(`" + column.name + "`)";
  } else if (!column.check.empty() && take_json_check(column, column.check)) {
    column.check.clear();
  }
}

std::string zero_timestamp(std::uint8_t fsp) {
  std::string text = "0000-00-00 00:00:00";
  if (fsp != 0) text.append(1, '.').append(fsp, '0');
  return text;
}

// Labels given in hexadecimal, in the column's character set; both servers take their bytes as they are.
void settle_labels(ColumnDefinition& column) {
  for (std::string& label : column.labels) {
    if (!label.starts_with(ddl::kLabelInBytes)) continue;
    const Charset& charset = column.charset != nullptr ? *column.charset : *charset_named("utf8mb4");
    std::string text;
    // What is not valid was refused by the server, so it is a character set that it knows and we do not.
    if (!append_utf8(charset, bytes_of(std::string_view(label).substr(1)), text)) text = "\uFFFD";
    while (text.ends_with(' ')) text.pop_back();
    label = std::move(text);
  }
}

ColumnDefinition settle_column(const ColumnSpec& spec, Collation table_default, const DdlContext& context) {
  ColumnDefinition column = spec.column;
  const bool by_size = spec.text_characters && *spec.text_characters != 0;
  if (spec.text_type) {
    const CharsetSpec national{"utf8mb3", spec.charset.collation, spec.charset.binary_collation};
    set_charset(column, settle_charset(spec.national ? national : spec.charset, table_default, context));
  }
  settle_labels(column);
  if (by_size) {
    const std::uint64_t width = column.charset != nullptr ? column.charset->max_bytes : 1;
    column.length = blob_class(*spec.text_characters * width);
  }
  widen_long_varchar(column);
  if (spec.text_type || by_size || column.type != spec.column.type) column.declared_type = canonical_type(column);
  if (column.auto_increment || column.row_period != RowPeriod::no || spec.primary) column.nullable = false;
  for (const CheckConstraint& check : spec.checks) {
    if (!context.dialect.mariadb || take_json_check(column, check.expression)) continue;
    column.check = check.expression;
  }
  return column;
}

// Without explicit_defaults_for_timestamp (MySQL manual, that variable): TIMESTAMP is NOT NULL unless NULL is
// written, the first one keeps time by itself, the others default to zero.
void imply_timestamp(ColumnDefinition& column, const ColumnSpec& spec, bool& first) {
  if (column.type != ColumnType::timestamp || spec.null_given || column.generated != Generated::no ||
      column.row_period != RowPeriod::no) {
    return;
  }
  column.nullable = false;
  const bool bare = column.default_value.kind == ColumnDefault::Kind::none;
  if (first && bare && !column.on_update_fsp) {
    column.default_value.kind = ColumnDefault::Kind::current_timestamp;
    column.default_value.fsp = column.fsp;
    column.on_update_fsp = column.fsp;
  } else if (bare) {
    column.default_value.kind = ColumnDefault::Kind::literal;
    column.default_value.text = zero_timestamp(column.fsp);
  }
  first = false;
}

// `stem`, or `stem_2`, `stem_3`, … whatever is free.
std::string free_index_name(const TableDefinition& table, const std::string& stem) {
  if (table.find_index(stem) == nullptr && !same_name(stem, "PRIMARY")) return stem;
  for (std::size_t n = 2;; ++n) {
    std::string name = stem + '_' + std::to_string(n);
    if (table.find_index(name) == nullptr) return name;
  }
}

// One more than the highest n of the names `prefix` n.
template <class Items>
std::uint64_t next_number(const Items& items, const std::string& prefix) {
  std::uint64_t highest = 0;
  for (const auto& item : items) {
    if (!item.name.starts_with(prefix)) continue;
    std::uint64_t number = 0;
    const char* const end = item.name.data() + item.name.size();
    const auto parsed = std::from_chars(item.name.data() + prefix.size(), end, number);
    if (parsed.ec == std::errc() && parsed.ptr == end && number < 1'000'000'000) highest = std::max(highest, number);
  }
  return highest + 1;
}

bool index_serves(const IndexDefinition& index, const std::vector<std::string>& columns) {
  if (index.kind == IndexKind::fulltext || index.kind == IndexKind::spatial || index.kind == IndexKind::vector ||
      index.parts.size() < columns.size()) {
    return false;
  }
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (!same_name(index.parts[i].column, columns[i])) return false;
  }
  return true;
}

}  // namespace

Collation collation_of(std::uint16_t id) {
  return {charset_of_collation(id), id};
}

Collation settle_charset(const CharsetSpec& spec, Collation inherited, const DdlContext& context) {
  Collation out = inherited;
  if (!spec.charset.empty() && spec.charset != "default") {
    const Charset* charset = charset_named(spec.charset);
    out = charset == nullptr ? Collation{} : Collation{charset, default_collation(*charset, context)};
  }
  if (spec.collation == "default") {
    if (out.charset != nullptr) out.id = default_collation(*out.charset, context);
  } else if (!spec.collation.empty()) {
    out = collation_named(spec.collation, out, context);
  }
  if (spec.binary_collation && out.charset != nullptr && spec.collation.empty()) {
    if (const auto id = collation_id(std::string(out.charset->name) + "_bin"); id != 0) out.id = id;
  }
  return out;
}

void convert_charset(ColumnDefinition& column, Collation to) {
  if (!takes_charset(column.type) || column.collation == kBinaryCollation || to.charset == nullptr) return;
  if (column.type == ColumnType::text && column.charset != nullptr) {
    const std::uint64_t characters = column.length / column.charset->max_bytes;
    column.length = blob_class(characters * to.charset->max_bytes);
  }
  // CHAR(n) CHARACTER SET utf8mb4 becomes BINARY(4n).
  if (to.id == kBinaryCollation && column.charset != nullptr && column.type != ColumnType::text) {
    column.length = column.length * column.charset->max_bytes;
  }
  set_charset(column, to);
  widen_long_varchar(column);
  column.declared_type = canonical_type(column);
}

std::vector<ColumnDefinition> settle_columns(const std::vector<const ColumnSpec*>& specs, Collation table_default,
                                             const DdlContext& context) {
  std::vector<ColumnDefinition> columns;
  columns.reserve(specs.size());
  bool first_timestamp = true;
  for (const ColumnSpec* spec : specs) {
    columns.push_back(settle_column(*spec, table_default, context));
    if (!context.explicit_defaults_for_timestamp) imply_timestamp(columns.back(), *spec, first_timestamp);
  }
  return columns;
}

void add_index(TableDefinition& table, const IndexSpec& spec) {
  IndexDefinition index = spec.index;
  if (index.parts.empty()) return;
  if (index.kind == IndexKind::primary) {
    index.name = "PRIMARY";
  } else if (index.name.empty()) {
    const std::string& column = index.parts.front().column;
    index.name = free_index_name(table, column.empty() ? "functional_index" : column);
  }
  if (spec.if_not_exists && table.find_index(index.name) != nullptr) return;
  table.indexes.push_back(std::move(index));
}

void add_column_keys(TableDefinition& table, const ColumnSpec& spec, const DdlContext& context) {
  IndexSpec index;
  index.index.parts.resize(1);
  index.index.parts.front().column = spec.column.name;
  if (spec.primary) {
    index.index.kind = IndexKind::primary;
    add_index(table, index);
  }
  if (spec.unique) {
    index.index.kind = IndexKind::unique;
    add_index(table, index);
  }
  // An inline REFERENCES is only words to MySQL before 9.0 and MariaDB before 10.5.
  const bool honoured = context.dialect.version >= (context.dialect.mariadb ? 100500U : 90000U);
  if (spec.references && honoured) add_foreign_key(table, *spec.references);
  if (!context.dialect.mariadb) {
    for (const CheckConstraint& check : spec.checks) add_check(table, check, context);
  }
}

bool engine_has_foreign_keys(const TableDefinition& table) {
  return table.engine.empty() || same_name(table.engine, "InnoDB") || same_name(table.engine, "NDB") ||
         same_name(table.engine, "NDBCLUSTER");
}

void add_foreign_key(TableDefinition& table, const ForeignKeySpec& spec) {
  if (!engine_has_foreign_keys(table)) return;
  ForeignKey key = spec.key;
  const auto same = [&](const ForeignKey& other) { return same_name(other.name, key.name); };
  if (spec.if_not_exists && !key.name.empty() &&
      std::any_of(table.foreign_keys.begin(), table.foreign_keys.end(), same))
    return;
  if (key.name.empty()) {
    const std::string prefix = table.name + "_ibfk_";
    key.name = prefix + std::to_string(next_number(table.foreign_keys, prefix));
  }
  if (key.referenced_schema.empty()) key.referenced_schema = table.schema;
  table.foreign_keys.push_back(std::move(key));
}

namespace {

// A foreign key needs an index on its columns; where none begins with them the server makes one.
void index_foreign_key(TableDefinition& table, const ForeignKey& key) {
  const bool served = std::any_of(table.indexes.begin(), table.indexes.end(),
                                  [&](const IndexDefinition& index) { return index_serves(index, key.columns); });
  if (served || key.columns.empty()) return;
  const bool named = !key.name.starts_with(table.name + "_ibfk_");
  IndexDefinition index;
  index.name = free_index_name(table, named ? key.name : key.columns.front());
  for (const auto& column : key.columns) {
    IndexPart part;
    part.column = column;
    index.parts.push_back(std::move(part));
  }
  table.indexes.push_back(std::move(index));
}

}  // namespace

// CHECK was read and forgotten before MySQL 8.0.16 and MariaDB 10.2.
void add_check(TableDefinition& table, const CheckConstraint& check, const DdlContext& context) {
  if (context.dialect.version < (context.dialect.mariadb ? 100201U : 80016U)) return;
  CheckConstraint kept = check;
  if (context.dialect.mariadb) {
    for (auto& column : table.columns) {
      if (check.name.empty() && take_json_check(column, check.expression)) return;
    }
  }
  if (kept.name.empty()) {
    const std::string prefix = context.dialect.mariadb ? "CONSTRAINT_" : table.name + "_chk_";
    kept.name = prefix + std::to_string(next_number(table.checks, prefix));
  }
  table.checks.push_back(std::move(kept));
}

void finish(TableDefinition& table) {
  if (!engine_has_foreign_keys(table)) table.foreign_keys.clear();
  for (const auto& key : table.foreign_keys) index_foreign_key(table, key);
  std::stable_partition(table.indexes.begin(), table.indexes.end(),
                        [](const IndexDefinition& index) { return index.kind == IndexKind::primary; });
  if (const IndexDefinition* key = table.primary_key()) {
    for (const auto& part : key->parts) {
      if (const std::size_t i = table.column_index(part.column); i != TableDefinition::kNoColumn) {
        table.columns[i].nullable = false;
        if (table.columns[i].default_value.kind == ColumnDefault::Kind::null) table.columns[i].default_value = {};
      }
    }
  }
  for (auto& column : table.columns) {
    settle_json_alias(column);
    const bool plain = column.generated == Generated::no && column.row_period == RowPeriod::no;
    if (column.nullable && plain && column.default_value.kind == ColumnDefault::Kind::none) {
      column.default_value.kind = ColumnDefault::Kind::null;
    }
  }
  for (auto& key : table.foreign_keys) {
    // A reference without columns is to the parent's primary key; to its own it can be told here.
    const bool self = same_name(key.referenced_table, table.name) && key.referenced_schema == table.schema;
    if (!key.referenced_columns.empty() || !self || table.primary_key() == nullptr) continue;
    for (const auto& part : table.primary_key()->parts) key.referenced_columns.push_back(part.column);
  }
}

void rename_generated_constraints(TableDefinition& table, const std::string& old_name) {
  const auto rename = [&](std::string& name, std::string_view infix) {
    const std::string prefix = old_name + std::string(infix);
    const std::string_view digits = std::string_view(name).substr(std::min(prefix.size(), name.size()));
    const bool generated =
        name.starts_with(prefix) && !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
    if (generated) name = table.name + std::string(infix) + std::string(digits);
  };
  for (auto& key : table.foreign_keys) rename(key.name, "_ibfk_");
  for (auto& check : table.checks) rename(check.name, "_chk_");
}

}  // namespace binferry::schema_detail
