#include "cli/status_page.hpp"

#include "binlog/base/crypto.hpp"
#include "binlog/base/digest.hpp"

namespace binferry::cli {
namespace {

// Of what stands between `<tag>` and `</tag>`.
std::string digest_of(std::string_view tag) {
  const std::string open = '<' + std::string(tag) + '>';
  const std::size_t begin = kStatusPage.find(open) + open.size();
  const std::string_view inside = kStatusPage.substr(begin, kStatusPage.find("</", begin) - begin);
  return "'sha256-" + base64(sha256(bytes_of(inside))) + "'";
}

}  // namespace

std::string status_page_policy() {
  return "default-src 'none'; script-src " + digest_of("script") + "; style-src " + digest_of("style") +
         "; img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
}

}  // namespace binferry::cli
