// The words that GTID texts are made of, shared by the parsers of this folder. Not for other folders.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/gtid.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace binferry::gtid_text {

template <class Integer>
void append_number(std::string& out, Integer value) {
  char digits[24];
  out.append(digits, std::to_chars(digits, digits + sizeof digits, value).ptr);
}

// A place in a text. Each word skips the spaces behind it, as the server does; errors say the column, counted from 1,
// what was expected there and what was found. The text must outlive the cursor.
class Cursor {
 public:
  // `subject` names the whole in errors: "GTID set".
  Cursor(std::string_view text, std::string_view subject) : text_(text), subject_(subject) {}

  [[nodiscard]] bool done() const { return at_ == text_.size(); }
  // NUL at the end.
  [[nodiscard]] char peek() const { return done() ? '\0' : text_[at_]; }
  void skip_space();
  // Takes `c` and the spaces behind it, if it is next.
  bool accept(char c);

  Result<Uuid> uuid();
  // A letter or underscore is next: a tag, for a number starts with a digit.
  [[nodiscard]] bool at_tag() const;
  Result<std::string> tag();
  // `smallest` … kMaxGno. The server reads 010 as octal and 0x10 as hexadecimal in some versions and not in others:
  // both are refused here, so that a set never means something else than it means to the server.
  Result<std::int64_t> gno(std::int64_t smallest);
  Result<MariadbGtid> mariadb_gtid();

  [[nodiscard]] std::unexpected<Error> expected(std::string_view what) const { return expected_at(at_, what); }
  [[nodiscard]] std::unexpected<Error> expected_at(std::size_t at, std::string_view what) const;
  [[nodiscard]] std::size_t offset() const { return at_; }

 private:
  // Digits up to `largest`; the cursor moves only past a good number, and past the spaces behind it.
  Result<std::uint64_t> number(std::string_view what, std::uint64_t largest);

  std::string_view text_;
  std::string_view subject_;
  std::size_t at_ = 0;
};

}  // namespace binferry::gtid_text
