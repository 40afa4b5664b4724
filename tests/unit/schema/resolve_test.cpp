#include "binlog/schema/resolve.hpp"

#include "binlog/row/table_map.hpp"
#include "binlog/schema/unknown_text.hpp"
#include "tests/unit/schema/support.hpp"

namespace binferry::test {
namespace {

WireColumn wire(std::uint8_t type, std::uint16_t meta = 0) {
  return {type, meta, true};
}

Table mapped(std::vector<WireColumn> columns, std::uint16_t flags = 0) {
  TableMap map;
  map.schema = "shop";
  map.table = "t";
  map.columns = std::move(columns);
  map.flags = flags;
  auto table = table_from_map(map, false);
  EXPECT_TRUE(table.has_value());
  return table ? std::move(*table) : Table{};
}

std::string resolved(Table table, const TableDefinition& definition) {
  const auto result = resolve(std::move(table), &definition);
  if (!result) return std::string(name_of(result.error().code)) + ": " + result.error().what;
  std::string out;
  for (const auto& column : (*result)->columns) {
    out += column.name + ' ' + std::string(name_of(column.type)) + (column.is_unsigned ? " unsigned" : "") +
           (column.visible ? "" : " hidden") + ", ";
  }
  return out;
}

using namespace wire_type;

TEST(Resolve, NamesSignsCharsetsAndKeysComeFromTheDefinition) {
  const TableDefinition definition = defined(
      "CREATE TABLE t(id INT UNSIGNED, n VARCHAR(10) CHARACTER SET latin1, b VARBINARY(10), e ENUM('x','y'), x TEXT, z "
      "INT(5) ZEROFILL, f FLOAT(7,3), PRIMARY KEY(n(3), id))");
  const auto table = resolve(mapped({wire(kLong), wire(kVarchar, 10), wire(kVarchar, 10), wire(kString, 0x01F7),
                                     wire(kBlob, 2), wire(kLong), wire(kFloat, 4)}),
                             &definition);
  ASSERT_TRUE(table.has_value()) << table.error().what;
  const auto& columns = (*table)->columns;
  EXPECT_EQ(columns[0].name, "id");
  EXPECT_TRUE(columns[0].is_unsigned && columns[0].sign_known);
  EXPECT_EQ(columns[1].charset, charset_named("latin1"));
  EXPECT_EQ(columns[2].type, ColumnType::varbinary);
  EXPECT_EQ(columns[3].labels, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(columns[4].type, ColumnType::text);
  EXPECT_EQ(columns[5].zerofill, 5U);
  EXPECT_EQ(columns[6].decimals, 3);
  EXPECT_EQ((*table)->key, (std::vector<std::uint16_t>{1, 0}));
  EXPECT_EQ((*table)->key_prefixes, (std::vector<std::uint32_t>{3, 0}));
  EXPECT_TRUE((*table)->names_known && (*table)->key_known);
}

TEST(Resolve, TheLogTellsTheLabelsThatADefinitionLeavesOpen) {
  TableDefinition definition = defined("CREATE TABLE t(e ENUM('a?', '?', 'x?y') CHARACTER SET utf8mb4)");
  mark_unknown_text(definition);
  const auto with_labels = [&](std::vector<std::string> labels) {
    Table table = mapped({wire(kString, 0x01F7)});
    table.columns[0].labels = std::move(labels);
    return resolve(table, &definition);
  };
  const std::vector<std::string> labels = {"a?", "😀", "x😀y"};
  const auto resolved = with_labels(labels);
  ASSERT_TRUE(resolved.has_value()) << resolved.error().what;
  EXPECT_EQ((*resolved)->columns[0].labels, labels);
  for (const std::string other : {"xäy", "xy", "x😀", "x😀yz", "x"}) {
    EXPECT_FALSE(with_labels({"a?", "?", other})) << other;
  }
  EXPECT_FALSE(with_labels({"a?", "?"}));
}

TEST(Resolve, WithoutADefinitionTheMapStands) {
  const auto table = resolve(mapped({wire(kLong)}), nullptr);
  ASSERT_TRUE(table.has_value());
  EXPECT_EQ((*table)->columns[0].name, "@1");
  EXPECT_FALSE((*table)->names_known);
}

TEST(Resolve, MariadbsUuidAndInetAreToldFromBinary) {
  const TableDefinition definition =
      defined("CREATE TABLE t(u UUID, a INET6, b INET4, c BINARY(6), v VECTOR(2))", mariadb());
  EXPECT_EQ(resolved(mapped({wire(kString, 0x10FE), wire(kString, 0x10FE), wire(kString, 0x04FE), wire(kString, 0x06FE),
                             wire(kVarchar, 8)}),
                     definition),
            "u UUID, a INET6, b INET4, c BINARY, v VECTOR, ");
}

// TRAPS 12.
TEST(Resolve, EveryDifferingColumnIsListed) {
  const TableDefinition definition =
      defined("CREATE TABLE t(a INT, b VARCHAR(10) CHARACTER SET latin1, c DECIMAL(5,2), d DATETIME(3), e BIGINT)");
  const std::string what = resolved(
      mapped({wire(kLongLong), wire(kVarchar, 40), wire(kNewDecimal, 0x0306), wire(kDatetime2, 6), wire(kLongLong)}),
      definition);
  EXPECT_TRUE(what.starts_with("schema mismatch: 4 columns differ from the known schema\n  1 a int: the log has"))
      << what;
  EXPECT_NE(what.find("\n  2 b varchar(10): 40 bytes in the log, not 10"), std::string::npos) << what;
  EXPECT_NE(what.find("\n  3 c decimal(5,2): decimal(6,3) in the log"), std::string::npos) << what;
  EXPECT_NE(what.find("\n  4 d datetime(3): 6 digits of fraction in the log, not 3"), std::string::npos) << what;
  EXPECT_EQ(what.find(" 5 e"), std::string::npos) << what;
}

TEST(Resolve, AnotherNumberOfColumnsIsAMismatch) {
  const TableDefinition definition = defined("CREATE TABLE t(a INT PRIMARY KEY, b INT)");
  EXPECT_TRUE(resolved(mapped({wire(kLong)}), definition)
                  .starts_with("schema mismatch: the log has 1 columns, the known schema 2"));
  EXPECT_TRUE(resolved(mapped({wire(kLong), wire(kLong), wire(kLong)}), definition)
                  .starts_with("schema mismatch: the log has 3 columns"));
}

TEST(Resolve, NamesInTheLogMustBeThoseOfTheDefinition) {
  Table table = mapped({wire(kLong)});
  table.columns[0].name = "z";
  table.names_known = true;
  EXPECT_EQ(resolved(table, defined("CREATE TABLE t(a INT)")),
            "schema mismatch: 1 columns differ from the known schema\n  1 a int: the log calls it z");
  table.columns[0].name = "A";
  EXPECT_EQ(resolved(table, defined("CREATE TABLE t(a INT)")), "a INT, ");
}

// TRAPS 18, 19.
TEST(Resolve, HiddenColumnsAreTolerated) {
  EXPECT_EQ(resolved(mapped({wire(kLongLong), wire(kLong)}, TableMap::kGeneratedInvisibleKey),
                     defined("CREATE TABLE t(a INT)")),
            "my_row_id BIGINT unsigned hidden, a INT, ");
  EXPECT_EQ(resolved(mapped({wire(kLong), wire(kTimestamp2, 6), wire(kTimestamp2, 6)}),
                     defined("CREATE TABLE t(a INT) WITH SYSTEM VERSIONING", mariadb())),
            "a INT, row_start TIMESTAMP hidden, row_end TIMESTAMP hidden, ");
  EXPECT_EQ(resolved(mapped({wire(kLong), wire(kLongLong)}), defined("CREATE TABLE t(a INT, KEY((a + 1)))")),
            "a INT, !hidden!2 BIGINT hidden, ");
  EXPECT_EQ(resolved(mapped({wire(kLong), wire(kTypedArray)}), defined("CREATE TABLE t(a INT)")),
            "a INT, @2 NULL hidden, ");
}

TEST(Resolve, AHiddenColumnInTheMiddleIsFoundByTypesOrNotAtAll) {
  const TableDefinition grown = defined("CREATE TABLE t(a INT, b TEXT, KEY((a + 1)))");
  EXPECT_EQ(resolved(mapped({wire(kLong), wire(kLongLong), wire(kBlob, 2)}), grown),
            "a INT, !hidden!2 BIGINT hidden, b TEXT, ");
  const TableDefinition alike = defined("CREATE TABLE t(a BIGINT, KEY((a + 1)))");
  EXPECT_EQ(resolved(mapped({wire(kLongLong), wire(kLongLong)}), alike), "a BIGINT, !hidden!2 BIGINT hidden, ");
  const TableDefinition ambiguous = defined("CREATE TABLE t(a INT, b BIGINT, KEY((a + 1)))");
  EXPECT_TRUE(
      resolved(mapped({wire(kLong), wire(kLongLong), wire(kLongLong)}), ambiguous).starts_with("schema mismatch: "));
}

// PROTOCOL 4.5.
TEST(Resolve, MariadbsOldTemporalsGetTheirFractionsFromTheDefinition) {
  Table table = mapped({wire(kTime), wire(kDatetime), wire(kTimestamp), wire(kDatetime), wire(kTime2, 3)});
  settle_old_temporals(
      table, defined("CREATE TABLE t(a TIME(3), b DATETIME(6), c TIMESTAMP(2), d DATETIME, e TIME(3))", mariadb()));
  const auto& columns = table.columns;
  EXPECT_EQ(columns[0].storage, Storage::time_hires);
  EXPECT_EQ(columns[0].fsp, 3);
  EXPECT_EQ(columns[1].storage, Storage::datetime_hires);
  EXPECT_EQ(columns[1].fsp, 6);
  EXPECT_EQ(columns[2].storage, Storage::timestamp_hires);
  EXPECT_EQ(columns[2].fsp, 2);
  EXPECT_EQ(columns[3].storage, Storage::datetime_old);
  EXPECT_EQ(columns[4].storage, Storage::time_2);
}

TEST(Resolve, OldTemporalsStayAsTheyAreWhereTheDefinitionIsOfAnotherTable) {
  Table table = mapped({wire(kTime), wire(kDatetime)});
  settle_old_temporals(table, defined("CREATE TABLE t(a TIME(3))", mariadb()));
  EXPECT_EQ(table.columns[0].storage, Storage::time_old);
  settle_old_temporals(table, defined("CREATE TABLE t(a DATETIME(3), b DATETIME(3))", mariadb()));
  EXPECT_EQ(table.columns[0].storage, Storage::time_old);
  EXPECT_EQ(table.columns[1].storage, Storage::datetime_hires);
}

TEST(Resolve, TheHiddenPeriodOfAnOldSystemVersionedTableIsInMicroseconds) {
  const TableDefinition definition = defined("CREATE TABLE t(a INT) WITH SYSTEM VERSIONING", mariadb());
  Table table = mapped({wire(kLong), wire(kTimestamp), wire(kTimestamp)});
  settle_old_temporals(table, definition);
  EXPECT_EQ(table.columns[1].fsp, 6);
  EXPECT_EQ(table.columns[2].storage, Storage::timestamp_hires);
  EXPECT_EQ(resolved(table, definition), "a INT, row_start TIMESTAMP hidden, row_end TIMESTAMP hidden, ");
}

// MySQL has no fractions in its old formats: a definition that says otherwise is of another moment.
TEST(Resolve, AnOldTemporalThatWasNotSettledContradictsADefinitionWithFractions) {
  const TableDefinition definition = defined("CREATE TABLE t(a DATETIME(6))");
  EXPECT_EQ(resolved(mapped({wire(kDatetime)}), definition),
            "schema mismatch: 1 columns differ from the known schema\n  1 a datetime(6): 0 digits of fraction in the "
            "log, not 6");
  EXPECT_EQ(resolved(mapped({wire(kDatetime)}), defined("CREATE TABLE t(a DATETIME)")), "a DATETIME, ");
}

TEST(Resolve, ADefinitionMadeFromFullMetadataResolvesItsOwnMap) {
  const TableDefinition source = defined(
      "CREATE TABLE t(id BIGINT UNSIGNED PRIMARY KEY, n VARCHAR(10) CHARACTER SET latin1, e ENUM('x','y') CHARACTER "
      "SET latin1, d DECIMAL(5,2), x TEXT, v VARBINARY(4), ts TIMESTAMP(3) NULL)");
  const Table map = mapped({{kLongLong, 0, false},
                            wire(kVarchar, 10),
                            wire(kString, 0x01F7),
                            wire(kNewDecimal, 0x0205),
                            wire(kBlob, 2),
                            wire(kVarchar, 4),
                            wire(kTimestamp2, 3)});
  const auto table = resolve(map, &source);
  ASSERT_TRUE(table.has_value()) << table.error().what;
  const TableDefinition made = definition_from_table(**table);
  EXPECT_EQ(outline(made), outline(source));
  EXPECT_TRUE(resolve(map, &made).has_value());
  EXPECT_EQ(defined(create_table_sql(made)), [&] {
    TableDefinition t = made;
    t.charset = charset_of_collation(255);
    t.collation = 255;
    return t;
  }());
}

}  // namespace
}  // namespace binferry::test
