#include "binlog/row/json_diff.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/row/charset.hpp"
#include "binlog/row/json_binary.hpp"
#include "binlog/row/json_path.hpp"
#include "binlog/row/table_map.hpp"

#include <algorithm>

namespace binferry {
namespace {

using Kind = JsonValue::Kind;

struct Member;

// A value of the document being patched. Containers stay the bytes they are until a path leads through them.
struct Node {
  JsonValue value;
  std::string_view text;        // of a value that came as text: `value` has its kind, if it is a container, and no more
  bool is_open = false;         // `members` hold what is inside, no longer value.data or text
  std::vector<Member> members;  // of an object in key order, of an array in item order
};

struct Member {
  std::string key;
  Node node;
};

bool key_less(std::string_view a, std::string_view b) {
  return a.size() != b.size() ? a.size() < b.size() : a < b;
}

class Patcher {
 public:
  Patcher(std::size_t total_bytes, const Limits& limits) : reader_(total_bytes), limits_(limits) {}

  bool load(Bytes document) { return reader_.root(document, root_.value); }
  void load(std::string_view text) { root_ = of_text(text); }

  bool apply(const JsonDiff& diff) {
    Result<std::vector<JsonPathLeg>> path = parse_json_path(diff.path);
    if (!path) return reader_.fail_with(Errc::corrupt, "a diff with a malformed path");
    if (path->empty()) return reader_.fail_with(Errc::corrupt, "a diff of the whole document");
    Node* parent = &root_;
    for (std::size_t i = 0; i + 1 < path->size(); ++i) {
      parent = find(*parent, (*path)[i]);
      if (parent == nullptr) return misfit();
    }
    const JsonPathLeg& leg = path->back();
    if (diff.op == JsonDiff::Op::insert) return insert(*parent, leg, diff.value);
    Node* target = find(*parent, leg);
    if (target == nullptr) return misfit();
    if (diff.op == JsonDiff::Op::replace) {
      *target = Node();
      return reader_.root(diff.value, target->value);
    }
    std::vector<Member>& members = parent->members;
    std::erase_if(members, [&](const Member& member) { return &member.node == target; });
    return true;
  }

  bool print(std::string& out) { return print(root_, 0, out); }
  [[nodiscard]] Status status() const { return reader_.status(); }

 private:
  bool misfit() { return reader_.fail_with(Errc::corrupt, "a diff does not fit the document before"); }

  static Node of_text(std::string_view text) {
    Node node;
    node.text = text;
    if (text.starts_with('{')) node.value.kind = Kind::object;
    if (text.starts_with('[')) node.value.kind = Kind::array;
    return node;
  }

  bool open(Node& node) {
    if (node.is_open) return true;
    node.is_open = true;
    if (!node.text.empty()) return open_text(node);
    std::string_view key;
    for (std::size_t i = 0; i < node.value.number; ++i) {
      Member member;
      if (!reader_.item(node.value, i, key, member.node.value)) return false;
      member.key = node.value.kind == Kind::object ? key : std::string_view();
      node.members.push_back(std::move(member));
    }
    return true;
  }

  bool open_text(Node& node) {
    std::vector<JsonTextItem> items;
    if (!split_json_text(node.text, items)) return reader_.fail_with(Errc::corrupt, "the text before is no document");
    for (JsonTextItem& item : items) node.members.push_back({std::move(item.key), of_text(item.value)});
    return true;
  }

  static std::vector<Member>::iterator place_of(Node& object, std::string_view key) {
    return std::lower_bound(object.members.begin(), object.members.end(), key,
                            [](const Member& member, std::string_view k) { return key_less(member.key, k); });
  }

  // Null if there is no such value, or the document is malformed there.
  Node* find(Node& parent, const JsonPathLeg& leg) {
    if (parent.value.kind != (leg.is_index ? Kind::array : Kind::object) || !open(parent)) return nullptr;
    if (leg.is_index) return leg.index < parent.members.size() ? &parent.members[leg.index].node : nullptr;
    const auto place = place_of(parent, leg.key);
    return place != parent.members.end() && place->key == leg.key ? &place->node : nullptr;
  }

  bool insert(Node& parent, const JsonPathLeg& leg, Bytes value) {
    if (parent.value.kind != (leg.is_index ? Kind::array : Kind::object) || !open(parent)) return misfit();
    Member member;
    if (!reader_.root(value, member.node.value)) return false;
    auto place = parent.members.end();
    if (leg.is_index) {
      // An index behind the end appends.
      if (leg.index < parent.members.size()) place = parent.members.begin() + static_cast<std::ptrdiff_t>(leg.index);
    } else {
      place = place_of(parent, leg.key);
      if (place != parent.members.end() && place->key == leg.key) return misfit();
      member.key = leg.key;
    }
    parent.members.insert(place, std::move(member));
    return true;
  }

  bool print(const Node& node, std::size_t depth, std::string& out) {
    if (!node.is_open && !node.text.empty()) {
      out += node.text;
      return true;
    }
    if (!node.is_open) return append_json_value(reader_, node.value, depth, limits_, out);
    if (!enter_json_container(reader_, depth, limits_)) return false;
    const bool is_object = node.value.kind == Kind::object;
    out += is_object ? '{' : '[';
    bool is_first = true;
    for (const Member& member : node.members) {
      if (!is_first) out += ", ";
      is_first = false;
      if (is_object) {
        append_json_string(member.key, out);
        out += ": ";
      }
      if (!print(member.node, depth + 1, out)) return false;
    }
    out += is_object ? '}' : ']';
    return true;
  }

