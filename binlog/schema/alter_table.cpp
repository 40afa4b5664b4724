#include "binlog/schema/alter_table.hpp"

#include <algorithm>
#include <list>
#include <optional>
#include <set>

#include <fmt/format.h>

namespace binferry::schema_detail {
namespace {

template <class T>
std::vector<const T*> actions_of(const AlterTable& statement) {
  std::vector<const T*> found;
  for (const auto& action : statement.actions) {
    if (const T* one = std::get_if<T>(&action)) found.push_back(one);
  }
  return found;
}

// Clauses are not carried out one after the other: as the servers do, all names in DROP, CHANGE and MODIFY are those
// of the old table, and AFTER names a column of the new one.
class Alteration {
 public:
  Alteration(const TableDefinition& before, const AlterTable& statement, Collation schema_default,
             const DdlContext& context)
      : before_(before), statement_(statement), schema_default_(schema_default), context_(context) {
    out_.table = before;
  }

  Result<Altered> run() {
    table_clauses();
    if (auto status = drop_and_change(); !status) return propagate(status);
    if (auto status = place(); !status) return propagate(status);
    if (auto status = drop_keys(); !status) return propagate(status);
    follow_columns();
    add_keys();
    finish(out_.table);
    return std::move(out_);
  }

 private:
  struct Slot {
    ColumnDefinition column;
    std::size_t source = kNewColumn;
  };
  // A column the statement writes out in full: ADD, CHANGE or MODIFY.
  struct Written {
    const ColumnSpec* spec = nullptr;
    const ColumnPosition* position = nullptr;
    std::size_t source = kNewColumn;
    ColumnDefinition column;
  };

  std::unexpected<Error> contradiction(std::string what) const {
    return std::unexpected(
        Error{Errc::schema_mismatch, std::move(what), before_.schema + '.' + before_.name,
              "the known schema is not the one this statement ran on: give the schema as of the log's start"});
  }

  void table_clauses() {
    TableDefinition& table = out_.table;
    // Of several only the last counts, for the length of a TEXT column too.
    const auto converts = actions_of<ConvertCharset>(statement_);
    for (const auto& action : statement_.actions) {
      if (const auto* set = std::get_if<SetTableOptions>(&action)) {
        set_options(set->options);
      } else if (const auto* convert = std::get_if<ConvertCharset>(&action)) {
        const Collation to = settle_charset(convert->charset, schema_default_, context_);
        table.charset = to.charset;
        table.collation = to.id;
        if (convert != converts.back()) continue;
        for (auto& column : table.columns) convert_charset(column, to);
        converts_ = true;
      } else if (const auto* rename = std::get_if<RenameTo>(&action)) {
        table.name = rename->to.name;
        if (!rename->to.schema.empty()) table.schema = rename->to.schema;
      } else if (const auto* versioning = std::get_if<SystemVersioning>(&action)) {
        table.system_versioned = versioning->add;
      } else if (const auto* partitioning = std::get_if<SetPartitioning>(&action)) {
        table.partitioned = partitioning->partitioned;
      } else if (std::holds_alternative<PartitionData>(action)) {
        out_.resync_reason = "partition maintenance changed rows without row events";
      } else if (std::holds_alternative<Tablespace>(action)) {
        out_.resync_reason = "a tablespace was discarded or imported: its rows are not in the log";
      }
    }
  }

  void set_options(const TableOptions& options) {
    TableDefinition& table = out_.table;
    if (options.engine) table.engine = *options.engine;
    if (options.comment) table.comment = *options.comment;
    if (options.auto_increment) table.auto_increment = *options.auto_increment;
    if (options.system_versioning) table.system_versioned = true;
    if (options.charset.given()) {
      const Collation to = settle_charset(options.charset, {table.charset, table.collation}, context_);
      table.charset = to.charset;
      table.collation = to.id;
    }
  }

