// A MySQL 8 or 8.4 with GTIDs and one table, as far as binferry asks it before it asks for its log. Tests only.
#pragma once

#include "tests/unit/mysql/scripted_server.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::mysql::test {

inline constexpr const char* kUuid = "fde9933f-e70c-11f1-82fa-02fc00000001";

inline std::string set_to(int last) {
  return std::string(kUuid) + ":1-" + std::to_string(last);
}

// A MySQL 8 with one table in one schema.
class Mysql8 {
 public:
  explicit Mysql8(std::string version = "8.0.40")
      : is_84(version.starts_with("8.4")),
        server(std::move(version), [this](const std::string& sql) { return answer(sql); }) {}

  bool is_84;
  bool may_reload = false;
  std::string lock_privilege = "RELOAD";  // what the account has if it may
  std::string gtid_mode = "ON";
  std::string system_time_zone = "UTC";
  int executed = 10;
  int moves = 0;               // that often something commits between two looks at @@gtid_executed
  std::string owned;           // while `moves` lasts
  std::string statement = "";  // a table statement in the log since the attempt began
  std::uint64_t position = 1000;
  std::vector<std::vector<std::string>> rows = {{"1", "70"}, {"2", "80"}};  // of the table
  ScriptedServer server;

  [[nodiscard]] std::size_t asked(std::string_view start) {
    const std::vector<std::string> all = server.statements();
    return static_cast<std::size_t>(
        std::ranges::count_if(all, [&](const std::string& sql) { return sql.starts_with(start); }));
  }
  [[nodiscard]] std::ptrdiff_t place_of(std::string_view start) {
    const std::vector<std::string> all = server.statements();
    return std::ranges::find_if(all, [&](const std::string& sql) { return sql.starts_with(start); }) - all.begin();
  }

