// A replica, in memory if no file is named, that takes table statements as text, as the applier would hand them on, and
// rows as SQL.
#pragma once

#include "applier/ddl.hpp"
#include "applier/indexes.hpp"
#include "binlog/schema/ddl_parser.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace binferry::test {

class DdlReplica {
 public:
  explicit DdlReplica(const std::string& path = ":memory:")
      : database_(std::move(*Database::open(path, OpenMode::create))) {
    context.default_database = "shop";
    context.dialect = dialect_of_version("8.0.40");
    context.server_collation = 255;
    context.database_collation = 255;
    context.time_zone = "+00:00";
    run("CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4");
  }

  // The first reason for a resync, the first error after `error: `, or nothing.
  std::string run(std::string_view sql) {
    const Result<DdlStatement> statement = parse_ddl(sql, context.dialect);
    if (!statement) return "error: " + statement.error().message();
    const Result<std::vector<TableChange>> changes = catalogue.apply(*statement, context);
    if (!changes) return "error: " + changes.error().message();
    std::string said;
    for (const TableChange& change : *changes) {
      const std::string one = take(change);
      if (said.empty()) said = one;
    }
    return said;
  }

  void sqlite(const std::string& sql) {
    const Status done = database_.execute(sql);
    EXPECT_TRUE(done.has_value()) << sql << ": " << done.error().message();
  }

  // Rows as `a|b;c|d`, NULL for NULL, blobs in hexadecimal after `x`; or the error.
  std::string rows(std::string_view sql) {
    Result<SqliteStatement> select = database_.prepare(sql, false);
    if (!select) return select.error().message();
    std::string out;
    for (;;) {
      const Result<bool> more = select->step();
      if (!more) return more.error().message();
      if (!*more) return out;
      if (!out.empty()) out += ';';
      for (int i = 0; i < select->column_count(); ++i) {
        if (i != 0) out += '|';
        if (select->is_null(i)) {
          out += "NULL";
        } else if (select->type(i) == SqliteStatement::Type::blob) {
          out += "x" + to_hex(select->blob(i));
        } else {
          out += select->text(i);
        }
      }
    }
  }

  [[nodiscard]] const ReplicaTable& table(std::string_view name) const { return *tables.find("shop", name); }
  Database& database() { return database_; }

  DdlContext context;
  Catalogue catalogue;
  TableRegistry tables;
  LayoutOptions options;
  std::uint64_t timestamp_us = 1'700'000'000'000'000;  // 2023-11-14 22:13:20

 private:
  std::string take(const TableChange& change) {
    const TableName& old_name = change.old_name;
    if (change.kind == TableChangeKind::created) {
      if (const ReplicaTable* old = tables.find(old_name.schema, old_name.name); old != nullptr && old->layout) {
        EXPECT_TRUE(drop_replica_table(database_, *old->layout).has_value());
        tables.remove(old_name.schema, old_name.name);
      }
    }
    Result<DdlOutcome> outcome = apply_table_change(database_, tables, options, change, context, timestamp_us);
    if (!outcome) return "error: " + outcome.error().message();
    if (change.kind == TableChangeKind::created && outcome->layout) {
      const Status made = create_indexes(database_, *outcome->layout, *change.after);
      if (!made) return "error: " + made.error().message();
    }
    const ReplicaTable* const known = tables.find(old_name.schema, old_name.name);
    const bool frozen = known != nullptr && known->state == TableState::quarantined;
    tables.remove(old_name.schema, old_name.name);
    if (outcome->layout) {
      ReplicaTable entry;
      entry.definition = change.after;
      entry.layout = outcome->layout;
      entry.wide_columns = outcome->wide_columns;
      // What SQLite has is what the layout says, and what it would be made anew.
      LayoutOptions named = options;
      named.name = entry.layout->name;
      named.hash_table = entry.layout->hash_table;
      if (outcome->resync_reason.empty() && !frozen) {
        EXPECT_EQ(*make_layout(*change.after, named, entry.wide_columns), *entry.layout);
        EXPECT_EQ(rows("SELECT group_concat(name, ',') FROM pragma_table_info(" + quote_text(entry.layout->name) + ")"),
                  names_of(*entry.layout));
      }
      tables.put(change.new_name.schema, change.new_name.name, std::move(entry));
    }
    return outcome->resync_reason;
  }

  static std::string names_of(const TableLayout& layout) {
    std::string names;
    for (const LayoutColumn& column : layout.columns) names += (names.empty() ? "" : ",") + column.name;
    if (layout.hidden_row_column) names += "," + layout.row_address;
    return names;
  }

  Database database_;
};

}  // namespace binferry::test
