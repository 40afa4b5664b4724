#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace binferry {
namespace {

TEST(Error, TheMessageIsThePlaceAndWhatHappened) {
  Error error{Errc::corrupt, "length 12 is shorter than a header", {}, "fetch the file again"};
  EXPECT_EQ(error.message(), "length 12 is shorter than a header");
  error.where = "binlog.000003:1547";
  EXPECT_EQ(error.message(), "binlog.000003:1547: length 12 is shorter than a header");
}

TEST(Error, PlacesAreAddedOutermostFirst) {
  Status failed = fail(Errc::checksum, "checksum mismatch");
  failed = propagate(failed, "WRITE_ROWS");
  failed = propagate(failed, "binlog.000003:1547");
  EXPECT_EQ(failed.error().code, Errc::checksum);
  EXPECT_EQ(failed.error().message(), "binlog.000003:1547: WRITE_ROWS: checksum mismatch");
}

TEST(Error, PropagatingKeepsCodeTextAndHintAcrossResultTypes) {
  Result<int> number = fail(Errc::limit, "too large", "raise the limit");
  const Result<std::string> text = propagate(number);
  ASSERT_FALSE(text);
  EXPECT_EQ(text.error().code, Errc::limit);
  EXPECT_EQ(text.error().what, "too large");
  EXPECT_EQ(text.error().hint, "raise the limit");
}

TEST(Error, EveryCodeHasItsOwnName) {
  std::set<std::string_view> names;
  const int count = static_cast<int>(Errc::internal) + 1;
  for (int code = 0; code < count; ++code) names.insert(name_of(static_cast<Errc>(code)));
  EXPECT_EQ(names.size(), static_cast<std::size_t>(count));
}

TEST(Error, OnlyABrokenLinkATimeoutAndAHeldReplicaAreWorthTheSameAttemptAgain) {
  std::set<Errc> retryable;
  for (int code = 0; code <= static_cast<int>(Errc::internal); ++code) {
    if (is_retryable(static_cast<Errc>(code))) retryable.insert(static_cast<Errc>(code));
  }
  EXPECT_EQ(retryable, (std::set<Errc>{Errc::connection, Errc::timeout, Errc::busy}));
}

TEST(Bytes, HexadecimalIsUpperCaseTwoDigitsAByte) {
  EXPECT_EQ(to_hex(bytes_of(std::string_view("\x00\x0F\xA9\xFF", 4))), "000FA9FF");
  EXPECT_EQ(to_hex({}), "");
}

TEST(Bytes, TextAndBytesAreTheSameMemory) {
  const std::string text("a\0b", 3);
  EXPECT_EQ(text_of(bytes_of(text)), text);
  EXPECT_EQ(text_of(bytes_of(text)).data(), text.data());
}

}  // namespace
}  // namespace binferry