  JsonReader reader_;
  Limits limits_;
  Node root_;
};

std::string_view function_of(const JsonDiff& diff) {
  switch (diff.op) {
    case JsonDiff::Op::replace: return "JSON_REPLACE";
    case JsonDiff::Op::insert: return diff.path.ends_with(']') ? "JSON_ARRAY_INSERT" : "JSON_INSERT";
    case JsonDiff::Op::remove: return "JSON_REMOVE";
  }
  return "";
}

void append_sql_string(std::string_view text, std::string& out) {
  out += '\'';
  for (const char c : text) {
    switch (c) {
      case '\'': out += "''"; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\0': out += "\\0"; break;
      default: out += c; break;
    }
  }
  out += '\'';
}

// A JSON value as an SQL expression that JSON functions take for the same value.
Status append_sql_value(Bytes document, std::string& out, const Limits& limits) {
  JsonReader reader(document.size());
  JsonValue value;
  std::string text;
  if (!reader.root(document, value)) return reader.status();
  if (value.kind == Kind::string) {
    append_sql_string(text_of(value.data), out);
    return {};
  }
  if (!append_json_value(reader, value, 0, limits, text)) return reader.status();
  const bool is_decimal = value.kind == Kind::opaque && value.opaque_type == wire_type::kNewDecimal;
  if (value.is_container() || value.kind == Kind::null || (value.kind == Kind::opaque && !is_decimal)) {
    out += "CAST(";
    append_sql_string(text, out);
    out += " AS JSON)";
  } else {
    out += text;
  }
  return {};
}

Status append_sql(std::string_view target, const std::vector<JsonDiff>& diffs, std::string& out, const Limits& limits) {
  // The last step is the outermost call; neighbours of the same kind share one call.
  for (std::size_t i = diffs.size(); i-- > 0;) {
    if (i == 0 || function_of(diffs[i]) != function_of(diffs[i - 1])) {
      out += function_of(diffs[i]);
      out += '(';
    }
  }
  out += target;
  for (std::size_t i = 0; i < diffs.size(); ++i) {
    out += ", ";
    append_sql_string(diffs[i].path, out);
    if (diffs[i].op != JsonDiff::Op::remove) {
      out += ", ";
      if (Status status = append_sql_value(diffs[i].value, out, limits); !status) return status;
    }
    if (i + 1 == diffs.size() || function_of(diffs[i]) != function_of(diffs[i + 1])) out += ')';
  }
  return {};
}

Status append_patched(Patcher& patcher, Bytes vector, std::string& out) {
  Result<std::vector<JsonDiff>> diffs = parse_json_diffs(vector);
  if (!diffs) return propagate(diffs);
  for (const JsonDiff& diff : *diffs) {
    if (!patcher.apply(diff)) return patcher.status();
  }
  const std::size_t before = out.size();
  if (!patcher.print(out)) {
    out.resize(before);
    return patcher.status();
  }
  return {};
}

}  // namespace

Result<std::vector<JsonDiff>> parse_json_diffs(Bytes vector) {
  std::vector<JsonDiff> diffs;
  ByteReader reader(vector);
  while (!reader.empty()) {
    const std::uint8_t op = reader.u8();
    if (op > 2) return fail(Errc::corrupt, "a JSON diff of unknown kind " + std::to_string(op));
    JsonDiff diff{static_cast<JsonDiff::Op>(op), reader.text(reader.pint()), {}};
    if (diff.op != JsonDiff::Op::remove) {
      diff.value = reader.bytes(reader.pint());
      if (!reader.failed() && diff.value.empty()) return fail(Errc::corrupt, "a JSON diff without a value");
    }
    if (Status status = reader.finish_open("a JSON diff"); !status) return propagate(status);
    if (first_bad_utf8(bytes_of(diff.path)) != diff.path.size()) {
      return fail(Errc::corrupt, "the path of a JSON diff is not UTF-8");
    }
    diffs.push_back(diff);
  }
  return diffs;
}

Status append_patched_json_text(Bytes document, Bytes vector, std::string& out, const Limits& limits) {
  Patcher patcher(document.size() + vector.size(), limits);
  if (!patcher.load(document)) return patcher.status();
  return append_patched(patcher, vector, out);
}

Status append_patched_json_text(std::string_view document_text, Bytes vector, std::string& out, const Limits& limits) {
  if (document_text.empty()) return fail(Errc::corrupt, "no JSON document to patch");
  Patcher patcher(vector.size(), limits);
  patcher.load(document_text);
  return append_patched(patcher, vector, out);
}

Status append_json_diff_sql(std::string_view target, Bytes vector, std::string& out, const Limits& limits) {
  Result<std::vector<JsonDiff>> diffs = parse_json_diffs(vector);
  if (!diffs) return propagate(diffs);
  const std::size_t before = out.size();
  Status status = append_sql(target, *diffs, out, limits);
  if (!status) out.resize(before);
  return status;
}

}  // namespace binferry
