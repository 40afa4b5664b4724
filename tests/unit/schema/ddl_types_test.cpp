#include "tests/unit/schema/support.hpp"

namespace binferry::test {
namespace {

struct TypeCase {
  std::string_view written;
  std::string_view canonical;
};

void check(std::initializer_list<TypeCase> cases, const DdlContext& context) {
  for (const auto& [written, canonical] : cases) {
    const TableDefinition table = defined("CREATE TABLE t(c " + std::string(written) + ")", context);
    ASSERT_EQ(table.columns.size(), 1U) << written;
    EXPECT_EQ(table.columns[0].declared_type, canonical) << written;
  }
}

TEST(DdlTypes, NumbersAndTheirSynonyms) {
  check({{"INTEGER", "int"},
         {"INT4(7)", "int(7)"},
         {"INT1", "tinyint"},
         {"INT2", "smallint"},
         {"INT3", "mediumint"},
         {"MIDDLEINT", "mediumint"},
         {"INT8 UNSIGNED", "bigint unsigned"},
         {"BOOL", "tinyint(1)"},
         {"BOOLEAN", "tinyint(1)"},
         {"INT ZEROFILL", "int(10) unsigned zerofill"},
         {"INT(5) ZEROFILL UNSIGNED", "int(5) unsigned zerofill"},
         {"BIGINT SIGNED", "bigint"},
         {"SERIAL", "bigint unsigned"},
         {"DEC", "decimal(10,0)"},
         {"DEC(5)", "decimal(5,0)"},
         {"NUMERIC(9,9)", "decimal(9,9)"},
         {"FIXED(65,30) UNSIGNED", "decimal(65,30) unsigned"},
         {"FLOAT", "float"},
         {"FLOAT(24)", "float"},
         {"FLOAT(25)", "double"},
         {"FLOAT(7,3)", "float(7,3)"},
         {"DOUBLE PRECISION", "double"},
         {"DOUBLE(10,3)", "double(10,3)"},
         {"REAL", "double"},
         {"FLOAT8", "double"},
         {"FLOAT4", "float"},
         {"BIT", "bit(1)"},
         {"BIT(64)", "bit(64)"},
         {"YEAR(4)", "year"},
         {"YEAR", "year"}},
        mysql8());
}

TEST(DdlTypes, RealIsAFloatWhereSqlModeSaysSo) {
  DdlContext context = mysql8();
  context.dialect.sql_mode = sql_mode::kRealAsFloat;
  check({{"REAL", "float"}}, context);
}

TEST(DdlTypes, CharactersAndBytes) {
  check({{"CHAR", "char(1)"},
         {"CHARACTER(3)", "char(3)"},
         {"CHARACTER VARYING(4)", "varchar(4)"},
         {"CHAR VARYING (4)", "varchar(4)"},
         {"VARCHARACTER(5)", "varchar(5)"},
         {"NATIONAL CHAR(2)", "char(2)"},
         {"NATIONAL VARCHAR(2)", "varchar(2)"},
         {"NATIONAL CHARACTER VARYING(2)", "varchar(2)"},
         {"NCHAR", "char(1)"},
         {"NCHAR VARYING(3)", "varchar(3)"},
         {"NCHAR VARCHAR(3)", "varchar(3)"},
         {"NVARCHAR(3)", "varchar(3)"},
         {"CHAR(5) BYTE", "binary(5)"},
         {"BINARY", "binary(1)"},
         {"VARBINARY(300)", "varbinary(300)"},
         {"LONG", "mediumtext"},
         {"LONG VARCHAR", "mediumtext"},
         {"LONG CHAR VARYING", "mediumtext"},
         {"LONG VARBINARY", "mediumblob"},
         {"TINYTEXT", "tinytext"},
         {"TEXT(255) CHARACTER SET latin1", "tinytext"},
         {"TEXT(255)", "text"},
         {"TEXT(70000)", "mediumtext"},
         {"BLOB(256)", "blob"},
         {"BLOB(20000000)", "longblob"},
         {"CHAR(3) CHARACTER SET binary", "binary(3)"},
         {"VARCHAR(3) CHARSET binary", "varbinary(3)"},
         {"TEXT CHARACTER SET binary", "blob"},
         {"VARCHAR(20000)", "mediumtext"},
         {"ENUM('a','it''s','c,d')", "enum('a','it''s','c,d')"},
         {"SET('r','w  ')", "set('r','w')"},
         {"CHAR(0)", "char(0)"}},
        mysql8());
}

TEST(DdlTypes, TemporalJsonSpatialAndVector) {
  check({{"DATE", "date"},
         {"TIME(3)", "time(3)"},
         {"DATETIME", "datetime"},
         {"DATETIME(6)", "datetime(6)"},
         {"TIMESTAMP(0) NULL", "timestamp"},
         {"JSON", "json"},
         {"GEOMETRY SRID 4326", "geometry"},
         {"POINT", "point"},
         {"GEOMCOLLECTION", "geometrycollection"},
         {"MULTIPOLYGON NOT NULL", "multipolygon"},
         {"VECTOR(3)", "vector(3)"},
         {"VECTOR", "vector(2048)"}},
        mysql8());
}

TEST(DdlTypes, MariadbsOwn) {
  check({{"UUID", "uuid"},
         {"INET4", "inet4"},
         {"INET6 DEFAULT '::'", "inet6"},
         {"JSON", "longtext"},
         {"VARCHAR(100) COMPRESSED", "varchar(100)"},
         {"TEXT /*M!100301 COMPRESSED*/ CHARACTER SET latin1", "text"},
         {"mariadb_schema.DATE", "date"},
         {"POINT REF_SYSTEM_ID=4326", "point"},
         {"NUMBER(5,2)", "decimal(5,2)"},
         {"VARCHAR2(10)", "varchar(10)"},
         {"CLOB", "longtext"},
         {"RAW(5)", "varbinary(5)"}},
        mariadb());
}

TEST(DdlTypes, MariadbsJsonIsLongtextInUtf8mb4Bin) {
  for (const std::string_view sql :
       {"CREATE TABLE t(j JSON)",
        "CREATE TABLE t(j longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`j`)))"}) {
    const ColumnDefinition column = defined(sql, mariadb()).columns.at(0);
    EXPECT_EQ(column.type, ColumnType::text);
    EXPECT_TRUE(column.json_alias) << sql;
    EXPECT_EQ(collation_name(column.collation), "utf8mb4_bin");
    EXPECT_EQ(column.check, "");
  }
  EXPECT_FALSE(defined("CREATE TABLE t(j longtext CHECK (json_valid(`other`)))", mariadb()).columns.at(0).json_alias);
}

// TRAPS 21.
TEST(DdlTypes, CharacterSetsAreInheritedFromTableThenSchema) {
  const auto charset = [](std::string_view sql, const DdlContext& context = mysql8()) {
    const ColumnDefinition column = defined(sql, context).columns.at(0);
    return std::string(collation_name(column.collation));
  };
  EXPECT_EQ(charset("CREATE TABLE t(c CHAR(1))"), "utf8mb4_0900_ai_ci");
  EXPECT_EQ(charset("CREATE TABLE t(c CHAR(1)) CHARSET latin1"), "latin1_swedish_ci");
  EXPECT_EQ(charset("CREATE TABLE t(c CHAR(1)) COLLATE=utf8mb4_bin"), "utf8mb4_bin");
  EXPECT_EQ(charset("CREATE TABLE t(c CHAR(1) CHARACTER SET cp1251) CHARSET latin1"), "cp1251_general_ci");
  EXPECT_EQ(charset("CREATE TABLE t(c CHAR(1) COLLATE latin2_bin) CHARSET latin1"), "latin2_bin");
  EXPECT_EQ(charset("CREATE TABLE t(c CHAR(1) ASCII)"), "latin1_swedish_ci");
  EXPECT_EQ(charset("CREATE TABLE t(c CHAR(1) CHARACTER SET latin1 BINARY)"), "latin1_bin");
  EXPECT_EQ(charset("CREATE TABLE t(c CHAR(1) CHARACTER SET utf8mb4)", mysql56()), "utf8mb4_general_ci");
  EXPECT_EQ(defined("CREATE TABLE t(c CHAR(1) CHARACTER SET utf8)").columns.at(0).charset, charset_named("utf8mb3"));
  EXPECT_EQ(defined("CREATE TABLE t(c NCHAR(1))").columns.at(0).charset, charset_named("utf8mb3"));
  DdlContext context = mysql8();
  context.utf8mb4_collation = 45;
  EXPECT_EQ(charset("CREATE TABLE t(c CHAR(1) CHARACTER SET utf8mb4)", context), "utf8mb4_general_ci");
}

TEST(DdlTypes, LabelsInHexadecimalAreBytesInTheColumnsCharacterSet) {
  const auto labels = [](std::string_view sql, const DdlContext& context = test::mysql8()) {
    return test::defined(sql, context).columns.at(0).labels;
  };
  using Labels = std::vector<std::string>;
  EXPECT_EQ(labels("CREATE TABLE t (e ENUM(0x61, x'E4', 'c') CHARACTER SET latin1)"), (Labels{"a", "ä", "c"}));
  EXPECT_EQ(labels("CREATE TABLE t (e SET(0xC3A420)) CHARACTER SET utf8mb4"), (Labels{"ä"}));
  EXPECT_EQ(labels("CREATE TABLE t (e ENUM(0xE4)) CHARSET=latin1", test::mysql56()), (Labels{"ä"}));
  EXPECT_EQ(labels("CREATE TABLE t (e ENUM(0x00E4) CHARACTER SET ucs2)"), (Labels{"ä"}));
  Catalogue catalogue;
  test::run(catalogue, "CREATE TABLE t (a INT) CHARSET=latin1");
  test::run(catalogue, "ALTER TABLE t ADD e ENUM(0xE4), MODIFY a ENUM(0xDF) CHARACTER SET latin2");
  EXPECT_EQ(catalogue.find("shop", "t")->columns.at(1).labels, (Labels{"ä"}));
  EXPECT_EQ(catalogue.find("shop", "t")->columns.at(0).labels, (Labels{"ß"}));
}

TEST(DdlTypes, ACollationThatIsUnknownHereStillTellsItsCharacterSet) {
  EXPECT_EQ(
      defined("CREATE TABLE t(c CHAR(1) COLLATE utf8mb4_from_the_future_ci) CHARSET latin1").columns.at(0).charset,
      charset_named("utf8mb4"));
}

}  // namespace
}  // namespace binferry::test
