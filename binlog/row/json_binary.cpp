#include "binlog/row/json_binary.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/row/charset.hpp"
#include "binlog/row/decimal.hpp"
#include "binlog/row/float_text.hpp"
#include "binlog/row/table_map.hpp"
#include "binlog/row/temporal.hpp"

#include <array>
#include <bit>
#include <charconv>

namespace binferry {
namespace {

using Kind = JsonValue::Kind;

namespace json_type {
constexpr std::uint8_t kSmallObject = 0x00, kLargeObject = 0x01, kSmallArray = 0x02, kLargeArray = 0x03,
                       kLiteral = 0x04, kInt16 = 0x05, kUint16 = 0x06, kInt32 = 0x07, kUint32 = 0x08, kInt64 = 0x09,
                       kUint64 = 0x0A, kDouble = 0x0B, kString = 0x0C, kOpaque = 0x0F;
}  // namespace json_type

bool is_inline(std::uint8_t type, bool is_large) {
  switch (type) {
    case json_type::kLiteral:
    case json_type::kInt16:
    case json_type::kUint16: return true;
    case json_type::kInt32:
    case json_type::kUint32: return is_large;
    default: return false;
  }
}

// Lengths of strings and opaque values: 7 bits a byte, the low ones first, at most 5 bytes.
std::uint64_t variable_length(ByteReader& reader) {
  std::uint64_t length = 0;
  for (unsigned shift = 0; shift < 35; shift += 7) {
    const std::uint8_t byte = reader.u8();
    length |= static_cast<std::uint64_t>(byte & 0x7F) << shift;
    if ((byte & 0x80) == 0) return length;
  }
  return reader.fail_value();
}

// Where the parts of a container stand.
struct Layout {
  std::size_t width;  // of counts, sizes and offsets
  std::size_t key_entries;
  std::size_t value_entries;
  std::size_t end;  // of all entries

  explicit Layout(const JsonValue& container) : Layout(container.kind, container.is_large, container.number) {}
  Layout(Kind kind, bool is_large, std::uint64_t count) : width(is_large ? 4 : 2), key_entries(2 * width) {
    value_entries = key_entries + (kind == Kind::object ? count * (width + 2) : 0);
    end = value_entries + count * (1 + width);
  }
};

std::uint64_t little_endian_at(Bytes bytes, std::size_t at, std::size_t size) {
  return ByteReader(bytes.subspan(at)).little_endian(size);
}

template <class Integer>
void append_integer(Integer value, std::string& out) {
  std::array<char, 24> text{};
  char* end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  out.append(text.data(), static_cast<std::size_t>(end - text.data()));
}

// The server breaks base64 into lines of 76 characters, and its JSON text then escapes the line feeds.
void append_base64(Bytes bytes, std::string& out) {
  static constexpr std::string_view kDigits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t at = 0; at < bytes.size(); at += 3) {
    if (at != 0 && at % 57 == 0) out += "\\n";
    const std::size_t left = bytes.size() - at;
    const unsigned group = static_cast<unsigned>(bytes[at]) << 16 |
                           (left > 1 ? static_cast<unsigned>(bytes[at + 1]) << 8 : 0U) |
                           (left > 2 ? static_cast<unsigned>(bytes[at + 2]) : 0U);
    out += kDigits[group >> 18];
    out += kDigits[group >> 12 & 63];
    out += left > 1 ? kDigits[group >> 6 & 63] : '=';
    out += left > 2 ? kDigits[group & 63] : '=';
  }
}

bool append_opaque(JsonReader& reader, const JsonValue& value, std::string& out) {
  constexpr std::uint8_t kJsonFraction = 6;  // whatever was declared, JSON keeps and prints microseconds
  const std::uint8_t type = value.opaque_type;
  if (type == wire_type::kNewDecimal) {
    if (value.data.size() < 2) return reader.fail_with(Errc::corrupt, "a DECIMAL in JSON without precision and scale");
    const Status status = append_decimal(value.data.subspan(2), value.data[0], value.data[1], out);
    return status.has_value() || reader.fail_with(Errc::corrupt, "a malformed DECIMAL in JSON");
  }
  out += '"';
  switch (type) {
    case wire_type::kDate:
    case wire_type::kTime:
    case wire_type::kDatetime:
    case wire_type::kTimestamp: {
      if (value.data.size() != 8) return reader.fail_with(Errc::corrupt, "a date or time in JSON without 8 bytes");
      const std::uint64_t packed = ByteReader(value.data).u64();
      if (type == wire_type::kTime) {
        append_time(static_cast<std::int64_t>(packed), kJsonFraction, out);
      } else if (type == wire_type::kDate) {
        const std::uint64_t year_month = packed >> 46;
        append_date(year_month / 13 << 9 | year_month % 13 << 5 | (packed >> 41 & 31), out);
      } else {
        append_datetime(packed, kJsonFraction, out);
      }
      break;
    }
    default:
      out += "base64:type";
      append_integer(type, out);
      out += ':';
      append_base64(value.data, out);
      break;
  }
  out += '"';
  return true;
}

bool append_container(JsonReader& reader, const JsonValue& container, std::size_t depth, const Limits& limits,
                      std::string& out) {
  if (!enter_json_container(reader, depth, limits)) return false;
  const bool is_object = container.kind == Kind::object;
  out += is_object ? '{' : '[';
  std::string_view key;
  JsonValue value;
  for (std::size_t i = 0; i < container.number; ++i) {
    if (!reader.item(container, i, key, value)) return false;
    if (i != 0) out += ", ";
    if (is_object) {
      append_json_string(key, out);
      out += ": ";
    }
    if (!append_json_value(reader, value, depth + 1, limits, out)) return false;
  }
  out += is_object ? '}' : ']';
  return true;
}

}  // namespace

