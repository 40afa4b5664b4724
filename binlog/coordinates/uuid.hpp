// Uuid: the 16 bytes that name a server (server_uuid) and, in MySQL, the origin of its transactions.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace binferry {

// Bytes are in the order of the text, so comparing bytes orders as the text does: the order in which servers print
// sets.
struct Uuid {
  static constexpr std::size_t kBytes = 16;
  static constexpr std::size_t kTextLength = 36;

  std::array<std::uint8_t, kBytes> bytes{};

  // The forms the server takes: 8-4-4-4-12 hexadecimal digits, the same within braces, or 32 digits without dashes.
  // Either case. Usage error for anything else.
  static Result<Uuid> parse(std::string_view text);
  // Only the dashed form, exactly 36 characters: the one that GTIDs are written in.
  static std::optional<Uuid> from_dashed(std::string_view text);
  // `raw` has 16 bytes, else (the short or empty view of a failed reader) the zero UUID.
  static Uuid from_bytes(Bytes raw);

  // Lower case with dashes.
  [[nodiscard]] std::string text() const;
  void append_to(std::string& out) const;
  [[nodiscard]] bool is_zero() const { return *this == Uuid{}; }

  friend auto operator<=>(const Uuid&, const Uuid&) = default;
};

}  // namespace binferry
