// One small request to a hub over HTTP, and what a hub's refusal means.
#pragma once

#include "binlog/ship/hub_address.hpp"

#include <string>
#include <string_view>

namespace binferry {

// What a hub's refusal of a request means. `reason` is its text.
Error refusal_of(unsigned status, std::string_view reason);

// The body of a reply to GET, at most 16 MiB. Errors: `connection`, `timeout`, `refused`, `not_found`, `protocol`.
Result<std::string> get_from_hub(const HubAddress& address, std::string_view target, int timeout_ms);

}  // namespace binferry
