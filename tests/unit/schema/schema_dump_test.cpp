#include "binlog/schema/schema_dump.hpp"

#include "tests/unit/schema/support.hpp"

namespace binferry::test {
namespace {

TEST(SchemaDump, LoadsWhatMysqldumpWrites) {
  Catalogue catalogue;
  const auto status = load_schema_dump(R"(-- MySQL dump 10.13  Distrib 8.0.40, for Linux (x86_64)
--
-- Host: localhost    Database: shop
-- ------------------------------------------------------
-- Server version)"
                                       "\t"
                                       R"(8.0.40

/*!40101 SET @OLD_CHARACTER_SET_CLIENT=@@CHARACTER_SET_CLIENT */;
/*!50503 SET NAMES utf8mb4 */;

CREATE DATABASE /*!32312 IF NOT EXISTS*/ `shop` /*!40100 DEFAULT CHARACTER SET latin1 */ /*!80016 DEFAULT ENCRYPTION='N' */;

USE `shop`;
DROP TABLE IF EXISTS `orders; old`;
/*!50503 SET character_set_client = utf8mb4 */;
CREATE TABLE `orders; old` (
  `id` int unsigned NOT NULL AUTO_INCREMENT,
  `note` varchar(20) DEFAULT 'a;b''c',
  `secret` int DEFAULT NULL /*!80023 INVISIBLE */,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=latin1
/*!50100 PARTITION BY HASH (`id`)
PARTITIONS 2 */;
/*!50003 SET sql_mode = '' */ ;
DELIMITER ;;
/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER `trg` AFTER INSERT ON `orders; old` FOR EACH ROW BEGIN SET @a = ';'; DROP TABLE x; END */;;
DELIMITER ;
/*!50001 DROP VIEW IF EXISTS `v`*/;
/*!50001 CREATE VIEW `v` AS SELECT )"
                                       "\n"
                                       R"( 1 AS `id`*/;
USE `other`;
CREATE TABLE `t` (`a` int)
)",
                                       mysql8(), catalogue);
  ASSERT_TRUE(status.has_value()) << status.error().message();
  EXPECT_EQ(outline(catalogue.find("shop", "orders; old")), "id int unsigned key, note varchar(20), secret int");
  EXPECT_TRUE(catalogue.find("shop", "orders; old")->partitioned);
  EXPECT_TRUE(catalogue.find("shop", "orders; old")->columns[2].invisible);
  EXPECT_EQ(catalogue.schema_collation("shop"), 8);
  EXPECT_EQ(outline(catalogue.find("other", "t")), "a int");
  EXPECT_EQ(catalogue.tables().size(), 2U);
}

TEST(SchemaDump, TheHeaderTellsTheServer) {
  Catalogue catalogue;
  const auto status = load_schema_dump(R"(/*M!999999\- enable the sandbox mode */
-- MariaDB dump 10.19  Distrib 10.11.6-MariaDB, for debian-linux-gnu (x86_64)
-- Server version)"
                                       "\t"
                                       R"(10.11.6-MariaDB-0+deb12u1
CREATE TABLE `t` (
  `a` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`a`)),
  `b` uuid DEFAULT NULL, `c` int(11) /*!80023 INVISIBLE */ DEFAULT current_timestamp() ON UPDATE current_timestamp()
);
)",
                                       mysql8(), catalogue);
  ASSERT_TRUE(status.has_value()) << status.error().message();
  const TablePtr table = catalogue.find("shop", "t");
  ASSERT_NE(table, nullptr);
  EXPECT_TRUE(table->columns[0].json_alias);
  EXPECT_FALSE(table->columns[2].invisible);
}

TEST(SchemaDump, AStatementThatCannotBeParsedIsNamedByItsLine) {
  Catalogue catalogue;
  const auto status =
      load_schema_dump("-- x\n\nCREATE TABLE a(b INT);\n# y\nCREATE TABLE c(d FROB);\n", mysql8(), catalogue);
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, Errc::ddl);
  EXPECT_EQ(status.error().where, "line 5");
}

}  // namespace
}  // namespace binferry::test