  // Columns of the old table that stay, those that the statement writes anew in their new form. They keep their place
  // until place() moves them.
  Status drop_and_change() {
    std::vector<bool> dropped(before_.columns.size(), false);
    for (const auto* drop : actions_of<DropColumn>(statement_)) {
      const std::size_t i = before_.column_index(drop->name);
      if (i == TableDefinition::kNoColumn) {
        if (drop->if_exists) continue;
        return contradiction(fmt::format("DROP COLUMN {}: there is no such column", drop->name));
      }
      dropped[i] = true;
    }
    if (auto status = collect_written(); !status) return status;
    for (std::size_t i = 0; i < before_.columns.size(); ++i) {
      if (dropped[i]) {
        dropped_.push_back(before_.columns[i].name);
        continue;
      }
      const auto change =
          std::find_if(written_.begin(), written_.end(), [&](const Written& w) { return w.source == i; });
      slots_.push_back({change == written_.end() ? out_.table.columns[i] : change->column, i});
      if (change == written_.end()) doubt_labels(i);
    }
    return touch_columns();
  }

  // Labels that CONVERT TO finds in the table keep their bytes under the new character set at some servers, and their
  // letters at others; only ASCII is the same either way.
  void doubt_labels(std::size_t i) {
    const ColumnDefinition& old = before_.columns[i];
    const auto is_ascii = [](const std::string& label) {
      return std::ranges::all_of(label, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    };
    if (!converts_ || old.charset == out_.table.columns[i].charset || std::ranges::all_of(old.labels, is_ascii)) return;
    out_.resync_reason = fmt::format("column {}: its labels under another character set", old.name);
  }

  // CONVERT TO holds for the columns that the statement writes out too, whatever character set they name.
  static ColumnSpec without_charset(ColumnSpec spec) {
    if (spec.charset.charset == "binary" || spec.charset.collation == "binary") return spec;
    spec.charset = {};
    spec.national = false;
    return spec;
  }

  Status collect_written() {
    for (const auto& action : statement_.actions) {
      if (const auto* add = std::get_if<AddColumn>(&action)) {
        if (add->if_not_exists && before_.find_column(add->column.column.name) != nullptr) continue;
        written_.push_back({&add->column, &add->position, kNewColumn, {}});
      } else if (const auto* change = std::get_if<ChangeColumn>(&action)) {
        const std::size_t i = before_.column_index(change->old_name);
        if (i == TableDefinition::kNoColumn) {
          // MariaDB lets a statement modify what it has just added.
          const std::size_t added = std::erase_if(written_, [&](const Written& w) {
            return w.source == kNewColumn && same_name(w.spec->column.name, change->old_name);
          });
          if (added != 0) written_.push_back({&change->column, &change->position, kNewColumn, {}});
          if (added != 0 || change->if_exists) continue;
          return contradiction(fmt::format("CHANGE or MODIFY COLUMN {}: there is no such column", change->old_name));
        }
        written_.push_back({&change->column, &change->position, i, {}});
        const std::string& new_name = change->column.column.name;
        if (before_.columns[i].name != new_name) out_.renamed_columns.emplace_back(before_.columns[i].name, new_name);
      }
    }
    std::vector<const ColumnSpec*> specs;
    std::list<ColumnSpec> converted;
    for (const auto& written : written_) {
      specs.push_back(converts_ ? &converted.emplace_back(without_charset(*written.spec)) : written.spec);
    }
    auto settled = settle_columns(specs, {out_.table.charset, out_.table.collation}, context_);
    for (std::size_t i = 0; i < settled.size(); ++i) written_[i].column = std::move(settled[i]);
    return {};
  }

  Slot* slot_of_old(std::string_view old_name) {
    const std::size_t source = before_.column_index(old_name);
    if (source == TableDefinition::kNoColumn) return nullptr;
    const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const Slot& s) { return s.source == source; });
    return slot == slots_.end() ? nullptr : &*slot;
  }

