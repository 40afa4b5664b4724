#include "binlog/base/spool.hpp"

#include <string>
#include <gtest/gtest.h>

namespace binferry {
namespace {

TEST(Spool, GivesBackWhatWasAppendedFromMemoryAndFromTheFile) {
  for (const std::size_t budget : {16U, 100U, 1U << 20}) {
    Spool spool(budget);
    std::string expected;
    for (int i = 0; i < 200; ++i) {
      const std::string head = "h" + std::to_string(i);
      const std::string tail(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
      ASSERT_TRUE(spool.append(bytes_of(head), bytes_of(tail)));
      expected += head + tail;
    }
    EXPECT_EQ(spool.size(), expected.size());
    EXPECT_EQ(spool.spilled(), budget < expected.size());
    Spool::Cursor cursor(spool);
    std::string got;
    for (int i = 0; i < 200; ++i) {
      const auto head = cursor.read(1 + std::to_string(i).size());
      ASSERT_TRUE(head);
      got += text_of(*head);
      const auto tail = cursor.read(static_cast<std::size_t>(i));
      ASSERT_TRUE(tail);
      got += text_of(*tail);
    }
    EXPECT_TRUE(cursor.at_end());
    EXPECT_EQ(got, expected);
  }
}

TEST(Spool, IsEmptyAgainAfterClear) {
  Spool spool(8);
  ASSERT_TRUE(spool.append(bytes_of("more than eight bytes")));
  spool.clear();
  EXPECT_EQ(spool.size(), 0U);
  EXPECT_FALSE(spool.spilled());
  ASSERT_TRUE(spool.append(bytes_of("abc")));
  EXPECT_EQ(text_of(*Spool::Cursor(spool).read(3)), "abc");
}

TEST(Spool, ReadingBeyondTheEndIsAnError) {
  Spool spool(8);
  EXPECT_FALSE(Spool::Cursor(spool).read(1));
}

TEST(Spool, SaysWhichFolderCannotHoldItsFile) {
  Spool spool(1, "/nonexistent-folder");
  const Status status = spool.append(bytes_of("spills"));
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Errc::io);
  EXPECT_NE(status.error().hint.find("TMPDIR"), std::string::npos);
}

}  // namespace
}  // namespace binferry
