// The rows that MySQL 8.0.40 holds, as its text protocol sends them to a snapshot, against the same rows out of its
// log: a snapshot and a replay of the same source must give one replica, down to the last bit of a FLOAT.
#include "applier/column_traits.hpp"
#include "applier/table_loader.hpp"
#include "tests/support/source_dir.hpp"
#include "tests/unit/applier/support.hpp"

#include <algorithm>

namespace binferry::test {
namespace {

namespace fs = std::filesystem;

std::size_t place_of(const std::vector<std::string>& labels, std::string_view label) {
  return static_cast<std::size_t>(std::ranges::find(labels, label) - labels.begin());
}

// CAST(… AS UNSIGNED) of an ENUM or SET: its number.
std::string number_of(const ColumnDefinition& column, std::string_view text) {
  if (column.type == ColumnType::enum_) {
    const std::size_t place = place_of(column.labels, text);
    return std::to_string(place == column.labels.size() ? 0 : place + 1);
  }
  std::uint64_t bits = 0;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    bits |= std::uint64_t{1} << place_of(column.labels, text.substr(0, comma));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return std::to_string(bits);
}

// What the fixtures hold in character sets that binferry only reads.
std::optional<std::string> foreign(const Charset& charset, const std::string& utf8) {
  if (utf8.empty()) return utf8;
  if (charset.name == "sjis" && utf8 == "日本語カナ") return "\x93\xFA\x96\x7B\x8C\xEA\x83\x4A\x83\x69";
  if (charset.name == "gbk" && utf8 == "中文") return "\xD6\xD0\xCE\xC4";
  if (charset.name == "big5" && utf8 == "中文") return "\xA4\xA4\xA4\xE5";
  if (charset.name == "euckr" && utf8 == "한국어") return "\xC7\xD1\xB1\xB9\xBE\xEE";
  const bool smiles = utf8 == "😀日本";
  if (!smiles && utf8 != "日本") return std::nullopt;
  const std::string rest = "\x65\xE5\x67\x2C";
  if (charset.name == "ucs2" && !smiles) return rest;
  if (charset.name == "utf16" && smiles) return std::string("\xD8\x3D\xDE\0", 4) + rest;
  if (charset.name == "utf32" && smiles) return std::string("\0\1\xF6\0\0\0\x65\xE5\0\0\x67\x2C", 12);
  return std::nullopt;
}

// The bytes of one value in a row of select_sql(), by what the server printed.
std::optional<std::string> as_sent(const ColumnDefinition& column, const Cell& cell) {
  if (cell.kind == Cell::Kind::null) return std::nullopt;
  if (column.type == ColumnType::enum_ || column.type == ColumnType::set_) return number_of(column, cell.bytes);
  if (cell.kind == Cell::Kind::binary || column.charset == nullptr) return cell.bytes;
  std::optional<std::string> bytes = encoded(*column.charset, cell.bytes);
  if (!bytes) bytes = foreign(*column.charset, cell.bytes);
  EXPECT_TRUE(bytes) << column.name << " cannot hold " << cell.bytes;
  return bytes;
}

Status load(Replica& into, const TablePtr& definition, const TableDump& dump) {
  ReplicaTable entry;
  entry.definition = definition;
  Result<std::unique_ptr<TableLoader>> loader = TableLoader::begin(into, std::move(entry), BadText::stop);
  if (!loader) return propagate(loader);
  for (const DumpRow& row : dump.rows) {
    std::vector<std::optional<std::string>> sent;
    for (const ColumnDefinition& column : definition->columns) {
      const auto at = std::ranges::find(dump.columns, column.name, &DumpColumn::name);
      sent.push_back(as_sent(column, row[static_cast<std::size_t>(at - dump.columns.begin())]));
    }
    const std::vector<std::optional<std::string_view>> views(sent.begin(), sent.end());
    if (Status added = (*loader)->add(views); !added) return added;
  }
  return (*loader)->finish();
}

TEST(SelectedRows, GiveTheReplicaThatTheLogGives) {
  for (const char* const name : {"types", "types-minimal-metadata", "json", "ddl", "transactions"}) {
    SCOPED_TRACE(name);
    const fs::path folder = fs::path(source_dir()) / "fixtures" / "mysql-8.0" / name;
    const TempDir dir;
    ReplicaRun run;
    run.inputs = {folder.string()};
    run.into = dir / "logged.db";
    const Result<RunOutcome> replayed = run_replica(run);
    ASSERT_TRUE(replayed) << replayed.error().message();
    {
      const auto logged = Replica::open(run.into, run.replica);
      const auto selected = Replica::open(dir / "selected.db", run.replica);
      ASSERT_TRUE(logged && selected);
      ASSERT_TRUE((*selected)->begin());
      const std::vector<TableDump> dumps = read_dumps(folder / "expected");
      ASSERT_FALSE(dumps.empty());
      for (const TableDump& dump : dumps) {
        const ReplicaTable* const table = (*logged)->tables.find(dump.schema, dump.table);
        ASSERT_NE(table, nullptr) << dump.table;
        const Status loaded = load(**selected, table->definition, dump);
        ASSERT_TRUE(loaded) << loaded.error().message();
      }
      ASSERT_TRUE((*selected)->commit());
    }
    EXPECT_EQ(content_of(dir / "selected.db", "binferry_*"), content_of(run.into, "binferry_*"));
  }
}

}  // namespace
}  // namespace binferry::test