  // RENAME COLUMN, SET and DROP DEFAULT, visibility.
  Status touch_columns() {
    for (const auto& action : statement_.actions) {
      if (const auto* rename = std::get_if<RenameColumn>(&action)) {
        Slot* slot = slot_of_old(rename->from);
        if (slot == nullptr) {
          if (rename->if_exists) continue;
          return contradiction(fmt::format("RENAME COLUMN {}: there is no such column", rename->from));
        }
        out_.renamed_columns.emplace_back(before_.columns[slot->source].name, rename->to);
        slot->column.name = rename->to;
      } else if (const auto* set = std::get_if<SetColumnDefault>(&action)) {
        Slot* slot = slot_of_old(set->column);
        if (slot == nullptr) {
          if (set->if_exists) continue;
          return contradiction(fmt::format("ALTER COLUMN {}: there is no such column", set->column));
        }
        slot->column.default_value = set->value;
      } else if (const auto* visibility = std::get_if<SetColumnVisibility>(&action)) {
        Slot* slot = slot_of_old(visibility->column);
        if (slot == nullptr)
          return contradiction(fmt::format("ALTER COLUMN {}: there is no such column", visibility->column));
        slot->column.invisible = visibility->invisible;
      }
    }
    return {};
  }

  // One after the other, as the servers do it (sql_table.cc, mysql_prepare_alter_table): AFTER names a column of the
  // new table, which may itself still have to move.
  Status place() {
    for (auto& written : written_) {
      const bool added = written.source == kNewColumn;
      if (!added && written.position->kind == ColumnPosition::Kind::unchanged) continue;
      if (!added) std::erase_if(slots_, [&](const Slot& slot) { return slot.source == written.source; });
      auto at = slots_.end();
      if (written.position->kind == ColumnPosition::Kind::first) {
        at = slots_.begin();
      } else if (written.position->kind == ColumnPosition::Kind::after) {
        at = std::find_if(slots_.begin(), slots_.end(),
                          [&](const Slot& slot) { return same_name(slot.column.name, written.position->after); });
        if (at == slots_.end())
          return contradiction(fmt::format("AFTER {}: there is no such column", written.position->after));
        ++at;
      }
      slots_.insert(at, {written.column, written.source});
    }
    out_.table.columns.clear();
    std::set<std::string> names;
    for (auto& slot : slots_) {
      if (!names.insert(folded_name(slot.column.name)).second) {
        return contradiction(fmt::format("column {} would be there twice", slot.column.name));
      }
      out_.table.columns.push_back(std::move(slot.column));
      out_.column_sources.push_back(slot.source);
    }
    if (out_.table.columns.empty() && !before_.columns.empty()) return contradiction("no column would be left");
    return {};
  }

  Status drop_keys() {
    for (const auto& action : statement_.actions) {
      Status status;
      if (const auto* index = std::get_if<DropIndex>(&action)) {
        if (!drop_index(index->name) && !index->if_exists && index->name == "PRIMARY") {
          status = contradiction("DROP PRIMARY KEY: there is none");
        }
      } else if (const auto* key = std::get_if<DropForeignKey>(&action)) {
        // A definition made from a TABLE_MAP has none, and what it lacks it need not lose. Where some are known and not
        // this one, another may be the one that goes, and would cascade on.
        const bool none_known = before_.foreign_keys.empty();
        if (!drop_named(out_.table.foreign_keys, key->name) && !key->if_exists && !none_known) {
          status = contradiction(fmt::format("DROP FOREIGN KEY {}: there is no such key", key->name));
        }
      } else if (const auto* constraint = std::get_if<DropConstraint>(&action)) {
        const bool found = drop_named(out_.table.foreign_keys, constraint->name) ||
                           drop_named(out_.table.checks, constraint->name) || drop_index(constraint->name);
        if (!found && !constraint->if_exists && !before_.foreign_keys.empty()) {
          status = contradiction(fmt::format("DROP CONSTRAINT {}: there is no such constraint", constraint->name));
        }
      } else if (const auto* period = std::get_if<DropPeriod>(&action)) {
        drop_named(out_.table.periods, period->name);
      } else {
        touch_index(action);
      }
      if (!status) return status;
    }
    return {};
  }

