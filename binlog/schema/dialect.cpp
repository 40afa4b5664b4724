#include "binlog/schema/dialect.hpp"

#include <charconv>

namespace binferry {
namespace {

// Three numbers with dots between, anywhere a version begins; 0 if there are none.
std::uint32_t version_number(std::string_view text) {
  std::uint32_t parts[3] = {};
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int i = 0; i < 3; ++i) {
    const auto [next, error] = std::from_chars(at, end, parts[i]);
    if (error != std::errc() || parts[i] > 99) return i < 2 ? 0 : parts[0] * 10000 + parts[1] * 100;
    at = next;
    if (i < 2 && (at == end || *at++ != '.')) return i == 0 ? 0 : parts[0] * 10000 + parts[1] * 100;
  }
  return parts[0] * 10000 + parts[1] * 100 + parts[2];
}

}  // namespace

SqlDialect dialect_of_version(std::string_view server_version) {
  SqlDialect dialect;
  dialect.mariadb = server_version.find("MariaDB") != std::string_view::npos ||
                    server_version.find("mariadb") != std::string_view::npos;
  // MariaDB puts 5.5.5- in front for the sake of old replicas.
  if (dialect.mariadb && server_version.starts_with("5.5.5-")) server_version.remove_prefix(6);
  if (const auto version = version_number(server_version); version != 0) {
    dialect.version = version;
  } else if (dialect.mariadb) {
    dialect.version = 101100;
  }
  return dialect;
}

}  // namespace binferry
