#include "binlog/base/write_behind.hpp"

#include "tests/unit/support/temp_dir.hpp"

#include <string>

#include <gtest/gtest.h>
#include <unistd.h>

namespace binferry {
namespace {

// What reached the disk cannot be asked for here; that nothing is changed or stops can.
TEST(WriteBehind, LeavesTheFileAsItIsAndDoesNotMindWhatItCannotSync) {
  const test::TempDir dir;
  const std::string path = dir / "large";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT, 0600);
  ASSERT_GE(fd, 0);
  WriteBehind behind;
  std::string expected;
  for (int i = 0; i < 20; ++i) {
    const std::string piece(1'500'000, static_cast<char>('a' + i));
    ASSERT_EQ(::write(fd, piece.data(), piece.size()), static_cast<ssize_t>(piece.size()));
    behind.has_grown(fd);
    expected += piece;
  }
  ::close(fd);
  EXPECT_TRUE(test::read_file(path) == expected);
  behind.has_grown(fd);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  WriteBehind().has_grown(ends[1]);
  ::close(ends[0]);
  ::close(ends[1]);
}

}  // namespace
}  // namespace binferry