  // Secondary indexes may be unknown (a definition made from a TABLE_MAP has none), and nothing depends on them.
  bool drop_index(std::string_view name) { return drop_named(out_.table.indexes, name); }

  template <class Items>
  static bool drop_named(Items& items, std::string_view name) {
    return std::erase_if(items, [&](const auto& item) { return same_name(item.name, name); }) != 0;
  }

  void touch_index(const AlterAction& action) {
    for (auto& index : out_.table.indexes) {
      if (const auto* rename = std::get_if<RenameIndex>(&action);
          rename != nullptr && same_name(index.name, rename->from)) {
        index.name = rename->to;
        return;
      }
      if (const auto* visible = std::get_if<SetIndexVisibility>(&action);
          visible != nullptr && same_name(index.name, visible->name)) {
        index.invisible = visible->invisible;
      }
    }
    if (const auto* check = std::get_if<AlterCheck>(&action)) {
      for (auto& kept : out_.table.checks) {
        if (same_name(kept.name, check->name)) kept.enforced = check->enforced;
      }
    }
  }

  bool is_dropped(std::string_view name) const {
    return std::any_of(dropped_.begin(), dropped_.end(), [&](const std::string& d) { return same_name(d, name); });
  }

  void rename_in_place(std::string& column) const {
    for (const auto& [from, to] : out_.renamed_columns) {
      if (same_name(column, from)) {
        column = to;
        return;
      }
    }
  }

  // Indexes lose dropped columns, and disappear with the last; keys follow renamed columns.
  void follow_columns() {
    TableDefinition& table = out_.table;
    for (auto& index : table.indexes) {
      std::erase_if(index.parts,
                    [&](const IndexPart& part) { return !part.column.empty() && is_dropped(part.column); });
      for (auto& part : index.parts) rename_in_place(part.column);
    }
    std::erase_if(table.indexes, [](const IndexDefinition& index) { return index.parts.empty(); });
    for (auto& key : table.foreign_keys) {
      for (auto& column : key.columns) rename_in_place(column);
      const bool self = key.referenced_schema == before_.schema && same_name(key.referenced_table, before_.name);
      if (!self) continue;
      key.referenced_schema = table.schema;
      key.referenced_table = table.name;
      for (auto& column : key.referenced_columns) rename_in_place(column);
    }
    for (auto& period : table.periods) {
      rename_in_place(period.start_column);
      rename_in_place(period.end_column);
    }
    if (table.name != before_.name) rename_generated_constraints(table, before_.name);
  }

  void add_keys() {
    TableDefinition& table = out_.table;
    for (const auto& written : written_) add_column_keys(table, *written.spec, context_);
    for (const auto& action : statement_.actions) {
      if (const auto* index = std::get_if<AddIndex>(&action)) {
        add_index(table, index->index);
      } else if (const auto* check = std::get_if<AddCheck>(&action)) {
        add_check(table, check->check, context_);
      } else if (const auto* period = std::get_if<AddPeriod>(&action)) {
        table.periods.push_back(period->period);
      }
    }
    // After all indexes, any of which may serve the foreign key.
    for (const auto* key : actions_of<AddForeignKey>(statement_)) add_foreign_key(table, key->key);
  }

  const TableDefinition& before_;
  const AlterTable& statement_;
  Collation schema_default_;
  const DdlContext& context_;
  Altered out_;
  std::vector<Slot> slots_;
  std::vector<Written> written_;
  std::vector<std::string> dropped_;
  bool converts_ = false;  // CONVERT TO CHARACTER SET is one of the clauses
};

}  // namespace

Result<Altered> alter(const TableDefinition& before, const AlterTable& statement, Collation schema_default,
                      const DdlContext& context) {
  return Alteration(before, statement, schema_default, context).run();
}

}  // namespace binferry::schema_detail
