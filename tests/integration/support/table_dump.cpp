#include "tests/integration/support/table_dump.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace binferry::test {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

std::string to_hex(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kHexDigits[byte >> 4U];
    text += kHexDigits[byte & 15U];
  }
  return text;
}

bool from_hex(std::string_view text, std::string& bytes) {
  if (text.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = kHexDigits.find(text[i]);
    const std::size_t low = kHexDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    bytes += static_cast<char>(high << 4U | low);
  }
  return true;
}

void append_json(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < 0x20) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_json(std::string& out, const Cell& cell) {
  if (cell.kind == Cell::Kind::null) {
    out += "null";
  } else if (cell.kind == Cell::Kind::text) {
    append_json(out, cell.bytes);
  } else {
    out += "{\"hex\":\"" + to_hex(cell.bytes) + "\"}";
  }
}

Result<Cell> cell_of(const json::value& value) {
  if (value.is_null()) return Cell{};
  if (const json::string* text = value.if_string()) return Cell{Cell::Kind::text, {text->data(), text->size()}};
  Cell cell{Cell::Kind::binary, {}};
  const json::object* object = value.if_object();
  const json::value* hex = object != nullptr ? object->if_contains("hex") : nullptr;
  if (hex == nullptr || !hex->is_string() || !from_hex(std::string_view(hex->get_string()), cell.bytes)) {
    return fail(Errc::corrupt, "a cell is neither null, a string nor {\"hex\":…}");
  }
  return cell;
}

std::string string_of(const json::object& object, std::string_view name) {
  const json::value* value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return {};
  return {value->get_string().data(), value->get_string().size()};
}

Result<TableDump> header_of(const json::value& line) {
  const json::object* object = line.if_object();
  const json::value* columns = object != nullptr ? object->if_contains("columns") : nullptr;
  if (columns == nullptr || !columns->is_array()) return fail(Errc::corrupt, "line 1 does not name the columns");
  TableDump dump{string_of(*object, "db"), string_of(*object, "table"), {}, {}};
  for (const json::value& column : columns->get_array()) {
    if (!column.is_object()) return fail(Errc::corrupt, "a column is not an object");
    const json::value* key = column.get_object().if_contains("pk");
    dump.columns.push_back({string_of(column.get_object(), "name"), string_of(column.get_object(), "type"),
                            key != nullptr && key->is_bool() && key->get_bool()});
  }
  return dump;
}

bool is_real(std::string_view type) {
  return type == "float" || type == "double";
}

// A spelling of the number that is the same for every text of the same FLOAT or DOUBLE.
Cell normal_real(const Cell& cell, std::string_view type) {
  if (cell.kind != Cell::Kind::text) return cell;
  double number = std::strtod(cell.bytes.c_str(), nullptr);
  if (type == "float") number = static_cast<double>(static_cast<float>(number));
  return {Cell::Kind::text, fmt::format("{:a}", number)};
}

std::vector<DumpRow> normal_rows(const TableDump& dump, const std::vector<DumpColumn>& columns) {
  std::vector<DumpRow> rows = dump.rows;
  for (DumpRow& row : rows) {
    for (std::size_t i = 0; i < row.size() && i < columns.size(); ++i) {
      if (is_real(columns[i].type)) row[i] = normal_real(row[i], columns[i].type);
    }
  }
  std::sort(rows.begin(), rows.end());
  return rows;
}

std::string names_of(const TableDump& dump) {
  std::string text;
  for (const DumpColumn& column : dump.columns) text += (text.empty() ? "" : ", ") + column.name;
  return text;
}

std::string to_text(const DumpRow& row) {
  constexpr std::size_t kMost = 1500;
  std::string text = "(";
  for (const Cell& cell : row) text += (text.size() > 1 ? ", " : "") + to_text(cell);
  if (text.size() > kMost) text = text.substr(0, kMost) + "…";
  return text + ")";
}

}  // namespace

std::string to_text(const Cell& cell) {
  constexpr std::size_t kMost = 200;
  if (cell.kind == Cell::Kind::null) return "NULL";
  const std::string shown = cell.bytes.size() > kMost ? cell.bytes.substr(0, kMost) + "…" : cell.bytes;
  return cell.kind == Cell::Kind::text ? "'" + shown + "'" : "x'" + to_hex(shown) + "'";
}

