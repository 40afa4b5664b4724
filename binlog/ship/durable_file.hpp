// Small files that must survive the machine: replaced as a whole, so that there is always one that is complete.
#pragma once

#include "binlog/base/result.hpp"

#include <string>
#include <string_view>

namespace binferry {

// `path` holds `text`, durably, when this returns; it held what it held before if it fails. Errors: `io`, `no_space`.
Status replace_durably(const std::string& path, std::string_view text);

// What was made, renamed or removed in the folder is so for good.
Status sync_folder(const std::string& folder);

}  // namespace binferry
