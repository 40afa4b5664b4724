// Small parsers of text that the server writes: paths into JSON documents as they stand in diffs (`$.name`,
// `$."odd name"`, `$[3]`, without wildcards), and the items of a JSON text.
#pragma once

#include "binlog/base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace binferry {

struct JsonPathLeg {
  bool is_index = false;
  std::string key;        // of an object's member, unescaped
  std::size_t index = 0;  // of an array's item
};

// The legs after `$`. Errc::corrupt if the text is no such path.
Result<std::vector<JsonPathLeg>> parse_json_path(std::string_view path);

struct JsonTextItem {
  std::string key;         // of an object's member, unescaped
  std::string_view value;  // text within the container's
};

// The items of a JSON text that is one object or array. Values are told apart by their brackets and quotes, not
// checked any further. False if the text is no such thing.
bool split_json_text(std::string_view container, std::vector<JsonTextItem>& items);

}  // namespace binferry
