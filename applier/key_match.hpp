// When two texts are the same key to MySQL: collations as foreign keys need them, approximately.
//
// A child row references its parent by the collation of the columns, so 'Ann ' may reference 'ann'. The weights of some
// 300 collations are not here; what is: case (simple folding of Latin, Greek and Cyrillic letters), trailing spaces
// (PAD SPACE), and the accents of Latin letters for collations that ignore them everywhere. Pairs that only finer rules
// make equal (ß and ss, kana, ligatures) are not found. Functions without state.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace binferry {

struct KeyMatch {
  bool ignores_case = false;
  bool ignores_accents = false;
  bool pads = false;  // trailing spaces do not count

  // Equal keys are equal bytes, and there is nothing to search for beside them.
  [[nodiscard]] bool is_exact() const { return !ignores_case && !ignores_accents && !pads; }
  // A small number for SQL and back.
  [[nodiscard]] int code() const { return (ignores_case ? 1 : 0) | (ignores_accents ? 2 : 0) | (pads ? 4 : 0); }
  static KeyMatch of_code(std::int64_t code) { return {(code & 1) != 0, (code & 2) != 0, (code & 4) != 0}; }
  // By the collation's id; 0, unknown, is taken for one that ignores case and pads.
  static KeyMatch of_collation(std::uint16_t collation);

  // Equal keys have equal forms. `text` is UTF-8.
  [[nodiscard]] std::string form(std::string_view text) const;
};

}  // namespace binferry
