#include "tests/integration/support/select_all.hpp"

#include <algorithm>
#include <array>

namespace binferry::test {
namespace {

bool is_binary(std::string_view type) {
  constexpr std::array<std::string_view, 16> kBinary = {
      "bit",           "binary",     "varbinary",       "tinyblob",     "blob",
      "mediumblob",    "longblob",   "geometry",        "point",        "linestring",
      "polygon",       "multipoint", "multilinestring", "multipolygon", "geometrycollection",
      "geomcollection"};
  return std::find(kBinary.begin(), kBinary.end(), type) != kBinary.end();
}

std::vector<std::string> first_column(const ResultSet& set) {
  std::vector<std::string> values;
  for (const SqlRow& row : set.rows) values.push_back(row.front().value_or(""));
  return values;
}

}  // namespace

TableDump select_all(SqlClient& client, std::string_view schema, std::string_view table) {
  client.execute("SET NAMES utf8mb4; SET time_zone='+00:00', sql_mode=''");
  TableDump dump{std::string(schema), std::string(table), {}, {}};
  const std::string place = " WHERE table_schema=" + quote_text(schema) + " AND table_name=" + quote_text(table);
  const ResultSet columns = client.query("SELECT column_name, data_type, column_key FROM information_schema.columns" +
                                         place + " ORDER BY ordinal_position");
  std::string select;
  for (const SqlRow& row : columns.rows) {
    const DumpColumn& column =
        dump.columns.emplace_back(row[0].value_or(""), row[1].value_or(""), row[2].value_or("") == "PRI");
    // A FLOAT prints 6 digits; widened it prints all that it holds. Times one, because -0 plus 0 is 0.
    select += (select.empty() ? "" : ", ") + quote_name(column.name) + (column.type == "float" ? "*1e0" : "");
  }
  const ResultSet key = client.query("SELECT column_name FROM information_schema.statistics" + place +
                                     " AND index_name='PRIMARY' ORDER BY seq_in_index");
  std::string order;
  for (const std::string& name : first_column(key)) {
    order += (order.empty() ? " ORDER BY " : ", ") + quote_name(table) + "." + quote_name(name);
  }
  const ResultSet rows =
      client.query("SELECT " + select + " FROM " + quote_name(schema) + "." + quote_name(table) + order);
  for (const SqlRow& row : rows.rows) {
    DumpRow& out = dump.rows.emplace_back();
    for (std::size_t i = 0; i < row.size(); ++i) {
      const bool binary = is_binary(dump.columns[i].type);
      if (!row[i]) {
        out.emplace_back();
      } else {
        out.push_back({binary ? Cell::Kind::binary : Cell::Kind::text, *row[i]});
      }
    }
  }
  if (order.empty()) std::sort(dump.rows.begin(), dump.rows.end());
  return dump;
}

std::vector<std::string> tables_of(SqlClient& client, std::string_view schema) {
  return first_column(
      client.query("SELECT table_name FROM information_schema.tables WHERE table_schema=" + quote_text(schema) +
                   " AND table_type IN ('BASE TABLE', 'SYSTEM VERSIONED') ORDER BY BINARY table_name"));
}

std::vector<std::string> schemas_of(SqlClient& client) {
  return first_column(
      client.query("SELECT schema_name FROM information_schema.schemata WHERE schema_name NOT IN "
                   "('information_schema', 'performance_schema', 'mysql', 'sys') ORDER BY BINARY schema_name"));
}

std::vector<TableDump> select_everything(SqlClient& client) {
  std::vector<TableDump> dumps;
  for (const std::string& schema : schemas_of(client)) {
    for (const std::string& table : tables_of(client, schema)) dumps.push_back(select_all(client, schema, table));
  }
  return dumps;
}

}  // namespace binferry::test