std::string to_jsonl(const TableDump& dump) {
  std::string out = "{\"db\":";
  append_json(out, dump.schema);
  out += ",\"table\":";
  append_json(out, dump.table);
  out += ",\"columns\":[";
  for (std::size_t i = 0; i < dump.columns.size(); ++i) {
    out += i == 0 ? "{\"name\":" : ",{\"name\":";
    append_json(out, dump.columns[i].name);
    out += ",\"type\":";
    append_json(out, dump.columns[i].type);
    out += dump.columns[i].primary_key ? ",\"pk\":true}" : ",\"pk\":false}";
  }
  out += "]}\n";
  for (const DumpRow& row : dump.rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += i == 0 ? '[' : ',';
      append_json(out, row[i]);
    }
    out += "]\n";
  }
  return out;
}

Result<TableDump> from_jsonl(std::string_view text) {
  Result<TableDump> dump = fail(Errc::truncated, "no line that names the columns");
  for (std::size_t line = 1; !text.empty(); ++line) {
    const std::string_view content = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(content.size() + 1, text.size()));
    boost::system::error_code error;
    const json::value value = json::parse({content.data(), content.size()}, error);
    if (error) return fail(Errc::corrupt, fmt::format("line {} is not JSON: {}", line, error.message()));
    if (line == 1) {
      dump = header_of(value);
      if (!dump) return dump;
      continue;
    }
    const json::array* cells = value.if_array();
    if (cells == nullptr || cells->size() != dump->columns.size()) {
      return fail(Errc::corrupt, fmt::format("line {} is not a row of {} cells", line, dump->columns.size()));
    }
    DumpRow& row = dump->rows.emplace_back();
    for (const json::value& item : *cells) {
      Result<Cell> cell = cell_of(item);
      if (!cell) return propagate(cell, fmt::format("line {}", line));
      row.push_back(std::move(*cell));
    }
  }
  return dump;
}

std::vector<TableDump> read_dumps(const fs::path& folder) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == ".jsonl") paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  std::vector<TableDump> dumps;
  for (const fs::path& path : paths) {
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    Result<TableDump> dump = from_jsonl(text);
    if (!dump) throw std::runtime_error(path.string() + ": " + dump.error().message());
    dumps.push_back(std::move(*dump));
  }
  return dumps;
}

std::string dump_file_name(std::string_view schema, std::string_view table) {
  std::string out;
  for (const std::string_view name : {schema, table}) {
    for (const char c : name) {
      const bool plain =
          (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
      out += plain ? std::string(1, c) : "%" + to_hex({&c, 1});
    }
    out += '.';
  }
  return out + "jsonl";
}

std::string difference(const TableDump& expected, const TableDump& actual) {
  constexpr std::size_t kShown = 3;
  const std::string table = expected.schema + "." + expected.table;
  if (names_of(expected) != names_of(actual)) {
    return fmt::format("{}: columns ({}) expected, got ({})", table, names_of(expected), names_of(actual));
  }
  const std::vector<DumpRow> wanted = normal_rows(expected, expected.columns);
  const std::vector<DumpRow> found = normal_rows(actual, expected.columns);
  std::vector<DumpRow> missing;
  std::vector<DumpRow> surplus;
  std::set_difference(wanted.begin(), wanted.end(), found.begin(), found.end(), std::back_inserter(missing));
  std::set_difference(found.begin(), found.end(), wanted.begin(), wanted.end(), std::back_inserter(surplus));
  if (missing.empty() && surplus.empty()) return {};
  std::string text =
      fmt::format("{} ({}): {} rows expected, got {}", table, names_of(expected), wanted.size(), found.size());
  for (std::size_t i = 0; i < std::min(kShown, missing.size()); ++i) text += "\n  missing " + to_text(missing[i]);
  for (std::size_t i = 0; i < std::min(kShown, surplus.size()); ++i) text += "\n  surplus " + to_text(surplus[i]);
  return text;
}

}  // namespace binferry::test
