// What kinds of values a column's type holds, for conversions; and characters of the character sets.
#pragma once

#include "binlog/schema/definition.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace binferry {

// Types whose values convert in the same way.
enum class TypeFamily : std::uint8_t {
  integer,
  bit,
  year,
  decimal,
  real,
  text,
  bytes,
  date,
  time,
  datetime,
  timestamp,
  enum_,
  set_,
  other
};
TypeFamily family_of(ColumnType type);

struct IntegerRange {
  std::uint64_t lowest = 0;  // magnitude of the least (negative) value
  std::uint64_t highest = 0;
};
// Of integers, BIT and YEAR.
IntegerRange range_of(const ColumnDefinition& column);

std::size_t count_characters(std::string_view utf8);
// The first `characters` of them.
std::string_view first_characters(std::string_view utf8, std::size_t characters);

// Every character of `utf8` has a place in the set; nothing if that cannot be told here.
std::optional<bool> can_hold(const Charset& charset, std::string_view utf8);
// Bytes of the text in the set; nothing if that cannot be told here.
std::optional<std::string> encoded(const Charset& charset, std::string_view utf8);

}  // namespace binferry
