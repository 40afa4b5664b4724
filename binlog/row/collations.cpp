// The character sets and collations of MySQL 5.6…9.x and MariaDB 10.x…11.x.
#include "binlog/row/charset.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace binferry {
namespace {

using Form = Charset::Form;

// A character set and its collations: words `name` that stand for `charset_name`, each with the id after that of the
// word before it, or with the number before it. `-` is a collation that has the set's own name; `*` stands for
// kUnicodeCollations.
struct Row {
  Charset charset;
  std::string_view collations;
};

// The languages of the Unicode Collation Algorithm 4.0.0, which every Unicode set has in this order.
constexpr std::string_view kUnicodeCollations =
    "unicode_ci icelandic_ci latvian_ci romanian_ci slovenian_ci polish_ci estonian_ci spanish_ci swedish_ci "
    "turkish_ci czech_ci danish_ci lithuanian_ci slovak_ci spanish2_ci roman_ci persian_ci esperanto_ci "
    "hungarian_ci sinhala_ci german2_ci croatian_ci unicode_520_ci vietnamese_ci";

// Ids from 576 on are MariaDB's. For 122, 149, 181, 213 and 245 it says `croatian_mysql561_ci`.
constexpr Row kRows[] = {
    {{"big5", "BIG5", 2, Form::double_byte_table, 1}, "1 chinese_ci 84 bin 1025 chinese_nopad_ci 1108 nopad_bin"},
    {{"latin2", "", 1, Form::single_byte_table, 9},
     "2 czech_cs 9 general_ci 21 hungarian_ci 27 croatian_ci 77 bin 1033 general_nopad_ci 1101 "
     "nopad_bin"},
    {{"dec8", "", 1, Form::single_byte_table, 3}, "3 swedish_ci 69 bin 1027 swedish_nopad_ci 1093 nopad_bin"},
    {{"cp850", "", 1, Form::single_byte_table, 4}, "4 general_ci 80 bin 1028 general_nopad_ci 1104 nopad_bin"},
    {{"latin1", "", 1, Form::single_byte_table, 8},
     "5 german1_ci 8 swedish_ci 15 danish_ci 31 german2_ci 47 bin general_ci general_cs 94 "
     "spanish_ci 1032 swedish_nopad_ci 1071 nopad_bin"},
    {{"hp8", "", 1, Form::single_byte_table, 6}, "6 english_ci 72 bin 1030 english_nopad_ci 1096 nopad_bin"},
    {{"koi8r", "", 1, Form::single_byte_table, 7}, "7 general_ci 74 bin 1031 general_nopad_ci 1098 nopad_bin"},
    {{"swe7", "", 1, Form::single_byte_table, 10}, "10 swedish_ci 82 bin 1034 swedish_nopad_ci 1106 nopad_bin"},
    {{"ascii", "", 1, Form::ascii, 11}, "11 general_ci 65 bin 1035 general_nopad_ci 1089 nopad_bin"},
    {{"ujis", "EUC-JP-MS", 3, Form::double_byte_table, 12},
     "12 japanese_ci 91 bin 1036 japanese_nopad_ci 1115 nopad_bin"},
    {{"sjis", "SJIS", 2, Form::double_byte_table, 13}, "13 japanese_ci 88 bin 1037 japanese_nopad_ci 1112 nopad_bin"},
    {{"cp1251", "", 1, Form::single_byte_table, 51},
     "14 bulgarian_ci 23 ukrainian_ci 50 bin general_ci general_cs 1074 nopad_bin general_nopad_ci"},
    {{"hebrew", "", 1, Form::single_byte_table, 16}, "16 general_ci 71 bin 1040 general_nopad_ci 1095 nopad_bin"},
    {{"tis620", "", 1, Form::single_byte_table, 18}, "18 thai_ci 89 bin 1042 thai_nopad_ci 1113 nopad_bin"},
    {{"euckr", "CP949", 2, Form::double_byte_table, 19}, "19 korean_ci 85 bin 1043 korean_nopad_ci 1109 nopad_bin"},
    {{"latin7", "", 1, Form::single_byte_table, 41},
     "20 estonian_cs 41 general_ci general_cs 79 bin 1065 general_nopad_ci 1103 nopad_bin"},
    {{"koi8u", "", 1, Form::single_byte_table, 22}, "22 general_ci 75 bin 1046 general_nopad_ci 1099 nopad_bin"},
    {{"gb2312", "EUC-CN", 2, Form::double_byte_table, 24}, "24 chinese_ci 86 bin 1048 chinese_nopad_ci 1110 nopad_bin"},
    {{"greek", "", 1, Form::single_byte_table, 25}, "25 general_ci 70 bin 1049 general_nopad_ci 1094 nopad_bin"},
    {{"cp1250", "", 1, Form::single_byte_table, 26},
     "26 general_ci 34 czech_cs 44 croatian_ci 66 bin 99 polish_ci 1050 general_nopad_ci 1090 "
     "nopad_bin"},
    {{"gbk", "GBK", 2, Form::double_byte_table, 28}, "28 chinese_ci 87 bin 1052 chinese_nopad_ci 1111 nopad_bin"},
    {{"cp1257", "", 1, Form::single_byte_table, 59},
     "29 lithuanian_ci 58 bin general_ci 1082 nopad_bin general_nopad_ci"},
    {{"latin5", "", 1, Form::single_byte_table, 30}, "30 turkish_ci 78 bin 1054 turkish_nopad_ci 1102 nopad_bin"},
    {{"armscii8", "", 1, Form::single_byte_table, 32}, "32 general_ci 64 bin 1056 general_nopad_ci 1088 nopad_bin"},
    {{"utf8mb3", "", 3, Form::utf8, 33},
     "33 general_ci 76 tolower_ci 83 bin 192 * 223 general_mysql500_ci 576 croatian_ci myanmar_ci "
     "thai_520_w2 1057 general_nopad_ci 1107 nopad_bin 1216 unicode_nopad_ci 1238 "
     "unicode_520_nopad_ci"},
    {{"ucs2", "UCS-2BE", 2, Form::iconv, 35},
     "35 general_ci 90 bin 128 * 159 general_mysql500_ci 640 croatian_ci myanmar_ci thai_520_w2 "
     "1059 general_nopad_ci 1114 nopad_bin 1152 unicode_nopad_ci 1174 unicode_520_nopad_ci"},
    {{"cp866", "", 1, Form::single_byte_table, 36}, "36 general_ci 68 bin 1060 general_nopad_ci 1092 nopad_bin"},
    {{"keybcs2", "", 1, Form::single_byte_table, 37}, "37 general_ci 73 bin 1061 general_nopad_ci 1097 nopad_bin"},
    {{"macce", "", 1, Form::single_byte_table, 38}, "38 general_ci 43 bin 1062 general_nopad_ci 1067 nopad_bin"},
    {{"macroman", "", 1, Form::single_byte_table, 39}, "39 general_ci 53 bin 1063 general_nopad_ci 1077 nopad_bin"},
    {{"cp852", "", 1, Form::single_byte_table, 40}, "40 general_ci 81 bin 1064 general_nopad_ci 1105 nopad_bin"},
    {{"utf8mb4", "", 4, Form::utf8, 45},
     "45 general_ci bin 224 * 255 0900_ai_ci de_pb_0900_ai_ci is_0900_ai_ci lv_0900_ai_ci "
     "ro_0900_ai_ci sl_0900_ai_ci pl_0900_ai_ci et_0900_ai_ci es_0900_ai_ci sv_0900_ai_ci "
     "tr_0900_ai_ci cs_0900_ai_ci da_0900_ai_ci lt_0900_ai_ci sk_0900_ai_ci es_trad_0900_ai_ci "
     "la_0900_ai_ci 273 eo_0900_ai_ci hu_0900_ai_ci hr_0900_ai_ci 277 vi_0900_ai_ci 0900_as_cs "
     "de_pb_0900_as_cs is_0900_as_cs lv_0900_as_cs ro_0900_as_cs sl_0900_as_cs pl_0900_as_cs "
     "et_0900_as_cs es_0900_as_cs sv_0900_as_cs tr_0900_as_cs cs_0900_as_cs da_0900_as_cs "
     "lt_0900_as_cs sk_0900_as_cs es_trad_0900_as_cs la_0900_as_cs 296 eo_0900_as_cs hu_0900_as_cs "
     "hr_0900_as_cs 300 vi_0900_as_cs 303 ja_0900_as_cs ja_0900_as_cs_ks 0900_as_ci ru_0900_ai_ci "
     "ru_0900_as_cs zh_0900_as_cs 0900_bin nb_0900_ai_ci nb_0900_as_cs nn_0900_ai_ci nn_0900_as_cs "
     "sr_latn_0900_ai_ci sr_latn_0900_as_cs bs_0900_ai_ci bs_0900_as_cs bg_0900_ai_ci "
     "bg_0900_as_cs gl_0900_ai_ci gl_0900_as_cs mn_cyrl_0900_ai_ci mn_cyrl_0900_as_cs 608 "
     "croatian_ci myanmar_ci thai_520_w2 1069 general_nopad_ci nopad_bin 1248 unicode_nopad_ci "
     "1270 unicode_520_nopad_ci"},
    {{"utf16", "UTF-16BE", 4, Form::iconv, 54},
     "54 general_ci bin 101 * 672 croatian_ci myanmar_ci thai_520_w2 1078 general_nopad_ci "
     "nopad_bin 1125 unicode_nopad_ci 1147 unicode_520_nopad_ci"},
    {{"utf16le", "UTF-16LE", 4, Form::iconv, 56}, "56 general_ci 62 bin 1080 general_nopad_ci 1086 nopad_bin"},
    {{"cp1256", "", 1, Form::single_byte_table, 57}, "57 general_ci 67 bin 1081 general_nopad_ci 1091 nopad_bin"},
    {{"utf32", "UTF-32BE", 4, Form::iconv, 60},
     "60 general_ci bin 160 * 736 croatian_ci myanmar_ci thai_520_w2 1084 general_nopad_ci "
     "nopad_bin 1184 unicode_nopad_ci 1206 unicode_520_nopad_ci"},
    {{"binary", "", 1, Form::binary, 63}, "63 -"},
    {{"geostd8", "", 1, Form::single_byte_table, 92}, "92 general_ci bin 1116 general_nopad_ci nopad_bin"},
    {{"cp932", "CP932", 2, Form::double_byte_table, 95}, "95 japanese_ci bin 1119 japanese_nopad_ci nopad_bin"},
    {{"eucjpms", "EUC-JP-MS", 3, Form::double_byte_table, 97}, "97 japanese_ci bin 1121 japanese_nopad_ci nopad_bin"},
    {{"gb18030", "GB18030", 4, Form::iconv, 248}, "248 chinese_ci bin unicode_520_ci"},
};

// MariaDB's Unicode 14 collations: id = base + language * 8 + (4 if no pad) + (2 if accent) + (1 if case sensitive).
struct Uca1400 {
  std::string_view charset;
  std::uint16_t base;
};
constexpr Uca1400 kUca1400[] = {
    {"utf8mb3", 2048}, {"utf8mb4", 2304}, {"ucs2", 2560}, {"utf16", 2816}, {"utf32", 3072},
};
constexpr std::string_view kUca1400Languages[] = {
    "",          "_icelandic", "_latvian",    "_romanian",  "_slovenian", "_polish",     "_estonian",
    "_spanish",  "_swedish",   "_turkish",    "_czech",     "_danish",    "_lithuanian", "_slovak",
    "_spanish2", "_roman",     "_persian",    "_esperanto", "_hungarian", "_sinhala",    "_german2",
    "-",         "-",          "_vietnamese", "_croatian",
};
constexpr std::string_view kUca1400Strengths[] = {
    "_ai_ci", "_ai_cs", "_as_ci", "_as_cs", "_nopad_ai_ci", "_nopad_ai_cs", "_nopad_as_ci", "_nopad_as_cs",
};

struct Collation {
  const Charset* charset = nullptr;
  std::string name;
};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

class Catalogue {
 public:
  static const Catalogue& get() {
    static const Catalogue catalogue;
    return catalogue;
  }

