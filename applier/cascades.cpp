#include "applier/cascades.hpp"

#include "applier/cell.hpp"
#include "applier/foreign_keys.hpp"
#include "applier/key_match.hpp"
#include "binlog/format/same_value.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <span>

#include <fmt/format.h>

namespace binferry {
namespace {

constexpr std::string_view kTriggerPrefix = "binferry_cascade_";

// One foreign key as it stands in SQLite.
struct Link {
  struct Pair {
    std::string child;  // quoted column names
    std::string parent;
    std::size_t child_index;                 // in the child's layout
    std::size_t parent_index;                // in the parent's
    std::optional<std::uint16_t> collation;  // of texts that may be equal without being the same bytes
  };
  const ReplicaTable* parent;
  const ReplicaTable* child;
  std::vector<Pair> pairs;
};

std::optional<std::uint16_t> collation_of(const ColumnDefinition& column) {
  const bool is_text =
      column.type == ColumnType::char_ || column.type == ColumnType::varchar || column.type == ColumnType::text;
  if (!is_text) return std::nullopt;
  const std::uint16_t collation =
      column.collation == 0 && column.charset != nullptr ? column.charset->default_collation : column.collation;
  return KeyMatch::of_collation(collation).is_exact() ? std::nullopt : std::optional(collation);
}

// Nothing if a column is not there: with foreign_key_checks=0 a key may name what does not exist, and then does
// nothing.
std::optional<Link> link_of(const ReplicaTable& parent, const ReplicaTable& child, const ForeignKey& key) {
  std::vector<std::string> referenced = key.referenced_columns;
  if (referenced.empty()) {
    if (const IndexDefinition* const primary = parent.definition->primary_key()) {
      for (const IndexPart& part : primary->parts) referenced.push_back(part.column);
    }
  }
  if (key.columns.empty() || referenced.size() != key.columns.size()) return std::nullopt;
  Link link{&parent, &child, {}};
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    const auto mine = layout_column(child, key.columns[i]);
    const auto theirs = layout_column(parent, referenced[i]);
    if (!mine || !theirs) return std::nullopt;
    const LayoutColumn& column = child.layout->columns[*mine];
    link.pairs.push_back({quote_identifier(column.name), quote_identifier(parent.layout->columns[*theirs].name), *mine,
                          *theirs, collation_of(child.definition->columns[column.index])});
  }
  return link;
}

// ---- which rows of the child reference the row that was OLD in the parent

// NULL equals nothing, so that a key with a NULL in it references no row (MATCH SIMPLE, as InnoDB has it).
std::string same_bytes(const Link& link) {
  std::string sql;
  for (const Link::Pair& pair : link.pairs) sql += (sql.empty() ? "" : " AND ") + pair.child + " = OLD." + pair.parent;
  return sql;
}

constexpr std::string_view kHasOtherThanAscii = " GLOB '*[^ -~]*'";

// Rows whose key is equal by collation only. A row whose bytes are those of another parent belongs to that one, however
// near it is to this one: where our notion of a collation is the coarser, it must not take away what is not meant.
std::string same_by_collation(const Link& link) {
  std::string sql;
  std::string other = "SELECT 1 FROM " + sql_name(*link.parent) + " AS \"binferry_parent\" WHERE ";
  for (std::size_t i = 0; i < link.pairs.size(); ++i) {
    const Link::Pair& pair = link.pairs[i];
    if (pair.collation) {
      sql += fmt::format("binferry_same_key({}, OLD.{}, {})", pair.child, pair.parent, *pair.collation);
    } else {
      sql += pair.child + " = OLD." + pair.parent;
    }
    sql += " AND ";
    other += (i == 0 ? "" : " AND ") + ("\"binferry_parent\"." + pair.parent) + " = " + sql_name(*link.child) + "." +
             pair.child;
  }
  return sql + "NOT EXISTS (" + other + ")";
}

// Conditions that together find all rows: the same bytes; and for texts, the same letters in another case or with other
// spaces behind them (a range of an index that ignores the case of ASCII); and what has other letters than those of
// ASCII (a partial index of only such rows). Only a key with other letters itself, or under a language's own rules for
// those of ASCII, has to be looked for in all rows.
std::vector<std::string> conditions_of(const Link& link) {
  std::vector<std::string> conditions = {same_bytes(link)};
  const auto text = std::ranges::find_if(link.pairs, [](const Link::Pair& pair) { return pair.collation.has_value(); });
  if (text == link.pairs.end()) return conditions;
  const std::string old = fmt::format("(OLD.{}, {})", text->parent, *text->collation);
  const std::string equal = " AND " + same_by_collation(link);
  conditions.push_back(text->child + " COLLATE NOCASE >= binferry_key_from" + old + " AND " + text->child +
                       " COLLATE NOCASE < binferry_key_to" + old + equal);
  conditions.push_back(text->child + std::string(kHasOtherThanAscii) + equal);
  conditions.push_back("OLD." + text->parent + " IS NOT NULL AND binferry_key_from" + old + " IS NULL AND NOT " +
                       text->child + std::string(kHasOtherThanAscii) + equal);
  return conditions;
}

// ---- indexes

// Is there an index whose first columns are those of the key, in any order? InnoDB demands one of the source, but it
// may be one that the replica did not take over.
Result<bool> has_key_index(Database& database, const Link& link) {
  const TableLayout& layout = *link.child->layout;
  if (layout.key_kind == KeyKind::rowid && link.pairs.size() == 1 && link.pairs[0].child_index == layout.key[0])
    return true;
  Result<SqliteStatement> columns = database.prepare(
      "SELECT count(*) FROM pragma_index_list(?1) AS list WHERE NOT list.partial AND ?2 = "
      "(SELECT group_concat(name, char(10)) FROM (SELECT info.name FROM pragma_index_info(list.name) AS info"
      " WHERE info.seqno < ?3 ORDER BY info.name))",
      false);
  if (!columns) return propagate(columns);
  std::vector<std::string> names;
  for (const Link::Pair& pair : link.pairs) names.push_back(layout.columns[pair.child_index].name);
  std::ranges::sort(names);
  std::string list;
  for (const std::string& name : names) list += (list.empty() ? "" : "\n") + name;
  columns->bind(1, std::string_view(layout.name));
  columns->bind(2, std::string_view(list));
  columns->bind(3, static_cast<std::int64_t>(names.size()));
  Result<bool> row = columns->step();
  if (!row) return propagate(row);
  return columns->integer(0) != 0;
}

// `parts`: what stands behind the table's name in CREATE INDEX.
Status make_index(Database& database, const ReplicaTable& table, const std::string& parts) {
  Result<SqliteStatement> known = database.prepare(
      "SELECT 1 FROM sqlite_master WHERE type = 'index' AND tbl_name = ?1 AND name GLOB 'binferry_fk_*'"
      " AND substr(sql, -length(?2)) = ?2",
      false);
  if (!known) return propagate(known);
  known->bind(1, std::string_view(table.layout->name));
  known->bind(2, std::string_view(parts));
  Result<bool> is_known = known->step();
  if (!is_known) return propagate(is_known);
  if (*is_known) return {};
  known->reset();
  Result<std::optional<std::string>> number = database.query_text(
      "SELECT coalesce(max(CAST(substr(name, 13) AS INTEGER)), 0) + 1 FROM sqlite_master"
      " WHERE type = 'index' AND name GLOB 'binferry_fk_*'");
  if (!number) return propagate(number);
  return database.execute("CREATE INDEX \"binferry_fk_" + number->value_or("1") + "\" ON " + sql_name(table) + " " +
                          parts);
}

Status make_indexes(Database& database, const Link& link) {
  Result<bool> has_index = has_key_index(database, link);
  if (!has_index) return propagate(has_index);
  if (!*has_index) {
    std::string columns;
    for (const Link::Pair& pair : link.pairs) columns += (columns.empty() ? "(" : ", ") + pair.child;
    if (Status made = make_index(database, *link.child, columns + ")"); !made) return made;
  }
  const auto text = std::ranges::find_if(link.pairs, [](const Link::Pair& pair) { return pair.collation.has_value(); });
  if (text == link.pairs.end()) return {};
  if (Status made = make_index(database, *link.child, "(" + text->child + " COLLATE NOCASE)"); !made) return made;
  return make_index(database, *link.child,
                    "(" + text->child + ") WHERE " + text->child + std::string(kHasOtherThanAscii));
}

// ---- what happens to them

// `column` is named in the expression of a generated column. Letters of a string may look like it, which only makes us
// more careful than need be.
bool names_column(std::string_view expression, std::string_view column) {
  const std::string text = folded_name(expression);
  const std::string name = folded_name(column);
  const auto is_word = [&](std::size_t at) {
    const auto c = static_cast<unsigned char>(text[at]);
    return std::isalnum(c) != 0 || c == '_' || c == '$' || c >= 0x80;
  };
  for (std::size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    const std::size_t end = at + name.size();
    if ((at == 0 || !is_word(at - 1)) && (end == text.size() || !is_word(end))) return true;
  }
  return false;
}

// Why the log does not tell what a cascade makes of the child's rows; empty if it does.
std::string obstacle(const Link& link, ReferenceAction action, bool is_delete) {
  const TableDefinition& child = *link.child->definition;
  const std::string of = "a foreign key cascade from " + link.parent->layout->schema + "." + link.parent->layout->table;
  if (child.system_versioned) return of + " made history rows whose time the log does not tell";
  if (is_delete && action == ReferenceAction::cascade) return {};
  for (const ColumnDefinition& column : child.columns) {
    if (column.generated == Generated::no) continue;
    for (const Link::Pair& pair : link.pairs) {
      const std::size_t index = link.child->layout->columns[pair.child_index].index;
      if (names_column(column.generation_expression, child.columns[index].name)) {
        return of + " changed what the generated column " + column.name + " is computed of";
      }
    }
  }
  return {};
}

std::string row_hash(std::span<const std::string> values) {
  std::string sql;
  for (const std::string& value : values) sql += (sql.empty() ? "binferry_row_hash(" : ", ") + value;
  return sql + ")";
}

// The statements of a trigger that carry out `action` on the rows that meet `condition`. Rows of a table without a key
// are found by their hash, so the side table follows.
std::string act(const Link& link, ReferenceAction action, bool is_delete, const std::string& condition) {
  const TableLayout& layout = *link.child->layout;
  const std::string table = sql_name(*link.child);
  const bool removes = is_delete && action == ReferenceAction::cascade;
  std::vector<std::string> now;
  for (const LayoutColumn& column : layout.columns) now.push_back(quote_identifier(column.name));
  std::vector<std::string> then = now;
  std::string set;
  for (const Link::Pair& pair : link.pairs) {
    const std::string value = action == ReferenceAction::set_null ? "NULL" : "NEW." + pair.parent;
    then[pair.child_index] = value;
    set += (set.empty() ? "" : ", ") + pair.child + " = " + value;
  }
  std::string sql;
  if (layout.key_kind == KeyKind::none) {
    const std::string side = quote_identifier(layout.hash_table);
    const std::string row = quote_identifier(layout.row_address);
    const std::string from = ", " + row + " FROM " + table + " WHERE " + condition;
    sql += "DELETE FROM " + side + " WHERE (hash, row) IN (SELECT " + row_hash(now) + from + ");\n";
    if (!removes) sql += "INSERT OR IGNORE INTO " + side + " (hash, row) SELECT " + row_hash(then) + from + ";\n";
  }
  return sql + (removes ? "DELETE FROM " + table : "UPDATE " + table + " SET " + set) + " WHERE " + condition + ";\n";
}

}  // namespace

