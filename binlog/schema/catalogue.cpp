#include "binlog/schema/catalogue.hpp"

#include "binlog/schema/alter_table.hpp"
#include "binlog/schema/settle.hpp"
#include "binlog/schema/unknown_text.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace binferry {

using schema_detail::Collation;

// One statement's work on a catalogue. Each handler checks before it changes anything.
class CatalogueEditor {
 public:
  CatalogueEditor(Catalogue& catalogue, const DdlContext& context) : catalogue_(catalogue), context_(context) {}

  Result<std::vector<TableChange>> operator()(const OtherStatement&) { return std::vector<TableChange>{}; }
  Result<std::vector<TableChange>> operator()(const CreateTable& create);
  Result<std::vector<TableChange>> operator()(const AlterTable& statement);
  Result<std::vector<TableChange>> operator()(const DropTable& drop);
  Result<std::vector<TableChange>> operator()(const RenameTable& rename);
  Result<std::vector<TableChange>> operator()(const TruncateTable& truncate);
  Result<std::vector<TableChange>> operator()(const CreateDatabase& create);
  Result<std::vector<TableChange>> operator()(const AlterDatabase& alter);
  Result<std::vector<TableChange>> operator()(const DropDatabase& drop);

 private:
  // Schema filled in, names as the server stores them.
  [[nodiscard]] TableName full(const TableName& name) const {
    return {catalogue_.stored_name(name.schema.empty() ? context_.default_database : name.schema),
            catalogue_.stored_name(name.name)};
  }
  [[nodiscard]] bool stays(const TableName& dropped) const;
  [[nodiscard]] bool same(const TableName& a, const TableName& b) const {
    return catalogue_.key_of(a.schema) == catalogue_.key_of(b.schema) &&
           catalogue_.key_of(a.name) == catalogue_.key_of(b.name);
  }
  [[nodiscard]] Collation schema_default(const std::string& schema) const;
  [[nodiscard]] TableDefinition define(const CreateTable& create, const TableName& name) const;
  [[nodiscard]] TableDefinition sequence(const TableName& name) const;
  void fill_references(TableDefinition& table) const;
  TableChange created(TableDefinition table);
  void follow_rename(const TableName& from, const TableName& to);
  void follow_columns(const TableName& parent, const std::vector<std::pair<std::string, std::string>>& renamed);
  template <class Edit>
  void edit_references(const TableName& parent, const Edit& edit);
  void partition_partners(const AlterTable& statement, const TablePtr& altered, std::vector<TableChange>& changes);

  Catalogue& catalogue_;
  const DdlContext& context_;
};

namespace {

TableChange change_of(TableChangeKind kind, TableName old_name, TableName new_name, TablePtr before, TablePtr after) {
  TableChange change;
  change.kind = kind;
  change.old_name = std::move(old_name);
  change.new_name = std::move(new_name);
  change.before = std::move(before);
  change.after = std::move(after);
  return change;
}

}  // namespace

std::string Catalogue::key_of(std::string_view name) const {
  return lower_case_table_names_ == 0 ? std::string(name) : folded_name(name);
}

std::string Catalogue::stored_name(std::string_view name) const {
  return lower_case_table_names_ == 1 ? folded_name(name) : std::string(name);
}

TablePtr Catalogue::find(std::string_view schema, std::string_view table) const {
  const auto owner = schemas_.find(key_of(schema));
  if (owner == schemas_.end()) return nullptr;
  const auto found = owner->second.tables.find(key_of(table));
  return found == owner->second.tables.end() ? nullptr : found->second;
}

std::vector<TablePtr> Catalogue::tables() const {
  std::vector<TablePtr> all;
  for (const auto& [key, schema] : schemas_) {
    for (const auto& [name, table] : schema.tables) all.push_back(table);
  }
  return all;
}

std::vector<TablePtr> Catalogue::tables(std::string_view schema) const {
  std::vector<TablePtr> all;
  if (const auto owner = schemas_.find(key_of(schema)); owner != schemas_.end()) {
    for (const auto& [name, table] : owner->second.tables) all.push_back(table);
  }
  return all;
}

