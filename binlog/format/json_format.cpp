#include "binlog/format/formatter.hpp"
#include "binlog/format/json_string.hpp"
#include "binlog/row/value_text.hpp"

#include <charconv>
#include <cmath>
#include <vector>

namespace binferry {
namespace {

template <class Integer>
void append_integer(Integer value, std::string& out) {
  char digits[24];
  const auto end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

class JsonFormatter final : public Formatter {
 public:
  void begin(const Transaction& transaction, std::uint64_t rows, std::string& out) override {
    make_place(transaction, rows);
    if (transaction.outcome == Outcome::xa_committed || transaction.outcome == Outcome::xa_rolled_back) {
      out += R"({"op":"xa","state":")";
      out += transaction.outcome == Outcome::xa_committed ? "committed" : "rolled back";
      out += R"(","xid":)";
      append_json_quoted(transaction.xa, out);
      out += ',';
      append_place(transaction.offset, transaction.timestamp, out);
      out += "}\n";
    }
  }

  Status change(const Change& change, std::string& out) override {
    switch (change.kind) {
      case Change::Kind::row: return row(change, out);
      case Change::Kind::ddl: statement("ddl", change.ddl.schema, change.ddl.sql, change, out); break;
      case Change::Kind::statement:
        // Changes that a row-based consumer cannot follow must not pass in silence; the rest touches no table.
        if (change.statement.kind == StatementClass::statement_based) {
          statement("statement", change.statement.schema, change.statement.sql, change, out);
        }
        break;
      case Change::Kind::note: break;
    }
    return {};
  }

  void end(std::string&) override {}