Result<std::unique_ptr<Cascades>> Cascades::make(Database& database, const Catalogue& catalogue,
                                                 const TableRegistry& tables, Widen widen) {
  std::unique_ptr<Cascades> cascades(new Cascades(database, catalogue, tables, std::move(widen)));
  // A cascade that comes back to a table that it has been through is a recursive trigger to SQLite.
  if (Status set = database.execute("PRAGMA recursive_triggers = ON"); !set) return propagate(set);
  if (Status made = cascades->register_functions(); !made) return propagate(made);
  return cascades;
}

Status Cascades::register_functions() {
  // Where an index that ignores the case of ASCII begins and ends with texts of ASCII that are the same key; NULL if
  // these need not stand together.
  const auto key = [](const SqlCall& call) -> std::optional<std::string_view> {
    if (call.type(0) != SqliteStatement::Type::text) return std::nullopt;
    const std::string_view text = call.text(0);
    const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
    const KeyMatch& match = KeyMatch::of_collation(static_cast<std::uint16_t>(call.integer(1)));
    if (!match.knows_ascii() || !std::ranges::all_of(text, is_printable)) return std::nullopt;
    return match.pads() ? text.substr(0, text.find_last_not_of(' ') + 1) : text;
  };
  const auto key_from = [=](SqlCall& call) {
    if (const auto from = key(call)) call.result(std::string(*from));
  };
  const auto key_to = [=](SqlCall& call) {
    if (const auto from = key(call)) call.result(std::string(*from) + '!');  // behind every space
  };
  const auto same_key = [](SqlCall& call) {
    constexpr auto kText = SqliteStatement::Type::text;
    if (call.type(0) != kText || call.type(1) != kText) return;
    const KeyMatch& match = KeyMatch::of_collation(static_cast<std::uint16_t>(call.integer(2)));
    call.result(std::int64_t{match.same(call.text(0), call.text(1))});
  };
  const auto row_hash = [](SqlCall& call) {
    std::vector<Cell> row(static_cast<std::size_t>(call.count()));
    for (int i = 0; i < call.count(); ++i) {
      Cell& cell = row[static_cast<std::size_t>(i)];
      cell.type = call.type(i);
      cell.present = true;
      switch (cell.type) {
        case SqliteStatement::Type::integer: cell.integer = call.integer(i); break;
        case SqliteStatement::Type::real: cell.real = call.real(i); break;
        case SqliteStatement::Type::text:
        case SqliteStatement::Type::blob: cell.bytes = call.text(i); break;
        case SqliteStatement::Type::null: break;
      }
    }
    call.result(static_cast<std::int64_t>(hash_of(row)));
  };
  struct Entry {
    const char* name;
    bool deterministic;
    SqlFunction function;
  };
  const std::array<Entry, 6> entries{{
      {"binferry_follows", false, [this](SqlCall& call) { call.result(std::int64_t{follow_}); }},
      {"binferry_blocked", false,
       [this](SqlCall& call) {
         if (hit_ < 0) hit_ = call.integer(0);
       }},
      {"binferry_key_from", true, key_from},
      {"binferry_key_to", true, key_to},
      {"binferry_same_key", true, same_key},
      {"binferry_row_hash", true, row_hash},
  }};
  for (const Entry& entry : entries) {
    if (Status made = database_.create_function(entry.name, entry.deterministic, entry.function); !made) return made;
  }
  return {};
}

