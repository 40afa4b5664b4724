#include "binlog/format/formatter.hpp"
#include "binlog/format/json_string.hpp"
#include "binlog/format/same_value.hpp"
#include "binlog/format/sql_literal.hpp"
#include "binlog/row/value_text.hpp"
#include "binlog/schema/statement_classifier.hpp"

#include <algorithm>
#include <variant>

namespace binferry {
namespace {

// For row changes: store what the source held, zeros in AUTO_INCREMENT columns and odd dates too, and fail rather than
// adjust a value.
constexpr std::string_view kRowSqlMode = "'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES,STRICT_ALL_TABLES'";
// For rows with an ENUM that holds index 0, what became of an invalid value: no strict mode takes it.
constexpr std::string_view kInvalidEnumSqlMode = "'NO_AUTO_VALUE_ON_ZERO,ALLOW_INVALID_DATES'";

bool is_invalid_enum(const Column& column, const Value& value) {
  return column.type == ColumnType::enum_ && value.kind == ValueKind::uinteger && value.u == 0;
}

bool stores_invalid_enum(const RowChange& change) {
  for (std::size_t i = 0; i < change.after.size(); ++i) {
    if (is_invalid_enum(change.table->columns[i], change.after[i])) return true;
  }
  return false;
}

// What the triggers of the source wrote stands in the log as rows: a trigger on the server that takes the statements
// would write it again.
bool is_about_trigger(const StatementChange& statement) {
  if (statement.kind != StatementClass::other_ddl) return false;
  return classify_statement(statement.sql, statement.dialect).verb.ends_with(" TRIGGER");
}

// Ends statements whose own text may hold semicolons (routines, triggers).
constexpr std::string_view kDelimiter = "/*!*/;";

class SqlFormatter final : public Formatter {
 public:
  void begin(const Transaction& transaction, std::uint64_t, std::string& out) override {
    if (!started_) {
      out += "SET NAMES utf8mb4;\nSET time_zone='+00:00';\n";
      started_ = true;
    }
    transaction_ = &transaction;
    opened_ = false;
    out += "-- " + transaction.file + ":" + std::to_string(transaction.offset) + "-" + std::to_string(transaction.end) +
           " ";
    append_utc_time(transaction.timestamp, out);
    if (const std::string gtid = text_of(transaction.gtid); !gtid.empty()) out += " GTID " + gtid;
    out += '\n';
    if (transaction.outcome == Outcome::xa_committed) out += "XA COMMIT " + transaction.xa + ";\n";
    if (transaction.outcome == Outcome::xa_rolled_back) out += "XA ROLLBACK " + transaction.xa + ";\n";
  }

  Status change(const Change& change, std::string& out) override {
    switch (change.kind) {
      case Change::Kind::row: return row(change.row, out);
      case Change::Kind::ddl: ddl(change, out); return {};
      case Change::Kind::statement: return other_statement(change, out);
      case Change::Kind::note: return {};
    }
    return {};
  }

  void end(std::string& out) override {
    if (transaction_->outcome == Outcome::prepared) {
      open(out);  // an empty branch can be prepared, too, and somebody will commit it
      out += "XA END " + transaction_->xa + ";\nXA PREPARE " + transaction_->xa + ";\n";
      // The branch keeps its session from anything else until it ends; what follows can run in another one.
      started_ = no_foreign_key_checks_ = false;
      schema_.clear();
      sql_mode_.clear();
    } else if (opened_) {
      out += transaction_->outcome == Outcome::rolled_back ? "ROLLBACK;\n" : "COMMIT;\n";
    }
  }

 private:
  void open(std::string& out) {
    if (opened_) return;
    opened_ = true;
    if (transaction_->outcome == Outcome::prepared) {
      out += "XA START " + transaction_->xa + ";\n";
    } else {
      out += "BEGIN;\n";
    }
  }

  static void append_comment(std::string_view text, std::string& out) {
    out += "-- ";
    for (const char c : text) {
      if (c != '\r') out += c;
      if (c == '\n') out += "-- ";
    }
    out += '\n';
  }

