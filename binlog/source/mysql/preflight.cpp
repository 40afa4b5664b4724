#include "binlog/source/mysql/preflight.hpp"

#include "binlog/source/mysql/server_state.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace binferry::mysql {
namespace {

using Severity = Finding::Severity;

constexpr std::uint64_t kShortRetentionS = std::uint64_t{24} * 3600;
constexpr std::size_t kNamesShown = 10;

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return result;
}

std::uint64_t number(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::string text_of_cell(const std::optional<std::string_view>& cell) {
  return std::string(cell.value_or(""));
}

std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') result += c == '\'' ? '\'' : '\\';
    result += c;
  }
  return result + "'";
}

// `schema.table, schema.table and 3 more`.
std::string listed(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) text += (i == 0 ? "" : ", ") + names[i];
  if (names.size() > kNamesShown) text += " and " + std::to_string(names.size() - kNamesShown) + " more";
  return text;
}

// What a server refuses is an answer, too: it does not know the question, or the account may not ask it.
Result<bool> ask(Connection& connection, std::string_view sql, const Connection::OnRow& on_row) {
  Status asked = connection.query(sql, on_row);
  if (asked) return true;
  if (connection.refusal().code != 0) return false;
  return propagate(asked);
}

class Judge {
 public:
  Judge(const SourceSurvey& survey, const PreflightOptions& options) : survey_(survey), options_(options) {}

  std::vector<Finding> run() {
    log();
    identity();
    retention();
    privileges();
    semi_sync();
    tables();
    std::ranges::stable_sort(findings_, {}, &Finding::severity);
    return std::move(findings_);
  }

 private:
  void problem(std::string what, std::string mend) { add(Severity::problem, std::move(what), std::move(mend)); }
  void warning(std::string what, std::string mend) { add(Severity::warning, std::move(what), std::move(mend)); }
  void add(Severity severity, std::string what, std::string mend) {
    findings_.push_back({severity, std::move(what), std::move(mend)});
  }
  [[nodiscard]] std::string value(std::string_view name) const { return survey_.variable(name); }
  [[nodiscard]] bool is(std::string_view name, std::string_view wanted) const { return lower(value(name)) == wanted; }
  [[nodiscard]] bool is_mariadb() const { return survey_.kind == ServerKind::mariadb; }

  void log() {
    if (!is("log_bin", "on") && !is("log_bin", "1")) {
      problem("the server writes no binary log", "start it with --log-bin and --binlog-format=ROW");
      return;
    }
    if (const std::string format = lower(value("binlog_format")); !format.empty() && format != "row") {
      problem("binlog_format is " + value("binlog_format") + ": changes logged as statements cannot be followed",
              "SET GLOBAL binlog_format = 'ROW'; sessions that are connected keep theirs");
    }
    if (const std::string image = lower(value("binlog_row_image")); !image.empty() && image != "full") {
      warning("binlog_row_image is " + value("binlog_row_image") +
                  ": tables without a key need full images, and what a generated column holds is computed here",
              "SET GLOBAL binlog_row_image = 'FULL'");
    }
    if (lower(value("binlog_row_value_options")).find("partial_json") != std::string::npos) {
      warning("binlog_row_value_options is PARTIAL_JSON: it is understood, and needs the replica to hold each document",
              "");
    }
    if (is("binlog_checksum", "none")) {
      warning("the log has no checksums: damage on the way goes unnoticed", "SET GLOBAL binlog_checksum = 'CRC32'");
    }
    const std::string metadata = lower(value("binlog_row_metadata"));
    if (!metadata.empty() && metadata != "full") {
      warning("binlog_row_metadata is " + value("binlog_row_metadata") +
                  ": names and labels come from the table statements in the log",
              "SET GLOBAL binlog_row_metadata = 'FULL'");
    }
  }

