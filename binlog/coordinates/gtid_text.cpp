#include "binlog/coordinates/gtid_text.hpp"

#include <limits>

namespace binferry::gtid_text {
namespace {

// Not <cctype>: its answers depend on the locale, and it must not be asked about negative chars.
bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
bool is_tag_start(char c) {
  return (lower(c) >= 'a' && lower(c) <= 'z') || c == '_';
}

std::string shown(char c) {
  if (c >= ' ' && c <= '~') return std::string("'") + c + "'";
  const auto byte = static_cast<std::uint8_t>(c);
  return "the byte 0x" + to_hex({&byte, 1});
}

}  // namespace

void Cursor::skip_space() {
  while (!done() && is_space(text_[at_])) ++at_;
}

bool Cursor::accept(char c) {
  if (done() || text_[at_] != c) return false;
  ++at_;
  skip_space();
  return true;
}

std::unexpected<Error> Cursor::expected_at(std::size_t at, std::string_view what) const {
  const std::string found = at < text_.size() ? shown(text_[at]) : "the end";
  return fail(Errc::usage, std::string(subject_) + ", column " + std::to_string(at + 1) + ": expected " +
                               std::string(what) + ", found " + found);
}

Result<Uuid> Cursor::uuid() {
  const auto uuid = Uuid::from_dashed(text_.substr(at_, Uuid::kTextLength));
  if (!uuid) return expected("a UUID like 3e11fa47-71ca-11e1-9e33-c80aa9429562");
  at_ += Uuid::kTextLength;
  skip_space();
  return *uuid;
}

bool Cursor::at_tag() const {
  return is_tag_start(peek());
}

Result<std::string> Cursor::tag() {
  const std::size_t start = at_;
  std::string tag;
  while (at_tag() || (!tag.empty() && is_digit(peek()))) {
    if (tag.size() == kMaxTagLength) return expected_at(start, "a tag of at most 32 characters");
    tag.push_back(lower(text_[at_++]));
  }
  skip_space();
  if (!done() && peek() != ':' && peek() != ',') {
    return expected("':', ',' or the end after a tag (letters, digits and underscores)");
  }
  return tag;
}

Result<std::uint64_t> Cursor::number(std::string_view what, std::uint64_t largest) {
  std::uint64_t value = 0;
  const char* start = text_.data() + at_;
  const auto [end, error] = std::from_chars(start, text_.data() + text_.size(), value);
  if (end == start || error != std::errc() || value > largest) {
    return expected(std::string(what) + " up to " + std::to_string(largest));
  }
  at_ += static_cast<std::size_t>(end - start);
  skip_space();
  return value;
}

Result<std::int64_t> Cursor::gno(std::int64_t smallest) {
  const std::size_t start = at_;
  if (peek() == '0' && start + 1 < text_.size() && (is_digit(text_[start + 1]) || lower(text_[start + 1]) == 'x')) {
    return expected("a transaction number in decimal without leading zeros");
  }
  auto value = number("a transaction number", static_cast<std::uint64_t>(kMaxGno));
  if (!value) return propagate(value);
  const auto gno = static_cast<std::int64_t>(*value);
  if (gno < smallest) return expected_at(start, "a transaction number from 1");
  return gno;
}

Result<MariadbGtid> Cursor::mariadb_gtid() {
  constexpr std::uint64_t kMax32 = std::numeric_limits<std::uint32_t>::max();
  constexpr std::string_view kForm = "'-' (a MariaDB GTID is domain-server-sequence, like 0-1-100)";
  auto domain = number("a domain number", kMax32);
  if (!domain) return propagate(domain);
  if (!accept('-')) return expected(kForm);
  auto server_id = number("a server id", kMax32);
  if (!server_id) return propagate(server_id);
  if (!accept('-')) return expected(kForm);
  auto seq_no = number("a sequence number", std::numeric_limits<std::uint64_t>::max());
  if (!seq_no) return propagate(seq_no);
  return MariadbGtid{static_cast<std::uint32_t>(*domain), static_cast<std::uint32_t>(*server_id), *seq_no};
}

}  // namespace binferry::gtid_text