Status Cascades::prepare(const RowChange& change) {
  follow_ = change.op != RowOp::write && !change.no_foreign_key_checks && !change.cascades_logged;
  if (!follow_ || change.table == last_) return {};
  // Each round that begins anew has made one more column wide, so there are not many.
  do {
    again_ = false;
    if (Status made = install(change.table->schema, change.table->name); !made) return made;
  } while (again_);
  last_ = change.table;
  return {};
}

Status Cascades::reset() {
  last_.reset();
  installed_.clear();
  blocked_.clear();
  hit_ = -1;
  // Asked of SQLite and not remembered: a rollback may have brought triggers back, or taken them away.
  for (;;) {
    Result<std::optional<std::string>> name =
        database_.query_text("SELECT name FROM temp.sqlite_master WHERE type = 'trigger' AND name GLOB '" +
                             std::string(kTriggerPrefix) + "*'");
    if (!name) return propagate(name);
    if (!*name) return {};
    if (Status dropped = database_.execute("DROP TRIGGER temp." + quote_identifier(**name)); !dropped) return dropped;
  }
}

Status Cascades::install(const std::string& schema, const std::string& table) {
  if (!installed_.insert({schema, table}).second) return {};
  const ReplicaTable* const parent = tables_.find(schema, table);
  if (parent == nullptr || !parent->is_active() || !keeps_foreign_keys(*parent->definition)) return {};
  for (const Catalogue::Child& child : catalogue_.children(schema, table)) {
    const ForeignKey& key = child.table->foreign_keys[child.foreign_key];
    if (!keeps_foreign_keys(*child.table)) continue;
    if (!changes_child(key.on_delete) && !changes_child(key.on_update)) continue;
    const TableRegistry::Key name{child.table->schema, child.table->name};
    const ReplicaTable* const entry = tables_.find(name.first, name.second);
    if (is_outside(entry)) {
      if (Status made = install_way_outside(*parent, child); !made) return made;
      continue;
    }
    if (!entry->is_active()) continue;
    if (Status made = install_key({schema, table}, name, key); !made) return made;
    if (again_) return {};
    if (Status made = install(name.first, name.second); !made || again_) return made;
  }
  return {};
}

