// What preflight makes of a server's answers. No server is asked.
#include "binlog/source/mysql/preflight.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace binferry::mysql {
namespace {

using Severity = Finding::Severity;

// Privileges of old, and on a line of its own one of those that came with MySQL 8.0, as SHOW GRANTS prints them.
Grants granted(std::string_view line) {
  Grants grants;
  grants.add(line);
  grants.add("GRANT XA_RECOVER_ADMIN ON *.* TO `u`@`%`");
  return grants;
}

SourceSurvey good_source() {
  SourceSurvey survey;
  survey.kind = ServerKind::mysql;
  survey.version = 80'040;
  survey.variables = {{"log_bin", "ON"},
                      {"binlog_format", "ROW"},
                      {"binlog_row_image", "FULL"},
                      {"binlog_checksum", "CRC32"},
                      {"binlog_row_metadata", "FULL"},
                      {"server_id", "1"},
                      {"gtid_mode", "ON"},
                      {"binlog_expire_logs_seconds", "2592000"}};
  survey.account = "'u'@'%'";
  survey.grants = granted("GRANT SELECT, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`");
  survey.schemas = {"shop"};
  survey.tables = {{"shop", "orders", "InnoDB", true, true}};
  return survey;
}

PreflightOptions follow() {
  return {.schemas = {}, .server_id = 4711, .semi_sync = false, .needs_snapshot = true};
}

// The one finding whose text holds `words`.
Finding the_one(const SourceSurvey& survey, const PreflightOptions& options, std::string_view words) {
  const std::vector<Finding> findings = judge_source(survey, options);
  const auto found = std::ranges::find_if(
      findings, [&](const Finding& finding) { return finding.what.find(words) != std::string::npos; });
  if (found == findings.end()) {
    ADD_FAILURE() << "no finding about " << words;
    return {};
  }
  EXPECT_EQ(findings.size(), 1U) << findings.front().what << "; " << findings.back().what;
  return *found;
}

TEST(Preflight, NothingIsWrongWithAGoodSource) {
  EXPECT_EQ(judge_source(good_source(), follow()), std::vector<Finding>());
}

TEST(Preflight, NamesTheSettingThatIsWrongAndTheStatementThatMendsIt) {
  SourceSurvey survey = good_source();
  survey.variables["binlog_format"] = "MIXED";
  Finding finding = the_one(survey, follow(), "MIXED");
  EXPECT_EQ(finding.severity, Severity::problem);
  EXPECT_TRUE(finding.mend.starts_with("SET GLOBAL binlog_format = 'ROW'"));

  survey = good_source();
  survey.variables["log_bin"] = "OFF";
  EXPECT_EQ(the_one(survey, follow(), "no binary log").severity, Severity::problem);

  survey = good_source();
  survey.variables["binlog_row_image"] = "MINIMAL";
  EXPECT_EQ(the_one(survey, follow(), "MINIMAL").severity, Severity::warning);

  survey = good_source();
  survey.variables["binlog_row_metadata"] = "MINIMAL";
  EXPECT_EQ(the_one(survey, follow(), "binlog_row_metadata").severity, Severity::warning);

  survey = good_source();
  survey.variables["binlog_checksum"] = "NONE";
  EXPECT_EQ(the_one(survey, follow(), "checksums").severity, Severity::warning);

  survey = good_source();
  survey.variables["binlog_expire_logs_seconds"] = "3600";
  EXPECT_EQ(the_one(survey, follow(), "for 1 h").mend, "SET GLOBAL binlog_expire_logs_seconds = 604800");

  survey = good_source();
  survey.variables.erase("binlog_expire_logs_seconds");
  survey.variables["expire_logs_days"] = "0";
  EXPECT_EQ(judge_source(survey, follow()), std::vector<Finding>()) << "0 days are for ever";
}

TEST(Preflight, RefusesAServerIdThatIsTaken) {
  SourceSurvey survey = good_source();
  survey.variables["server_id"] = "4711";
  EXPECT_EQ(the_one(survey, follow(), "server's own").severity, Severity::problem);
  survey = good_source();
  survey.replicas[4711] = "there";
  EXPECT_EQ(the_one(survey, follow(), "another replica").severity, Severity::problem);
  survey = good_source();
  survey.variables["server_id"] = "0";
  EXPECT_EQ(the_one(survey, follow(), "no server_id").severity, Severity::problem);
}

TEST(Preflight, NamesThePrivilegeThatIsMissing) {
  SourceSurvey survey = good_source();
  survey.grants = granted("GRANT SELECT, RELOAD, REPLICATION CLIENT ON *.* TO `u`@`%`");
  EXPECT_EQ(the_one(survey, follow(), "REPLICATION SLAVE").mend, "GRANT REPLICATION SLAVE ON *.* TO 'u'@'%'");

  survey.grants = granted("GRANT RELOAD, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`");
  EXPECT_EQ(the_one(survey, follow(), "lacks SELECT").mend, "GRANT SELECT ON `shop`.* TO 'u'@'%'");
  PreflightOptions without_snapshot = follow();
  without_snapshot.needs_snapshot = false;
  EXPECT_EQ(judge_source(survey, without_snapshot), std::vector<Finding>());
  survey.grants->add("GRANT SELECT ON `shop`.`orders` TO `u`@`%`");
  EXPECT_EQ(judge_source(survey, follow()), std::vector<Finding>());

  survey.grants = granted("GRANT SELECT, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`");
  EXPECT_EQ(the_one(survey, follow(), "RELOAD").severity, Severity::warning) << "GTIDs give the position";
  survey.variables["gtid_mode"] = "OFF";
  EXPECT_EQ(the_one(survey, follow(), "RELOAD").severity, Severity::problem);
  survey.grants->add("GRANT LOCK TABLES ON `shop`.* TO `u`@`%`");
  EXPECT_EQ(the_one(survey, follow(), "RELOAD").severity, Severity::warning) << "table locks give it";
  survey.grants->add("GRANT FLUSH_TABLES ON *.* TO `u`@`%`");
  EXPECT_EQ(judge_source(survey, follow()), std::vector<Finding>()) << "MySQL 8.0.23 and later";
}

TEST(Preflight, TellsThatPreparedTransactionsCannotBeSeenWhereMySql8HidesThem) {
  SourceSurvey survey = good_source();
  survey.grants.emplace().add("GRANT SELECT, RELOAD, REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `u`@`%`");
  const Finding finding = the_one(survey, follow(), "XA_RECOVER_ADMIN");
  EXPECT_EQ(finding.severity, Severity::warning);
  EXPECT_EQ(finding.mend, "GRANT XA_RECOVER_ADMIN ON *.* TO 'u'@'%'");
  survey.version = 50'744;
  EXPECT_EQ(judge_source(survey, follow()), std::vector<Finding>()) << "who has logged in may ask a server before 8.0";
}

TEST(Preflight, TellsOfTablesThatNeedAttention) {
  SourceSurvey survey = good_source();
  survey.tables.push_back({"shop", "log", "InnoDB", false, true});
  EXPECT_NE(the_one(survey, follow(), "without a primary key").what.find("shop.log"), std::string::npos);

  survey = good_source();
  survey.tables.push_back({"shop", "old", "MyISAM", true, false});
  Finding finding = the_one(survey, follow(), "shop.old (MyISAM)");
  EXPECT_EQ(finding.severity, Severity::problem);
  EXPECT_EQ(finding.mend, "GRANT LOCK TABLES ON *.* TO 'u'@'%'");
  survey.grants->add("GRANT LOCK TABLES ON *.* TO `u`@`%`");
  EXPECT_EQ(the_one(survey, follow(), "shop.old (MyISAM)").severity, Severity::warning);

  survey = good_source();
  survey.cascades = {"shop.items (fk1)"};
  EXPECT_EQ(the_one(survey, follow(), "cascade").severity, Severity::warning);
  survey.version = 90'600;
  EXPECT_EQ(judge_source(survey, follow()), std::vector<Finding>()) << "logged from 9.6 on";
}

TEST(Preflight, SemiSyncMustBeThere) {
  PreflightOptions options = follow();
  options.semi_sync = true;
  SourceSurvey survey = good_source();
  EXPECT_EQ(the_one(survey, options, "no semi-synchronous").severity, Severity::problem);
  survey.variables["rpl_semi_sync_source_enabled"] = "OFF";
  EXPECT_EQ(the_one(survey, options, "switched off").mend, "SET GLOBAL rpl_semi_sync_source_enabled = 1");
}

}  // namespace
}  // namespace binferry::mysql
