// The history of a small shop, statement by statement as MySQL 8.0.40 ran it, against the columns it ended with.
// CREATE TABLE … SELECT stands as that server logged it.
#include "tests/unit/schema/support.hpp"

namespace binferry::test {
namespace {

constexpr std::string_view kHistory[] = {
    R"sql(CREATE DATABASE shop DEFAULT CHARACTER SET utf8mb4)sql",
    R"sql(CREATE TABLE customer(id INT UNSIGNED NOT NULL AUTO_INCREMENT, email VARCHAR(100) NOT NULL, name VARCHAR(50) DEFAULT 'anon', created TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP, PRIMARY KEY(id), UNIQUE KEY uq_email(email), KEY ix_name(name(10))) ENGINE=InnoDB COMMENT='it''s; a "test"')sql",
    R"sql(/* comment first */ ALTER TABLE customer ADD COLUMN age SMALLINT UNSIGNED NULL AFTER email, ADD COLUMN vip BOOL NOT NULL DEFAULT 0 FIRST)sql",
    R"sql(ALTER TABLE customer MODIFY COLUMN age INT NOT NULL DEFAULT 7)sql",
    R"sql(ALTER TABLE customer CHANGE COLUMN name full_name VARCHAR(120) CHARACTER SET latin1 NULL)sql",
    R"sql(ALTER TABLE customer DROP COLUMN vip, RENAME COLUMN age TO years)sql",
    R"sql(ALTER TABLE customer ALTER COLUMN years SET DEFAULT 18, ADD INDEX ix_years(years), DROP INDEX ix_name)sql",
    R"sql(CREATE TABLE `odd ``name; x`(`a b` INT PRIMARY KEY, `select` TEXT, `ü` INT))sql",
    R"sql(CREATE TABLE copy_like LIKE customer)sql",
    R"sql(CREATE TABLE `ctas` (`id` int unsigned NOT NULL DEFAULT '0', `email` varchar(100) NOT NULL, `y2` decimal(10,2) DEFAULT NULL) START TRANSACTION)sql",
    R"sql(RENAME TABLE copy_like TO tmp_swap, ctas TO copy_like, tmp_swap TO ctas)sql",
    R"sql(CREATE TABLE `_customer_gho` LIKE customer)sql",
    R"sql(ALTER TABLE _customer_gho ADD COLUMN extra INT DEFAULT 5)sql",
    R"sql(RENAME TABLE customer TO _customer_del, _customer_gho TO customer)sql",
    R"sql(DROP TABLE IF EXISTS _customer_del, nonexistent)sql",
    R"sql(CREATE TABLE nopk(a INT, b VARCHAR(10)))sql",
    R"sql(CREATE TABLE compk(a INT, b VARCHAR(20), c INT, PRIMARY KEY(b,a)))sql",
    R"sql(ALTER TABLE compk DROP PRIMARY KEY, ADD COLUMN id INT NOT NULL AUTO_INCREMENT PRIMARY KEY FIRST)sql",
    R"sql(CREATE TABLE gen(id INT PRIMARY KEY, a INT, v INT GENERATED ALWAYS AS (a*2) VIRTUAL, s VARCHAR(20) AS (CONCAT('n',a)) STORED, KEY(v)))sql",
    R"sql(CREATE TABLE parted(id INT NOT NULL, d DATE NOT NULL, v INT, PRIMARY KEY(id,d)) PARTITION BY RANGE(YEAR(d))(PARTITION p0 VALUES LESS THAN (2020), PARTITION p1 VALUES LESS THAN MAXVALUE))sql",
    R"sql(CREATE TABLE trunc_me(id INT PRIMARY KEY))sql",
    R"sql(TRUNCATE TABLE trunc_me)sql",
    R"sql(CREATE VIEW v1 AS SELECT id FROM customer)sql",
    R"sql(CREATE TRIGGER trg AFTER INSERT ON trunc_me FOR EACH ROW INSERT INTO nopk VALUES (NEW.id,'trg'))sql",
    R"sql(CREATE PROCEDURE p1() INSERT INTO trunc_me VALUES (50))sql",
    R"sql(CREATE DATABASE other)sql",
    R"sql(CREATE TABLE other.t(id INT PRIMARY KEY, s VARCHAR(5)) CHARSET latin1)sql",
    R"sql(ALTER TABLE other.t CONVERT TO CHARACTER SET utf8mb4)sql",
    R"sql(CREATE TABLE moved(id INT PRIMARY KEY))sql",
    R"sql(RENAME TABLE moved TO other.moved)sql",
    R"sql(CREATE DATABASE gone)sql",
    R"sql(CREATE TABLE gone.x(id INT PRIMARY KEY))sql",
    R"sql(DROP DATABASE gone)sql",
    R"sql(ALTER TABLE customer ENGINE=InnoDB, COMMENT='new')sql",
    R"sql(OPTIMIZE TABLE nopk)sql",
    R"sql(ANALYZE TABLE nopk)sql",
    R"sql(CREATE TABLE def(id INT PRIMARY KEY, a INT NOT NULL DEFAULT 5, b VARCHAR(10) NOT NULL DEFAULT 'it''s', c DATETIME(3) DEFAULT CURRENT_TIMESTAMP(3)))sql",
    R"sql(ALTER TABLE def ADD COLUMN d DECIMAL(5,2) NOT NULL DEFAULT 1.50, ADD COLUMN e BINARY(4) NOT NULL DEFAULT 'ab', ADD COLUMN f ENUM('p','q') NOT NULL)sql",
    R"sql(ALTER TABLE def MODIFY f ENUM('q','p','r') NOT NULL)sql",
    R"sql(ALTER TABLE def MODIFY COLUMN b VARCHAR(10) NOT NULL DEFAULT 'zz' AFTER d)sql",
    R"sql(CREATE INDEX ix_d ON def(d))sql",
    R"sql(DROP INDEX ix_d ON def)sql",
    R"sql(CREATE UNIQUE INDEX ux ON def(id,a))sql",
};

struct Final {
  std::string_view schema;
  std::string_view table;
  std::string_view columns;
};
constexpr Final kFinal[] = {
    {"other", R"(moved)", R"(id int key)"},
    {"other", R"(t)", R"(id int key, s varchar)"},
    {"shop", R"(compk)", R"(id int key, a int, b varchar, c int)"},
    {"shop", R"(copy_like)", R"(id int, email varchar, y2 decimal)"},
    {"shop", R"(ctas)", R"(id int key, email varchar, years int, full_name varchar, created timestamp)"},
    {"shop", R"(customer)", R"(id int key, email varchar, years int, full_name varchar, created timestamp, extra int)"},
    {"shop", R"(def)", R"(id int key, a int, c datetime, d decimal, b varchar, e binary, f enum)"},
    {"shop", R"(gen)", R"(id int key, a int, v int, s varchar)"},
    {"shop", R"(nopk)", R"(a int, b varchar)"},
    {"shop", R"(odd `name; x)", R"(a b int key, select text, ü int)"},
    {"shop", R"(parted)", R"(id int key, d date key, v int)"},
    {"shop", R"(trunc_me)", R"(id int key)"},
};

// `type` without its arguments, as information_schema's DATA_TYPE has it.
std::string data_types(const TableDefinition& table) {
  TableDefinition plain = table;
  for (auto& column : plain.columns)
    column.declared_type = column.declared_type.substr(0, column.declared_type.find_first_of("( "));
  return outline(plain);
}

TEST(ShopHistory, EndsWithTheColumnsTheServerHas) {
  Catalogue catalogue;
  for (const auto sql : kHistory) run(catalogue, sql);
  for (const auto& expected : kFinal) {
    const TablePtr table = catalogue.find(expected.schema, expected.table);
    ASSERT_NE(table, nullptr) << expected.table;
    EXPECT_EQ(data_types(*table), expected.columns) << expected.table;
  }
  EXPECT_EQ(catalogue.tables().size(), std::size(kFinal));
}

TEST(ShopHistory, EveryDefinitionOnTheWayRoundTrips) {
  Catalogue catalogue;
  for (const auto sql : kHistory) {
    for (const auto& change : run(catalogue, sql)) {
      if (change.after == nullptr) continue;
      Catalogue again;
      run(again, create_table_sql(*change.after, true));
      ASSERT_NE(again.find(change.after->schema, change.after->name), nullptr);
      EXPECT_EQ(*again.find(change.after->schema, change.after->name), *change.after) << sql;
    }
  }
}

}  // namespace
}  // namespace binferry::test
