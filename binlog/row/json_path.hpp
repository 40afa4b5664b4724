// Paths into JSON documents as the server writes them into diffs: `$.name`, `$."odd name"`, `$[3]`, without wildcards.
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

}  // namespace binferry