Status Cascades::install_key(const TableRegistry::Key& parent, const TableRegistry::Key& child, const ForeignKey& key) {
  const std::optional<Link> link =
      link_of(*tables_.find(parent.first, parent.second), *tables_.find(child.first, child.second), key);
  if (!link) return {};
  for (const Link::Pair& pair : link->pairs) {
    const LayoutColumn& theirs = link->parent->layout->columns[pair.parent_index];
    const LayoutColumn& mine = link->child->layout->columns[pair.child_index];
    if (!theirs.wide_unsigned || mine.wide_unsigned) continue;
    // The child is rebuilt, and SQLite renames no table while a trigger is on or about one that is not there.
    if (Status taken = reset(); !taken) return taken;
    again_ = true;
    return widen_(child.first, child.second, pair.child_index);
  }
  if (Status made = make_indexes(database_, *link); !made) return made;

  const auto follow = [&](ReferenceAction action, bool is_delete) -> Status {
    if (!changes_child(action)) return {};
    std::vector<std::string> columns;
    for (const Link::Pair& pair : link->pairs) {
      if (!is_delete) columns.push_back(pair.parent);
    }
    const std::string event = is_delete ? "DELETE" : fmt::format("UPDATE OF {}", fmt::join(columns, ", "));
    const std::string reason = obstacle(*link, action, is_delete);
    std::string body;
    for (const std::string& condition : conditions_of(*link)) {
      if (reason.empty()) {
        body += act(*link, action, is_delete, condition);
      } else {
        body += "SELECT binferry_blocked(" + std::to_string(blocked_.size()) + ") FROM " + sql_name(*link->child) +
                " WHERE " + condition + " LIMIT 1;\n";
      }
    }
    if (!reason.empty()) blocked_.push_back({child.first, child.second, reason});
    return make_trigger(*link->parent, event, and_changed(columns), body);
  };
  if (Status made = follow(key.on_delete, true); !made) return made;
  return follow(key.on_update, false);
}

