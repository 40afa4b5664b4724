// Logs made by hand, and the replica that they become.
#pragma once

#include "tests/unit/applier/support.hpp"
#include "tests/unit/support/binlog_writer.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace binferry::test {

// `type` LONG, nullable or not.
inline const ColumnSpec kInt{3, "", false};
inline const ColumnSpec kNullableInt{3, "", true};
inline const ColumnSpec kBigInt{8, "", false};

inline std::string int_pair(std::uint32_t a, std::uint32_t b) {
  return ByteWriter().u8(0).u32(a).u32(b).str();
}
inline std::string big_row(std::uint64_t id) {
  return ByteWriter().u8(0).u64(id).str();
}

class ApplierTest : public testing::Test {
 protected:
  // CREATE TABLE shop.<name> in its own group.
  void create(BinlogWriter& log, const std::string& name, const std::string& columns) {
    log.ddl(++gno_, "CREATE TABLE " + name + " (" + columns + ") ENGINE=InnoDB");
  }
  // One transaction of one row event.
  template <class Rows>
  void change(BinlogWriter& log, const std::string& table, const std::vector<ColumnSpec>& columns, const Rows& rows) {
    log.gtid(++gno_).begin().table_map(7, "shop", table, columns);
    rows(log);
    log.xid(gno_);
  }
  void insert(BinlogWriter& log, const std::string& table, const std::vector<ColumnSpec>& columns,
              const std::string& rows) {
    change(log, table, columns, [&](BinlogWriter& out) { out.write_rows(7, columns.size(), rows); });
  }

  std::string save(const BinlogWriter& log, const std::string& name = "binlog.000001") {
    write_file(dir_ / name, log.str());
    return dir_ / name;
  }
  ReplicaRun run(std::vector<std::string> inputs) {
    ReplicaRun run;
    run.inputs = std::move(inputs);
    run.into = path_;
    return run;
  }
  // First column of the first row.
  std::string query(const std::string& sql) {
    Result<Database> database = Database::open(path_, OpenMode::read_only);
    EXPECT_TRUE(database.has_value());
    Result<std::optional<std::string>> answer = database->query_text(sql);
    return answer ? answer->value_or("NULL") : answer.error().message();
  }
  void execute(const std::string& sql) {
    Result<Database> database = Database::open(path_, OpenMode::read_write);
    ASSERT_TRUE(database.has_value());
    const Status done = database->execute(sql);
    ASSERT_TRUE(done.has_value()) << done.error().message();
  }
  RunOutcome must_run(const ReplicaRun& what) {
    Result<RunOutcome> outcome = run_replica(what);
    EXPECT_TRUE(outcome.has_value()) << outcome.error().message();
    EXPECT_EQ(integrity_of(path_), "ok");
    return outcome ? *outcome : RunOutcome{};
  }
  Error must_fail(const ReplicaRun& what) {
    Result<RunOutcome> outcome = run_replica(what);
    EXPECT_FALSE(outcome.has_value());
    return outcome ? Error{} : outcome.error();
  }

  TempDir dir_;
  std::string path_ = dir_ / "replica.db";
  std::uint64_t gno_ = 0;
};

}  // namespace binferry::test