  [[nodiscard]] const Collation* at(std::uint16_t id) const {
    return id < by_id_.size() && by_id_[id].charset != nullptr ? &by_id_[id] : nullptr;
  }
  [[nodiscard]] std::uint16_t id_of(std::string_view name) const {
    const std::string wanted = modern(lower(name));
    auto found = by_name_.find(wanted);
    // MariaDB from 10.10 on names a Unicode 14 collation without its set, which is then that of the column: any will
    // do to find the id's strengths, and utf8mb4 is the one people mean.
    if (found == by_name_.end() && wanted.starts_with("uca1400_")) found = by_name_.find("utf8mb4_" + wanted);
    return found == by_name_.end() ? 0 : found->second;
  }
  [[nodiscard]] const Charset* charset(std::string_view name) const {
    std::string wanted = lower(name);
    if (wanted == "utf8") wanted = "utf8mb3";
    const auto found = charsets_.find(wanted);
    return found == charsets_.end() ? nullptr : found->second;
  }

 private:
  Catalogue() {
    by_id_.resize(kUca1400[4].base + 256U);
    for (const Row& row : kRows) {
      charsets_[row.charset.name] = &row.charset;
      std::uint16_t id = 0;
      add_words(row.charset, row.collations, id);
    }
    by_name_["utf16_croatian_mysql561_ci"] = 122;
    by_name_["ucs2_croatian_mysql561_ci"] = 149;
    by_name_["utf32_croatian_mysql561_ci"] = 181;
    by_name_["utf8mb3_croatian_mysql561_ci"] = 213;
    by_name_["utf8mb4_croatian_mysql561_ci"] = 245;
    for (const Uca1400& family : kUca1400) add_uca1400(*charsets_.find(family.charset)->second, family.base);
  }

