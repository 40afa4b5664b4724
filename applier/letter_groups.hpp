// Which letters are one to the collations of 8-bit and of East Asian character sets.
//
// Facts of the servers' tables, as SELECT … HEX(WEIGHT_STRING(…)) of MariaDB 10.11 and MySQL 5.6 tells them;
// tests/integration/collations_test.cpp asks both for every character. Control characters are left out.
#pragma once

#include <string_view>

namespace binferry {

struct LetterGroups {
  std::string_view collation;
  std::string_view groups;    // UTF-8, separated by spaces: each is one letter, beside its lower case
  std::string_view unpaired;  // these are not their own upper case's
  bool only_ascii = false;    // no letter beyond ASCII has a case
};

// Null: none is known. The name may be that of a NO PAD collation.
const LetterGroups* letter_groups_of(std::string_view collation_name);

}  // namespace binferry
