#include "applier/key_match.hpp"

#include "applier/letter_groups.hpp"
#include "binlog/row/charset.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include <unicode/uchar.h>
#include <unicode/ucol.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>

namespace binferry {
namespace {

// ---- the bytes decide

class ByteMatch final : public KeyMatch {
 public:
  explicit ByteMatch(bool pads) : KeyMatch(pads) {}
  [[nodiscard]] bool is_exact() const override { return !pads(); }
  [[nodiscard]] bool knows_ascii() const override { return true; }

 private:
  [[nodiscard]] bool same_unpadded(std::string_view left, std::string_view right) const override {
    return left == right;
  }
};

// ---- one weight a character

// Of valid UTF-8, as all text in a replica is.
UChar32 next_character(std::string_view text, std::size_t& at) {
  const auto byte_at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const unsigned lead = byte_at(at++);
  if (lead < 0xC0) return static_cast<UChar32>(lead);
  const int more = lead < 0xE0 ? 1 : lead < 0xF0 ? 2 : 3;
  unsigned character = lead & (0x3FU >> more);
  for (int i = 0; i < more; ++i) character = character << 6 | (byte_at(at++) & 0x3FU);
  return static_cast<UChar32>(character);
}

class CharacterMatch : public KeyMatch {
 public:
  [[nodiscard]] bool knows_ascii() const override { return knows_ascii_; }

 protected:
  using KeyMatch::KeyMatch;

  // Of a character: one or two. The second is 0 where there is one.
  using Weights = std::pair<UChar32, UChar32>;
  [[nodiscard]] virtual Weights weights_of(UChar32 character) const = 0;

  void prove_ascii() {
    std::map<UChar32, char> letters;
    for (char c = ' '; c <= '~'; ++c) {
      const auto [first, second] = weights_of(c);
      const char folded = static_cast<char>(u_tolower(c));
      if (second != 0 || letters.try_emplace(first, folded).first->second != folded) knows_ascii_ = false;
    }
  }

 private:
  struct Weigher {
    std::string_view text;
    const CharacterMatch& match;
    std::size_t at = 0;
    UChar32 pending = 0;
    std::optional<UChar32> next() {
      if (pending != 0) return std::exchange(pending, 0);
      if (at >= text.size()) return std::nullopt;
      const auto [first, second] = match.weights_of(next_character(text, at));
      pending = second;
      return first;
    }
  };
  [[nodiscard]] bool same_unpadded(std::string_view left, std::string_view right) const override {
    Weigher ours{left, *this};
    Weigher theirs{right, *this};
    for (;;) {
      const std::optional<UChar32> mine = ours.next();
      if (mine != theirs.next()) return false;
      if (!mine) return true;
    }
  }

  bool knows_ascii_ = true;
};

// utf8mb4_general_ci and its like: the tables were made of Unicode 3.0, for some of its pages.
class GeneralMatch final : public CharacterMatch {
 public:
  GeneralMatch(bool pads, bool sharp_s_is_s) : CharacterMatch(pads), sharp_s_is_s_(sharp_s_is_s) {
    UErrorCode error = U_ZERO_ERROR;
    decomposition_ = unorm2_getNFCInstance(&error);
    prove_ascii();
  }

 private:
  static bool is_of_unicode_3(UChar32 character) {
    UVersionInfo age{};
    u_charAge(character, &age[0]);
    return age[0] != 0 && age[0] * 10 + age[1] <= 30;
  }
  static bool has_table(UChar32 character) {
    constexpr std::array<UChar32, 11> kPages = {0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x1E, 0x1F, 0x21, 0x24, 0xFF};
    return std::ranges::find(kPages, character >> 8) != kPages.end();
  }

  [[nodiscard]] Weights weights_of(UChar32 character) const override {
    constexpr UChar32 kBeyondFirstPlane = 0xFFFD;
    constexpr UChar32 kSharpS = 0xDF;
    constexpr UChar32 kLunateSigma = 0x3F2;
    constexpr UChar32 kShortI = 0x419;
    if (character > 0xFFFF) return {kBeyondFirstPlane, 0};
    if (character == kSharpS) return {sharp_s_is_s_ ? 'S' : kSharpS, 0};
    if (character == kLunateSigma) return {0x3A3, 0};
    if (!has_table(character) || !is_of_unicode_3(character)) return {character, 0};
    if (u_toupper(character) == kShortI) return {kShortI, 0};
    for (;;) {
      std::array<UChar, 8> parts{};
      UErrorCode error = U_ZERO_ERROR;
      const std::int32_t count =
          unorm2_getRawDecomposition(decomposition_, character, parts.data(), parts.size(), &error);
      if (count < 2 || U_FAILURE(error) != 0 || u_isalpha(parts[0]) == 0) break;
      character = parts[0];
    }
    const UChar32 upper = u_toupper(character);
    return {is_of_unicode_3(upper) ? upper : character, 0};
  }