  // `id` is that of the next word.
  void add_words(const Charset& charset, std::string_view words, std::uint16_t& id) {
    while (!words.empty()) {
      const std::string_view word = words.substr(0, words.find(' '));
      words.remove_prefix(std::min(word.size() + 1, words.size()));
      std::uint16_t number = 0;
      const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
      if (error == std::errc() && end == word.data() + word.size()) {
        id = number;
      } else if (word == "*") {
        add_words(charset, kUnicodeCollations, id);
      } else {
        std::string name(charset.name);
        if (word != "-") name.append("_").append(word);
        add(charset, id++, std::move(name));
      }
    }
  }
  void add_uca1400(const Charset& charset, std::uint16_t base) {
    for (std::size_t language = 0; language < std::size(kUca1400Languages); ++language) {
      if (kUca1400Languages[language] == "-") continue;
      for (std::size_t strength = 0; strength < std::size(kUca1400Strengths); ++strength) {
        add(charset, static_cast<std::uint16_t>(base + language * 8 + strength),
            std::string(charset.name) + "_uca1400" + std::string(kUca1400Languages[language]) +
                std::string(kUca1400Strengths[strength]));
      }
    }
  }
  void add(const Charset& charset, std::uint16_t id, std::string name) {
    by_name_.try_emplace(name, id);  // MariaDB has a second `croatian_ci`; MySQL's id is the one a name means
    by_id_[id] = {&charset, std::move(name)};
  }
  // `utf8_general_ci` is today's `utf8mb3_general_ci`.
  static std::string modern(std::string name) {
    if (name.starts_with("utf8_")) name.insert(4, "mb3");
    return name;
  }

  std::vector<Collation> by_id_;
  std::map<std::string, std::uint16_t, std::less<>> by_name_;
  std::map<std::string_view, const Charset*> charsets_;
};

}  // namespace

const Charset* charset_of_collation(std::uint16_t collation) {
  const Collation* found = Catalogue::get().at(collation);
  return found != nullptr ? found->charset : nullptr;
}

const Charset* charset_named(std::string_view name) {
  return Catalogue::get().charset(name);
}

const Charset* charset_of_collation_named(std::string_view collation_name) {
  return charset_of_collation(collation_id(collation_name));
}

std::uint16_t collation_id(std::string_view collation_name) {
  return Catalogue::get().id_of(collation_name);
}

std::string_view collation_name(std::uint16_t collation) {
  const Collation* found = Catalogue::get().at(collation);
  return found != nullptr ? std::string_view(found->name) : std::string_view();
}

}  // namespace binferry
