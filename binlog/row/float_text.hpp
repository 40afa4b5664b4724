// FLOAT and DOUBLE to text: the shortest digits that read back as the same number, laid out as the server lays them
// out (my_gcvt, my_fcvt).
//
// Plain notation is used when the decimal point stands within 15 places of the digits, else `d.ddde±n` without plus
// sign or zero padding: 100000000000000, 1e15, 0.0000001, 1e-16.
#pragma once

#include <cstdint>
#include <string>

namespace binferry {

// `decimals` of Column: Column::kNoDecimals, or the fixed number of digits after the point of FLOAT(m,d)/DOUBLE(m,d).
// Infinities and NaN, which a server cannot store, print as `inf`, `-inf` and `nan`.
// A FLOAT has the shortest text that reads back as the same float32 (the server's own SELECT cuts it to 6 digits).
void append_float(float value, std::uint8_t decimals, std::string& out);
void append_double(double value, std::uint8_t decimals, std::string& out);
// As in a JSON document: integral values keep a point, `1.0`, unless they have an exponent, `1e20`.
void append_json_double(double value, std::string& out);

}  // namespace binferry
