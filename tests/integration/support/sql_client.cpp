#include "tests/integration/support/sql_client.hpp"

#include <mysql.h>

#include <utility>

namespace binferry::test {

struct SqlClient::Handle {
  MYSQL* mysql = nullptr;
  Handle() : mysql(mysql_init(nullptr)) {}
  ~Handle() { mysql_close(mysql); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
};

SqlClient::SqlClient(Endpoint endpoint) : endpoint_(std::move(endpoint)) {
  reconnect();
}
SqlClient::~SqlClient() = default;
SqlClient::SqlClient(SqlClient&&) noexcept = default;
SqlClient& SqlClient::operator=(SqlClient&&) noexcept = default;

void SqlClient::raise(std::string_view doing) {
  std::string message = mysql_error(handle_->mysql);
  message += " [";
  message += doing.substr(0, 400);
  message += ']';
  throw SqlError(mysql_errno(handle_->mysql), message);
}

void SqlClient::reconnect() {
  handle_ = std::make_unique<Handle>();
  unsigned timeout_s = 60;
  mysql_options(handle_->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &timeout_s);
  mysql_options(handle_->mysql, MYSQL_OPT_READ_TIMEOUT, &timeout_s);
  mysql_options(handle_->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const bool local = !endpoint_.socket.empty();
  if (mysql_real_connect(handle_->mysql, local ? nullptr : endpoint_.host.c_str(), endpoint_.user.c_str(),
                         endpoint_.password.c_str(), endpoint_.database.empty() ? nullptr : endpoint_.database.c_str(),
                         endpoint_.port, local ? endpoint_.socket.c_str() : nullptr,
                         CLIENT_MULTI_STATEMENTS) == nullptr) {
    raise("connect");
  }
}

void SqlClient::send(std::string_view sql) {
  if (mysql_real_query(handle_->mysql, sql.data(), static_cast<unsigned long>(sql.size())) != 0) raise(sql);
}

// Reads to the end whatever the statements gave, so that the connection is ready for the next.
void SqlClient::drain() {
  for (;;) {
    if (MYSQL_RES* result = mysql_use_result(handle_->mysql)) {
      while (mysql_fetch_row(result) != nullptr) {
      }
      mysql_free_result(result);
    }
    const int next = mysql_next_result(handle_->mysql);
    if (next < 0) return;
    if (next > 0) raise("a later statement");
  }
}

void SqlClient::execute(std::string_view sql) {
  send(sql);
  drain();
}

std::optional<SqlError> SqlClient::attempt(std::string_view sql) {
  constexpr unsigned kFirstClientError = 2000;
  constexpr unsigned kLastClientError = 2999;
  try {
    execute(sql);
    return std::nullopt;
  } catch (const SqlError& error) {
    if (error.code() >= kFirstClientError && error.code() <= kLastClientError) throw;
    return error;
  }
}

ResultSet SqlClient::query(std::string_view sql) {
  send(sql);
  ResultSet set;
  MYSQL_RES* result = mysql_store_result(handle_->mysql);
  if (result == nullptr) {
    if (mysql_field_count(handle_->mysql) != 0) raise(sql);
    drain();
    return set;
  }
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> owner(result, mysql_free_result);
  const unsigned count = mysql_num_fields(result);
  const MYSQL_FIELD* fields = mysql_fetch_fields(result);
  for (unsigned i = 0; i < count; ++i) {
    set.columns.push_back(
        {{fields[i].name, fields[i].name_length}, fields[i].type, fields[i].charsetnr, fields[i].flags});
  }
  while (MYSQL_ROW row = mysql_fetch_row(result)) {
    const unsigned long* lengths = mysql_fetch_lengths(result);
    SqlRow& out = set.rows.emplace_back();
    for (unsigned i = 0; i < count; ++i) {
      if (row[i] == nullptr) {
        out.emplace_back();
      } else {
        out.emplace_back(std::in_place, row[i], lengths[i]);
      }
    }
  }
  if (mysql_more_results(handle_->mysql) != 0) {
    mysql_next_result(handle_->mysql);
    drain();
  }
  return set;
}

std::string SqlClient::scalar(std::string_view sql) {
  const ResultSet set = query(sql);
  return set.rows.empty() ? std::string() : set.rows.front().front().value_or("");
}

std::uint64_t SqlClient::affected_rows() const {
  return mysql_affected_rows(handle_->mysql);
}
unsigned long SqlClient::thread_id() const {
  return mysql_thread_id(handle_->mysql);
}

std::string quote_name(std::string_view name) {
  std::string text = "`";
  for (const char c : name) {
    text += c;
    if (c == '`') text += c;
  }
  return text + '`';
}

std::string quote_text(std::string_view bytes) {
  std::string text = "'";
  for (const char c : bytes) {
    if (c == '\0') {
      text += "\\0";
      continue;
    }
    if (c == '\n') {  // one statement, one line: traces stay readable
      text += "\\n";
      continue;
    }
    if (c == '\'' || c == '\\') text += '\\';
    text += c;
  }
  return text + '\'';
}

std::string hex_literal(std::string_view bytes) {
  if (bytes.empty()) return "''";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text = "x'";
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4U];
    text += kDigits[byte & 15U];
  }
  return text + '\'';
}

}  // namespace binferry::test