  void identity() {
    const std::uint64_t theirs = number(value("server_id"));
    if (theirs == 0) problem("the server has no server_id", "SET GLOBAL server_id = 1; and the same in its my.cnf");
    if (options_.server_id == 0) return;
    if (theirs == options_.server_id) {
      problem("the server's own server_id is " + value("server_id") + ", the one that binferry is to use",
              "give binferry its own with --server-id");
    }
    if (const auto other = survey_.replicas.find(options_.server_id); other != survey_.replicas.end()) {
      problem("another replica uses server id " + std::to_string(options_.server_id) +
                  (other->second.empty() ? std::string() : " (" + other->second + ")"),
              "give binferry its own with --server-id");
    }
  }

  void retention() {
    std::uint64_t kept_s = number(value("binlog_expire_logs_seconds"));
    const bool in_seconds = kept_s != 0 || value("expire_logs_days").empty();
    // MariaDB writes days with a fraction.
    if (kept_s == 0) kept_s = number(value("expire_logs_days")) * 86'400;
    if (kept_s == 0 || kept_s >= kShortRetentionS) return;
    warning("the server keeps its log for " + std::to_string(kept_s / 3600) +
                " h: a replica that is away for longer must be made again",
            in_seconds ? "SET GLOBAL binlog_expire_logs_seconds = 604800" : "SET GLOBAL expire_logs_days = 7");
  }

  void grant(Severity severity, std::string_view what_for, std::string_view privilege, std::string_view level = "*.*") {
    const std::string account = survey_.account ? *survey_.account : std::string("the account");
    add(severity, "the account lacks " + std::string(privilege) + ", " + std::string(what_for),
        "GRANT " + std::string(privilege) + " ON " + std::string(level) + " TO " + account);
  }

  void privileges() {
    if (!survey_.grants) {
      warning("the server does not show the account's privileges", "");
      return;
    }
    const Grants& grants = *survey_.grants;
    const auto has_any = [&](std::initializer_list<std::string_view> names) {
      return std::ranges::any_of(names, [&](std::string_view name) { return grants.has_global(name); });
    };
    if (!has_any({"REPLICATION SLAVE", "REPLICATION REPLICA"})) {
      grant(Severity::problem, "which reading the log needs", "REPLICATION SLAVE");
    }
    if (!has_any({"REPLICATION CLIENT", "BINLOG MONITOR", "SUPER"})) {
      const bool monitor = is_mariadb() && survey_.version >= 100'502;
      grant(Severity::problem, "which asking for the log's position needs",
            monitor ? "BINLOG MONITOR" : "REPLICATION CLIENT");
    }
    if (!options_.needs_snapshot) return;
    for (const std::string& schema : survey_.schemas) {
      if (grants.has_on_schema("SELECT", schema)) continue;
      const bool all_tables = std::ranges::all_of(survey_.tables, [&](const SourceTable& table) {
        return table.schema != schema || grants.has_on_table("SELECT", schema, table.name);
      });
      const bool has_tables =
          std::ranges::any_of(survey_.tables, [&](const SourceTable& table) { return table.schema == schema; });
      if (all_tables && has_tables) continue;
      grant(Severity::problem, "which the snapshot of " + schema + " needs", "SELECT", "`" + schema + "`.*");
    }
    // A server that is still empty is a source like any other: who may read everything sees that there is nothing.
    if (survey_.schemas.empty() && !grants.has_global("SELECT")) {
      problem("the account sees none of the schemas that the replica is to hold",
              "GRANT SELECT ON *.* TO " + survey_.account.value_or("the account"));
    }
    if (!is_mariadb() && !grants.may_lock_globally()) {
      const bool by_gtids = survey_.version >= 50'700 && is("gtid_mode", "on");
      const bool by_tables = std::ranges::all_of(
          survey_.schemas, [&](const std::string& schema) { return grants.has_on_schema("LOCK TABLES", schema); });
      grant(by_gtids || by_tables ? Severity::warning : Severity::problem,
            "which makes taking the snapshot's position a matter of a moment", "RELOAD");
    }
    if (!is_mariadb() && survey_.version >= 80'000 && !grants.has_global("XA_RECOVER_ADMIN")) {
      grant(
          Severity::warning,
          "without which an XA transaction that is prepared while the snapshot is taken stops the stream when it ends",
          "XA_RECOVER_ADMIN");
    }
  }

