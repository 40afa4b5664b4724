// Text of dates and times from the packed integers of value.hpp, as the server prints them.
//
// Nothing is normalized: zero and partial dates, times beyond 24 hours and negative times are printed as they are
// stored. `fsp` is the declared number of fraction digits, 0…6; digits beyond it are cut off.
#pragma once

#include <cstdint>
#include <string>

namespace binferry {

// `2024-02-29`; packed is year << 9 | month << 5 | day.
void append_date(std::uint64_t packed, std::string& out);
// `-838:59:59.000`; packed as ValueKind::time.
void append_time(std::int64_t packed, std::uint8_t fsp, std::string& out);
// `2024-02-29 12:34:56.7`; packed as ValueKind::datetime.
void append_datetime(std::uint64_t packed, std::uint8_t fsp, std::string& out);
// The same in UTC; packed as ValueKind::timestamp. Seconds 0 is the zero date, whatever the fraction.
void append_timestamp(std::uint64_t packed, std::uint8_t fsp, std::string& out);
// Four digits.
void append_year(std::uint64_t year, std::string& out);

}  // namespace binferry
