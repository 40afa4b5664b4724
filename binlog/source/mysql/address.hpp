// Where a live server is and how to log in: `mysql://user@host:port/schema,schema?ssl-mode=…`, completed by option
// files.
//
// Parsing is pure; only load_address() reads files, and environment and home folder are given to it. The password is
// never part of the address, for an address shows in `ps` and in logs.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/base/secret.hpp"
#include "binlog/source/mysql/handshake.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::mysql {

struct Address {
  std::string host = "localhost";
  std::uint16_t port = 3306;
  std::string socket{};  // path of a Unix socket; empty: TCP
  std::vector<std::string> schemas{};
  std::string ssl_ca{};  // files; empty ca: the system's authorities
  std::string ssl_cert{};
  std::string ssl_key{};
  std::string server_public_key_path{};
  std::uint32_t connect_timeout_ms = 10'000;
  Credentials credentials;

  // `mysql://user@host:port`, for messages.
  [[nodiscard]] std::string text() const;
};

// Names are as in the option files of MySQL, with `-`; later entries win.
using OptionValues = std::map<std::string, std::string, std::less<>>;

// The options of the named groups of a my.cnf. Values of other groups are left out. Usage error with the line's number.
Result<OptionValues> parse_option_file(std::string_view text, const std::vector<std::string_view>& groups);

struct AddressContext {
  std::string home{};                // folder of `.my.cnf`; empty: none is read
  std::string defaults_file{};       // read instead of it; it must exist
  std::optional<Secret> password{};  // asked for, or from MYSQL_PWD; wins over the file's
};

// `mysql://…` with percent-encoding. What stands in the address wins over the option file's [client] and [binferry].
// Options behind `?`: ssl-mode, ssl-ca, ssl-cert, ssl-key, socket, server-public-key-path, get-server-public-key,
// enable-cleartext-plugin, connect-timeout (s). With ssl-ca and without ssl-mode, ssl-mode is verify-ca.
// Errors: `usage` (also for a password in the address), `not_found` and `io` for the files.
Result<Address> load_address(std::string_view text, const AddressContext& context);

inline constexpr std::string_view kAddressPrefix = "mysql://";

}  // namespace binferry::mysql
