// Logs of many servers that may not be copied here: BINFERRY_CORPUS names their folder. Each reads to its last byte, or
// stops with a precise error because the log itself is broken, obsolete or unreadable by its own design.
#include "tests/cli/program.hpp"
#include "tests/support/source_dir.hpp"

#include <filesystem>
#include <map>

#include <gtest/gtest.h>

namespace binferry::test {
namespace {

// What is wrong with them, by what the error must say.
const std::map<std::string, std::string> kBroken{
    {"binlog_truncated_event.000001", ":4: FORMAT_DESCRIPTION: the file ends inside an event"},
    {"bug40482-bin.000001", ":106: INCIDENT: the source lost events here"},
    {"corrupt-relay-bin.000624", ":4264: XID: no transaction is open"},
    {"ver_5_1-wl2325_r.001", ":428: TABLE_MAP: row events of the test release"},
};

TEST(Corpus, EveryLogIsReadToItsLastByteOrStopsWhereItIsBroken) {
  const char* const named = std::getenv("BINFERRY_CORPUS");
  const std::filesystem::path corpus =
      named != nullptr ? named : std::filesystem::path(source_dir()) / "../shared/corpus";
  if (!std::filesystem::exists(corpus)) GTEST_SKIP() << "no corpus at " << corpus;
  const TempDir folder;
  write_file(folder / "keys", "1;00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n");
  int logs = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(corpus)) {
    if (!entry.is_regular_file() || !read_file(entry.path().string()).starts_with("\xFE\x62in")) continue;
    ++logs;
    const std::string name = entry.path().filename().string();
    const Ran ran =
        run({"inspect", "--coverage", "--format=json", "--key-file", folder / "keys", entry.path().string()});
    const auto broken = kBroken.find(name);
    if (broken == kBroken.end()) {
      EXPECT_EQ(ran.exit_code, 0) << name << ": " << ran.err;
      EXPECT_NE(ran.out.find("\"unknown\":0,"), std::string::npos) << ran.out;
    } else {
      EXPECT_EQ(ran.exit_code, 3) << name;
      EXPECT_NE(ran.err.find("binferry: " + name + broken->second), std::string::npos) << ran.err;
    }
    for (const char* const format : {"--format=text", "--format=json"}) {
      EXPECT_EQ(run({"inspect", format, "--key-file", folder / "keys", entry.path().string()}).exit_code, ran.exit_code)
          << name << ' ' << format;
    }
  }
  EXPECT_GT(logs, 40);
}

}  // namespace
}  // namespace binferry::test
