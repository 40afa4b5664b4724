#include "applier/key_match.hpp"

#include "binlog/row/charset.hpp"
#include "binlog/schema/definition.hpp"

#include <algorithm>
#include <array>

namespace binferry {
namespace {

// Letters without their accents, of U+00E0…U+00FF and U+0100…U+017F; `.` where there is no single one.
constexpr std::string_view kLatin1 = "aaaaaa.ceeeeiiii.nooooo..uuuuy.y";
constexpr std::string_view kExtendedA =
    "aaaaaaccccccccdd..eeeeeeeeeegggggggghh..iiiiiiiii...jjkk.llllll....nnnnnn...oooooo..rrrrrrssssssss"
    "tttt..uuuuuuuuuuuuwwyyyzzzzzzs";
static_assert(kLatin1.size() == 32 && kExtendedA.size() == 128);

void strip_accents(std::string& folded) {
  std::size_t to = 0;
  for (std::size_t i = 0; i < folded.size(); ++i, ++to) {
    const auto lead = static_cast<unsigned char>(folded[i]);
    folded[to] = folded[i];
    if (lead < 0xC3 || lead > 0xC5 || i + 1 >= folded.size()) continue;
    const std::size_t point = (lead & 0x1FU) << 6 | (static_cast<unsigned char>(folded[i + 1]) & 0x3FU);
    const char base = point >= 0x100 && point <= 0x17F ? kExtendedA[point - 0x100]
                      : point >= 0xE0 && point <= 0xFF ? kLatin1[point - 0xE0]
                                                       : '.';
    if (base == '.') continue;
    folded[to] = base;
    ++i;
  }
  folded.resize(to);
}

// Collations that have no language of their own: to the others some of the accented letters are letters apart.
bool ignores_accents(std::string_view name) {
  constexpr std::array<std::string_view, 6> kEndings = {"_general_ci", "_unicode_ci",    "_unicode_520_ci",
                                                        "_0900_ai_ci", "_uca1400_ai_ci", "_general_nopad_ci"};
  if (name.starts_with("ascii")) return false;
  return std::ranges::any_of(kEndings, [&](std::string_view ending) { return name.ends_with(ending); });
}

}  // namespace

KeyMatch KeyMatch::of_collation(std::uint16_t collation) {
  const std::string_view name = collation_name(collation);
  if (name.empty()) return {true, false, true};
  const bool is_binary = name == "binary" || name.ends_with("_bin") || name.ends_with("_cs");
  const bool no_pad = name == "binary" || name.contains("0900") || name.contains("nopad");
  return {!is_binary, !is_binary && binferry::ignores_accents(name), !no_pad};
}

std::string KeyMatch::form(std::string_view text) const {
  if (pads) text = text.substr(0, text.find_last_not_of(' ') + 1);
  if (!ignores_case) return std::string(text);
  std::string form = folded_name(text);
  if (ignores_accents) strip_accents(form);
  return form;
}

}  // namespace binferry
