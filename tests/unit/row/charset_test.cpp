#include "binlog/row/charset.hpp"

#include <gtest/gtest.h>

#include <string>

namespace binferry {
namespace {

Bytes operator""_b(const char* text, std::size_t size) {
  return bytes_of({text, size});
}

std::string utf8(std::string_view charset, Bytes bytes) {
  std::string out;
  const Status status = append_utf8(*charset_named(charset), bytes, out);
  EXPECT_TRUE(status.has_value()) << charset << ": " << status.error().message();
  return out;
}

void expect_undecodable(std::string_view charset, Bytes bytes, std::string_view place) {
  std::string out = "kept";
  const Status status = append_utf8(*charset_named(charset), bytes, out);
  ASSERT_FALSE(status.has_value()) << charset;
  EXPECT_EQ(status.error().code, Errc::undecodable);
  EXPECT_NE(status.error().what.find(place), std::string::npos) << status.error().what;
  EXPECT_NE(status.error().what.find(charset), std::string::npos) << status.error().what;
  EXPECT_EQ(out, "kept");
}

// Counts and hashes are a live server's (scripts/make_charset_tables.py --digests).
struct Digest {
  std::string_view charset;
  unsigned characters;
  std::uint64_t hash;
};
constexpr Digest kDigests[] = {
    {"latin1", 256, 0xEDDC94063E095E18},  {"latin2", 256, 0x7AD2F2F739361546},   {"latin5", 256, 0x94D62805E1E1871E},
    {"latin7", 256, 0x91B68D5D6391AF31},  {"cp1250", 251, 0x903E78C0A971E53B},   {"cp1251", 255, 0xF2509166B93B51FD},
    {"cp1256", 248, 0x308FE2179FA2B5D7},  {"cp1257", 244, 0x07145ED41D4807A2},   {"cp850", 256, 0x674401169B5BB25F},
    {"cp852", 256, 0x47F617181843557C},   {"cp866", 256, 0xB725ACEF3DCBDAC0},    {"koi8r", 256, 0xDF2C4F0EFDB4F817},
    {"koi8u", 256, 0x8F61F0ED9E019D3A},   {"greek", 250, 0xC6189BF609041DEA},    {"hebrew", 220, 0x0BC61AAF6FDBC995},
    {"tis620", 256, 0x14285A301E33C5E0},  {"hp8", 255, 0x4525CE7CEB7A5F8C},      {"keybcs2", 256, 0xAA943665281195D5},
    {"macce", 256, 0xCBDB64E57686AAF7},   {"macroman", 256, 0xDCA7980B7CAC8CCD}, {"swe7", 127, 0x9FECBD2ED801D809},
    {"dec8", 242, 0x0A044231F109EFDA},    {"armscii8", 256, 0x37494CBDE082060B}, {"geostd8", 215, 0x2A2D962D5EDB4AD4},
    {"big5", 13845, 0xABB6CAA341A9E535},  {"cp932", 9795, 0xCABB5FE096DC9439},   {"eucjpms", 15206, 0xF1B9AF8333338DBE},
    {"euckr", 17176, 0xB790F87D49D9862A}, {"gb2312", 7573, 0x3B04D5BC0FE82F2C},  {"gbk", 21919, 0x3664DCE63B17277C},
    {"sjis", 7070, 0xD07C5FC454219809},   {"ujis", 15017, 0x79FAFFA0061D3ABD},
};

struct Hash {
  unsigned characters = 0;
  std::uint64_t value = 0xCBF29CE484222325;