std::vector<std::string> Catalogue::schemas() const {
  std::vector<std::string> names;
  for (const auto& [key, schema] : schemas_) names.push_back(schema.name);
  return names;
}

void Catalogue::put(TablePtr table) {
  Schema& owner = schemas_[key_of(table->schema)];
  if (owner.name.empty()) owner.name = table->schema;
  std::string key = key_of(table->name);
  owner.tables[std::move(key)] = std::move(table);
}

void Catalogue::put(TableDefinition table) {
  put(std::make_shared<const TableDefinition>(std::move(table)));
}

bool Catalogue::remove(std::string_view schema, std::string_view table) {
  const auto owner = schemas_.find(key_of(schema));
  return owner != schemas_.end() && owner->second.tables.erase(key_of(table)) != 0;
}

void Catalogue::put_schema(std::string_view schema, std::uint16_t collation) {
  Schema& entry = schemas_[key_of(schema)];
  if (entry.name.empty()) entry.name = schema;
  entry.collation = collation;
}

std::uint16_t Catalogue::schema_collation(std::string_view schema) const {
  const auto owner = schemas_.find(key_of(schema));
  return owner == schemas_.end() ? std::uint16_t{0} : owner->second.collation;
}

std::vector<Catalogue::Child> Catalogue::children(std::string_view schema, std::string_view table) const {
  std::vector<Child> found;
  const std::string schema_key = key_of(schema);
  const std::string table_key = key_of(table);
  for (const auto& [key, owner] : schemas_) {
    for (const auto& [name, definition] : owner.tables) {
      for (std::size_t i = 0; i < definition->foreign_keys.size(); ++i) {
        const ForeignKey& foreign = definition->foreign_keys[i];
        if (key_of(foreign.referenced_schema) == schema_key && key_of(foreign.referenced_table) == table_key) {
          found.push_back({definition, i});
        }
      }
    }
  }
  return found;
}

Result<std::vector<TableChange>> Catalogue::apply(const DdlStatement& statement, const DdlContext& context) {
  return std::visit(CatalogueEditor(*this, context), statement);
}

Collation CatalogueEditor::schema_default(const std::string& schema) const {
  if (const auto id = catalogue_.schema_collation(schema); id != 0) return schema_detail::collation_of(id);
  const bool current = catalogue_.key_of(schema) == catalogue_.key_of(context_.default_database);
  const std::uint16_t id = current ? context_.database_collation : std::uint16_t{0};
  return schema_detail::collation_of(id);
}

// SHOW CREATE TABLE of a MariaDB sequence (MariaDB documentation "CREATE SEQUENCE").
TableDefinition CatalogueEditor::sequence(const TableName& name) const {
  TableDefinition table;
  table.schema = name.schema;
  table.name = name.name;
  table.kind = TableKind::sequence;
  const Collation charset = schema_default(name.schema);
  table.charset = charset.charset;
  table.collation = charset.id;
  const auto add = [&](std::string column_name, ColumnType type, std::uint32_t width, bool is_unsigned) {
    ColumnDefinition column;
    column.name = std::move(column_name);
    column.type = type;
    column.display_width = width;
    column.is_unsigned = is_unsigned;
    column.nullable = false;
    column.declared_type = canonical_type(column);
    table.columns.push_back(std::move(column));
  };
  for (const char* column : {"next_not_cached_value", "minimum_value", "maximum_value", "start_value", "increment"}) {
    add(column, ColumnType::big_int, 21, false);
  }
  add("cache_size", ColumnType::big_int, 21, true);
  add("cycle_option", ColumnType::tiny_int, 1, true);
  add("cycle_count", ColumnType::big_int, 21, false);
  return table;
}

