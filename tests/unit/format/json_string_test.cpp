#include "binlog/format/json_string.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

std::string json_of(std::string_view text) {
  std::string out;
  append_json_quoted(text, out);
  return out;
}

TEST(JsonString, EscapesWhatJsonDemandsAndNothingElse) {
  EXPECT_EQ(json_of(""), R"("")");
  EXPECT_EQ(json_of("Größe/😀\x7F"), "\"Größe/😀\x7F\"");
  EXPECT_EQ(json_of("\"\\\b\f\n\r\t"), R"("\"\\\b\f\n\r\t")");
  EXPECT_EQ(json_of(std::string_view("\0\x1F", 2)), R"("\u0000\u001f")");
}

// The scan goes eight bytes at a time: every special byte at every place of two words.
TEST(JsonString, FindsASpecialByteAnywhere) {
  for (int special = 0; special < 256; ++special) {
    for (std::size_t at = 0; at < 17; ++at) {
      std::string text(17, 'x');
      text[at] = static_cast<char>(special);
      const bool must_escape = special < 0x20 || special == '"' || special == '\\';
      const std::string got = json_of(text);
      EXPECT_EQ(got.size() > text.size() + 2, must_escape) << special << " at " << at;
      if (!must_escape) {
        EXPECT_EQ(got, '"' + text + '"');
      }
    }
  }
}

TEST(JsonString, EncodesBase64WithPadding) {
  const auto base64 = [](std::string_view text) {
    std::string out;
    append_base64(bytes_of(text), out);
    return out;
  };
  EXPECT_EQ(base64(""), "");
  EXPECT_EQ(base64("f"), "Zg==");
  EXPECT_EQ(base64("fo"), "Zm8=");
  EXPECT_EQ(base64("foo"), "Zm9v");
  EXPECT_EQ(base64("\xFF\xFE\xFD\xFC"), "//79/A==");
}

TEST(JsonString, WritesTimesInUtc) {
  const auto time = [](std::uint64_t seconds) {
    std::string out;
    append_utc_time(seconds, out);
    return out;
  };
  EXPECT_EQ(time(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(time(1795417962), "2026-11-23T07:12:42Z");
  EXPECT_EQ(time(4294967295), "2106-02-07T06:28:15Z");
}

}  // namespace
}  // namespace binferry
