#include "binlog/format/formatter.hpp"
#include "binlog/format/json_string.hpp"
#include "binlog/format/same_value.hpp"
#include "binlog/row/value_text.hpp"

#include <algorithm>
#include <utility>

namespace binferry {
namespace {

namespace style {
constexpr std::string_view kReset = "\x1b[0m";
constexpr std::string_view kHeader = "\x1b[33m";  // yellow
constexpr std::string_view kInsert = "\x1b[32m";  // green
constexpr std::string_view kUpdate = "\x1b[34m";  // blue
constexpr std::string_view kDelete = "\x1b[31m";  // red
constexpr std::string_view kOther = "\x1b[35m";   // magenta
constexpr std::string_view kFaint = "\x1b[2m";
}  // namespace style

constexpr std::string_view kArrow = " \u2192 ";
constexpr std::string_view kUnknown = "?";  // the image does not hold the value

bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

void append_escape(char c, std::string& out) {
  switch (c) {
    case '\n': out += "\\n"; return;
    case '\r': out += "\\r"; return;
    case '\t': out += "\\t"; return;
    case '\0': out += "\\0"; return;
    default: break;
  }
  constexpr std::string_view kDigits = "0123456789abcdef";
  out += "\\x";
  out += kDigits[static_cast<unsigned char>(c) >> 4];
  out += kDigits[static_cast<unsigned char>(c) & 15];
}

// Names as they are where nothing could be misread, else as SQL quotes them.
void append_name(std::string_view name, std::string& out) {
  const auto is_plain = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') || (byte >= '0' && byte <= '9') ||
           byte == '_' || byte == '$' || byte == '@' || byte >= 0x80;
  };
  if (!name.empty() && std::ranges::all_of(name, is_plain)) {
    out += name;
    return;
  }
  out += '`';
  for (const char c : name) {
    if (c == '`') out += '`';
    if (is_control(c)) {
      append_escape(c, out);
    } else {
      out += c;
    }
  }
  out += '`';
}

// One line, and nothing that a terminal would obey.
void append_quoted(std::string_view text, std::string& out) {
  out += '\'';
  for (const char c : text) {
    if (c == '\'' || c == '\\') {
      out += '\\';
      out += c;
    } else if (is_control(c)) {
      append_escape(c, out);
    } else {
      out += c;
    }
  }
  out += '\'';
}

// A statement's lines keep their breaks, each behind the indent.
void append_indented(std::string_view sql, std::string_view indent, std::string& out) {
  out += indent;
  for (const char c : sql) {
    if (c == '\n') {
      out += '\n';
      out += indent;
    } else if (is_control(c) && c != '\t') {
      if (c != '\r') append_escape(c, out);
    } else {
      out += c;
    }
  }
}

class TextFormatter final : public Formatter {
 public:
  explicit TextFormatter(const TextOptions& options) : options_(options) {}

  void begin(const Transaction& transaction, std::uint64_t rows, std::string& out) override {
    if (std::exchange(any_, true)) out += '\n';
    paint(style::kHeader, out);
    out += transaction.file + ":" + std::to_string(transaction.offset) + "-" + std::to_string(transaction.end);
    reset(out);
    out += "  ";
    append_time(transaction, out);
    out += "  server " + std::to_string(transaction.server_id);
    if (const std::string gtid = text_of(transaction.gtid); !gtid.empty()) out += "  GTID " + gtid;
    if (transaction.xid) out += "  xid " + std::to_string(*transaction.xid);
    if (!transaction.xa.empty()) out += "  XA " + transaction.xa;
    out += "  ";
    out += name_of(transaction.outcome);
    if (transaction.compressed) out += "  compressed";
    if (transaction.alter_flags == Transaction::kStartAlter) out += "  START ALTER";
    if (transaction.start_alter != 0) {
      const bool commits = (transaction.alter_flags & Transaction::kCommitAlter) != 0;
      out += (commits ? "  COMMIT ALTER " : "  ROLLBACK ALTER ") + std::to_string(transaction.start_alter);
    }
    if (rows != 0 || !transaction.standalone) out += "  " + std::to_string(rows) + (rows == 1 ? " row" : " rows");
    out += '\n';
    shown_note_.clear();
  }

  Status change(const Change& change, std::string& out) override {
    switch (change.kind) {
      case Change::Kind::row: return row(change.row, out);
      case Change::Kind::ddl: statement("DDL", change.ddl.schema, change.ddl.sql, out); break;
      case Change::Kind::statement: other_statement(change.statement, out); break;
      case Change::Kind::note:
        if (options_.notes) note(change.note, out);
        break;
    }
    return {};
  }

  void end(std::string&) override {}

 private:
  void paint(std::string_view code, std::string& out) const {
    if (options_.colour) out += code;
  }
  void reset(std::string& out) const { paint(style::kReset, out); }