TableDefinition CatalogueEditor::define(const CreateTable& create, const TableName& name) const {
  if (create.sequence && create.elements.columns.empty()) return sequence(name);
  TableDefinition table;
  table.schema = name.schema;
  table.name = name.name;
  table.kind = create.sequence ? TableKind::sequence : TableKind::base;
  table.engine = create.options.engine.value_or("");
  table.comment = create.options.comment.value_or("");
  table.auto_increment = create.options.auto_increment.value_or(0);
  table.partitioned = create.partitioned;
  table.system_versioned = create.options.system_versioning;
  table.columns_known = !create.select;
  const Collation charset =
      schema_detail::settle_charset(create.options.charset, schema_default(name.schema), context_);
  table.charset = charset.charset;
  table.collation = charset.id;
  std::vector<const ColumnSpec*> specs;
  for (const auto& spec : create.elements.columns) specs.push_back(&spec);
  table.columns = schema_detail::settle_columns(specs, charset, context_);
  // All indexes before any foreign key: one of them may serve it. Named ones before those that get a free name.
  for (const auto& index : create.elements.indexes) {
    if (!index.index.name.empty()) schema_detail::add_index(table, index);
  }
  for (const auto& spec : create.elements.columns) {
    ColumnSpec keys_only = spec;
    keys_only.references.reset();
    schema_detail::add_column_keys(table, keys_only, context_);
  }
  for (const auto& index : create.elements.indexes) {
    if (index.index.name.empty()) schema_detail::add_index(table, index);
  }
  for (const auto& spec : create.elements.columns) {
    ColumnSpec reference_only = spec;
    reference_only.primary = reference_only.unique = false;
    reference_only.checks.clear();
    schema_detail::add_column_keys(table, reference_only, context_);
  }
  for (const auto& key : create.elements.foreign_keys) schema_detail::add_foreign_key(table, key);
  for (const auto& check : create.elements.checks) schema_detail::add_check(table, check, context_);
  table.periods = create.elements.periods;
  schema_detail::finish(table);
  fill_references(table);
  return table;
}

// REFERENCES parent without columns means the parent's primary key.
void CatalogueEditor::fill_references(TableDefinition& table) const {
  for (auto& key : table.foreign_keys) {
    key.referenced_schema = catalogue_.stored_name(key.referenced_schema);
    key.referenced_table = catalogue_.stored_name(key.referenced_table);
    if (!key.referenced_columns.empty()) continue;
    const TablePtr parent = catalogue_.find(key.referenced_schema, key.referenced_table);
    if (parent == nullptr || parent->primary_key() == nullptr) continue;
    for (const auto& part : parent->primary_key()->parts) key.referenced_columns.push_back(part.column);
  }
}

TableChange CatalogueEditor::created(TableDefinition table) {
  const TableName name{table.schema, table.name};
  TablePtr before = catalogue_.find(name.schema, name.name);
  TablePtr after = std::make_shared<const TableDefinition>(std::move(table));
  catalogue_.put(after);
  TableChange change = change_of(TableChangeKind::created, name, name, std::move(before), std::move(after));
  // The server has carried the statement out, so what was known by that name is gone.
  change.replaced = change.before != nullptr;
  return change;
}

Result<std::vector<TableChange>> CatalogueEditor::operator()(const CreateTable& create) {
  std::vector<TableChange> changes;
  if (create.temporary) return changes;
  const TableName name = full(create.table);
  if (create.if_not_exists && !create.or_replace && catalogue_.find(name.schema, name.name) != nullptr) return changes;
  if (!create.like) {
    TableDefinition defined = define(create, name);
    // Rows follow a statement that the server has written out, not the one that was given.
    if (create.start_transaction) mark_unknown_text(defined);
    changes.push_back(created(std::move(defined)));
    changes.back().rows_follow = create.start_transaction;
    if (create.select) changes.back().resync_reason = "CREATE TABLE … SELECT was logged as a statement";
    return changes;
  }
  const TableName model_name = full(*create.like);
  const TablePtr model = catalogue_.find(model_name.schema, model_name.name);
  if (model == nullptr) {
    TablePtr before = catalogue_.find(name.schema, name.name);
    catalogue_.remove(name.schema, name.name);
    changes.push_back(change_of(TableChangeKind::created, name, name, before, nullptr));
    changes.back().replaced = before != nullptr;
    changes.back().resync_reason =
        fmt::format("created LIKE {}.{}, which is not known", model_name.schema, model_name.name);
    return changes;
  }
  TableDefinition table = *model;
  table.schema = name.schema;
  table.name = name.name;
  table.foreign_keys.clear();
  table.auto_increment = 0;
  schema_detail::rename_generated_constraints(table, model->name);
  changes.push_back(created(std::move(table)));
  return changes;
}

