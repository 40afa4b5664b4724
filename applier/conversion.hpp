// How the values of a column change under MODIFY, CHANGE and CONVERT TO, and what an added column gives to existing
// rows: as the source's ALTER TABLE converts, on values as the replica holds them (DESIGN 5).
//
// A conversion is carried out only where its result is certain from the statement and the value; all else is an error
// whose text says what is not known, and the table needs a resync (MySQL manual, "ALTER TABLE", "Data Types").
#pragma once

#include "applier/cell.hpp"
#include "applier/decimal_number.hpp"
#include "binlog/base/result.hpp"
#include "binlog/schema/catalogue.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace binferry {

struct ConversionSettings {
  bool mariadb = false;
  std::uint64_t sql_mode = 0;
  std::optional<int> zone_offset_s;  // of the session; unset: not known here
  bool decimal_real = false;         // DECIMAL is held as REAL
  std::uint64_t timestamp_us = 0;    // of the statement, since 1970

  static ConversionSettings of(const DdlContext& context, bool decimal_real, std::uint64_t timestamp_us);
  [[nodiscard]] bool strict() const;            // the source refused what does not fit
  [[nodiscard]] bool rounds_fractions() const;  // of seconds; else they are cut
};

// Both definitions and the settings must outlive it.
class ColumnConversion {
 public:
  ColumnConversion(const ColumnDefinition& before, const ColumnDefinition& after, const ConversionSettings& settings);

  // Every value but NULL stays as the replica holds it.
  [[nodiscard]] bool keeps_values() const { return keeps_values_; }
  // NULLs, where there are any, become the implicit default.
  [[nodiscard]] bool forbids_null() const { return before_.nullable && !after_.nullable; }
  // The result views `buffer`, or what `value` views. Errc::unsupported: it is not certain. A BIGINT UNSIGNED or BIT
  // above 2^63-1 is 20-digit text.
  Result<Cell> convert(const Cell& value, std::string& buffer) const;

 private:
  Result<Cell> convert_value(const Cell& value, std::string& buffer) const;
  Result<Cell> to_whole_number(const Cell& value, std::string& buffer) const;
  Result<Cell> to_decimal(const Cell& value, std::string& buffer) const;
  Result<Cell> to_real(const Cell& value) const;
  Result<Cell> to_text(const Cell& value, std::string& buffer) const;
  Result<Cell> to_bytes(const Cell& value, std::string& buffer) const;
  Result<Cell> to_temporal(const Cell& value, std::string& buffer) const;
  Result<Cell> to_labels(const Cell& value, std::string& buffer) const;
  std::optional<std::string> printed(const Cell& value) const;
  std::optional<DecimalNumber> number_of(const Cell& value, bool whole) const;
  [[nodiscard]] std::unexpected<Error> uncertain(std::string_view why) const;

  const ColumnDefinition& before_;
  const ColumnDefinition& after_;
  const ConversionSettings& settings_;
  bool keeps_values_;
};

// What a NOT NULL column without a default holds (MySQL manual, "Data Type Default Values").
Result<Cell> implicit_default(const ColumnDefinition& column, const ConversionSettings& settings, std::string& buffer);

// What existing rows get in an added column. Errc::unsupported: it is not certain (an expression).
Result<Cell> default_for_existing_rows(const ColumnDefinition& column, const ConversionSettings& settings,
                                       std::string& buffer);

}  // namespace binferry
