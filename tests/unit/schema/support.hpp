// Short forms for tests of the schema: run SQL against a catalogue, look at what came of it.
#pragma once

#include "binlog/schema/catalogue.hpp"
#include "binlog/schema/ddl_parser.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

namespace binferry::test {

inline DdlContext mysql8() {
  DdlContext context;
  context.default_database = "shop";
  context.dialect = {false, 80040, 0};
  context.server_collation = 255;
  return context;
}

inline DdlContext mysql56() {
  DdlContext context = mysql8();
  context.dialect = {false, 50624, 0};
  context.server_collation = 8;
  context.explicit_defaults_for_timestamp = false;
  return context;
}

inline DdlContext mariadb() {
  DdlContext context = mysql8();
  context.dialect = {true, 101119, 0};
  context.server_collation = 45;
  return context;
}

inline std::vector<TableChange> run(Catalogue& catalogue, std::string_view sql, const DdlContext& context = mysql8()) {
  auto statement = parse_ddl(sql, context.dialect);
  if (!statement) {
    ADD_FAILURE() << statement.error().message();
    return {};
  }
  auto changes = catalogue.apply(*statement, context);
  if (!changes) {
    ADD_FAILURE() << sql << ": " << changes.error().message();
    return {};
  }
  return std::move(*changes);
}

// The definition that one CREATE TABLE gives, in a schema whose default is the context's server collation.
inline TableDefinition defined(std::string_view sql, const DdlContext& context = mysql8()) {
  Catalogue catalogue;
  catalogue.put_schema(context.default_database, context.server_collation);
  const auto changes = run(catalogue, sql, context);
  if (changes.size() != 1 || changes.front().after == nullptr) {
    ADD_FAILURE() << sql << " defined no table";
    return {};
  }
  return *changes.front().after;
}

// `id int key, name varchar(20)`, the shape of a table at a glance.
inline std::string outline(const TableDefinition& table) {
  std::string out;
  for (const auto& column : table.columns) {
    if (!out.empty()) out += ", ";
    out += column.name + ' ' + column.declared_type;
    if (const auto* key = table.primary_key()) {
      for (const auto& part : key->parts) {
        if (same_name(part.column, column.name)) out += " key";
      }
    }
  }
  return out;
}

inline std::string outline(const TablePtr& table) {
  return table == nullptr ? "no table" : outline(*table);
}

inline std::string error_of(std::string_view sql, const DdlContext& context = mysql8()) {
  const auto statement = parse_ddl(sql, context.dialect);
  return statement ? "parsed" : std::string(name_of(statement.error().code)) + ": " + statement.error().what;
}

}  // namespace binferry::test
