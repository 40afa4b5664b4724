// The tokens that a hub lets in, from a file, and what each may do.
//
// The file has a token a line, `NAME ACCESS TOKEN`, and `#` before remarks. Only digests are kept. A value; lookups are
// safe from any thread.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/ship/hub_http.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

// Letters, digits, `-` and `_`, so that a token fits into headers as it is. 16 of them are the least that cannot be
// guessed; `openssl rand -hex 32` makes a good one.
inline constexpr std::size_t kShortestToken = 16;
inline constexpr std::size_t kLongestToken = 128;
bool is_token(std::string_view text);

struct HubToken {
  std::string name;
  HttpAccess access = HttpAccess::read;
  std::array<std::uint8_t, 32> digest{};
};

class HubTokens {
 public:
  HubTokens() = default;
  // Errors: `usage` with the line for what is malformed, `usage` for a file that group or others may read.
  static Result<HubTokens> load(const std::string& path);
  // The same from text; `path` is for messages.
  static Result<HubTokens> parse(std::string_view text, const std::string& path);

  [[nodiscard]] bool empty() const { return tokens_.empty(); }
  // Null if there is no such token. Takes as long for one as for another.
  [[nodiscard]] const HubToken* find(std::string_view token) const;

 private:
  std::vector<HubToken> tokens_;
};

// Reads a file that holds a secret. Errors: `io`; `usage` if group or others may read it, or it is larger than 1 MiB.
Result<std::string> read_secret_file(const std::string& path);

}  // namespace binferry