Result<std::vector<TableChange>> CatalogueEditor::operator()(const AlterTable& statement) {
  const TableName name = full(statement.table);
  const TablePtr before = catalogue_.find(name.schema, name.name);
  std::vector<TableChange> changes;
  if (before == nullptr) {
    TableName new_name = name;
    for (const auto& action : statement.actions) {
      if (const auto* rename = std::get_if<RenameTo>(&action)) {
        new_name = {rename->to.schema.empty() ? name.schema : rename->to.schema, rename->to.name};
      }
    }
    changes.push_back(change_of(TableChangeKind::altered, name, full(new_name), nullptr, nullptr));
    return changes;
  }
  auto altered = schema_detail::alter(*before, statement, schema_default(name.schema), context_);
  if (!altered) return propagate(altered);
  TableDefinition& table = altered->table;
  const TableName new_name = full({table.schema, table.name});
  table.schema = new_name.schema;
  table.name = new_name.name;
  fill_references(table);
  TablePtr after = std::make_shared<const TableDefinition>(std::move(table));
  const bool renamed = !same(name, new_name);
  if (renamed) catalogue_.remove(name.schema, name.name);
  catalogue_.put(after);
  if (!altered->renamed_columns.empty()) follow_columns(name, altered->renamed_columns);
  if (renamed) follow_rename(name, new_name);
  after = catalogue_.find(new_name.schema, new_name.name);
  changes.push_back(change_of(TableChangeKind::altered, name, new_name, before, after));
  changes.back().column_sources = std::move(altered->column_sources);
  changes.back().resync_reason = std::move(altered->resync_reason);
  partition_partners(statement, after, changes);
  return changes;
}

// EXCHANGE PARTITION and MariaDB's CONVERT touch a second table.
void CatalogueEditor::partition_partners(const AlterTable& statement, const TablePtr& altered,
                                         std::vector<TableChange>& changes) {
  using Kind = PartitionData::Kind;
  for (const auto& action : statement.actions) {
    const auto* data = std::get_if<PartitionData>(&action);
    if (data == nullptr || !data->other) continue;
    const TableName name = full(*data->other);
    const TablePtr before = catalogue_.find(name.schema, name.name);
    if (data->kind == Kind::convert_out) {
      TableDefinition table = *altered;
      table.schema = name.schema;
      table.name = name.name;
      table.partitioned = false;
      changes.push_back(created(std::move(table)));
    } else if (data->kind == Kind::convert_in) {
      catalogue_.remove(name.schema, name.name);
      changes.push_back(change_of(TableChangeKind::dropped, name, name, before, nullptr));
      continue;
    } else {
      changes.push_back(change_of(TableChangeKind::altered, name, name, before, before));
      for (std::size_t i = 0; before != nullptr && i < before->columns.size(); ++i)
        changes.back().column_sources.push_back(i);
    }
    changes.back().resync_reason = "partition maintenance changed rows without row events";
  }
}

// Before MySQL 8.0 a DROP of several tables drops those it can, and is logged with the error that the others met: a
// foreign key that refers to them (ER_ROW_IS_REFERENCED, ER_ROW_IS_REFERENCED_2), or that they are not there.
bool CatalogueEditor::stays(const TableName& dropped) const {
  if (context_.error_code != 1217 && context_.error_code != 1451) return false;
  const auto children = catalogue_.children(dropped.schema, dropped.name);
  return std::ranges::any_of(children, [&](const Catalogue::Child& child) {
    return !same({child.table->schema, child.table->name}, dropped);
  });
}

Result<std::vector<TableChange>> CatalogueEditor::operator()(const DropTable& drop) {
  std::vector<TableChange> changes;
  if (drop.temporary) return changes;
  for (const auto& table : drop.tables) {
    const TableName name = full(table);
    if (stays(name)) continue;
    TablePtr before = catalogue_.find(name.schema, name.name);
    catalogue_.remove(name.schema, name.name);
    changes.push_back(change_of(TableChangeKind::dropped, name, name, std::move(before), nullptr));
  }
  return changes;
}

