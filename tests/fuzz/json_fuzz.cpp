// libraries: binferry_row
// Any bytes as a binary JSON document and as a diff vector over it: an error that leaves the output alone, or text of
// bounded size that is the same every time. Input: u16 size of the document, the document, the diff vector.
#include "binlog/base/byte_reader.hpp"
#include "binlog/row/charset.hpp"
#include "binlog/row/json_diff.hpp"
#include "binlog/row/json_path.hpp"
#include "binlog/row/json_text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace {

using namespace binferry;

void require(bool holds) {
  if (!holds) std::abort();
}

// No byte of a document belongs to two values, so the longest text a byte can become is an inline literal's or an
// escaped control character's; dates and doubles have bytes enough of their own.
void check(const Status& status, const std::string& out, std::size_t input_size) {
  if (!status) {
    require(out.empty());
    require(!status.error().what.empty());
    return;
  }
  require(out.size() <= 64 + 16 * input_size);
  require(first_bad_utf8(bytes_of(out)) == out.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  ByteReader reader({data, size});
  const std::size_t document_size = reader.u16();
  const Bytes document = reader.bytes(std::min(document_size, reader.remaining()));
  const Bytes vector = reader.rest();

  std::string text;
  const Status plain = append_json_text(document, text);
  check(plain, text, document.size());

  std::string unpatched;
  require(append_patched_json_text(document, {}, unpatched).has_value() == plain.has_value());
  require(unpatched == text);

  std::string patched;
  check(append_patched_json_text(document, vector, patched), patched, document.size() + vector.size());
  std::string shown;
  check(append_json_diff_sql("", vector, shown), shown, 2 * vector.size());

  if (const auto diffs = parse_json_diffs(vector)) {
    for (const JsonDiff& diff : *diffs) {
      if (const auto path = parse_json_path(diff.path)) require(path->size() <= diff.path.size());
    }
  }
  return 0;
}
