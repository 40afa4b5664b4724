// What must be right at a server before binferry can be its replica, and the statement that mends what is not.
//
// gather_source() asks, judge_source() decides without a server, preflight() does both. Nothing is changed at the
// source. One thread.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/source/mysql/grants.hpp"
#include "binlog/source/mysql/mysql_connection.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::mysql {

struct PreflightOptions {
  std::vector<std::string> schemas;  // patterns of what the replica is to hold; empty: all but the server's own
  std::uint32_t server_id = 0;       // ours; 0: not decided yet
  bool semi_sync = false;
  bool needs_snapshot = false;
};

struct Finding {
  enum class Severity : std::uint8_t {
    problem,  // it cannot work
    warning,  // it works, and somebody should know
  };
  Severity severity = Severity::problem;
  std::string what;  // one clause
  std::string mend;  // the SQL statement or the setting that mends it; may be empty
  bool operator==(const Finding&) const = default;
};

// A table as far as preflight looks at it.
struct SourceTable {
  std::string schema;
  std::string name;
  std::string engine;
  bool has_key = false;
  bool transactional = true;
};

// What the server answered.
struct SourceSurvey {
  ServerKind kind = ServerKind::mysql;
  std::uint32_t version = 0;                                  // as FormatDescription::version
  std::map<std::string, std::string, std::less<>> variables;  // global, names in lower case
  std::optional<std::string> account;                         // 'user'@'host', as GRANT writes it
  std::optional<Grants> grants;                               // nothing if the server would not show them
  std::map<std::uint32_t, std::string> replicas;              // by server id: host
  bool replicas_known = false;
  std::vector<std::string> schemas;   // that the options choose, by name
  std::vector<SourceTable> tables;    // of those schemas
  std::vector<std::string> cascades;  // `schema.child (constraint)` of foreign keys that cascade

  // Empty if the server has no such variable.
  [[nodiscard]] std::string variable(std::string_view name) const;
};

// Errors: as Connection::query() for what no server refuses.
Result<SourceSurvey> gather_source(Connection& connection, const PreflightOptions& options);
std::vector<Finding> judge_source(const SourceSurvey& survey, const PreflightOptions& options);

// Problems first.
Result<std::vector<Finding>> preflight(Connection& connection, const PreflightOptions& options);

}  // namespace binferry::mysql