  bool sharp_s_is_s_;
  const UNormalizer2* decomposition_ = nullptr;
};

class GroupMatch final : public CharacterMatch {
 public:
  GroupMatch(bool pads, const LetterGroups& groups) : CharacterMatch(pads), only_ascii_(groups.only_ascii) {
    std::size_t at = 0;
    while (at < groups.unpaired.size()) {
      const UChar32 character = next_character(groups.unpaired, at);
      weights_[character] = {character, 0};
    }
    UChar32 first = 0;
    at = 0;
    while (at < groups.groups.size()) {
      const UChar32 character = next_character(groups.groups, at);
      if (character == ' ') {
        first = 0;
        continue;
      }
      if (first == 0) first = character;
      weights_[character] = {first, 0};
    }
    if (groups.collation == "latin1_german2_ci") {  // as in a telephone book
      weights_[U'Ä'] = {'A', 'E'};
      weights_[U'Ö'] = {'O', 'E'};
      weights_[U'Ü'] = {'U', 'E'};
      weights_[U'ß'] = {'S', 'S'};
    }
    prove_ascii();
  }

 private:
  [[nodiscard]] Weights weights_of(UChar32 character) const override {
    if (const auto found = weights_.find(character); found != weights_.end()) return found->second;
    const UChar32 upper = only_ascii_ && character > 0x7F ? character : u_toupper(character);
    const auto found = weights_.find(upper);
    return found != weights_.end() ? found->second : Weights{upper, 0};
  }

  bool only_ascii_;
  std::map<UChar32, Weights> weights_;
};

// ---- the Unicode Collation Algorithm

class UnicodeMatch final : public KeyMatch {
 public:
  UnicodeMatch(bool pads, UCollator* collator, bool is_tailored, bool one_beyond_first_plane)
      : KeyMatch(pads),
        collator_(collator),
        is_tailored_(is_tailored),
        one_beyond_first_plane_(one_beyond_first_plane) {}
  ~UnicodeMatch() override { ucol_close(collator_); }
  UnicodeMatch(const UnicodeMatch&) = delete;
  UnicodeMatch& operator=(const UnicodeMatch&) = delete;
  // A language may have a letter of two: Danish aa, Traditional Spanish ch.
  [[nodiscard]] bool knows_ascii() const override { return !is_tailored_; }

 private:
  [[nodiscard]] bool same_unpadded(std::string_view left, std::string_view right) const override {
    std::string first;
    std::string second;
    if (one_beyond_first_plane_) {
      left = without_further_planes(left, first);
      right = without_further_planes(right, second);
    }
    UErrorCode error = U_ZERO_ERROR;
    const UCollationResult result = ucol_strcollUTF8(collator_, left.data(), static_cast<std::int32_t>(left.size()),
                                                     right.data(), static_cast<std::int32_t>(right.size()), &error);
    return U_SUCCESS(error) != 0 && result == UCOL_EQUAL;
  }

  // Unicode 4.0 in these servers is of 16 bits: all that is beyond has one weight.
  static std::string_view without_further_planes(std::string_view text, std::string& buffer) {
    const auto is_beyond = [](char c) { return static_cast<unsigned char>(c) >= 0xF0; };
    if (std::ranges::none_of(text, is_beyond)) return text;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (!is_beyond(text[i])) {
        buffer += text[i];
        continue;
      }
      buffer += "\xEF\xBF\xBD";
      i += 3;
    }
    return buffer;
  }

