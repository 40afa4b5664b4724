#include "applier/letter_groups.hpp"

#include <algorithm>
#include <string>

namespace binferry {
namespace {

// Of koi8u_general_ci and cp1251_ukrainian_ci a backtick is a space, too.
constexpr LetterGroups kGroups[] = {
    {"dec8_swedish_ci", "AÀÁÂÃ CÇ EÈÉÊË IÌÍÎÏ NÑ OÒÓÔÕ UÙÚÛ YÜŸ [Å \\ÄÆ ]Ö", "œ"},
    {"cp850_general_ci", "", "ı"},
    {"latin1_german1_ci", "AÀÁÂÃÄÅÆ CÇ EÈÉÊË IÌÍÎÏ NÑ OÒÓÔÕÖØ Sß UÙÚÛÜ YÝ", "šœžÿ"},
    {"hp8_english_ci", "", "ýçñâêôûáéóúàèòùäëöüîåíøæìïãðõšÿþ"},
    {"koi8r_general_ci", "", ""},
    {"latin1_swedish_ci", "AÀÁÂÃ CÇ DÐ EÈÉÊË IÌÍÎÏ NÑ OÒÓÔÕ UÙÚÛ YÜÝ [Å \\ÄÆ ]Ö", "šœžÿ"},
    {"latin2_general_ci", "CÇ DĎ EÉËĚ IÍÎ LĹĽ NŇ OÔÖŐ RŔŘ SŞ TŢŤ UÚÜŮŰ YÝ ¤§¨°´¸×ß÷Đˇ˘˙˛˝ ÁÂÄĂ", ""},
    {"swe7_swedish_ci", "EÉ YÜ", ""},
    {"ascii_general_ci", "", ""},
    {"cp1251_bulgarian_ci", "¤¦§©«¬®°±¶·»ΜЂЃЄЅІЇЈЉЊЋЌЎЏҐ–—‘’‚“”„†‡•…‰‹›€№™", ""},
    {"latin1_danish_ci", "AÀÁÂÃ CÇ DÐ EÈÉÊË IÌÍÎÏ NÑ OÒÓÔÕ UÙÚÛ YÜÝ [ÄÆ \\ÖØ ]Å", "šœžÿ"},
    {"hebrew_general_ci", "", ""},
    {"tis620_thai_ci", "็๚ ่๛ ์๙", ""},
    {"koi8u_general_ci", "", ""},
    {"cp1251_ukrainian_ci", "", "ѓђљњќћџўјѕ"},
    {"greek_general_ci", "ΆΑ ΈΕ ΉΗ ΊΐΙΪ ΌΟ ΎΥΫΰ ΏΩ", ""},
    {"cp1250_general_ci", "AÁÂÄĂĄ CÇ DĎ EÉËĘĚ IÍÎ LĹĽŁ NŃŇ OÓÔÖŐ RŔŘ S§ßŞ TŢŤ UÚÜŮŰ YÝ ŚŠ ŹŻŽ", ""},
    {"latin2_croatian_ci", "AÁÂÄĂĄ CÇ DĎ EÉËĘĚ IÍÎ LĹĽŁ NŃŇ OÓÔÖŐ RŔŘ SßŚŞ TŢŤ UÚÜŮŰ YÝ ZŹŻ", ""},
    {"cp1257_lithuanian_ci", "Z¢£¤¦§¨©«¬®¯°±²³´¶·¸¹»¼½¾ÄÅÆÉÓÕÖ×ØÜß÷ĀąĆĒĢĪĶĻŁŃŅŌŖŚŹŻŽˇ˙˛Μ–—‘’‚“”„†‡•…‰‹›€™", "ą"},
    {"latin5_turkish_ci", "AÀÁÂÃÄÅÆ EÈÉÊË NÑ OÒÓÔÕØ Sß UÙÚÛ YŸ iÌÍÎÏİ", "i"},
    {"latin1_german2_ci", "AÀÁÂÃÅ CÇ DÐ EÈÉÊË IÌÍÎÏ NÑ OÒÓÔÕ UÙÚÛ YÝÿ \\Æ", "ÿšœž"},
    {"armscii8_general_ci", "", "աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ"},
    {"cp866_general_ci", "", "j"},
    {"keybcs2_general_ci", "AÁÄ CČ DĎ EÉĚ IÍ LĹĽ NŇ OÓÔÖ RŔŘ SŠ TŤ UÚÜŮ YÝ ZŽ", "σ"},
    {"macce_general_ci", "AÁÄĀĄ CĆČ DĎ EÉĒĖĘĚ GĢ IÍĪĮ KĶ LĹĻĽŁ MNŃŅŇ OÓÔÕÖŌŐ RŔŖŘ SßŚŠ TŤ UÚÜŪŮŰŲ YÝ ZŹŻŽ", ""},
    {"macroman_general_ci", "AÀÁÂÃÄÅ CÇ EÈÉÊË FƑ IÌÍÎÏ NÑ OÒÓÔÕÖØ Sß UÙÚÛÜ YŸ", "œ"},
    {"cp852_general_ci", "AÁÂÄĂĄ CÇĆČ DĎĐ EÉËĘĚ IÍÎ LĹĽŁ OÓÔÖŐ RŔŘ SŚŞŠ TŢŤ UÚÜŮŰ YÝ ZŹŻŽ ŃŇ", ""},
    {"latin7_general_ci", "", "tøŗ"},
    {"cp1250_croatian_ci", "AÁÂÄĂĄ CÇ DĎ EÉËĘĚ IÍÎ LĹĽŁ NŃŇ OÓÔÖŐ RŔŘ SßŚŞ TŢŤ UÚÜŮŰ YÝ ZŹŻ", ""},
    {"latin1_general_ci", "", "šœžÿ"},
    {"cp1251_general_ci", "", ""},
    {"cp1256_general_ci", "تظ", ""},
    {"cp1257_general_ci", "AÄÅÆĀĄ CĆČ EÉĒĖĘ GĢ IĪĮ KĶ LĻŁ NŃŅ OÓÕÖØŌ RŖ SßŚŠ UÜŪŲ ZŹŻŽ", ""},
    {"geostd8_general_ci", "@`", ""},
    {"latin1_spanish_ci", "AÀÁÂÃÄÅÆ CÇ DÐ EÈÉÊË IÌÍÎÏ OÒÓÔÕÖØ UÙÚÛÜ YÝÿ", "ÿšœž"},
    {"cp1250_polish_ci", "AÁÂÄĂ CÇČ DĎĐ EÉËĚ IÍÎ LĹĽ NŇ OÔÖŐ RŔŘ SßŞŠ TŢŤ UÚÜŮŰ YÝ ZŽ", ""},
    {"gbk_chinese_ci", "Y~", "", true},
    {"gb2312_chinese_ci", "Y~", "", true},
    {"sjis_japanese_ci", "", "", true},
    {"cp932_japanese_ci", "", "", true},
    {"ujis_japanese_ci", "", "", true},
    {"eucjpms_japanese_ci", "", "", true},
    {"euckr_korean_ci", "", "", true},
};

}  // namespace

const LetterGroups* letter_groups_of(std::string_view collation_name) {
  std::string name(collation_name);
  if (const auto nopad = name.find("_nopad"); nopad != std::string::npos) name.erase(nopad, 6);
  const auto* const found = std::ranges::find(kGroups, name, &LetterGroups::collation);
  return found == std::end(kGroups) ? nullptr : found;
}

}  // namespace binferry
