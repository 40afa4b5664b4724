// Every fixture, replayed into SQLite: the replica holds what the server held, in one go and in steps of one
// transaction with a restart between each.
#include "tests/support/source_dir.hpp"
#include "tests/unit/applier/support.hpp"

#include <algorithm>
#include <cctype>

namespace binferry::test {
namespace {

namespace fs = std::filesystem;

const fs::path kFixtures = fs::path(source_dir()) / "fixtures";

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& server : fs::directory_iterator(kFixtures)) {
    if (!server.is_directory()) continue;
    for (const auto& folder : fs::directory_iterator(server)) {
      if (!fs::exists(folder.path() / "expected")) continue;
      names.push_back(server.path().filename().string() + "/" + folder.path().filename().string());
    }
  }
  std::ranges::sort(names);
  return names;
}

std::string test_name(const testing::TestParamInfo<std::string>& info) {
  std::string name;
  bool upper = true;
  for (const char c : info.param) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0) name += upper ? static_cast<char>(std::toupper(byte)) : c;
    upper = std::isalpha(byte) == 0;
  }
  return name;
}

class FixtureReplay : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    folder_ = kFixtures / GetParam();
    if (!fs::exists(folder_ / "keys.txt")) return;
    Result<MariadbKeys> keys = MariadbKeys::parse(bytes_of(read_file((folder_ / "keys.txt").string())), {});
    ASSERT_TRUE(keys.has_value()) << keys.error().message();
    keys_ = std::move(*keys);
  }
  ReplicaRun run(const std::string& name) {
    ReplicaRun run;
    run.inputs = {folder_.string()};
    run.into = dir_ / name;
    run.keys = keys_ ? &*keys_ : nullptr;
    return run;
  }

  TempDir dir_;
  fs::path folder_;
  std::optional<MariadbKeys> keys_;
};
INSTANTIATE_TEST_SUITE_P(Each, FixtureReplay, testing::ValuesIn(cases()), test_name);

TEST_P(FixtureReplay, HoldsWhatTheServerHeld) {
  const Result<RunOutcome> outcome = run_replica(run("replica.db"));
  ASSERT_TRUE(outcome.has_value()) << outcome.error().message();
  EXPECT_EQ(difference_from(dir_ / "replica.db", folder_ / "expected"), "");
  EXPECT_EQ(outcome->quarantined, 0U);
  EXPECT_EQ(integrity_of(dir_ / "replica.db"), "ok");
  // The same files again change nothing.
  const std::string before = content_of(dir_ / "replica.db");
  const Result<RunOutcome> again = run_replica(run("replica.db"));
  ASSERT_TRUE(again.has_value()) << again.error().message();
  EXPECT_EQ(again->totals.transactions, 0U);
  EXPECT_EQ(again->checkpoint, outcome->checkpoint);
  EXPECT_EQ(content_of(dir_ / "replica.db"), before);
}

TEST_P(FixtureReplay, HoldsTheSameWhenItIsRestartedAfterEveryTransaction) {
  const Result<RunOutcome> whole = run_replica(run("whole.db"));
  ASSERT_TRUE(whole.has_value()) << whole.error().message();
  ReplicaRun step = run("steps.db");
  step.most_transactions = 1;
  std::uint64_t transactions = 0;
  Checkpoint checkpoint;
  for (;;) {
    const Result<RunOutcome> outcome = run_replica(step);
    ASSERT_TRUE(outcome.has_value()) << outcome.error().message() << " after " << transactions;
    checkpoint = outcome->checkpoint;
    if (outcome->totals.transactions == 0) break;
    transactions += outcome->totals.transactions;
  }
  EXPECT_EQ(transactions, whole->totals.transactions);
  EXPECT_EQ(checkpoint, whole->checkpoint);
  EXPECT_EQ(difference_from(dir_ / "steps.db", folder_ / "expected"), "");
  EXPECT_EQ(content_of(dir_ / "steps.db"), content_of(dir_ / "whole.db"));
  EXPECT_EQ(integrity_of(dir_ / "steps.db"), "ok");
}

}  // namespace
}  // namespace binferry::test