 private:
  // The parts of a line that a transaction or a table settles are made once.
  void make_place(const Transaction& transaction, std::uint64_t rows) {
    file_ = R"("file":)";
    append_json_quoted(transaction.file, file_);
    file_ += R"(,"offset":)";
    end_ = R"(,"end":)" + std::to_string(transaction.end) + R"(,"gtid":)";
    const std::string gtid = text_of(transaction.gtid);
    if (gtid.empty()) {
      end_ += "null";
    } else {
      append_json_quoted(gtid, end_);
    }
    end_ += R"(,"server_id":)" + std::to_string(transaction.server_id) + R"(,"time":")";
    tail_ = R"(","commit_us":)" + (transaction.commit_us != 0 ? std::to_string(transaction.commit_us) : "null");
    tail_ += R"(,"xid":)" + (transaction.xid ? std::to_string(*transaction.xid) : "null");
    rows_ = R"(,"rows":)" + std::to_string(rows);
    if (transaction.outcome == Outcome::prepared) {
      rows_ += R"(,"xa":{"state":"prepared","xid":)";
      append_json_quoted(transaction.xa, rows_);
      rows_ += '}';
    }
    rows_ += "}\n";
    event_offset_ = 0;
  }

  void append_place(std::uint64_t offset, std::uint32_t timestamp, std::string& out) {
    if (offset != event_offset_ || timestamp != event_time_) {
      event_offset_ = offset;
      event_time_ = timestamp;
      event_ = file_ + std::to_string(offset) + end_;
      append_utc_time(timestamp, event_);
      event_ += tail_;
    }
    out += event_;
  }

  void statement(std::string_view op, std::string_view schema, std::string_view sql, const Change& change,
                 std::string& out) {
    out += R"({"op":")";
    out += op;
    out += R"(","schema":)";
    append_json_quoted(schema, out);
    out += R"(,"sql":)";
    append_json_quoted(sql, out);
    out += ',';
    append_place(change.offset, change.timestamp, out);
    out += "}\n";
  }

  void take_table(const std::shared_ptr<const Table>& table) {
    if (table == table_) return;
    table_ = table;
    names_.clear();
    for (const Column& column : table->columns) {
      std::string& name = names_.emplace_back();
      append_json_quoted(column.name, name);
      name += ':';
    }
    head_ = R"(","schema":)";
    append_json_quoted(table->schema, head_);
    head_ += R"(,"table":)";
    append_json_quoted(table->name, head_);
    head_ += R"(,"key":[)";
    for (std::size_t i = 0; i < table->key.size(); ++i) {
      if (i != 0) head_ += ',';
      append_json_quoted(table->columns[table->key[i]].name, head_);
    }
    head_ += R"(],"before":)";
  }

  Status row(const Change& change, std::string& out) {
    const RowChange& row = change.row;
    take_table(row.table);
    static constexpr std::string_view kOps[] = {R"({"op":"insert)", R"({"op":"update)", R"({"op":"delete)"};
    out += kOps[static_cast<std::size_t>(row.op)];
    out += head_;
    if (Status done = image(row.before, {}, out); !done) return done;
    out += R"(,"after":)";
    if (Status done = image(row.after, row.before, out); !done) return done;
    out += ',';
    append_place(change.offset, change.timestamp, out);
    out += R"(,"row":)";
    append_integer(row.row, out);
    out += rows_;
    return {};
  }

  Status image(std::span<const Value> values, std::span<const Value> before, std::string& out) {
    if (values.empty()) {
      out += "null";
      return {};
    }
    out += '{';
    bool first = true;
    for (std::size_t i = 0; i < values.size(); ++i) {
      if (!values[i].present()) continue;
      if (!first) out += ',';
      first = false;
      out += names_[i];
      const Status done = values[i].kind == ValueKind::json_diff && !before.empty()
                              ? quoted_diff(table_->columns[i], before[i], values[i], out)
                              : value(table_->columns[i], values[i], out);
      if (!done) return done;
    }
    out += '}';
    return {};
  }

  Status value(const Column& column, const Value& value, std::string& out) {
    switch (value.kind) {
      case ValueKind::absent:
      case ValueKind::null: out += "null"; return {};
      case ValueKind::integer: append_integer(value.i, out); return {};
      case ValueKind::uinteger:
        if (column.type == ColumnType::enum_ || column.type == ColumnType::set_) return quoted(column, value, out);
        append_integer(value.u, out);
        return {};
      case ValueKind::float_:
        return std::isfinite(value.f) ? append_text(column, value, out) : quoted(column, value, out);
      case ValueKind::double_:
        return std::isfinite(value.d) ? append_text(column, value, out) : quoted(column, value, out);
      case ValueKind::decimal:
      case ValueKind::date:
      case ValueKind::time:
      case ValueKind::datetime:
      case ValueKind::timestamp: {
        out += '"';
        const Status done = append_text(column, value, out);
        out += '"';
        return done;
      }
      case ValueKind::text:
      case ValueKind::binary:
        if (!is_binary(column)) return quoted(column, value, out);
        scratch_.clear();
        if (Status done = append_text(column, value, scratch_); !done) return done;
        out += R"({"base64":")";
        append_base64(bytes_of(scratch_), out);
        out += "\"}";
        return {};
      case ValueKind::json:
      case ValueKind::json_diff: return quoted(column, value, out);
    }
    return {};
  }

  Status quoted(const Column& column, const Value& value, std::string& out) {
    scratch_.clear();
    if (Status done = append_text(column, value, scratch_); !done) return done;
    append_json_quoted(scratch_, out);
    return {};
  }

  Status quoted_diff(const Column& column, const Value& before, const Value& after, std::string& out) {
    scratch_.clear();
    if (Status done = append_text_after(column, before, after, scratch_); !done) return done;
    append_json_quoted(scratch_, out);
    return {};
  }

  std::string file_;   // "file":"…","offset":
  std::string end_;    // ,"end":…,"gtid":…,"server_id":…,"time":"
  std::string tail_;   // ","commit_us":…,"xid":…
  std::string rows_;   // ,"rows":…}
  std::string event_;  // the three above, for one event
  std::uint64_t event_offset_ = 0;
  std::uint32_t event_time_ = 0;
  std::shared_ptr<const Table> table_;
  std::string head_;
  std::vector<std::string> names_;
  std::string scratch_;
};

}  // namespace

std::unique_ptr<Formatter> make_json_formatter() {
  return std::make_unique<JsonFormatter>();
}

}  // namespace binferry
