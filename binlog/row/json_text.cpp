#include "binlog/row/json_text.hpp"

#include "binlog/row/json_binary.hpp"

namespace binferry {

Status append_json_text(Bytes document, std::string& out, const Limits& limits) {
  const std::size_t before = out.size();
  JsonReader reader(document.size());
  JsonValue value;
  if (!reader.root(document, value) || !append_json_value(reader, value, 0, limits, out)) {
    out.resize(before);
    return reader.status();
  }
  return {};
}

}  // namespace binferry