  void set_mode(std::string_view mode, std::string& out) {
    if (mode == sql_mode_) return;
    sql_mode_ = mode;
    out += "SET sql_mode=";
    out += mode;
    out += ";\n";
  }

  void use(std::string_view schema, std::string& out) {
    if (schema.empty() || schema == schema_) return;
    schema_ = schema;
    out += "USE ";
    append_sql_name(schema, out);
    out += ";\n";
  }

  void statement(std::string_view schema, std::string_view sql, const SqlDialect& dialect, std::uint32_t timestamp,
                 std::string& out) {
    use(schema, out);
    set_mode(std::to_string(dialect.sql_mode), out);
    out += "SET TIMESTAMP=" + std::to_string(timestamp) + ";\n";
    const bool has_semicolon = sql.find(';') != std::string_view::npos;
    if (has_semicolon) out.append("DELIMITER ").append(kDelimiter).append("\n");
    out += sql;
    if (has_semicolon) {
      out.append("\n").append(kDelimiter).append("\nDELIMITER ;\n");
    } else {
      out += ";\n";
    }
    out += "SET TIMESTAMP=DEFAULT;\n";
  }

  // A statement about a database runs with no default database, for it may be this one, and not exist.
  void ddl(const Change& change, std::string& out) {
    const DdlStatement& parsed = *change.ddl.statement;
    const auto* const alter = std::get_if<AlterDatabase>(&parsed);
    const bool about_database = std::holds_alternative<CreateDatabase>(parsed) ||
                                std::holds_alternative<DropDatabase>(parsed) ||
                                (alter != nullptr && !alter->name.empty());
    if (std::holds_alternative<DropDatabase>(parsed)) schema_.clear();
    // How MySQL logs CREATE TABLE … SELECT. It would allow nothing but BINLOG statements up to the COMMIT.
    constexpr std::string_view kAtomic = " START TRANSACTION";
    std::string_view sql = change.ddl.sql;
    if (std::holds_alternative<CreateTable>(parsed) && sql.ends_with(kAtomic)) sql.remove_suffix(kAtomic.size());
    statement(about_database ? std::string_view{} : change.ddl.schema, sql, change.ddl.context.dialect,
              change.timestamp, out);
  }

  Status other_statement(const Change& change, std::string& out) {
    switch (change.statement.kind) {
      case StatementClass::statement_based:
        return fail(Errc::statement_based,
                    "a change logged as a statement cannot be redone exactly: what it depended on is not in the log",
                    "use binlog_format=ROW at the source, or mysqlbinlog for this log");
      case StatementClass::account: out += "-- an account statement, whose text is not shown\n"; return {};
      default:
        if (is_about_trigger(change.statement)) {
          out += "-- left out, for what the trigger wrote is in the log as rows:\n";
          append_comment(change.statement.sql, out);
          return {};
        }
        statement(change.statement.schema, change.statement.sql, change.statement.dialect, change.timestamp, out);
        return {};
    }
  }

  Status row(const RowChange& change, std::string& out) {
    const Table& table = *change.table;
    if (!table.names_known) {
      return std::unexpected(Error{Errc::not_found, "the log does not name the columns",
                                   table.schema + "." + table.name,
                                   "give the table's definition with --schema dump.sql (mysqldump --no-data)"});
    }
    open(out);
    set_mode(stores_invalid_enum(change) ? kInvalidEnumSqlMode : kRowSqlMode, out);
    if (change.no_foreign_key_checks != no_foreign_key_checks_) {
      no_foreign_key_checks_ = change.no_foreign_key_checks;
      out += no_foreign_key_checks_ ? "SET foreign_key_checks=0;\n" : "SET foreign_key_checks=1;\n";
    }
    switch (change.op) {
      case RowOp::write: return insert(table, change, out);
      case RowOp::update: return update(table, change, out);
      case RowOp::remove:
        out += "DELETE FROM ";
        append_table(table, out);
        if (Status done = where(table, change.before, out); !done) return done;
        return {};
    }
    return {};
  }

