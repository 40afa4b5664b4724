// When two texts are the same key to MySQL and MariaDB: equality under their collations, for foreign keys.
//
// A child row references its parent by the collation of the columns, so 'Ann ' may reference 'ann'. What decides:
//
//   …_bin, 0900_bin           the bytes
//   …_0900_…, …_uca1400_…     the Unicode Collation Algorithm with the strength that the name tells (ICU)
//   …_unicode_ci, 520, langs  the same without accents and case; letters that Unicode 4.0 told apart still are
//   …_general_ci              one weight a character of the first plane: its base letter in upper case
//   8-bit sets, gbk, sjis …   letters in groups (letter_groups.hpp), as the servers' tables have them
//
// and whether trailing spaces count (PAD SPACE or NO PAD). Measured against MariaDB 10.11's and MySQL 5.6's own
// answers (tests/integration/collations_test.cpp); README names what is only near.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

namespace binferry {

class KeyMatch {
 public:
  KeyMatch(const KeyMatch&) = delete;
  KeyMatch& operator=(const KeyMatch&) = delete;
  virtual ~KeyMatch() = default;

  // By the collation's id; 0, unknown, is taken for one that ignores case and pads. Kept for the whole program; any
  // thread may use it.
  static const KeyMatch& of_collation(std::uint16_t collation);

  // Equal keys are equal bytes, and there is nothing to search for beside them.
  [[nodiscard]] virtual bool is_exact() const { return false; }
  // Texts of printable ASCII are only equal if they are so but for their case and trailing spaces.
  [[nodiscard]] virtual bool knows_ascii() const = 0;
  // UTF-8, both.
  [[nodiscard]] bool same(std::string_view left, std::string_view right) const;
  [[nodiscard]] bool pads() const { return pads_; }

 protected:
  explicit KeyMatch(bool pads) : pads_(pads) {}

 private:
  [[nodiscard]] virtual bool same_unpadded(std::string_view left, std::string_view right) const = 0;
  bool pads_;
};

}  // namespace binferry
