// When two texts are one key, by the source's collation.
#include "applier/key_match.hpp"

#include "binlog/row/charset.hpp"

#include <cstdint>
#include <string_view>

#include <gtest/gtest.h>

namespace binferry {
namespace {

const KeyMatch& match_of(std::string_view collation) {
  return KeyMatch::of_collation(collation_id(collation));
}

TEST(KeyMatch, FollowsTheCollation) {
  const KeyMatch& general = match_of("utf8mb4_general_ci");
  EXPECT_TRUE(general.same("ÉCOLE  ", "école"));
  EXPECT_TRUE(general.same("ecole", "École"));
  EXPECT_FALSE(general.same(" ecole", "ecole"));
  EXPECT_TRUE(general.same("žluťoucký", "zlutoucky"));
  EXPECT_FALSE(general.same("Łódź", "Lodz"));
  EXPECT_TRUE(general.same("ß", "S"));
  EXPECT_FALSE(general.same("ß", "ss"));
  EXPECT_TRUE(general.same("😀", "😁"));  // it has one weight for all that lies beyond the first plane
  const KeyMatch& swedish = match_of("latin1_swedish_ci");
  EXPECT_TRUE(swedish.same("ÅR", "år"));
  EXPECT_FALSE(swedish.same("år", "ar"));
  EXPECT_TRUE(swedish.same("ü", "y"));
  EXPECT_TRUE(match_of("latin1_german2_ci").same("Straße Ä", "strasse ae"));
  EXPECT_TRUE(match_of("utf8mb4_0900_bin").is_exact());
  EXPECT_TRUE(KeyMatch::of_collation(kBinaryCollation).is_exact());
}

// MySQL 8.0 manual, "Unicode Character Sets": 0900 is the Unicode Collation Algorithm 9.0.0, NO PAD; `_ai`, `_as`,
// `_ci`, `_cs`, `_ks` are its levels.
TEST(KeyMatch, TheCollationsOfMysql8AreUnicodesWithTheLevelsThatTheyName) {
  const KeyMatch& usual = match_of("utf8mb4_0900_ai_ci");
  EXPECT_TRUE(usual.same("A", "á"));
  EXPECT_FALSE(usual.same("a ", "a"));
  EXPECT_TRUE(usual.same("Straße", "STRASSE"));
  EXPECT_TRUE(usual.same("ﬁn", "fin"));
  EXPECT_TRUE(usual.same("か", "カ"));
  EXPECT_TRUE(usual.same("か", "が"));
  EXPECT_FALSE(usual.same("😀", "😁"));
  EXPECT_FALSE(usual.same("a-b", "ab"));
  EXPECT_TRUE(match_of("utf8mb4_0900_as_ci").same("É", "é"));
  EXPECT_FALSE(match_of("utf8mb4_0900_as_ci").same("e", "é"));
  EXPECT_FALSE(match_of("utf8mb4_0900_as_cs").same("É", "é"));
  EXPECT_TRUE(match_of("utf8mb4_0900_as_cs").same("é", "e\u0301"));
  EXPECT_FALSE(match_of("utf8mb4_sv_0900_ai_ci").same("å", "a"));
  EXPECT_TRUE(match_of("utf8mb4_de_pb_0900_ai_ci").same("Äpfel", "aepfel"));
  EXPECT_FALSE(match_of("utf8mb4_es_0900_ai_ci").same("ñ", "n"));
  EXPECT_TRUE(match_of("utf8mb4_ja_0900_as_cs").same("か", "カ"));
  EXPECT_FALSE(match_of("utf8mb4_ja_0900_as_cs").same("か", "が"));
  EXPECT_FALSE(match_of("utf8mb4_ja_0900_as_cs_ks").same("か", "カ"));
  EXPECT_TRUE(match_of("utf8mb4_la_0900_ai_ci").same("IVLIVS", "julius"));
}

TEST(KeyMatch, EveryCollationHasOne) {
  for (std::uint16_t id = 1; id < 3400; ++id) {
    if (collation_name(id).empty()) continue;
    const KeyMatch& match = KeyMatch::of_collation(id);
    EXPECT_TRUE(match.same("abc", "abc")) << collation_name(id);
    EXPECT_FALSE(match.same("abc", "abd")) << collation_name(id);
    const bool ignores_case = collation_name(id).ends_with("_ci") || collation_name(id).ends_with("_w2");
    EXPECT_EQ(match.same("abc", "ABC"), ignores_case) << collation_name(id);
  }
}

}  // namespace
}  // namespace binferry
