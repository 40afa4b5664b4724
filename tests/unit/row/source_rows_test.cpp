// The rows of logs that a real server wrote, put together again and held against the server's own final content.
#include "binlog/base/byte_reader.hpp"
#include "binlog/row/json_diff.hpp"
#include "binlog/row/row_reader.hpp"
#include "binlog/row/table_map.hpp"
#include "binlog/row/value_text.hpp"
#include "tests/support/source_dir.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>

namespace binferry {
namespace {

namespace fs = std::filesystem;

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.is_open()) << path;
  return {std::istreambuf_iterator<char>(file), {}};
}

struct Cell {
  bool is_null = true;
  std::string text;     // as append_text() gives it
  std::string widened;  // of a FLOAT: what it is as a DOUBLE, for expected/ prints it so
};
using TestRow = std::vector<Cell>;

struct TestTable {
  std::shared_ptr<const Table> table;
  std::map<std::string, TestRow> rows;  // by the text of the first column, which is the key
};

class Replay {
 public:
  std::map<std::string, TestTable> tables;

  void read(const fs::path& path) {
    const std::string file = read_file(path);
    ByteReader reader(bytes_of(file));
    ASSERT_EQ(reader.u32(), 0x6E6962FEU);
    while (!reader.empty()) {
      const Bytes header = reader.bytes(19);
      ASSERT_EQ(header.size(), 19U);
      const std::uint8_t type = header[4];
      const std::size_t size = ByteReader(header.subspan(9)).u32();
      const Bytes body = reader.bytes(size - 19 - 4);
      reader.skip(4);
      ASSERT_FALSE(reader.failed());
      if (type == 19) add_table(body);
      if ((type >= 30 && type <= 32) || type == 39) add_rows(static_cast<EventType>(type), body);
    }
  }

 private:
  void add_table(Bytes body) {
    const Result<TableMap> map = TableMap::decode(body, 8, {});
    ASSERT_TRUE(map.has_value()) << map.error().message();
    Result<Table> table = table_from_map(*map, false);
    ASSERT_TRUE(table.has_value()) << table.error().message();
    add_schema(*table);
    current_ = &tables[table->schema + "." + table->name];
    current_->table = std::make_shared<const Table>(*table);
  }

  // What only the table's definition tells: see source.sql.
  static void add_schema(Table& table) {
    if (table.name == "ints") table.columns.at(12).zerofill = 5;
    if (table.name == "reals") {
      for (const std::size_t i : {5U, 6U}) table.columns.at(i).decimals = 3;
    }
  }

  void add_rows(EventType type, Bytes body) {
    std::string inflated;
    const Result<RowsEvent> event = RowsEvent::decode(type, body, 10, inflated, {});
    ASSERT_TRUE(event.has_value()) << event.error().message();
    RowReader reader;
    const Status opened = reader.open(current_->table, *event);
    ASSERT_TRUE(opened.has_value()) << opened.error().message();
    for (Row row;;) {
      const Result<bool> more = reader.next(row);
      ASSERT_TRUE(more.has_value()) << more.error().message();
      if (!*more) return;
      apply(row);
    }
  }

  void apply(const Row& row) {
    TestRow cells(current_->table->columns.size());
    if (!row.before.empty()) {
      const std::string key = text_of_value(0, row.before[0]);
      ASSERT_EQ(current_->rows.count(key), 1U) << key;
      cells = current_->rows[key];
      current_->rows.erase(key);
      if (row.after.empty()) return;
    }
    for (std::size_t i = 0; i < cells.size(); ++i) {
      if (row.after[i].present()) set(i, row.before.empty() ? Value() : row.before[i], row.after[i], cells[i]);
    }
    const std::string key = cells[0].text;
    current_->rows[key] = std::move(cells);
  }

  void set(std::size_t i, const Value& before, const Value& after, Cell& cell) {
    const Column& column = current_->table->columns[i];
    const std::string text_before = std::move(cell.text);
    cell = Cell();
    cell.is_null = after.is_null();
    if (cell.is_null) return;
    // A MINIMAL image has the steps without the document: a replica patches the text it keeps.
    const bool is_diff_alone = after.kind == ValueKind::json_diff && !before.present();
    const Status status = is_diff_alone ? append_patched_json_text(text_before, after.bytes(), cell.text)
                                        : append_text_after(column, before, after, cell.text);
    ASSERT_TRUE(status.has_value()) << status.error().message();
    if (after.kind != ValueKind::float_) return;
    Column as_double = column;
    as_double.decimals = Column::kNoDecimals;
    Value wide = after;
    wide.kind = ValueKind::double_;
    wide.d = static_cast<double>(after.f);
    ASSERT_TRUE(append_text(as_double, wide, cell.widened).has_value());
  }