  UCollator* collator_;
  bool is_tailored_;
  bool one_beyond_first_plane_;
};

// What Unicode 4.0, and 5.2 too, tell apart and later versions do not.
constexpr char16_t kUnicode4[] = u"&Z<æ<<<Æ&D<đ<<<Đ<ð<<<Ð&H<ħ<<<Ħ&L<ł<<<Ł<ŀ<<<Ŀ&O<ø<<<Ø<<ǿ<<<Ǿ";
constexpr char16_t kGerman4[] = u"&AE<<æ<<<Æ";  // of `german2`, which puts it beside ä
constexpr char16_t kUnicode5[] =
    u"&Г<ѓ<<<Ѓ&К<ќ<<<Ќ&У<ў<<<Ў<ӱ<<<Ӱ<ӳ<<<Ӳ&І<ї<<<Ї&А<ӑ<<<Ӑ<ӓ<<<Ӓ&Е<ӗ<<<Ӗ&Ж<ӝ<<<Ӝ&З<ӟ<<<Ӟ&И<ӥ<<<Ӥ"
    u"&О<ӧ<<<Ӧ&Ө<ӫ<<<Ӫ&Ч<ӵ<<<Ӵ&Ы<ӹ<<<Ӹ&Э<ӭ<<<Ӭ&Ә<ӛ<<<Ӛ&Ѵ<ѷ<<<Ѷ";

struct Language {
  std::string_view word;  // in the collation's name
  const char* locale;     // ICU's
};
constexpr Language kLanguages[] = {
    {"icelandic", "is"},
    {"is", "is"},
    {"latvian", "lv"},
    {"lv", "lv"},
    {"romanian", "ro"},
    {"ro", "ro"},
    {"slovenian", "sl"},
    {"sl", "sl"},
    {"polish", "pl"},
    {"pl", "pl"},
    {"estonian", "et"},
    {"et", "et"},
    {"spanish", "es"},
    {"es", "es"},
    {"swedish", "sv"},
    {"sv", "sv"},
    {"turkish", "tr"},
    {"tr", "tr"},
    {"czech", "cs"},
    {"cs", "cs"},
    {"danish", "da"},
    {"da", "da"},
    {"lithuanian", "lt"},
    {"lt", "lt"},
    {"slovak", "sk"},
    {"sk", "sk"},
    {"spanish2", "es@collation=traditional"},
    {"es_trad", "es@collation=traditional"},
    {"persian", "fa"},
    {"esperanto", "eo"},
    {"eo", "eo"},
    {"hungarian", "hu"},
    {"hu", "hu"},
    {"sinhala", "si"},
    {"german2", "de@collation=phonebook"},
    {"de_pb", "de@collation=phonebook"},
    {"croatian", "hr"},
    {"hr", "hr"},
    {"vietnamese", "vi"},
    {"vi", "vi"},
    {"ja", "ja"},
    {"ru", "ru"},
    {"zh", "zh"},
    {"nb", "nb"},
    {"nn", "nn"},
    {"sr_latn", "sr_Latn"},
    {"bs", "bs"},
    {"bg", "bg"},
    {"gl", "gl"},
    {"mn_cyrl", "mn"},
};
// Latin: `j` is a kind of `i`, `v` of `u`. ICU has no data for it.
constexpr char16_t kLatin[] = u"&i<<j<<<J&u<<v<<<V";

struct UnicodeName {
  std::string_view language;
  bool is_4 = false;  // Unicode 4.0
  bool is_5 = false;  // Unicode 5.2
  UCollationStrength strength = UCOL_PRIMARY;
  bool case_level = false;
};

// Of a name without its character set: `unicode_520_ci`, `de_pb_0900_as_cs`, `uca1400_swedish_nopad_ai_ci`.
UnicodeName read_name(std::string_view name) {
  UnicodeName read;
  const auto strength_of = [&](std::string_view suffix) {
    const bool accents = suffix.contains("as");
    const bool letters = suffix.contains("cs");
    read.strength = accents && letters ? UCOL_TERTIARY : accents ? UCOL_SECONDARY : UCOL_PRIMARY;
    read.case_level = letters && !accents;
    if (suffix.ends_with("_ks")) read.strength = UCOL_QUATERNARY;
  };
  if (const auto version = name.find("0900_"); version != std::string_view::npos) {
    read.language = name.substr(0, version == 0 ? 0 : version - 1);
    strength_of(name.substr(version + 5));
  } else if (name.starts_with("uca1400_")) {
    name.remove_prefix(8);
    const std::string_view suffix = name.substr(name.size() - 5);
    strength_of(suffix);
    name.remove_suffix(5);
    while (name.ends_with('_')) name.remove_suffix(1);
    if (name.ends_with("nopad")) name.remove_suffix(5);
    while (name.ends_with('_')) name.remove_suffix(1);
    read.language = name;
  } else {
    read.is_5 = name.contains("520");
    if (name.ends_with("_w2")) read.strength = UCOL_SECONDARY;
    read.is_4 = !read.is_5;
    if (!name.starts_with("unicode")) read.language = name.substr(0, name.rfind('_'));
  }
  return read;
}

std::unique_ptr<KeyMatch> unicode_match(std::string_view name, bool pads) {
  const UnicodeName read = read_name(name);
  const auto* const language = std::ranges::find(kLanguages, read.language, &Language::word);
  const bool has_locale = language != std::end(kLanguages);
  const bool is_latin = read.language == "roman" || read.language == "la";
  UErrorCode error = U_ZERO_ERROR;
  UCollator* collator = ucol_open(has_locale ? language->locale : "root", &error);
  if (U_FAILURE(error) != 0) return nullptr;
  if (read.is_4 || read.is_5 || is_latin) {
    std::int32_t length = 0;
    const UChar* const own = ucol_getRules(collator, &length);  // later rules come before earlier ones
    const std::u16string rules = std::u16string(read.is_4 ? kUnicode4 : u"") +
                                 (read.is_4 || read.is_5 ? kUnicode5 : u"") + (is_latin ? kLatin : u"") +
                                 std::u16string(own, static_cast<std::size_t>(length)) +
                                 (read.language == "german2" ? kGerman4 : u"");
    ucol_close(collator);
    collator = ucol_openRules(rules.data(), static_cast<std::int32_t>(rules.size()), UCOL_DEFAULT,
                              UCOL_DEFAULT_STRENGTH, nullptr, &error);
    if (U_FAILURE(error) != 0) return nullptr;
  }
  ucol_setStrength(collator, read.strength);
  if (read.case_level) ucol_setAttribute(collator, UCOL_CASE_LEVEL, UCOL_ON, &error);
  return std::make_unique<UnicodeMatch>(pads, collator, has_locale || is_latin, read.is_4);
}

// ---- which of them

std::unique_ptr<KeyMatch> make_match(std::uint16_t collation) {
  static constexpr LetterGroups kUnknown{"", "", "", false};
  const std::string_view name = collation_name(collation);
  const Charset* const charset = charset_of_collation(collation);
  if (name.empty() || charset == nullptr) return std::make_unique<GroupMatch>(true, kUnknown);
  const bool pads = name != "binary" && !name.contains("0900") && !name.contains("nopad");
  if (name == "binary" || name.ends_with("_bin")) return std::make_unique<ByteMatch>(pads);
  std::string_view rest = name.substr(std::min(name.size(), charset->name.size() + 1));
  if (charset->max_bytes == 1 || letter_groups_of(name) != nullptr) {
    if (name.ends_with("_cs")) return std::make_unique<ByteMatch>(pads);
    const LetterGroups* const groups = letter_groups_of(name);
    return std::make_unique<GroupMatch>(pads, groups != nullptr ? *groups : kUnknown);
  }
  if (rest.starts_with("general_")) return std::make_unique<GeneralMatch>(pads, rest != "general_mysql500_ci");
  const bool is_unicode = (charset->name.starts_with("u") && charset->name != "ujis") || rest.starts_with("unicode");
  std::unique_ptr<KeyMatch> match;
  if (is_unicode && rest != "tolower_ci") match = unicode_match(rest, pads);
  return match ? std::move(match) : std::make_unique<GroupMatch>(pads, kUnknown);
}

}  // namespace

const KeyMatch& KeyMatch::of_collation(std::uint16_t collation) {
  static std::mutex mutex;
  static std::map<std::uint16_t, std::unique_ptr<KeyMatch>> made;
  const std::scoped_lock lock(mutex);
  auto found = made.find(collation);
  if (found == made.end()) found = made.emplace(collation, make_match(collation)).first;
  return *found->second;
}

bool KeyMatch::same(std::string_view left, std::string_view right) const {
  if (pads_) {
    left = left.substr(0, left.find_last_not_of(' ') + 1);
    right = right.substr(0, right.find_last_not_of(' ') + 1);
  }
  return left == right || same_unpadded(left, right);
}

}  // namespace binferry
