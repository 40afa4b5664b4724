// Quoting of names and strings as SHOW CREATE TABLE writes them (default sql_mode).
#pragma once

#include <string>
#include <string_view>

namespace binferry {

void append_quoted_name(std::string_view name, std::string& out);  // `a``b`
void append_quoted_string(std::string_view text,
                          std::string& out);  // 'it''s'; backslash and control characters escaped

}  // namespace binferry
