#include "binlog/source/multi_file_source.hpp"

#include "tests/unit/source/drain.hpp"
#include "tests/unit/support/binlog_writer.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

using test::BinlogWriter;
using test::drain;
using test::TempDir;
using test::write_file;

// A file that ends in a ROTATE to `next`, or in use where `next` is empty.
std::string log_bytes(std::uint32_t number, const std::string& next) {
  BinlogWriter log;
  log.begin_file(next.empty()).insert_transaction(number);
  if (!next.empty()) log.rotate(next);
  return log.str();
}

struct MultiFileSourceTest : testing::Test {
  MultiFileSourceTest() {
    write_file(dir / "binlog.000008", log_bytes(8, "binlog.000009"));
    write_file(dir / "binlog.000009", log_bytes(9, "binlog.000010"));
    write_file(dir / "binlog.000010", log_bytes(10, ""));
  }
  test::Drained read(const std::vector<std::string>& arguments, const MultiFileOptions& options = {}) {
    auto source = MultiFileSource::open(arguments, options);
    if (source) return drain(**source);
    test::Drained failed;
    failed.error = source.error();
    return failed;
  }
  TempDir dir;
};

TEST_F(MultiFileSourceTest, ReadsAFolderInOrder) {
  const test::Drained got = read({dir.path()});
  ASSERT_FALSE(got.error) << got.error->message();
  EXPECT_EQ(got.files, (std::vector<std::string>{"binlog.000008", "binlog.000009", "binlog.000010"}));
  EXPECT_EQ(got.file_ends, 3);
  EXPECT_EQ(got.types.size(), 7U + 1 + 7 + 1 + 7);
}

TEST_F(MultiFileSourceTest, BeginsAtAPositionOfANamedFile) {
  MultiFileOptions options;
  options.start_file = "binlog.000009";
  options.file.start = 157;  // behind FORMAT_DESCRIPTION and PREVIOUS_GTIDS
  const test::Drained got = read({dir.path()}, options);
  ASSERT_FALSE(got.error) << got.error->message();
  EXPECT_EQ(got.files, (std::vector<std::string>{"binlog.000009", "binlog.000010"}));
  options.start_file = "binlog.000007";
  const test::Drained missing = read({dir.path()}, options);
  ASSERT_TRUE(missing.error);
  EXPECT_EQ(missing.error->code, Errc::not_found);
}

TEST_F(MultiFileSourceTest, AllowsATornTailInTheLastFileOnly) {
  const std::string in_use = log_bytes(11, "");
  write_file(dir / "binlog.000010", in_use.substr(0, in_use.size() - 5));
  test::Drained got = read({dir.path()});
  ASSERT_FALSE(got.error);
  EXPECT_EQ(got.torn, 26U);
  write_file(dir / "binlog.000011", in_use);
  got = read({dir.path()});
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::truncated);
  EXPECT_TRUE(got.error->where.starts_with("binlog.000010:"));
}

TEST_F(MultiFileSourceTest, TakesARotateToAnotherFileForAHole) {
  write_file(dir / "binlog.000009", log_bytes(9, "binlog.000011"));
  const test::Drained got = read({dir.path()});
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->what, "goes on in binlog.000011, but the next file is binlog.000010");
  // Files named one by one are the caller's choice.
  std::vector<std::string> notes;
  MultiFileOptions options;
  options.note = [&](const std::string& note) { notes.push_back(note); };
  EXPECT_FALSE(read({dir / "binlog.000009", dir / "binlog.000010"}, options).error);
  EXPECT_EQ(notes,
            std::vector<std::string>{"binlog.000009 goes on in binlog.000011, but the next file is binlog.000010"});
}

TEST_F(MultiFileSourceTest, SaysWhatIsWrongWithItsArguments) {
  EXPECT_EQ(read({}).error->code, Errc::not_found);
  EXPECT_EQ(read({dir.path(), dir / "binlog.000008"}).error->code, Errc::usage);
  EXPECT_EQ(read({dir / "binlog.000001"}).error->code, Errc::not_found);
  const TempDir empty;
  EXPECT_EQ(read({empty.path()}).error->code, Errc::not_found);
}

}  // namespace
}  // namespace binferry
