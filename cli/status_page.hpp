// The page at `/` of a hub: status_page.html, in the program.
//
// It holds nothing of the hub and loads nothing but /status.json and /v1/live of the same hub.
#pragma once

#include <string>
#include <string_view>

namespace binferry::cli {

extern const std::string_view kStatusPage;

// For Content-Security-Policy: the page's own script and style by their digests, this hub's data, and nothing else.
std::string status_page_policy();

}  // namespace binferry::cli
