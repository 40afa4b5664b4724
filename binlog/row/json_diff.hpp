// Partial JSON updates (PROTOCOL 5.3): the steps that lead from the document before to the one after.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace binferry {

struct JsonDiff {
  enum class Op : std::uint8_t { replace = 0, insert = 1, remove = 2 } op;
  std::string_view path;  // `$.a[3]`
  Bytes value;            // binary JSON; empty for remove
};

// The steps, in order; views into `vector`. Errc::corrupt or Errc::truncated if it is malformed.
Result<std::vector<JsonDiff>> parse_json_diffs(Bytes vector);

// Appends the text of `document` (binary JSON) after all steps of `vector`. Errc::corrupt if a step does not fit the
// document: the row must be rejected, for nothing half-patched may be shown. `out` is then as before.
Status append_patched_json_text(Bytes document, Bytes vector, std::string& out, const Limits& limits = {});

// The same over a document as append_json_text() prints it: for a replica that keeps the text, when the image (MINIMAL,
// NOBLOB) holds the steps without the document before. What the steps do not touch is copied as it stands.
Status append_patched_json_text(std::string_view document_text, Bytes vector, std::string& out,
                                const Limits& limits = {});

// Appends the steps as an SQL expression over `target`, for when the document before is not at hand:
// `JSON_REMOVE(JSON_REPLACE(@2, '$.a', 1), '$.b')`. Nothing at all if there are no steps but `target`.
Status append_json_diff_sql(std::string_view target, Bytes vector, std::string& out, const Limits& limits = {});

}  // namespace binferry