template <class Edit>
void CatalogueEditor::edit_references(const TableName& parent, const Edit& edit) {
  for (const auto& child : catalogue_.children(parent.schema, parent.name)) {
    // Another key of the same child may have been edited already.
    TableDefinition table = *catalogue_.find(child.table->schema, child.table->name);
    edit(table.foreign_keys[child.foreign_key]);
    catalogue_.put(std::move(table));
  }
}

void CatalogueEditor::follow_rename(const TableName& from, const TableName& to) {
  edit_references(from, [&](ForeignKey& key) {
    key.referenced_schema = to.schema;
    key.referenced_table = to.name;
  });
}

void CatalogueEditor::follow_columns(const TableName& parent,
                                     const std::vector<std::pair<std::string, std::string>>& renamed) {
  edit_references(parent, [&](ForeignKey& key) {
    // The table's own keys were followed by the ALTER itself.
    for (auto& column : key.referenced_columns) {
      const auto found =
          std::find_if(renamed.begin(), renamed.end(), [&](const auto& pair) { return same_name(pair.first, column); });
      if (found != renamed.end()) column = found->second;
    }
  });
}

Result<std::vector<TableChange>> CatalogueEditor::operator()(const RenameTable& rename) {
  std::vector<TableChange> changes;
  for (const auto& pair : rename.pairs) {
    const TableName from = full(pair.from);
    const TableName to = full(pair.to);
    const TablePtr before = catalogue_.find(from.schema, from.name);
    catalogue_.remove(from.schema, from.name);
    // Whatever was known by the new name is gone at the source, or it would have refused.
    catalogue_.remove(to.schema, to.name);
    if (before != nullptr) {
      TableDefinition table = *before;
      table.schema = to.schema;
      table.name = to.name;
      schema_detail::rename_generated_constraints(table, before->name);
      catalogue_.put(std::move(table));
    }
    follow_rename(from, to);
    TablePtr after = before == nullptr ? nullptr : catalogue_.find(to.schema, to.name);
    changes.push_back(change_of(TableChangeKind::renamed, from, to, before, std::move(after)));
    for (std::size_t i = 0; before != nullptr && i < before->columns.size(); ++i)
      changes.back().column_sources.push_back(i);
  }
  return changes;
}

Result<std::vector<TableChange>> CatalogueEditor::operator()(const TruncateTable& truncate) {
  const TableName name = full(truncate.table);
  const TablePtr table = catalogue_.find(name.schema, name.name);
  std::vector<TableChange> changes;
  changes.push_back(change_of(TableChangeKind::truncated, name, name, table, table));
  return changes;
}

Result<std::vector<TableChange>> CatalogueEditor::operator()(const CreateDatabase& create) {
  std::vector<TableChange> changes;
  const std::string name = catalogue_.stored_name(create.name);
  if (create.or_replace) {
    auto dropped = (*this)(DropDatabase{name, true});
    if (!dropped) return dropped;
    changes = std::move(*dropped);
  }
  if (create.if_not_exists && catalogue_.schema_collation(name) != 0) return changes;
  const Collation server = schema_detail::collation_of(context_.server_collation);
  catalogue_.put_schema(name, schema_detail::settle_charset(create.charset, server, context_).id);
  return changes;
}

Result<std::vector<TableChange>> CatalogueEditor::operator()(const AlterDatabase& alter) {
  const std::string name = catalogue_.stored_name(alter.name.empty() ? context_.default_database : alter.name);
  if (alter.charset.given()) {
    const Collation collation = schema_detail::settle_charset(alter.charset, schema_default(name), context_);
    catalogue_.put_schema(name, collation.id);
  }
  return std::vector<TableChange>{};
}

Result<std::vector<TableChange>> CatalogueEditor::operator()(const DropDatabase& drop) {
  std::vector<TableChange> changes;
  const std::string name = catalogue_.stored_name(drop.name);
  for (auto& table : catalogue_.tables(name)) {
    const TableName table_name{table->schema, table->name};
    changes.push_back(change_of(TableChangeKind::dropped, table_name, table_name, std::move(table), nullptr));
  }
  catalogue_.schemas_.erase(catalogue_.key_of(name));
  return changes;
}

}  // namespace binferry
