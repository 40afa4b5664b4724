#include "tests/integration/support/model.hpp"

#include "binlog/row/value_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>

namespace binferry::test {
namespace {

std::string shown(const std::pair<std::string, std::string>& name) {
  return name.first + "." + name.second;
}

// As the server's client library gives BIT: big-endian bytes of the column's width.
Cell bit_cell(const Column& column, std::uint64_t bits) {
  Cell cell{Cell::Kind::binary, {}};
  for (std::size_t byte = (column.length + 7) / 8; byte-- > 0;) {
    cell.bytes += static_cast<char>((bits >> (byte * 8)) & 0xFF);
  }
  return cell;
}

Result<std::optional<Cell>> cell_of(const Column& column, const Value& before, const Value& value) {
  if (!value.present()) return std::nullopt;
  if (value.is_null()) return Cell{};
  if (column.type == ColumnType::bit) return bit_cell(column, value.u);
  Cell cell{is_binary(column) ? Cell::Kind::binary : Cell::Kind::text, {}};
  Status status = append_text_after(column, before, value, cell.bytes);
  if (!status) return propagate(status, column.name);
  return cell;
}

Result<std::vector<std::optional<Cell>>> image_of(const Table& table, std::span<const Value> before,
                                                  std::span<const Value> values) {
  std::vector<std::optional<Cell>> image;
  for (std::size_t i = 0; i < values.size(); ++i) {
    Result<std::optional<Cell>> cell = cell_of(table.columns[i], before.empty() ? Value() : before[i], values[i]);
    if (!cell) return propagate(cell);
    image.push_back(std::move(*cell));
  }
  return image;
}

bool is_integer(ColumnType type) {
  return type <= ColumnType::big_int;
}
bool is_string(ColumnType type) {
  return type == ColumnType::char_ || type == ColumnType::varchar || type == ColumnType::text;
}
bool is_bytes(ColumnType type) {
  return type == ColumnType::varbinary || type == ColumnType::blob;
}

// Every value the old type can hold has the same text in the new one.
bool keeps_text(const ColumnDefinition& before, const ColumnDefinition& after) {
  if (before.zerofill || after.zerofill) return before.declared_type == after.declared_type;
  if (is_integer(before.type) && is_integer(after.type)) {
    const bool wider = after.type > before.type;
    return (before.is_unsigned == after.is_unsigned && after.type >= before.type) ||
           (before.is_unsigned && !after.is_unsigned && wider);
  }
  if (before.type == ColumnType::char_ && after.type != before.type) return false;
  if (is_string(before.type) && is_string(after.type)) return after.length >= before.length;
  if (is_bytes(before.type) && is_bytes(after.type)) return after.length >= before.length;
  if (before.type == ColumnType::enum_ && after.type == ColumnType::enum_) {
    return std::all_of(before.labels.begin(), before.labels.end(), [&](const std::string& label) {
      return std::find(after.labels.begin(), after.labels.end(), label) != after.labels.end();
    });
  }
  return before.declared_type == after.declared_type;
}

// What a NOT NULL column without a default gives: the type's zero.
std::optional<Cell> implicit_default(const ColumnDefinition& column) {
  const auto text = [](std::string value) { return Cell{Cell::Kind::text, std::move(value)}; };
  switch (column.type) {
    case ColumnType::tiny_int:
    case ColumnType::small_int:
    case ColumnType::medium_int:
    case ColumnType::int_:
    case ColumnType::big_int: return text(std::string(column.zerofill ? column.display_width : 1, '0'));
    case ColumnType::float_:
    case ColumnType::double_: return text("0");
    case ColumnType::decimal: return text(column.scale == 0 ? "0" : "0." + std::string(column.scale, '0'));
    case ColumnType::char_:
    case ColumnType::varchar:
    case ColumnType::text:
    case ColumnType::set_: return text("");
    case ColumnType::varbinary:
    case ColumnType::blob: return Cell{Cell::Kind::binary, {}};
    case ColumnType::binary: return Cell{Cell::Kind::binary, std::string(column.length, '\0')};
    case ColumnType::enum_: return text(column.labels.empty() ? "" : column.labels.front());
    default: return std::nullopt;
  }
}

// The value of a new column in a row that was there before; nothing if only the server knows it.
std::optional<Cell> default_of(const ColumnDefinition& column) {
  if (column.generated != Generated::no || column.auto_increment) return std::nullopt;
  const ColumnDefault& given = column.default_value;
  switch (given.kind) {
    case ColumnDefault::Kind::null: return Cell{};
    case ColumnDefault::Kind::none: return column.nullable ? Cell{} : implicit_default(column);
    case ColumnDefault::Kind::literal: break;
    default: return std::nullopt;
  }
  if (given.literal == ColumnDefault::Literal::hex || given.literal == ColumnDefault::Literal::bit) return std::nullopt;
  if (column.type == ColumnType::binary) {
    std::string bytes = given.text;
    bytes.resize(column.length, '\0');
    return Cell{Cell::Kind::binary, bytes};
  }
  return Cell{is_bytes(column.type) ? Cell::Kind::binary : Cell::Kind::text, given.text};
}

// MariaDB logs the history of a system-versioned table, and its two hidden columns; SELECT shows neither.
void forget_history(TableDump& dump) {
  const std::size_t count = dump.columns.size();
  if (count < 2 || dump.columns[count - 1].name != "row_end" || dump.columns[count - 2].name != "row_start") return;
  std::erase_if(dump.rows, [](const DumpRow& row) { return !row.back().bytes.starts_with("2038-01-19 03:14:07"); });
  dump.columns.resize(count - 2);
  for (DumpRow& row : dump.rows) row.resize(count - 2);
}

bool cascades(const ForeignKey& key) {
  const auto acts = [](ReferenceAction action) {
    return action == ReferenceAction::cascade || action == ReferenceAction::set_null;
  };
  return acts(key.on_delete) || acts(key.on_update);
}

// Integers by value, all else by bytes: the order in which a rebuild meets the rows of the old primary key.
bool key_less(const Cell& a, const Cell& b) {
  const auto integer = [](const Cell& cell) {
    return !cell.bytes.empty() && cell.bytes.size() < 19 &&
           std::all_of(cell.bytes.begin(), cell.bytes.end(), [](unsigned char c) { return std::isdigit(c) != 0; });
  };
  if (integer(a) && integer(b))
    return std::strtoll(a.bytes.c_str(), nullptr, 10) < std::strtoll(b.bytes.c_str(), nullptr, 10);
  return a < b;
}

void sort_by_key(const TableDefinition& definition, std::vector<DumpRow>& rows) {
  const IndexDefinition* key = definition.primary_key();
  if (key == nullptr) return;
  std::vector<std::size_t> places;
  for (const IndexPart& part : key->parts) places.push_back(definition.column_index(part.column));
  std::stable_sort(rows.begin(), rows.end(), [&](const DumpRow& a, const DumpRow& b) {
    for (const std::size_t place : places) {
      if (key_less(a[place], b[place])) return true;
      if (key_less(b[place], a[place])) return false;
    }
    return false;
  });
}

}  // namespace

Result<Model::OwnedRow> Model::own(const RowChange& change) {
  OwnedRow row;
  row.op = change.op;
  row.table = {change.table->schema, change.table->name};
  for (const Column& column : change.table->columns) row.columns.push_back(column.name);
  Result<Image> before = image_of(*change.table, {}, change.before);
  if (!before) return propagate(before, shown(row.table));
  Result<Image> after = image_of(*change.table, change.before, change.after);
  if (!after) return propagate(after, shown(row.table));
  row.before = std::move(*before);
  row.after = std::move(*after);
  for (std::size_t i = 0; i < change.after.size(); ++i) {
    const bool whole = !change.before.empty() && change.before[i].kind == ValueKind::json;
    if (change.after[i].kind == ValueKind::json_diff && !whole) row.partial_json = true;
  }
  return row;
}

Status Model::apply(const Transaction& transaction, ChangeReader& reader) {
  ++counts_.transactions;
  Result<ChangeReader::Counts> logged = reader.check(transaction);
  if (!logged) return propagate(logged);
  counts_.logged += logged->rows;
  std::vector<OwnedRow> later;
  reader.start(transaction);
  for (;;) {
    Result<const Change*> change = reader.next();
    if (!change) return propagate(change);
    if (*change == nullptr) break;
    Status status;
    if ((*change)->kind == Change::Kind::row) {
      Result<OwnedRow> row = own((*change)->row);
      if (!row) return propagate(row, fmt::format("{}:{}", transaction.file, (*change)->offset));
      ++(row->op == RowOp::write ? counts_.inserts : row->op == RowOp::update ? counts_.updates : counts_.deletes);
      if (transaction.outcome == Outcome::prepared) {
        later.push_back(std::move(*row));
      } else {
        status = apply(*row);
      }
    } else if ((*change)->kind == Change::Kind::ddl) {
      status = apply((*change)->ddl);
    }
    if (!status) return propagate(status, fmt::format("{}:{}", transaction.file, (*change)->offset));
  }
  if (transaction.outcome == Outcome::prepared) {
    prepared_[transaction.xa] = std::move(later);
  } else if (transaction.outcome == Outcome::xa_committed || transaction.outcome == Outcome::xa_rolled_back) {
    const auto group = prepared_.extract(transaction.xa);
    if (group.empty()) return fail(Errc::diverged, "no prepared group " + transaction.xa);
    if (transaction.outcome == Outcome::xa_rolled_back) return {};
    for (const OwnedRow& row : group.mapped()) {
      Status status = apply(row);
      if (!status) return propagate(status, transaction.place());
    }
  }
  return {};
}

Result<std::vector<DumpRow>::iterator> Model::find(ModelTable& table, const OwnedRow& row,
                                                   const std::vector<std::size_t>& places) {
  const auto matches = [&](const DumpRow& candidate) {
    for (std::size_t i = 0; i < row.before.size(); ++i) {
      if (row.before[i] && candidate[places[i]] != *row.before[i]) return false;
    }
    return true;
  };
  const auto found = std::find_if(table.rows.begin(), table.rows.end(), matches);
  if (found != table.rows.end()) return found;
  // What differs in the row that comes nearest tells more than the whole image.
  std::string nearest;
  std::size_t fewest = row.before.size() + 1;
  for (const DumpRow& candidate : table.rows) {
    std::string unequal;
    std::size_t count = 0;
    for (std::size_t i = 0; i < row.before.size(); ++i) {
      if (!row.before[i] || candidate[places[i]] == *row.before[i]) continue;
      ++count;
      unequal += fmt::format("\n  {}: the log has {}, the model {}", row.columns[i], to_text(*row.before[i]),
                             to_text(candidate[places[i]]));
    }
    if (count < fewest) {
      fewest = count;
      nearest = std::move(unequal);
    }
  }
  return fail(Errc::diverged, fmt::format("{}: not one of {} rows is the one before {}; the nearest differs in {}",
                                          shown(row.table), table.rows.size(), name_of(row.op), nearest));
}

Status Model::apply(const OwnedRow& row) {
  if (inexact_.contains(shown(row.table))) return {};
  const auto [place, fresh] = tables_.try_emplace(row.table);
  ModelTable& table = place->second;
  if (fresh) table.columns = row.columns;  // the log begins later than the table
  if (row.partial_json) mark_inexact(row.table, kPartialJson);
  std::vector<std::size_t> places;
  for (std::size_t i = 0; i < row.columns.size(); ++i) {
    const bool same =
        i < table.columns.size() && (table.columns[i] == row.columns[i] || row.columns[i].starts_with('@'));
    const auto named = same ? table.columns.begin() + static_cast<std::ptrdiff_t>(i)
                            : std::find(table.columns.begin(), table.columns.end(), row.columns[i]);
    if (named == table.columns.end()) {
      // Hidden from the definition: row_start and row_end of a versioned table.
      table.columns.push_back(row.columns[i]);
      for (DumpRow& existing : table.rows) existing.emplace_back();
      places.push_back(table.columns.size() - 1);
    } else {
      places.push_back(static_cast<std::size_t>(named - table.columns.begin()));
    }
  }
  if (row.op == RowOp::write) {
    DumpRow& added = table.rows.emplace_back(table.columns.size());
    for (std::size_t i = 0; i < row.after.size(); ++i) {
      const std::size_t place_of = places[i];
      if (row.after[i]) {
        added[place_of] = *row.after[i];
      } else if (place_of < table.defaults.size() && table.defaults[place_of]) {
        added[place_of] = *table.defaults[place_of];
      } else {
        mark_inexact(row.table, kComputed);
      }
    }
    return {};
  }
  auto found = find(table, row, places);
  if (!found) return propagate(found);
  if (row.op == RowOp::remove) {
    **found = std::move(table.rows.back());
    table.rows.pop_back();
    return {};
  }
  for (std::size_t i = 0; i < row.after.size(); ++i) {
    if (row.after[i]) (**found)[places[i]] = *row.after[i];
  }
  return {};
}

Status Model::apply(const DdlChange& ddl) {
  ++counts_.statements;
  for (const TableChange& change : ddl.changes) {
    Status status = apply(change);
    if (!status) return propagate(status, std::string(ddl.sql.substr(0, 300)));
  }
  return {};
}

void Model::set_definition(ModelTable& table, const TableDefinition& definition) {
  table.columns.clear();
  table.defaults.clear();
  for (const ColumnDefinition& column : definition.columns) {
    table.columns.push_back(column.name);
    table.defaults.push_back(default_of(column));
  }
  table.sequence = definition.kind == TableKind::sequence;
}

void Model::mark_inexact(const Name& table, const std::string& reason) {
  inexact_.emplace(shown(table), reason);
}

Status Model::apply(const TableChange& change) {
  const Name before{change.old_name.schema, change.old_name.name};
  const Name after{change.new_name.schema, change.new_name.name};
  if (change.kind == TableChangeKind::dropped) {
    tables_.erase(before);
    inexact_.erase(shown(before));
    return {};
  }
  if (change.kind == TableChangeKind::truncated) {
    if (const auto found = tables_.find(before); found != tables_.end()) found->second.rows.clear();
    return {};
  }
  if (change.kind == TableChangeKind::created) {
    inexact_.erase(shown(after));
    ModelTable& table = tables_[after] = {};
    if (!change.after) return {};
    set_definition(table, *change.after);
    if (std::any_of(change.after->foreign_keys.begin(), change.after->foreign_keys.end(), cascades)) {
      mark_inexact(after, kCascades);
    }
    return {};
  }
  if (change.kind == TableChangeKind::altered) {
    const auto found = tables_.find(before);
    if (found == tables_.end())
      return fail(Errc::diverged, "altered a table the model does not have: " + shown(before));
    Status status = alter(change, found->second);
    if (!status) return status;
  }
  if (before != after) {
    auto node = tables_.extract(before);
    if (!node.empty()) {
      node.key() = after;
      tables_.erase(after);
      tables_.insert(std::move(node));
    }
    if (auto reason = inexact_.extract(shown(before)); !reason.empty()) {
      reason.key() = shown(after);
      inexact_.insert(std::move(reason));
    }
  }
  return {};
}

Status Model::alter(const TableChange& change, ModelTable& table) {
  const Name name{change.old_name.schema, change.old_name.name};
  if (!change.resync_reason.empty()) mark_inexact(name, change.resync_reason);
  if (!change.before || !change.after) return {};
  const auto& columns = change.after->columns;
  if (change.column_sources.size() != columns.size()) {
    return fail(Errc::internal,
                fmt::format("{} column sources for {} columns", change.column_sources.size(), columns.size()));
  }
  sort_by_key(*change.before, table.rows);
  std::vector<DumpRow> rows(table.rows.size());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const ColumnDefinition& column = columns[i];
    const std::size_t source = change.column_sources[i];
    if (source != kNewColumn && source >= change.before->columns.size())
      return fail(Errc::internal, "column source beyond the table");
    const ColumnDefinition* old = source == kNewColumn ? nullptr : &change.before->columns[source];
    const std::optional<Cell> fill = old == nullptr ? default_of(column) : implicit_default(column);
    for (std::size_t r = 0; r < rows.size(); ++r) {
      if (old != nullptr && !(table.rows[r][source].kind == Cell::Kind::null && !column.nullable)) {
        if (table.rows[r][source].kind != Cell::Kind::null && !keeps_text(*old, column)) {
          mark_inexact(name, fmt::format("{}: {} to {}", column.name, old->declared_type, column.declared_type));
        }
        rows[r].push_back(std::move(table.rows[r][source]));
      } else if (old == nullptr && column.auto_increment) {
        rows[r].push_back({Cell::Kind::text, std::to_string(r + 1)});
      } else if (fill) {
        rows[r].push_back(*fill);
      } else {
        mark_inexact(name, column.name + ": a value that only the server knows");
        rows[r].emplace_back();
      }
    }
  }
  table.rows = std::move(rows);
  set_definition(table, *change.after);
  return {};
}

std::string Model::difference(const std::vector<TableDump>& expected) const {
  std::string text;
  std::set<Name> seen;
  for (const TableDump& wanted : expected) {
    const Name name{wanted.schema, wanted.table};
    seen.insert(name);
    if (inexact_.contains(shown(name))) continue;
    const auto found = tables_.find(name);
    if (found == tables_.end()) {
      if (!wanted.rows.empty()) text += shown(name) + ": the log never made it\n";
      continue;
    }
    TableDump actual{wanted.schema, wanted.table, {}, found->second.rows};
    for (const std::string& column : found->second.columns) actual.columns.push_back({column, "", false});
    forget_history(actual);
    const std::string unequal = test::difference(wanted, actual);
    if (!unequal.empty()) text += unequal + "\n";
  }
  for (const auto& [name, table] : tables_) {
    if (!seen.contains(name) && !table.sequence && !inexact_.contains(shown(name)))
      text += shown(name) + ": the server does not have it\n";
  }
  return text;
}

}  // namespace binferry::test
