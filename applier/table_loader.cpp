#include "applier/table_loader.hpp"

#include "applier/ddl.hpp"
#include "applier/indexes.hpp"

#include <algorithm>
#include <utility>

namespace binferry {

Result<std::unique_ptr<TableLoader>> TableLoader::begin(Replica& replica, ReplicaTable entry, BadText bad_text) {
  std::unique_ptr<TableLoader> loader(new TableLoader(replica, std::move(entry), bad_text));
  loader->place_ = "table " + loader->entry_.definition->schema + "." + loader->entry_.definition->name;
  if (Status created = loader->create(); !created) return propagate(created, loader->place_);
  if (Status prepared = loader->prepare(); !prepared) return propagate(prepared, loader->place_);
  return loader;
}

Status TableLoader::create() {
  bare_ = *entry_.definition;
  std::erase_if(bare_.indexes, [](const IndexDefinition& index) { return index.kind != IndexKind::primary; });
  TableChange created;
  created.kind = TableChangeKind::created;
  created.old_name = created.new_name = {bare_.schema, bare_.name};
  created.after = std::make_shared<const TableDefinition>(bare_);
  Result<DdlOutcome> outcome =
      apply_table_change(replica_.database(), replica_.tables, replica_.layout_options(), created, DdlContext{}, 0);
  if (!outcome) return propagate(outcome);
  if (!outcome->layout) return fail(Errc::replica, outcome->resync_reason);
  layout_ = *outcome->layout;
  entry_.layout = outcome->layout;
  entry_.wide_columns.clear();
  replica_.catalogue.put(entry_.definition);
  replica_.tables.put(bare_.schema, bare_.name, entry_);
  return {};
}

Status TableLoader::prepare() {
  Result<std::unique_ptr<SelectedRows>> rows = SelectedRows::make(bare_, layout_, bad_text_);
  if (!rows) return propagate(rows);
  rows_ = std::move(*rows);
  std::string names;
  std::string values;
  for (std::size_t i = 0; i < layout_.columns.size(); ++i) {
    names += (i == 0 ? "" : ", ") + quote_identifier(layout_.columns[i].name);
    values += (i == 0 ? "?" : ", ?") + std::to_string(i + 1);
  }
  Result<SqliteStatement> insert = replica_.database().prepare("INSERT INTO " + quote_identifier(layout_.name) + " (" +
                                                               names + ") VALUES (" + values + ")");
  if (!insert) return propagate(insert);
  insert_ = std::move(*insert);
  if (layout_.key_kind != KeyKind::none) return {};
  Result<KeylessRows> keyless = KeylessRows::make(replica_.database(), layout_);
  if (!keyless) return propagate(keyless);
  keyless_ = std::move(*keyless);
  return {};
}

Status TableLoader::add(SelectedRow row) {
  for (;;) {
    if (Status read = rows_->read(row); !read) return propagate(read, place_);
    const int wide = rows_->wide_column();
    if (wide < 0) break;
    if (Status widened = widen(static_cast<std::size_t>(wide)); !widened) return propagate(widened, place_);
  }
  Status inserted = insert();
  if (!inserted) return propagate(inserted, place_);
  return {};
}

Status TableLoader::take_rows(const std::string& attached, const ReplicaTable& from) {
  for (const std::size_t column : from.wide_columns) {
    if (Status widened = widen(column); !widened) return propagate(widened, place_);
  }
  std::string names;
  for (const LayoutColumn& column : layout_.columns) {
    names += (names.empty() ? "" : ", ") + quote_identifier(column.name);
  }
  Status done =
      replica_.database().execute("INSERT INTO main." + quote_identifier(layout_.name) + " (" + names + ") SELECT " +
                                  names + " FROM " + attached + "." + quote_identifier(from.layout->name));
  if (done && keyless_) done = keyless_->rebuild();
  if (!done) return propagate(done, place_);
  return {};
}

Status TableLoader::insert() {
  const std::span<const Cell> cells = rows_->cells();
  for (std::size_t i = 0; i < cells.size(); ++i) cells[i].bind(insert_, static_cast<int>(i) + 1);
  if (Status done = insert_.run(); !done) return done;
  if (!keyless_) return {};
  return keyless_->add(replica_.database().last_rowid(), cells);
}

Status TableLoader::widen(std::size_t column) {
  insert_ = {};
  keyless_.reset();
  if (Status rebuilt = rebuild_wide(replica_.database(), bare_, layout_, column); !rebuilt) return rebuilt;
  entry_.wide_columns.push_back(column);
  std::ranges::sort(entry_.wide_columns);
  return prepare();
}

Status TableLoader::finish() {
  insert_ = {};
  keyless_.reset();
  const TableDefinition& definition = *entry_.definition;
  Status done = create_indexes(replica_.database(), layout_, definition);
  if (!done) return propagate(done, place_);
  entry_.layout = std::make_shared<const TableLayout>(layout_);
  replica_.tables.put(definition.schema, definition.name, entry_);
  done = replica_.save_table(definition.schema, definition.name);
  if (!done) return propagate(done, place_);
  return {};
}

}  // namespace binferry
