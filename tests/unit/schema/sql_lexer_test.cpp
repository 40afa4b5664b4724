#include "binlog/schema/sql_lexer.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

// Kinds as one letter and texts: `w:CREATE q:a b s:it's`.
std::string lexed(std::string_view sql, SqlDialect dialect = {}) {
  SqlLexer lexer(sql, dialect);
  std::string out;
  for (Token token = lexer.next(); token.kind != TokenKind::end; token = lexer.next()) {
    if (!out.empty()) out += ' ';
    out += "ewqsnhb.u"[static_cast<int>(token.kind)];
    out += ':';
    if (!token.introducer.empty()) out += '_' + token.introducer + '_';
    out += token.text;
    if (token.kind == TokenKind::unfinished) break;
  }
  return out;
}

constexpr SqlDialect kMysql8{false, 80040, 0};
constexpr SqlDialect kMariadb{true, 101119, 0};

TEST(SqlLexer, BackticksInsideNamesAreDoubled) {
  EXPECT_EQ(lexed("`odd ``name; x`.`ü`"), "q:odd `name; x .:. q:ü");
}

TEST(SqlLexer, DoubleQuotesAreStringsUnlessAnsiQuotesIsSet) {
  EXPECT_EQ(lexed(R"("a""b")"), R"(s:a"b)");
  EXPECT_EQ(lexed(R"("a""b")", {false, 80040, sql_mode::kAnsiQuotes}), R"(q:a"b)");
}

TEST(SqlLexer, StringsKeepTheBackslashOfPercentAndUnderscoreOnly) {
  EXPECT_EQ(lexed(R"('it''s \'\\\n\%\_\q')"), "s:it's '\\\n\\%\\_q");
}

TEST(SqlLexer, NoBackslashEscapesMakesABackslashACharacter) {
  EXPECT_EQ(lexed(R"('a\' 'b')", {false, 80040, sql_mode::kNoBackslashEscapes}), R"(s:a\b)");
}

TEST(SqlLexer, StringsThatFollowOneAnotherAreOne) {
  EXPECT_EQ(lexed("'a' \n 'b''c' \"d\""), "s:ab'cd");
}

TEST(SqlLexer, IntroducersBelongToTheirString) {
  EXPECT_EQ(lexed("_utf8mb4'x' _latin1 x'e9' N'y' _nocharset 'z'"),
            "s:_utf8mb4_x h:_latin1_E9 s:_utf8mb3_y w:_nocharset s:z");
}

TEST(SqlLexer, HexAndBitLiteralsInBothForms) {
  EXPECT_EQ(lexed("x'0aF' 0x0F 0xABC b'101' 0b11 0xZ 0b2"), "h:00AF h:0F h:0ABC b:101 b:11 w:0xZ w:0b2");
}

TEST(SqlLexer, NamesMayBeginWithDigitsAndNumbersMayHaveExponents) {
  EXPECT_EQ(lexed("2fa 1e5 1e .5 1.5e-3 12"), "w:2fa n:1e5 w:1e n:.5 n:1.5e-3 n:12");
}

TEST(SqlLexer, AfterANamesDotDigitsAreAName) {
  EXPECT_EQ(lexed("db.2024 t.1e5"), "w:db .:. w:2024 w:t .:. w:1e5");
}

TEST(SqlLexer, CommentsAreSkipped) {
  EXPECT_EQ(lexed("a /* x */ b -- y\n c # z\n d --e"), "w:a w:b w:c w:d .:- .:- w:e");
  EXPECT_EQ(lexed("a /*+ hint */ b /**/ c"), "w:a w:b w:c");
}

TEST(SqlLexer, ExecutableCommentsRunUpToTheServersVersion) {
  EXPECT_EQ(lexed("a /*!80023 INVISIBLE */ /*!90000 no 'x */ /*! always */ b", kMysql8),
            "w:a w:INVISIBLE w:always w:b");
  EXPECT_EQ(lexed("/*!50503 a /*!80000 b */ c */ d", kMysql8), "w:a w:b w:c w:d");
}

TEST(SqlLexer, MariadbIgnoresWhatIsForMysql57AndLater) {
  EXPECT_EQ(lexed("/*!80016 a */ /*!50100 b */ /*!100100 c */ /*M!100301 d */ /*M! e */ /*M!110000 f */", kMariadb),
            "w:b w:c w:d w:e");
  EXPECT_EQ(lexed("/*M!100301 d */ x", kMysql8), "w:x");
}

TEST(SqlLexer, ASkippedExecutableCommentMayHoldAComment) {
  EXPECT_EQ(lexed("/*!99999 a /* b */ c */ d", kMysql8), "w:d");
}

TEST(SqlLexer, WhatDoesNotEndIsSaidToBeUnfinished) {
  EXPECT_EQ(lexed("a 'b"), "w:a u:string");
  EXPECT_EQ(lexed("a `b"), "w:a u:quoted name");
  EXPECT_EQ(lexed("a /* b"), "w:a u:comment");
  EXPECT_EQ(lexed("'b\\"), "u:string");
}

TEST(SqlLexer, OffsetsPointIntoTheText) {
  SqlLexer lexer("  ab /*x*/ 'c'", kMysql8);
  const Token name = lexer.next();
  EXPECT_EQ(name.offset, 2U);
  EXPECT_EQ(name.end, 4U);
  EXPECT_FALSE(name.after_comment);
  const Token text = lexer.next();
  EXPECT_EQ(text.offset, 11U);
  EXPECT_EQ(text.end, 14U);
  EXPECT_TRUE(text.after_comment);
}

}  // namespace
}  // namespace binferry