  static void append_table(const Table& table, std::string& out) {
    append_sql_name(table.schema, out);
    out += '.';
    append_sql_name(table.name, out);
  }

  static Status checked_value(const Column& column, const Value& value, std::string& out) {
    if (value.kind == ValueKind::integer && !column.sign_known) {
      return std::unexpected(Error{Errc::not_found, "the log does not tell whether the integer is unsigned",
                                   "column " + column.name, "give the table's definition with --schema dump.sql"});
    }
    return append_sql_value(column, value, out);
  }

  static Status insert(const Table& table, const RowChange& change, std::string& out) {
    out += "INSERT INTO ";
    append_table(table, out);
    out += " (";
    std::string values;
    for (std::size_t i = 0; i < change.after.size(); ++i) {
      const Column& column = table.columns[i];
      if (!change.after[i].present() || column.generated) continue;
      if (!values.empty()) {
        out += ',';
        values += ',';
      }
      append_sql_name(column.name, out);
      if (Status done = checked_value(column, change.after[i], values); !done) return done;
    }
    out += ") VALUES (";
    out += values;
    out += ");\n";
    return {};
  }

  static Status update(const Table& table, const RowChange& change, std::string& out) {
    std::string settings;
    for (std::size_t i = 0; i < change.after.size(); ++i) {
      const Column& column = table.columns[i];
      const Value& before = change.before[i];
      const Value& after = change.after[i];
      if (!after.present() || column.generated || same_value(before, after)) continue;
      if (!settings.empty()) settings += ", ";
      append_sql_name(column.name, settings);
      settings += '=';
      if (after.kind == ValueKind::json_diff) {
        if (Status done = json_after(column, before, after, settings); !done) return done;
      } else if (Status done = checked_value(column, after, settings); !done) {
        return done;
      }
    }
    if (settings.empty()) return {};
    out += "UPDATE ";
    append_table(table, out);
    out += " SET ";
    out += settings;
    return where(table, change.before, out);
  }

  // The whole document where the one before is known, else the expression that changes it.
  static Status json_after(const Column& column, const Value& before, const Value& after, std::string& out) {
    if (before.kind == ValueKind::json) {
      std::string text;
      if (Status done = append_text_after(column, before, after, text); !done) return done;
      append_sql_text(text, out);
      return {};
    }
    Column quoted = column;
    quoted.name.clear();
    append_sql_name(column.name, quoted.name);
    return append_text(quoted, after, out);
  }

  // By the key if the image holds all of it, else by everything that the image holds.
  static Status where(const Table& table, std::span<const Value> before, std::string& out) {
    out += " WHERE ";
    const bool by_key = !table.key.empty() && std::ranges::all_of(table.key, [&](std::uint16_t index) {
      return index < before.size() && before[index].present() && !before[index].is_null();
    });
    bool first = true;
    for (std::size_t i = 0; i < before.size(); ++i) {
      const bool in_key = std::ranges::find(table.key, i) != table.key.end();
      if (by_key ? !in_key : !before[i].present()) continue;
      if (!first) out += " AND ";
      first = false;
      const Column& column = table.columns[i];
      if (by_key && column.type != ColumnType::float_) {
        append_sql_name(column.name, out);
        out += '=';
        if (Status done = checked_value(column, before[i], out); !done) return done;
      } else if (Status done = append_sql_equals_exactly(column, before[i], out); !done) {
        return done;
      }
    }
    if (first) out += "TRUE";
    out += " LIMIT 1;\n";
    return {};
  }

  const Transaction* transaction_ = nullptr;
  bool started_ = false;
  bool opened_ = false;
  bool no_foreign_key_checks_ = false;
  std::string sql_mode_;
  std::string schema_;
};

}  // namespace

std::unique_ptr<Formatter> make_sql_formatter() {
  return std::make_unique<SqlFormatter>();
}

}  // namespace binferry
