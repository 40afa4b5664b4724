// A checked walk over MySQL's binary JSON (PROTOCOL 5.1), shared by json_text and json_diff.
//
// Values are views into the document. The first failure is kept by the reader and ends the walk; status() tells it.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace binferry {

struct JsonValue {
  enum class Kind : std::uint8_t { null, true_, false_, integer, uinteger, double_, string, opaque, object, array };
  Kind kind = Kind::null;
  bool is_large = false;         // containers: entries of 4 bytes, not 2
  std::uint8_t opaque_type = 0;  // wire type of an opaque value
  std::uint64_t number = 0;      // bits of an integer or double; items of a container
  Bytes data;                    // string, opaque payload, or the container from its count to its end

  [[nodiscard]] bool is_container() const { return kind == Kind::object || kind == Kind::array; }
};

class JsonReader {
 public:
  // `total_bytes` of all documents this reader will be given. Every byte may belong to one value only, and each value
  // spends its own: documents whose offsets point twice to the same place, which could grow without end when printed,
  // overdraw it.
  explicit JsonReader(std::size_t total_bytes) : unspent_(total_bytes) {}

  // The top value. No bytes at all are the JSON null.
  bool root(Bytes document, JsonValue& value);
  // Item `index` of a container; `key` is set for objects. Keys must be asked for in order, for their order is checked
  // against `key` as it comes in (empty for the first).
  bool item(const JsonValue& container, std::size_t index, std::string_view& key, JsonValue& value);

  bool fail_with(Errc code, std::string_view what);
  [[nodiscard]] Status status() const;

 private:
  bool read(std::uint8_t type, Bytes bytes, bool in_small, JsonValue& value);
  bool read_container(std::uint8_t type, Bytes bytes, JsonValue& value);
  bool read_string(Bytes bytes, JsonValue& value);
  bool spend(std::size_t bytes);

  std::size_t unspent_;
  Errc code_ = Errc::internal;
  std::string_view what_;  // empty: no failure
};

// Appends a value with all that is in it, as text. `depth` counts the containers around it.
bool append_json_value(JsonReader& reader, const JsonValue& value, std::size_t depth, const Limits& limits,
                       std::string& out);
// Appends text in double quotes, escaped as the server does.
void append_json_string(std::string_view text, std::string& out);
bool enter_json_container(JsonReader& reader, std::size_t depth, const Limits& limits);

}  // namespace binferry
