// MySQL's binary JSON (PROTOCOL 5.1) to the text the server prints, byte for byte.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/limits.hpp"
#include "binlog/base/result.hpp"

#include <string>

namespace binferry {

// Appends the document as text: `{"a": 1, "b": [1, 2]}`. No bytes at all is the JSON null. Every offset and size is
// proved before use, and values may not overlap, so that text is never much longer than the document.
// Errc::corrupt, or Errc::limit beyond limits.json_depth; `out` is then as before.
Status append_json_text(Bytes document, std::string& out, const Limits& limits = {});

}  // namespace binferry