  // `2026-11-23 07:12:42.123456 UTC`; without the fraction where the log has only seconds.
  static void append_time(const Transaction& transaction, std::string& out) {
    const bool exact = transaction.commit_us != 0;
    const std::size_t at = out.size();
    append_utc_time(exact ? transaction.commit_us / 1'000'000 : transaction.timestamp, out);
    out[at + out.substr(at).find('T')] = ' ';
    out.pop_back();  // Z
    if (exact) {
      const std::string fraction = std::to_string(1'000'000 + transaction.commit_us % 1'000'000);
      out += '.';
      out.append(fraction, 1);
    }
    out += " UTC";
  }

  void statement(std::string_view what, std::string_view schema, std::string_view sql, std::string& out) const {
    out += "  ";
    paint(style::kOther, out);
    out += what;
    reset(out);
    if (!schema.empty()) {
      out += "  use ";
      append_name(schema, out);
    }
    out += '\n';
    append_indented(sql, "    ", out);
    out += '\n';
  }

  void other_statement(const StatementChange& change, std::string& out) const {
    if (change.kind == StatementClass::account) {
      statement(name_of(change.kind), change.schema, "(the text of account statements is not shown)", out);
    } else {
      statement(name_of(change.kind), change.schema, change.sql, out);
    }
  }

  void note(std::string_view text, std::string& out) {
    if (text == shown_note_) return;  // once for a statement, though it stands before each of its events
    shown_note_ = text;
    paint(style::kFaint, out);
    append_indented(text, "  # ", out);
    reset(out);
    out += '\n';
  }

  Status row(const RowChange& change, std::string& out) {
    static constexpr std::string_view kOps[] = {"INSERT ", "UPDATE ", "DELETE "};
    static constexpr std::string_view kStyles[] = {style::kInsert, style::kUpdate, style::kDelete};
    const auto op = static_cast<std::size_t>(change.op);
    out += "  ";
    paint(kStyles[op], out);
    out += kOps[op];
    reset(out);
    append_name(change.table->schema, out);
    out += '.';
    append_name(change.table->name, out);
    const Status done = change.op == RowOp::update  ? update(change, out)
                        : change.op == RowOp::write ? image(*change.table, change.after, out)
                                                    : image(*change.table, change.before, out);
    if (!done) return done;
    if (change.undone) out += "  (rolled back to a savepoint; the table's engine keeps it)";
    out += '\n';
    return {};
  }

  Status image(const Table& table, std::span<const Value> values, std::string& out) {
    std::string_view separator = "  ";
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i].present()) continue;
      out += separator;
      separator = ", ";
      append_name(table.columns[i].name, out);
      out += ": ";
      if (Status done = value(table.columns[i], values[i], out); !done) return done;
    }
    return {};
  }

  // The key, then what changed. Without a key everything identifies the row, so everything is shown.
  Status update(const RowChange& change, std::string& out) {
    const Table& table = *change.table;
    for (const std::uint16_t index : table.key) {
      if (index >= change.before.size() || !change.before[index].present()) continue;
      out += ' ';
      append_name(table.columns[index].name, out);
      out += '=';
      if (Status done = value(table.columns[index], change.before[index], out); !done) return done;
    }
    std::string_view separator = "  ";
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      const Value& before = change.before[i];
      const Value& after = change.after[i];
      const bool changed = after.present() && !same_value(before, after);
      if (!changed && (!table.key.empty() || !before.present())) continue;
      out += separator;
      separator = ", ";
      append_name(table.columns[i].name, out);
      out += ": ";
      if (before.present()) {
        if (Status done = value(table.columns[i], before, out); !done) return done;
      } else {
        out += kUnknown;
      }
      if (!changed) continue;
      out += kArrow;
      if (after.kind == ValueKind::json_diff) {
        if (Status done = append_text_after(table.columns[i], before, after, out); !done) return done;
      } else if (Status done = value(table.columns[i], after, out); !done) {
        return done;
      }
    }
    return {};
  }

  Status value(const Column& column, const Value& value, std::string& out) {
    if (value.is_null()) {
      out += "NULL";
      return {};
    }
    if (is_numeric(column) || value.kind == ValueKind::json || value.kind == ValueKind::json_diff) {
      return append_text(column, value, out);
    }
    scratch_.clear();
    if (Status done = append_text(column, value, scratch_); !done) return done;
    if (is_binary(column)) {
      out += "x'";
      out += to_hex(bytes_of(scratch_));
      out += '\'';
    } else {
      append_quoted(scratch_, out);
    }
    return {};
  }

  TextOptions options_;
  bool any_ = false;
  std::string shown_note_;
  std::string scratch_;
};

}  // namespace

std::unique_ptr<Formatter> make_text_formatter(const TextOptions& options) {
  return std::make_unique<TextFormatter>(options);
}

}  // namespace binferry