  void add(const Charset& charset, std::string_view code) {
    std::string text;
    if (!append_utf8(charset, bytes_of(code), text)) return;
    if (code.size() > 1 && static_cast<unsigned char>(text[0]) >= 0x80 && one_character(text) != text.size()) return;
    if (code.size() > 1 && static_cast<unsigned char>(text[0]) < 0x80 && text.size() != 1) return;
    ++characters;
    for (const char c : std::string(code) + text) value = (value ^ static_cast<unsigned char>(c)) * 0x100000001B3;
  }
  static std::size_t one_character(std::string_view text) {
    const auto lead = static_cast<unsigned char>(text[0]);
    return lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  }
};

TEST(Charset, EveryCodeMeansWhatTheServerSays) {
  for (const Digest& digest : kDigests) {
    const Charset& charset = *charset_named(digest.charset);
    Hash hash;
    const auto byte = [](unsigned value) { return static_cast<char>(value & 0xFF); };
    for (unsigned i = 0; i < 0x100; ++i) hash.add(charset, std::string{byte(i)});
    if (charset.form == Charset::Form::double_byte_table) {
      for (unsigned i = 0x8000; i < 0x10000; ++i) hash.add(charset, std::string{byte(i >> 8), byte(i)});
    }
    if (charset.max_bytes == 3) {
      for (unsigned i = 0x8000; i < 0x10000; ++i) hash.add(charset, std::string{byte(0x8F), byte(i >> 8), byte(i)});
    }
    EXPECT_EQ(hash.characters, digest.characters) << digest.charset;
    EXPECT_EQ(hash.value, digest.hash) << digest.charset;
  }
}

TEST(Charset, Latin1IsCp1252AndItsFiveHolesAreControls) {
  EXPECT_EQ(utf8("latin1",
                 "gr\xF6\xDF"
                 "e \x80"_b),
            "größe €");
  EXPECT_EQ(utf8("latin1", "\x81\x8D\x8F\x90\x9D"_b), "\u0081\u008D\u008F\u0090\u009D");
}

TEST(Charset, EastAsianBytesBecomeUtf8) {
  EXPECT_EQ(utf8("sjis", "\x93\xFA\x96{\xB6\\~"_b), "日本ｶ\\~");
  EXPECT_EQ(utf8("cp932", "\x87\x40"_b), "①");
  EXPECT_EQ(utf8("gbk", "\xD6\xD0\xCE\xC4"_b), "中文");
  EXPECT_EQ(utf8("big5", "\xA4\xA4\xA4\xE5"_b), "中文");
  EXPECT_EQ(utf8("euckr", "\xC7\xD1"_b), "한");
  EXPECT_EQ(utf8("ujis", "\xC6\xFC\x8E\xB6\x8F\xB0\xA1"_b), "日ｶ丂");
  EXPECT_EQ(utf8("gb18030", "a\xD6\xD0\x81\x30\x81\x30\x90\x30\x81\x30"_b), "a中\u0080\U00010000");
}

TEST(Charset, WideUnicodeIsBigEndianUnlessItSaysOtherwise) {
  EXPECT_EQ(utf8("ucs2", "\x65\xE5\x00\x41"_b), "日A");
  EXPECT_EQ(utf8("utf16", "\xD8\x3D\xDE\x00\x65\xE5"_b), "😀日");
  EXPECT_EQ(utf8("utf16le", "\x3D\xD8\x00\xDE\xE5\x65"_b), "😀日");
  EXPECT_EQ(utf8("utf32", "\x00\x01\xF6\x00"_b), "😀");
  EXPECT_EQ(utf8("utf16", "\xFE\xFF\x00\x41"_b), "\uFEFFA");  // a byte order mark is text like any other
  expect_undecodable("utf16", "\x00\x41\xD8\x3D"_b, "byte 2 ");
  expect_undecodable("ucs2", "\x00\x41\x00"_b, "byte 2 ");
  expect_undecodable("utf32", "\x00\x11\x00\x00"_b, "byte 0 ");
}

TEST(Charset, Utf8IsTakenOnlyIfWellFormed) {
  const std::string text = "plain text of some length, then größe 日本 😀 end";
  EXPECT_EQ(utf8("utf8mb4", bytes_of(text)), text);
  expect_undecodable("utf8mb3", bytes_of(text), "byte 47 ");
  expect_undecodable("utf8mb4", "abcdefgh\xC3"_b, "byte 8 of 9 (0xC3)");
  expect_undecodable("utf8mb4", "\xC0\x80"_b, "byte 0 ");
  expect_undecodable("utf8mb4", "a\xE0\x80\x80"_b, "byte 1 ");
  expect_undecodable("utf8mb4", "a\xED\xA0\x80"_b, "byte 1 ");
  expect_undecodable("utf8mb4", "\xF0\x80\x80\x80"_b, "byte 0 ");
  expect_undecodable("utf8mb4", "\xF4\x90\x80\x80"_b, "byte 0 ");
  expect_undecodable("utf8mb4", "\x80"_b, "byte 0 ");
  expect_undecodable("utf8mb4", "\xFF"_b, "byte 0 ");
}

TEST(Charset, UndecodableBytesNameTheirPlaceAndLeaveTheTextAlone) {
  expect_undecodable("ascii", "0123456789\x80"_b, "byte 10 of 11 (0x80)");
  expect_undecodable("cp1250", "ab\x81"_b, "byte 2 ");
  expect_undecodable("sjis", "\x93\xFA\x93"_b, "byte 2 ");
  expect_undecodable("gbk", "\x80"_b, "byte 0 ");
  expect_undecodable("ujis", "a\x8F\xB0"_b, "byte 1 ");
  expect_undecodable("gb18030", "\xD6\xD0\xFF"_b, "byte 2 ");
}

TEST(Charset, NamesOfOldAndNewServersAreOneSet) {
  EXPECT_EQ(charset_named("utf8"), charset_named("UTF8MB3"));
  EXPECT_EQ(charset_of_collation_named("utf8_general_ci"), charset_named("utf8mb3"));
  EXPECT_EQ(collation_id("utf8_unicode_ci"), 192);
  EXPECT_EQ(collation_id("utf8mb3_unicode_ci"), 192);
  EXPECT_EQ(collation_name(33), "utf8mb3_general_ci");
  EXPECT_EQ(charset_named("klingon"), nullptr);
  EXPECT_EQ(collation_id(""), 0);
  EXPECT_EQ(collation_name(0), "");
  EXPECT_EQ(charset_of_collation(65535), nullptr);
}

TEST(Charset, CollationIdsReachFarBeyond255) {
  const auto expect = [](std::uint16_t id, std::string_view name, std::string_view charset) {
    EXPECT_EQ(collation_name(id), name);
    EXPECT_EQ(collation_id(name), id);
    ASSERT_NE(charset_of_collation(id), nullptr) << name;
    EXPECT_EQ(charset_of_collation(id)->name, charset);
  };
  expect(8, "latin1_swedish_ci", "latin1");
  expect(63, "binary", "binary");
  expect(124, "utf16_vietnamese_ci", "utf16");
  expect(245, "utf8mb4_croatian_ci", "utf8mb4");
  expect(249, "gb18030_bin", "gb18030");
  expect(255, "utf8mb4_0900_ai_ci", "utf8mb4");
  expect(278, "utf8mb4_0900_as_cs", "utf8mb4");
  expect(300, "utf8mb4_vi_0900_as_cs", "utf8mb4");
  expect(308, "utf8mb4_zh_0900_as_cs", "utf8mb4");
  expect(323, "utf8mb4_mn_cyrl_0900_as_cs", "utf8mb4");
  expect(1032, "latin1_swedish_nopad_ci", "latin1");
  expect(1270, "utf8mb4_unicode_520_nopad_ci", "utf8mb4");
  expect(2055, "utf8mb3_uca1400_nopad_as_cs", "utf8mb3");
  expect(2349, "utf8mb4_uca1400_polish_nopad_ai_cs", "utf8mb4");
  expect(3231, "utf32_uca1400_sinhala_nopad_as_cs", "utf32");
  EXPECT_EQ(charset_of_collation(608)->name, "utf8mb4");  // MariaDB's second croatian_ci
  EXPECT_EQ(collation_id("utf8mb4_croatian_mysql561_ci"), 245);
  EXPECT_EQ(collation_id("uca1400_ai_ci"), 2304);
  EXPECT_EQ(charset_of_collation(272), nullptr);  // never given out
}

}  // namespace
}  // namespace binferry
