// Every fixture: the rows that the log's changes build equal what the server itself held at the end.
#include "tests/integration/support/replay_log.hpp"
#include "tests/support/source_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <string>
#include <vector>

namespace binferry::test {
namespace {

namespace fs = std::filesystem;

const fs::path kFixtures = fs::path(source_dir()) / "fixtures";

std::vector<std::string> cases() {
  std::vector<std::string> names;
  for (const auto& server : fs::directory_iterator(kFixtures)) {
    if (!server.is_directory()) continue;
    for (const auto& folder : fs::directory_iterator(server)) {
      if (fs::exists(folder.path() / "expected")) {
        names.push_back(server.path().filename().string() + "/" + folder.path().filename().string());
      }
    }
  }
  std::sort(names.begin(), names.end());
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

class Fixtures : public testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Each, Fixtures, testing::ValuesIn(cases()), test_name);

TEST_P(Fixtures, GiveTheRowsThatTheServerHeld) {
  const fs::path folder = kFixtures / GetParam();
  ReplayOptions options;
  if (fs::exists(folder / "keys.txt")) options.key_file = folder / "keys.txt";
  Model model;
  const Status status = replay_log(logs_of(folder), model, options);
  ASSERT_TRUE(status.has_value()) << status.error().message() << "\n" << status.error().hint;
  std::vector<TableDump> expected = read_dumps(folder / "expected");
  ASSERT_FALSE(expected.empty());
  EXPECT_EQ(model.difference(expected), "");
  EXPECT_GT(model.counts().rows(), 0U);
  EXPECT_EQ(model.prepared(), 0U);
  for (const auto& [table, reason] : model.inexact()) {
    if (reason != Model::kCascades && reason != Model::kComputed && reason != Model::kPartialJson)
      ADD_FAILURE() << table << " was not compared: " << reason;
  }
}

}  // namespace
}  // namespace binferry::test
