// What the program prints, byte for byte. With BINFERRY_UPDATE_GOLDEN=1 the files are written instead of compared: read
// the difference before you commit it.
#include "tests/cli/program.hpp"
#include "tests/support/source_dir.hpp"

#include <gtest/gtest.h>

namespace binferry::test {
namespace {

struct Golden {
  std::string name;
  std::vector<std::string> arguments;
};

class GoldenText : public testing::TestWithParam<Golden> {};

TEST_P(GoldenText, IsPrinted) {
  const std::string path = std::string(source_dir()) + "/tests/cli/golden/" + GetParam().name + ".txt";
  const Ran ran = run(GetParam().arguments);
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(ran.err, "");
  if (std::getenv("BINFERRY_UPDATE_GOLDEN") != nullptr) write_file(path, ran.out);
  const std::string expected = read_file(path);
  ASSERT_FALSE(expected.empty()) << path << " is missing";
  EXPECT_EQ(ran.out, expected);
}

std::vector<Golden> goldens() {
  const std::string shop = fixture("mysql-8.0/shop/binlog.000001");
  const std::string bank = fixture("mysql-8.0/transactions/binlog.000001");
  return {
      {"help", {"--help"}},
      {"help_inspect", {"inspect", "--help"}},
      {"help_tail", {"tail", "--help"}},
      {"help_replay", {"replay", "--help"}},
      {"help_position", {"position", "--help"}},
      {"help_position_locate", {"position", "locate", "--help"}},
      {"version", {"--version"}},
      {"shop_text", {"inspect", shop}},
      {"shop_json", {"inspect", "--format=json", shop}},
      {"shop_sql", {"inspect", "--format=sql", shop}},
      {"shop_events", {"inspect", "--events", shop}},
      {"shop_events_json", {"inspect", "--events", "--format=json", "--stop-position=855", shop}},
      {"shop_coverage", {"inspect", "--coverage", shop}},
      {"shop_coverage_json", {"inspect", "--coverage", "--format=json", shop}},
      {"shop_stats", {"inspect", "--stats", shop}},
      {"shop_stats_json", {"inspect", "--stats", "--format=json", shop}},
      {"shop_quiet", {"inspect", "--quiet", shop}},
      {"shop_quiet_json", {"inspect", "--quiet", "--format=json", shop}},
      {"shop_position_json", {"position", "show", "--format=json", fixture("mysql-8.0/shop")}},
      {"bank_text", {"inspect", bank, "--stop-position=12000"}},
      {"bank_json", {"inspect", "--format=json", bank, "--stop-position=12000"}},
      {"bank_sql", {"inspect", "--format=sql", bank, "--stop-position=12000"}},
      {"compressed_events",
       {"inspect", "--events", "--stop-position=1500", fixture("mysql-8.0/transactions-compressed/binlog.000001")}},
      {"types_minimal_sql",
       {"inspect", "--format=sql", "--table=sets", fixture("mysql-8.0/types-minimal-image/binlog.000001")}},
      {"json_text", {"inspect", "--table=multi", fixture("mysql-8.0/json/binlog.000001")}},
  };
}

INSTANTIATE_TEST_SUITE_P(Cli, GoldenText, testing::ValuesIn(goldens()),
                         [](const auto& parameter) { return parameter.param.name; });

}  // namespace
}  // namespace binferry::test