  std::string text_of_value(std::size_t i, const Value& value) {
    std::string text;
    const Status status = append_text(current_->table->columns[i], value, text);
    EXPECT_TRUE(status.has_value()) << status.error().message();
    return text;
  }

  TestTable* current_ = nullptr;
};

// One line of expected/: an array of null, strings and {"hex": "…"}.
class ExpectedLine {
 public:
  explicit ExpectedLine(std::string_view line) : rest_(line) {}

  std::vector<std::optional<std::string>> cells() {
    std::vector<std::optional<std::string>> result;
    while (!rest_.empty() && rest_.front() != ']') {
      rest_.remove_prefix(1);  // [ or ,
      if (rest_.front() == ' ') rest_.remove_prefix(1);
      if (rest_.starts_with("null")) {
        rest_.remove_prefix(4);
        result.emplace_back();
      } else if (rest_.front() == '{') {
        rest_.remove_prefix(rest_.find(':') + 1);
        rest_.remove_prefix(rest_.find('"'));
        result.push_back(from_hex(string()));
        rest_.remove_prefix(1);
      } else {
        result.push_back(string());
      }
    }
    return result;
  }

 private:
  std::string string() {
    std::string text;
    rest_.remove_prefix(1);
    while (rest_.front() != '"') {
      char c = rest_.front();
      if (c == '\\') {
        rest_.remove_prefix(1);
        c = rest_.front();
        if (c == 'n')
          c = '\n';
        else if (c == 't')
          c = '\t';
        else if (c == 'r')
          c = '\r';
        else if (c == 'b')
          c = '\b';
        else if (c == 'f')
          c = '\f';
        else if (c == 'u') {
          const unsigned long code = std::stoul(std::string(rest_.substr(1, 4)), nullptr, 16);
          EXPECT_LT(code, 0x80U);
          c = static_cast<char>(code);
          rest_.remove_prefix(4);
        }
      }
      text += c;
      rest_.remove_prefix(1);
    }
    rest_.remove_prefix(1);
    return text;
  }
  static std::string from_hex(const std::string& digits) {
    std::string bytes;
    for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
      bytes += static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16));
    }
    return bytes;
  }

  std::string_view rest_;
};

std::string bit_bytes(const std::string& number, std::size_t size) {
  const std::uint64_t value = std::stoull(number);
  std::string bytes;
  for (std::size_t i = size; i-- > 0;) bytes += static_cast<char>(value >> (8 * i));
  return bytes;
}

void compare(const TestTable& ours, const fs::path& expected) {
  std::ifstream file(expected);
  std::string line;
  std::getline(file, line);  // the columns
  std::size_t count = 0;
  while (std::getline(file, line)) {
    if (line.empty()) continue;
    ++count;
    const auto cells = ExpectedLine(line).cells();
    ASSERT_TRUE(cells.at(0).has_value());
    const auto row = ours.rows.find(*cells[0]);
    ASSERT_NE(row, ours.rows.end()) << expected << " row " << *cells[0];
    ASSERT_EQ(row->second.size(), cells.size()) << expected;
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const Cell& cell = row->second[i];
      const Column& column = ours.table->columns[i];
      const std::string place = expected.filename().string() + " row " + *cells[0] + " column " + column.name;
      ASSERT_EQ(cell.is_null, !cells[i].has_value()) << place;
      if (cell.is_null) continue;
      if (column.type == ColumnType::float_) {
        EXPECT_EQ(cell.widened, *cells[i]) << place;
      } else if (column.type == ColumnType::bit) {
        EXPECT_EQ(bit_bytes(cell.text, cells[i]->size()), *cells[i]) << place;
      } else {
        EXPECT_EQ(cell.text, *cells[i]) << place;
      }
    }
  }
  EXPECT_EQ(count, ours.rows.size()) << expected;
}

class SourceRows : public testing::TestWithParam<const char*> {};

TEST_P(SourceRows, AreWhatTheServerPrints) {
  const fs::path folder = fs::path(source_dir()) / "fixtures/mysql-8.0" / GetParam();
  Replay replay;
  replay.read(folder / "binlog.000001");
  std::size_t tables = 0;
  for (const auto& entry : fs::directory_iterator(folder / "expected")) {
    ++tables;
    compare(replay.tables[entry.path().stem().string()], entry.path());
  }
  EXPECT_GT(tables, 0U);
}

INSTANTIATE_TEST_SUITE_P(Mysql80, SourceRows, testing::Values("json", "types"));

}  // namespace
}  // namespace binferry