Status Cascades::make_trigger(const ReplicaTable& parent, std::string_view event, std::string_view condition,
                              std::string_view body) {
  return database_.execute(
      fmt::format("CREATE TEMP TRIGGER {}{} AFTER {} ON main.{} WHEN binferry_follows(){} BEGIN\n{}END", kTriggerPrefix,
                  next_trigger_++, event, sql_name(parent), condition, body));
}

std::vector<std::pair<std::string, std::string>> Cascades::reached_from(const Catalogue& catalogue,
                                                                        std::string_view schema,
                                                                        std::string_view table) {
  std::vector<std::pair<std::string, std::string>> reached;
  const std::pair<std::string, std::string> origin(schema, table);
  const auto visit = [&](const std::pair<std::string, std::string>& from) {
    for (const Catalogue::Child& child : catalogue.children(from.first, from.second)) {
      const ForeignKey& key = child.table->foreign_keys[child.foreign_key];
      if (!changes_child(key.on_delete) && !changes_child(key.on_update)) continue;
      const TablePtr parent = catalogue.find(from.first, from.second);
      if (!keeps_foreign_keys(*child.table) || (parent && !keeps_foreign_keys(*parent))) continue;
      std::pair<std::string, std::string> name(child.table->schema, child.table->name);
      if (name != origin && std::ranges::find(reached, name) == reached.end()) reached.push_back(std::move(name));
    }
  };
  visit(origin);
  for (std::size_t i = 0; i < reached.size(); ++i) visit(std::pair(reached[i]));
  return reached;
}

}  // namespace binferry