 private:
  Answer answer(const std::string& sql) {
    const auto is = [&](std::string_view start) { return sql.starts_with(start); };
    if (is("SELECT VERSION()")) return Answer::value(is_84 ? "8.4.3" : "8.0.40");
    if (is("SELECT @@GLOBAL.server_id, @@GLOBAL.version")) return {{"a", "b"}, {{"80", is_84 ? "8.4.3" : "8.0.40"}}};
    if (is("SELECT @@GLOBAL.server_id")) return Answer::value("80");
    if (is("SELECT @@GLOBAL.server_uuid")) return Answer::value(kUuid);
    if (is("SELECT @@GLOBAL.gtid_mode")) return Answer::value(gtid_mode);
    if (is("SELECT @@GLOBAL.gtid_purged")) return Answer::value(set_to(2));
    if (is("SELECT @@GLOBAL.gtid_owned")) return Answer::value(moves > 0 ? owned : "");
    if (is("SELECT @@GLOBAL.gtid_executed")) {
      if (moves > 0) {
        --moves;
        ++executed;
      }
      return Answer::value(set_to(executed));
    }
    if (is("SELECT @@GLOBAL.lower_case_table_names")) return Answer::value("0");
    if (is("SELECT @@GLOBAL.system_time_zone")) return Answer::value(system_time_zone);
    if (is("SELECT UNIX_TIMESTAMP()")) return Answer::value("1700000000");
    if (is("SELECT CURRENT_USER()")) return Answer::value("repl@%");
    if (is("SELECT engine FROM")) return {{"engine"}, {{"InnoDB"}}};
    if (is("SELECT table_schema, table_name, engine, data_length")) {
      return {{"s", "t", "e", "d"}, {{"shop", "orders", "InnoDB", "16384"}}};
    }
    if (is("SELECT t.table_schema")) return {{"s", "t", "e", "x", "k"}, {{"shop", "orders", "InnoDB", "YES", "1"}}};
    if (is("SELECT schema_name, default_collation_name")) return {{"s", "c"}, {{"shop", "utf8mb4_0900_ai_ci"}}};
    if (is("SELECT schema_name")) return {{"s"}, {{"shop"}}};
    if (is("SELECT constraint_schema")) return {{"a", "b", "c"}, {}};
    if (sql.find("FROM `shop`.`orders`") != std::string::npos) {
      return {{"my_row_id", "id"}, sql.ends_with("LIMIT 0") ? decltype(rows)() : rows};
    }
    if (is("SHOW GRANTS")) {
      // Privileges of old on one line, those that came with 8.0 on another.
      const bool is_dynamic = lock_privilege != "RELOAD";
      Answer grants{{"Grants for repl@%"}, {}};
      grants.rows.push_back({std::string("GRANT SELECT, ") + (may_reload && !is_dynamic ? "RELOAD, " : "") +
                             "REPLICATION SLAVE, REPLICATION CLIENT ON *.* TO `repl`@`%`"});
      if (may_reload && is_dynamic) grants.rows.push_back({"GRANT " + lock_privilege + " ON *.* TO `repl`@`%`"});
      return grants;
    }
    if (is("SHOW CREATE TABLE")) {
      return {
          {"Table", "Create Table"},
          {{"orders",
            "CREATE TABLE `orders` (\n  `my_row_id` bigint unsigned NOT NULL AUTO_INCREMENT /*!80023 INVISIBLE */,\n"
            "  `id` int DEFAULT NULL,\n  PRIMARY KEY (`my_row_id`)\n) ENGINE=InnoDB"}}};
    }
    if (is("SHOW BINARY LOGS")) {
      return {{"Log_name", "File_size", "Encrypted"},
              {{"binlog.000001", "500", "No"}, {"binlog.000002", "1000", "No"}}};
    }
    if (is("SHOW MASTER STATUS") || is("SHOW BINARY LOG STATUS")) {
      if (is("SHOW MASTER STATUS") == is_84) return Answer::refusal(1064, "You have an error in your SQL syntax");
      return {{"File", "Position", "a", "b", "c"}, {{"binlog.000002", std::to_string(position), "", "", ""}}};
    }
    if (is("SHOW SLAVE HOSTS") && is_84) return Answer::refusal(1064, "You have an error in your SQL syntax");
    if (is("SHOW REPLICAS")) return {{"Server_Id", "Host"}, {{"4711", "there"}}};
    if (is("SHOW BINLOG EVENTS")) {
      return {{"Log_name", "Pos", "Event_type", "Server_id", "End_log_pos", "Info"},
              {{"binlog.000002", "1000", "Query", "80", "1100", statement}}};
    }
    if (is("SHOW GLOBAL VARIABLES LIKE '%binlog%'")) {
      return {{"n", "v"},
              {{"binlog_format", "ROW"},
               {"binlog_row_image", "FULL"},
               {"binlog_checksum", "CRC32"},
               {"binlog_row_metadata", "FULL"}}};
    }
    if (is("SHOW GLOBAL VARIABLES LIKE 'log_bin'")) return {{"n", "v"}, {{"log_bin", "ON"}}};
    if (is("SHOW GLOBAL VARIABLES LIKE 'server_id'")) return {{"n", "v"}, {{"server_id", "80"}}};
    if (is("SHOW GLOBAL VARIABLES LIKE '%gtid_mode'")) return {{"n", "v"}, {{"gtid_mode", gtid_mode}}};
    if (is("SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync%'")) {
      return {{"n", "v"}, {{"rpl_semi_sync_source_enabled", "ON"}}};
    }
    if (is("SHOW")) return {{"n", "v"}, {}};
    // What an account without XA_RECOVER_ADMIN gets; that privilege is spoken of in SHOW WARNINGS alone.
    if (is("XA RECOVER")) {
      return Answer::refusal(
          1401, "XAER_RMERR: Fatal error occurred in the transaction branch - check your data for consistency");
    }
    if (is("SET max_statement_time")) return Answer::refusal(1193, "Unknown system variable 'max_statement_time'");
    if (is("FLUSH TABLES") && !may_reload) return Answer::refusal(1227, "Access denied; you need RELOAD");
    if (is("LOCK TABLES")) return Answer::refusal(1044, "Access denied for user to database 'shop'");
    return Answer::ok();
  }
};

}  // namespace binferry::mysql::test
