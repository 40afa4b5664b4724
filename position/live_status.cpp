#include "position/live_status.hpp"

#include <array>
#include <boost/json.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <utility>

namespace binferry {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 5> kNames = {"connecting", "snapshot", "streaming", "waiting", "stopped"};

std::string text_or_empty(const BinlogPosition& position) {
  return position.file.empty() ? std::string() : position.text();
}

}  // namespace

std::string_view name_of(LiveState state) {
  return kNames[std::to_underlying(state)];
}

std::string to_json(const LiveStatus& status) {
  json::object object;
  object["state"] = name_of(status.state);
  object["pid"] = status.pid;
  object["source"] = status.source;
  object["received"] = text_or_empty(status.received);
  object["received_us"] = status.received_us;
  object["heartbeat_us"] = status.heartbeat_us;
  object["heard_us"] = status.heard_us;
  object["written_us"] = status.written_us;
  object["reconnects"] = status.reconnects;
  object["semi_sync"] = status.semi_sync;
  object["acks"] = status.acks;
  object["acked"] = text_or_empty(status.acked);
  object["trouble"] = status.trouble;
  return json::serialize(object);
}

Result<LiveStatus> parse_live_status(std::string_view text) {
  boost::system::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  const json::object* const object = value.if_object();
  if (error || object == nullptr) return fail(Errc::corrupt, "the status is not a JSON object");
  LiveStatus status;
  bool sound = true;
  const auto member = [&](std::string_view name) -> const json::value& {
    static const json::value kNull;
    const json::value* const found = object->if_contains({name.data(), name.size()});
    if (found == nullptr) sound = false;
    return found == nullptr ? kNull : *found;
  };
  const auto number = [&]<class Number>(std::string_view name, Number& into) {
    boost::system::error_code odd;
    into = member(name).to_number<Number>(odd);
    sound = sound && !odd;
  };
  const auto string = [&](std::string_view name, std::string& into) {
    if (const json::string* const found = member(name).if_string()) {
      into.assign(found->data(), found->size());
    } else {
      sound = false;
    }
  };
  const auto position = [&](std::string_view name, BinlogPosition& into) {
    std::string place;
    string(name, place);
    if (place.empty()) return;
    Result<BinlogPosition> parsed = BinlogPosition::parse(place);
    sound = sound && parsed.has_value();
    if (parsed) into = std::move(*parsed);
  };
  std::string state;
  string("state", state);
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == state) status.state = static_cast<LiveState>(i);
  }
  number("pid", status.pid);
  string("source", status.source);
  position("received", status.received);
  number("received_us", status.received_us);
  number("heartbeat_us", status.heartbeat_us);
  number("heard_us", status.heard_us);
  number("written_us", status.written_us);
  number("reconnects", status.reconnects);
  status.semi_sync = member("semi_sync").is_bool() && member("semi_sync").get_bool();
  number("acks", status.acks);
  position("acked", status.acked);
  string("trouble", status.trouble);
  if (!sound) return fail(Errc::corrupt, "the status lacks a member, or has an odd one");
  return status;
}

std::string live_status_path(const std::string& replica) {
  return replica + ".status";
}

Status write_live_status(const std::string& replica, const LiveStatus& status) {
  const std::string path = live_status_path(replica);
  const std::string beside = path + ".new";
  {
    std::ofstream file(beside, std::ios::binary | std::ios::trunc);
    file << to_json(status) << '\n';
    file.flush();
    if (!file) return fail(errno == ENOSPC ? Errc::no_space : Errc::io, beside + ": " + std::strerror(errno));
  }
  if (std::rename(beside.c_str(), path.c_str()) != 0) return fail(Errc::io, path + ": " + std::strerror(errno));
  return {};
}

Result<std::optional<LiveStatus>> read_live_status(const std::string& replica) {
  std::ifstream file(live_status_path(replica), std::ios::binary);
  if (!file) return std::optional<LiveStatus>();
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  Result<LiveStatus> status = parse_live_status(text);
  if (!status) return propagate(status, live_status_path(replica));
  return std::optional<LiveStatus>(std::move(*status));
}

}  // namespace binferry
