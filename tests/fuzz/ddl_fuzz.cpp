// libraries: binferry_schema
// SQL text to the lexer, the classifier, the parser and the catalogue, under the dialect that the first byte chooses;
// statements are parted by semicolons at line ends. What the catalogue then holds must survive being written as SQL
// and read again, and no refused statement may change it.
#include "binlog/schema/catalogue.hpp"
#include "binlog/schema/ddl_parser.hpp"
#include "binlog/schema/schema_dump.hpp"
#include "binlog/schema/statement_classifier.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace binferry;

DdlContext context_of(std::uint8_t choice) {
  DdlContext context;
  context.default_database = "d";
  context.dialect.mariadb = (choice & 1) != 0;
  context.dialect.version = context.dialect.mariadb ? 101119 : (choice & 2) != 0 ? 50624 : 80040;
  if ((choice & 4) != 0) context.dialect.sql_mode |= sql_mode::kAnsiQuotes;
  if ((choice & 8) != 0) context.dialect.sql_mode |= sql_mode::kNoBackslashEscapes;
  context.explicit_defaults_for_timestamp = (choice & 16) == 0;
  context.server_collation = 45;
  return context;
}

void check_round_trip(const TableDefinition& table, DdlContext context) {
  // create_table_sql writes for the default sql_mode.
  context.dialect.sql_mode = 0;
  // Expressions are kept as they were written and mean something else under another sql_mode; what was implied is
  // written out, and is not to be implied again.
  context.explicit_defaults_for_timestamp = true;
  const std::string sql = create_table_sql(table, true);
  const auto statement = parse_ddl(sql, context.dialect);
  Catalogue again(0);
  if (statement && again.apply(*statement, context)) {
    const TablePtr found = again.find(table.schema, table.name);
    if (found != nullptr && *found == table) return;
    if (found != nullptr)
      std::fprintf(stderr, "wrote: %s\nthen: %s\n", sql.c_str(), create_table_sql(*found, true).c_str());
  } else {
    std::fprintf(stderr, "not parsed: %s\n%s\n", sql.c_str(), statement ? "" : statement.error().what.c_str());
  }
  std::abort();
}

// A text column of unknown character set in a table that has since got a known default has no form in SQL.
bool representable(const TableDefinition& table) {
  return table.charset == nullptr || std::ranges::none_of(table.columns, [](const ColumnDefinition& column) {
           return column.charset == nullptr && (column.type == ColumnType::char_ ||
                                                column.type == ColumnType::varchar || column.type == ColumnType::text ||
                                                column.type == ColumnType::enum_ || column.type == ColumnType::set_);
         });
}

void run_statement(std::string_view sql, const DdlContext& context, Catalogue& catalogue) {
  static_cast<void>(classify_statement(sql, context.dialect));
  const auto statement = parse_ddl(sql, context.dialect);
  if (!statement) return;
  const auto before = catalogue.tables();
  if (!catalogue.apply(*statement, context) && catalogue.tables() != before) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0 || size > 1 << 16) return 0;
  const DdlContext context = context_of(data[0]);
  std::string_view text = text_of(Bytes(data + 1, size - 1));
  Catalogue dumped;
  static_cast<void>(load_schema_dump(text, context, dumped));
  Catalogue catalogue((data[0] >> 5) % 3);
  while (!text.empty()) {
    const std::size_t end = text.find(";\n");
    run_statement(text.substr(0, end), context, catalogue);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  if ((data[0] & 12) != 0) return 0;
  for (const auto& table : catalogue.tables()) {
    if (representable(*table)) check_round_trip(*table, context);
  }
  return 0;
}
