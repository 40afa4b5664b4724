// A connection to a server under test, over libmariadb. Tests only: binferry itself speaks the protocol.
//
// Failures throw SqlError; `attempt` gives them as a value for those who expect the server to refuse.
// One thread at a time may use a client.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::test {

struct Endpoint {
  std::string host;  // used when `socket` is empty
  std::uint16_t port = 0;
  std::string socket;  // path of the unix socket
  std::string user = "root";
  std::string password;
  std::string database;
};

class SqlError : public std::runtime_error {
 public:
  SqlError(unsigned code, const std::string& message) : std::runtime_error(message), code_(code) {}
  [[nodiscard]] unsigned code() const { return code_; }  // the server's number (1062, …), or 2000… of the client

 private:
  unsigned code_;
};

struct ResultColumn {
  std::string name;
  unsigned type = 0;     // MYSQL_TYPE_…
  unsigned charset = 0;  // collation id; 63 is binary
  unsigned flags = 0;
};

using SqlRow = std::vector<std::optional<std::string>>;  // bytes as the server printed them

struct ResultSet {
  std::vector<ResultColumn> columns;
  std::vector<SqlRow> rows;
};

class SqlClient {
 public:
  explicit SqlClient(Endpoint endpoint);  // connects; the session's character set is utf8mb4
  ~SqlClient();
  SqlClient(SqlClient&&) noexcept;
  SqlClient& operator=(SqlClient&&) noexcept;

  // Runs one or several statements separated by `;` and drops what they return. Stops at the first refusal.
  void execute(std::string_view sql);
  // The same; the refusal instead of an exception. Throws when the link itself broke.
  std::optional<SqlError> attempt(std::string_view sql);
  // One statement; the rows of its first result set.
  ResultSet query(std::string_view sql);
  // First column of the first row; "" for NULL or no row.
  std::string scalar(std::string_view sql);

  void reconnect();
  [[nodiscard]] std::uint64_t affected_rows() const;
  [[nodiscard]] unsigned long thread_id() const;
  [[nodiscard]] const Endpoint& endpoint() const { return endpoint_; }

 private:
  struct Handle;
  void send(std::string_view sql);
  void drain();
  [[noreturn]] void raise(std::string_view doing);

  Endpoint endpoint_;
  std::unique_ptr<Handle> handle_;
};

std::string quote_name(std::string_view name);    // `a``b`
std::string quote_text(std::string_view bytes);   // 'it\'s', right when NO_BACKSLASH_ESCAPES is off
std::string hex_literal(std::string_view bytes);  // x'00ff'; '' when empty

}  // namespace binferry::test