  void semi_sync() {
    if (!options_.semi_sync) return;
    const bool is_new = !value("rpl_semi_sync_source_enabled").empty();
    const std::string name = is_new ? "rpl_semi_sync_source_enabled" : "rpl_semi_sync_master_enabled";
    if (value(name).empty()) {
      problem("the server has no semi-synchronous replication",
              survey_.version >= 80'026 ? "INSTALL PLUGIN rpl_semi_sync_source SONAME 'semisync_source.so'"
                                        : "INSTALL PLUGIN rpl_semi_sync_master SONAME 'semisync_master.so'");
    } else if (!is(name, "on")) {
      warning("semi-synchronous replication is switched off at the server", "SET GLOBAL " + name + " = 1");
    }
  }

  void tables() {
    std::vector<std::string> keyless;
    std::vector<std::string> plain;
    for (const SourceTable& table : survey_.tables) {
      const std::string name = table.schema + "." + table.name;
      if (!table.has_key) keyless.push_back(name);
      if (!table.transactional) plain.push_back(name + " (" + table.engine + ")");
    }
    if (!keyless.empty()) {
      warning("tables without a primary key, whose rows are found by all that they hold: " + listed(keyless),
              "ALTER TABLE … ADD PRIMARY KEY (…)");
    }
    if (!plain.empty() && options_.needs_snapshot) {
      const bool can_lock = !survey_.grants || std::ranges::all_of(survey_.tables, [&](const SourceTable& table) {
        return table.transactional || survey_.grants->has_on_schema("LOCK TABLES", table.schema);
      });
      if (can_lock) {
        warning("tables without transactions, which are locked for writing while they are copied: " + listed(plain),
                "ALTER TABLE … ENGINE=InnoDB");
      } else {
        grant(Severity::problem, "which copying tables without transactions needs: " + listed(plain), "LOCK TABLES");
      }
    }
    if (!survey_.cascades.empty() && !(survey_.kind == ServerKind::mysql && survey_.version >= 90'600)) {
      warning("foreign keys that cascade, which the log leaves out and binferry carries out itself: " +
                  listed(survey_.cascades),
              "");
    }
  }

  const SourceSurvey& survey_;
  const PreflightOptions& options_;
  std::vector<Finding> findings_;
};

Status gather_variables(Connection& connection, SourceSurvey& survey) {
  constexpr std::array<std::string_view, 5> kPatterns = {"%binlog%", "log_bin", "server_id", "%gtid_mode",
                                                         "%expire_logs%"};
  const auto keep = [&](QueryRow row) -> Status {
    if (row.size() > 1) survey.variables[lower(row[0].value_or(""))] = text_of_cell(row[1]);
    return {};
  };
  for (const std::string_view pattern : kPatterns) {
    Result<bool> asked = ask(connection, "SHOW GLOBAL VARIABLES LIKE '" + std::string(pattern) + "'", keep);
    if (!asked) return propagate(asked);
  }
  Result<bool> asked = ask(connection, "SHOW GLOBAL VARIABLES LIKE 'rpl_semi_sync%'", keep);
  if (!asked) return propagate(asked);
  return {};
}

Status gather_account(Connection& connection, SourceSurvey& survey) {
  Result<bool> known = ask(connection, "SELECT CURRENT_USER()", [&](QueryRow row) -> Status {
    const std::string name = text_of_cell(row[0]);
    const std::size_t at = name.rfind('@');
    if (at != std::string::npos) survey.account = quoted(name.substr(0, at)) + "@" + quoted(name.substr(at + 1));
    return {};
  });
  if (!known) return propagate(known);
  Grants grants;
  Result<bool> shown = ask(connection, "SHOW GRANTS", [&](QueryRow row) -> Status {
    grants.add(row[0].value_or(""));
    return {};
  });
  if (!shown) return propagate(shown);
  if (*shown) survey.grants = std::move(grants);
  return {};
}

Status gather_replicas(Connection& connection, SourceSurvey& survey) {
  const auto keep = [&](QueryRow row) -> Status {
    if (row.size() > 1) survey.replicas[static_cast<std::uint32_t>(number(row[0].value_or("")))] = text_of_cell(row[1]);
    return {};
  };
  const bool is_new = survey.kind == ServerKind::mysql && survey.version >= 80'022;
  Result<bool> shown = ask(connection, is_new ? "SHOW REPLICAS" : "SHOW SLAVE HOSTS", keep);
  if (!shown) return propagate(shown);
  survey.replicas_known = *shown;
  return {};
}

Status gather_tables(Connection& connection, const PreflightOptions& options, SourceSurvey& survey) {
  Result<bool> shown =
      ask(connection, "SELECT schema_name FROM information_schema.schemata ORDER BY schema_name", [&](QueryRow row) {
        const std::string name = text_of_cell(row[0]);
        if (wants_schema(options.schemas, name)) survey.schemas.push_back(name);
        return Status{};
      });
  if (!shown) return propagate(shown);
  const std::string base = "('BASE TABLE', 'SYSTEM VERSIONED')";
  shown = ask(connection,
              "SELECT t.table_schema, t.table_name, t.engine, e.transactions, EXISTS (SELECT 1 FROM"
              " information_schema.table_constraints c WHERE c.table_schema = t.table_schema AND c.table_name ="
              " t.table_name AND c.constraint_type = 'PRIMARY KEY') FROM information_schema.tables t LEFT JOIN"
              " information_schema.engines e ON e.engine = t.engine WHERE t.table_type IN " +
                  base + " AND t.table_schema NOT IN " + std::string(kSystemSchemaList),
              [&](QueryRow row) {
                if (row.size() < 5 || !wants_schema(options.schemas, row[0].value_or(""))) return Status{};
                survey.tables.push_back({text_of_cell(row[0]), text_of_cell(row[1]), text_of_cell(row[2]),
                                         row[4].value_or("0") != "0", row[3].value_or("NO") == "YES"});
                return Status{};
              });
  if (!shown) return propagate(shown);
  shown = ask(connection,
              "SELECT constraint_schema, table_name, constraint_name FROM"
              " information_schema.referential_constraints WHERE delete_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT')"
              " OR update_rule IN ('CASCADE', 'SET NULL', 'SET DEFAULT')",
              [&](QueryRow row) {
                if (row.size() < 3 || !wants_schema(options.schemas, row[0].value_or(""))) return Status{};
                survey.cascades.push_back(text_of_cell(row[0]) + "." + text_of_cell(row[1]) + " (" +
                                          text_of_cell(row[2]) + ")");
                return Status{};
              });
  if (!shown) return propagate(shown);
  std::ranges::sort(survey.tables, {}, [](const SourceTable& table) { return std::pair(table.schema, table.name); });
  return {};
}

}  // namespace

std::string SourceSurvey::variable(std::string_view name) const {
  const auto found = variables.find(name);
  return found == variables.end() ? std::string() : found->second;
}

Result<SourceSurvey> gather_source(Connection& connection, const PreflightOptions& options) {
  SourceSurvey survey;
  survey.kind = connection.greeting().kind;
  survey.version = connection.greeting().version_number;
  if (Status done = gather_variables(connection, survey); !done) return propagate(done);
  if (Status done = gather_account(connection, survey); !done) return propagate(done);
  if (Status done = gather_replicas(connection, survey); !done) return propagate(done);
  if (Status done = gather_tables(connection, options, survey); !done) return propagate(done);
  return survey;
}

std::vector<Finding> judge_source(const SourceSurvey& survey, const PreflightOptions& options) {
  return Judge(survey, options).run();
}

Result<std::vector<Finding>> preflight(Connection& connection, const PreflightOptions& options) {
  Result<SourceSurvey> survey = gather_source(connection, options);
  if (!survey) return propagate(survey);
  return judge_source(*survey, options);
}

}  // namespace binferry::mysql
