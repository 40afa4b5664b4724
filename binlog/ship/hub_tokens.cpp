#include "binlog/ship/hub_tokens.hpp"

#include "binlog/base/crypto.hpp"
#include "binlog/base/digest.hpp"
#include "binlog/base/secret.hpp"
#include "binlog/source/input.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace binferry {
namespace {

constexpr std::size_t kLargestFile = std::size_t{1} << 20;
constexpr std::string_view kBlanks = " \t\r";

std::string_view take_word(std::string_view& line) {
  line.remove_prefix(std::min(line.find_first_not_of(kBlanks), line.size()));
  const std::string_view word = line.substr(0, line.find_first_of(kBlanks));
  line.remove_prefix(word.size());
  return word;
}

// Nothing of the line is repeated: it may hold the token in the wrong place.
Result<HubToken> token_of(std::string_view line) {
  HubToken token;
  token.name = take_word(line);
  const std::string_view access = take_word(line);
  const std::string_view secret = take_word(line);
  if (access == "read") {
    token.access = HttpAccess::read;
  } else if (access == "follow") {
    token.access = HttpAccess::follow;
  } else if (access == "admin") {
    token.access = HttpAccess::admin;
  } else {
    return fail(Errc::usage, "the second word is none of read, follow and admin",
                "write a line as `NAME ACCESS TOKEN`");
  }
  if (!take_word(line).empty()) return fail(Errc::usage, "more than three words", "write it as `NAME ACCESS TOKEN`");
  if (!is_token(secret)) {
    return fail(Errc::usage, "a token is 16 to 128 letters, digits, `-` and `_`",
                "make one with `openssl rand -hex 32`");
  }
  token.digest = sha256(bytes_of(secret));
  return token;
}

}  // namespace

bool is_token(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return text.size() >= kShortestToken && text.size() <= kLongestToken && std::ranges::all_of(text, fits);
}

Result<std::string> read_secret_file(const std::string& path) {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0) {
    return std::unexpected(Error{Errc::io, std::string("open: ") + std::strerror(errno), path, {}});
  }
  if (!S_ISREG(status.st_mode)) return std::unexpected(Error{Errc::usage, "is not a file", path, {}});
  if ((status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return std::unexpected(Error{Errc::usage, "others than its owner may use it", path, "chmod 600 " + path});
  }
  std::string text;
  text.reserve(kLargestFile + 1);  // so that no copy stays behind where it grew
  for (;;) {
    const std::size_t had = text.size();
    text.resize(std::min(had + 4096, kLargestFile + 1));
    const ssize_t size = ::read(file.get(), text.data() + had, text.size() - had);
    text.resize(had + static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    if (size < 0) return std::unexpected(Error{Errc::io, std::string("read: ") + std::strerror(errno), path, {}});
    if (text.size() > kLargestFile) return std::unexpected(Error{Errc::usage, "is larger than 1 MiB", path, {}});
    if (size == 0) return text;
  }
}

Result<HubTokens> HubTokens::load(const std::string& path) {
  Result<std::string> text = read_secret_file(path);
  if (!text) return propagate(text);
  Result<HubTokens> tokens = parse(*text, path);
  wipe(*text);
  return tokens;
}

Result<HubTokens> HubTokens::parse(std::string_view text, const std::string& path) {
  HubTokens tokens;
  for (std::size_t number = 1; !text.empty(); ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    line = line.substr(0, line.find('#'));
    if (line.find_first_not_of(kBlanks) == std::string_view::npos) continue;
    Result<HubToken> token = token_of(line);
    if (!token) return propagate(token, path + ":" + std::to_string(number));
    tokens.tokens_.push_back(std::move(*token));
  }
  if (tokens.empty()) {
    return std::unexpected(Error{Errc::usage, "holds no token", path, "write lines as `NAME ACCESS TOKEN`"});
  }
  return tokens;
}

const HubToken* HubTokens::find(std::string_view token) const {
  const auto digest = sha256(bytes_of(token));
  const HubToken* found = nullptr;
  for (const HubToken& known : tokens_) {
    if (same_secret(known.digest, digest)) found = &known;
  }
  return found;
}

}  // namespace binferry
