// SHOW GRANTS as the servers print it.
#include "binlog/source/mysql/grants.hpp"

#include <initializer_list>
#include <string_view>

#include <gtest/gtest.h>

namespace binferry::mysql {
namespace {

Grants grants_of(std::initializer_list<std::string_view> lines) {
  Grants grants;
  for (const std::string_view line : lines) grants.add(line);
  return grants;
}

TEST(Grants, AGlobalGrantHoldsEverywhere) {
  const Grants grants =
      grants_of({"GRANT SELECT, RELOAD, REPLICATION SLAVE ON *.* TO 'u'@'%' IDENTIFIED BY PASSWORD '*0'"});
  EXPECT_TRUE(grants.has_global("REPLICATION SLAVE"));
  EXPECT_TRUE(grants.has_on_schema("SELECT", "shop"));
  EXPECT_TRUE(grants.has_on_table("SELECT", "shop", "orders"));
  EXPECT_FALSE(grants.has_global("REPLICATION CLIENT"));
  EXPECT_FALSE(grants.has_global("REPLICATION"));
}

TEST(Grants, AllPrivilegesAreAllAtTheirLevelOnly) {
  const Grants grants = grants_of({"GRANT USAGE ON *.* TO `u`@`%`", "GRANT ALL PRIVILEGES ON `shop`.* TO `u`@`%`"});
  EXPECT_TRUE(grants.has_on_schema("LOCK TABLES", "shop"));
  EXPECT_FALSE(grants.has_on_schema("SELECT", "shops"));
  EXPECT_FALSE(grants.has_global("RELOAD"));
  EXPECT_TRUE(grants_of({"GRANT ALL PRIVILEGES ON *.* TO `root`@`localhost` WITH GRANT OPTION"}).has_global("RELOAD"));
}

TEST(Grants, ASchemaIsAPattern) {
  const Grants grants = grants_of({R"(GRANT SELECT ON `app\_1%`.* TO `u`@`%`)", "GRANT SELECT ON `b``x`.* TO `u`@`%`"});
  EXPECT_TRUE(grants.has_on_schema("SELECT", "app_1"));
  EXPECT_TRUE(grants.has_on_schema("SELECT", "app_17"));
  EXPECT_FALSE(grants.has_on_schema("SELECT", "appx1"));
  EXPECT_TRUE(grants.has_on_schema("SELECT", "b`x"));
  EXPECT_TRUE(grants_of({"GRANT SELECT ON `a_c`.* TO `u`@`%`"}).has_on_schema("SELECT", "abc"));
}

TEST(Grants, OneTableIsNotItsSchemaAndSomeColumnsAreNotTheTable) {
  const Grants grants = grants_of(
      {"GRANT SELECT, INSERT (`a)`, b), UPDATE ON `d`.`t` TO `u`@`%`", "GRANT SELECT (`a`) ON `d`.`s` TO `u`@`%`"});
  EXPECT_TRUE(grants.has_on_table("SELECT", "d", "t"));
  EXPECT_TRUE(grants.has_on_table("UPDATE", "d", "t"));
  EXPECT_FALSE(grants.has_on_table("INSERT", "d", "t"));
  EXPECT_FALSE(grants.has_on_table("SELECT", "d", "s"));
  EXPECT_FALSE(grants.has_on_schema("SELECT", "d"));
}

TEST(Grants, WhatIsNoGrantOfPrivilegesIsPassedOver) {
  const Grants grants =
      grants_of({"GRANT `reader`@`%` TO `u`@`%`", "GRANT PROXY ON ''@'' TO 'root'@'localhost' WITH GRANT OPTION",
                 "GRANT EXECUTE ON PROCEDURE `d`.`p` TO `u`@`%`", "", "GRANT ", "nonsense", "GRANT SELECT ON",
                 "GRANT SELECT ON `d"});
  EXPECT_FALSE(grants.has_global("PROXY"));
  EXPECT_FALSE(grants.has_on_schema("EXECUTE", "d"));
  EXPECT_FALSE(grants.has_on_schema("SELECT", "d"));
}

TEST(Grants, APartialRevokeTakesASchemaOut) {
  const Grants grants = grants_of({"GRANT SELECT ON *.* TO `u`@`%`", "REVOKE SELECT ON `secret`.* FROM `u`@`%`"});
  EXPECT_TRUE(grants.has_on_schema("SELECT", "shop"));
  EXPECT_FALSE(grants.has_on_schema("SELECT", "secret"));
}

TEST(Grants, APartialRevokeIsOfTheSchemaOfThatNameAndOfNoOther) {
  const Grants grants = grants_of({"GRANT SELECT ON *.* TO `u`@`%`", "REVOKE SELECT ON `a_1`.* FROM `u`@`%`"});
  EXPECT_FALSE(grants.has_on_schema("SELECT", "a_1"));
  EXPECT_TRUE(grants.has_on_schema("SELECT", "ab1"));
}

TEST(Grants, DynamicPrivilegesStandOnALineOfTheirOwnWithoutSpaces) {
  const Grants grants = grants_of({"GRANT SELECT, REPLICATION SLAVE ON *.* TO `u`@`%`",
                                   "GRANT BACKUP_ADMIN,FLUSH_TABLES,XA_RECOVER_ADMIN ON *.* TO `u`@`%`",
                                   "GRANT `app`@`%`,`r2`@`%` TO `u`@`%`"});
  EXPECT_TRUE(grants.has_global("XA_RECOVER_ADMIN"));
  EXPECT_TRUE(grants.may_lock_globally());
  EXPECT_TRUE(grants.has_global("REPLICATION SLAVE"));
  EXPECT_FALSE(grants.has_global("RELOAD"));
}

}  // namespace
}  // namespace binferry::mysql