bool JsonReader::fail_with(Errc code, std::string_view what) {
  if (what_.empty()) {
    code_ = code;
    what_ = what;
  }
  return false;
}

Status JsonReader::status() const {
  if (what_.empty()) return {};
  return fail(code_, "binary JSON: " + std::string(what_));
}

bool JsonReader::spend(std::size_t bytes) {
  if (bytes > unspent_) return fail_with(Errc::corrupt, "values overlap");
  unspent_ -= bytes;
  return true;
}

bool JsonReader::root(Bytes document, JsonValue& value) {
  value = {};
  if (document.empty()) return true;
  return spend(1) && read(document[0], document.subspan(1), false, value);
}

bool JsonReader::read(std::uint8_t type, Bytes bytes, bool in_small, JsonValue& value) {
  value = {};
  ByteReader reader(bytes);
  const auto integer = [&](Kind kind, std::uint64_t bits, std::size_t size) {
    value.kind = kind;
    value.number = bits;
    if (reader.failed()) return fail_with(Errc::corrupt, "a number lies beyond the end");
    return spend(size);
  };
  const auto widen = [](auto number) { return static_cast<std::uint64_t>(static_cast<std::int64_t>(number)); };
  switch (type) {
    case json_type::kLargeObject:
    case json_type::kLargeArray:
      if (in_small) return fail_with(Errc::corrupt, "a large container inside a small one");
      return read_container(type, bytes, value);
    case json_type::kSmallObject:
    case json_type::kSmallArray: return read_container(type, bytes, value);
    case json_type::kLiteral: {
      const std::uint8_t literal = reader.u8();
      if (reader.failed() || literal > 2)
        return fail_with(Errc::corrupt, "a literal that is none of null, true, false");
      value.kind = literal == 0 ? Kind::null : literal == 1 ? Kind::true_ : Kind::false_;
      return spend(1);
    }
    case json_type::kInt16: return integer(Kind::integer, widen(static_cast<std::int16_t>(reader.u16())), 2);
    case json_type::kUint16: return integer(Kind::uinteger, reader.u16(), 2);
    case json_type::kInt32: return integer(Kind::integer, widen(static_cast<std::int32_t>(reader.u32())), 4);
    case json_type::kUint32: return integer(Kind::uinteger, reader.u32(), 4);
    case json_type::kInt64: return integer(Kind::integer, reader.u64(), 8);
    case json_type::kUint64: return integer(Kind::uinteger, reader.u64(), 8);
    case json_type::kDouble: return integer(Kind::double_, reader.u64(), 8);
    case json_type::kString: return read_string(bytes, value);
    case json_type::kOpaque:
      value.kind = Kind::opaque;
      value.opaque_type = reader.u8();
      value.data = reader.bytes(variable_length(reader));
      if (reader.failed()) return fail_with(Errc::corrupt, "an opaque value lies beyond the end");
      return spend(reader.offset());
    default: return fail_with(Errc::corrupt, "a value of unknown type");
  }
}

bool JsonReader::read_string(Bytes bytes, JsonValue& value) {
  ByteReader reader(bytes);
  value.kind = Kind::string;
  value.data = reader.bytes(variable_length(reader));
  if (reader.failed()) return fail_with(Errc::corrupt, "a string lies beyond the end");
  if (first_bad_utf8(value.data) != value.data.size()) return fail_with(Errc::corrupt, "a string that is not UTF-8");
  return spend(reader.offset());
}

