// A logged-in connection to a server, over TCP or a Unix socket, with TLS where the address asks for it.
//
// The thin adapter between the sans-io sessions and a socket. One thread; every wait has a deadline. Closing is without
// ceremony: the server sees the socket close. A Wakeup, which must outlive the connection, cuts waits short.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"
#include "binlog/source/mysql/address.hpp"
#include "binlog/source/mysql/packet_codec.hpp"
#include "binlog/source/mysql/query_session.hpp"
#include "binlog/source/mysql/wakeup.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::mysql {

struct ConnectionOptions {
  CodecOptions codec{};
  // Without a byte from the server in this time while one is due, the connection counts as dead.
  int read_deadline_ms = 60'000;
  int write_deadline_ms = 60'000;
  Wakeup* wakeup = nullptr;  // may be null
};

class Connection {
 public:
  // Connects and logs in, each step within the address's connect_timeout_ms. Errors: `connection`, `timeout`, `refused`
  // (credentials, a certificate that does not prove what ssl-mode asks for), `cancelled` by the Wakeup, and as
  // Handshake.
  static Result<std::unique_ptr<Connection>> open(const Address& address, const ConnectionOptions& options = {});
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  [[nodiscard]] const Greeting& greeting() const;
  [[nodiscard]] bool is_encrypted() const;

  // --- statements, while no dump runs ---

  // Called with each row; an error ends the statement and is handed on, and the connection is then of no use.
  using OnRow = std::function<Status(QueryRow)>;
  // Errors: the server's refusal (after which refusal() has its number and the connection is as before), `connection`,
  // `timeout`, `protocol`.
  Status query(std::string_view sql, const OnRow& on_row = {});
  // First column of the first row; nothing for NULL or no row.
  Result<std::optional<std::string>> query_value(std::string_view sql);
  [[nodiscard]] const ServerError& refusal() const;
  // Of the last statement.
  [[nodiscard]] const std::vector<QueryColumn>& columns() const;

  // --- for sessions ---

  [[nodiscard]] PacketCodec& packets();
  // Sends what the codec has queued.
  Status flush();
  // The next packet; waits for it.
  Result<Bytes> receive();
  // True if packets().packet() is the next packet; never waits.
  Result<bool> poll();
  enum class Wake : std::uint8_t { data, timeout, woken };
  // Waits for more after poll() said no. `woken` consumes the Wakeup.
  Result<Wake> wait(int timeout_ms);

 private:
  struct Link;
  explicit Connection(std::unique_ptr<Link> link);
  std::unique_ptr<Link> link_;
};

}  // namespace binferry::mysql
