// Which server wrote a statement, and under which settings: what the lexer, the parser and the catalogue must know to
// read it as that server did.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace binferry {

// sql_mode bits that change how text is read; these are the same in every MySQL and MariaDB (QUERY status var 1).
namespace sql_mode {
inline constexpr std::uint64_t kRealAsFloat = 1;
inline constexpr std::uint64_t kAnsiQuotes = 1 << 2;
inline constexpr std::uint64_t kOracle = 1 << 9;  // MariaDB only
inline constexpr std::uint64_t kNoBackslashEscapes = 1 << 20;
}  // namespace sql_mode

struct SqlDialect {
  bool mariadb = false;
  std::uint32_t version = 80000;  // as version comments write it: 50624, 80040, 101119
  std::uint64_t sql_mode = 0;
};

// "8.0.40" → {false, 80040}; "10.11.19-MariaDB-log", "5.5.5-10.4.2-MariaDB" → {true, 101119 …}. Text that is no
// version gives the default.
SqlDialect dialect_of_version(std::string_view server_version);

}  // namespace binferry