bool JsonReader::read_container(std::uint8_t type, Bytes bytes, JsonValue& value) {
  value.kind = type == json_type::kSmallObject || type == json_type::kLargeObject ? Kind::object : Kind::array;
  value.is_large = type == json_type::kLargeObject || type == json_type::kLargeArray;
  ByteReader reader(bytes);
  const std::size_t width = value.is_large ? 4 : 2;
  value.number = reader.little_endian(width);
  const std::uint64_t size = reader.little_endian(width);
  if (reader.failed() || size > bytes.size()) return fail_with(Errc::corrupt, "a container lies beyond the end");
  const Layout layout(value);
  if (layout.end > size) return fail_with(Errc::corrupt, "a container is too small for its items");
  value.data = bytes.first(static_cast<std::size_t>(size));
  return spend(layout.end);
}

bool JsonReader::item(const JsonValue& container, std::size_t index, std::string_view& key, JsonValue& value) {
  const Layout layout(container);
  if (container.kind == Kind::object) {
    const std::size_t entry = layout.key_entries + index * (layout.width + 2);
    const std::uint64_t offset = little_endian_at(container.data, entry, layout.width);
    const std::uint64_t size = little_endian_at(container.data, entry + layout.width, 2);
    if (offset < layout.end || offset + size > container.data.size()) {
      return fail_with(Errc::corrupt, "a key lies outside of its object");
    }
    const std::string_view next = text_of(container.data.subspan(offset, size));
    if (index != 0 && (key.size() != next.size() ? key.size() > next.size() : key >= next)) {
      return fail_with(Errc::corrupt, "keys are not in order");
    }
    if (first_bad_utf8(bytes_of(next)) != next.size()) return fail_with(Errc::corrupt, "a key that is not UTF-8");
    if (!spend(size)) return false;
    key = next;
  }
  const std::size_t entry = layout.value_entries + index * (1 + layout.width);
  const std::uint8_t type = container.data[entry];
  if (is_inline(type, container.is_large)) {
    // Its bytes are those of the entry, which are spent: give them back before they are spent again.
    unspent_ += layout.width;
    return read(type, container.data.subspan(entry + 1, layout.width), !container.is_large, value);
  }
  const std::uint64_t offset = little_endian_at(container.data, entry + 1, layout.width);
  if (offset < layout.end || offset >= container.data.size()) {
    return fail_with(Errc::corrupt, "a value lies outside of its container");
  }
  return read(type, container.data.subspan(offset), !container.is_large, value);
}

bool enter_json_container(JsonReader& reader, std::size_t depth, const Limits& limits) {
  return depth < limits.json_depth || reader.fail_with(Errc::limit, "nested too deeply");
}

bool append_json_value(JsonReader& reader, const JsonValue& value, std::size_t depth, const Limits& limits,
                       std::string& out) {
  switch (value.kind) {
    case Kind::null: out += "null"; return true;
    case Kind::true_: out += "true"; return true;
    case Kind::false_: out += "false"; return true;
    case Kind::integer: append_integer(static_cast<std::int64_t>(value.number), out); return true;
    case Kind::uinteger: append_integer(value.number, out); return true;
    case Kind::double_: append_json_double(std::bit_cast<double>(value.number), out); return true;
    case Kind::string: append_json_string(text_of(value.data), out); return true;
    case Kind::opaque: return append_opaque(reader, value, out);
    case Kind::object:
    case Kind::array: return append_container(reader, value, depth, limits, out);
  }
  return reader.fail_with(Errc::internal, "a value without a kind");
}

void append_json_string(std::string_view text, std::string& out) {
  static constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  std::size_t plain = 0;  // start of what is not yet appended
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte != '"' && byte != '\\') continue;
    out += text.substr(plain, i - plain);
    plain = i + 1;
    out += '\\';
    switch (byte) {
      case '"':
      case '\\': out += text[i]; break;
      case '\b': out += 'b'; break;
      case '\f': out += 'f'; break;
      case '\n': out += 'n'; break;
      case '\r': out += 'r'; break;
      case '\t': out += 't'; break;
      default:
        out += "u00";
        out += kHex[byte >> 4];
        out += kHex[byte & 15];
        break;
    }
  }
  out += text.substr(plain);
  out += '"';
}

}  // namespace binferry
