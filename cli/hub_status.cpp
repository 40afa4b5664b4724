#include "cli/hub_status.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <iterator>

#include <fmt/format.h>

namespace binferry::cli {
namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value(nullptr) : json::value(text);
}
json::value place_or_null(const BinlogPosition& position) {
  return position.file.empty() ? json::value(nullptr) : json::value(position.text());
}

json::object follower_json(const HubView::Follower& follower, bool with_history) {
  const FollowerStatus& status = follower.status;
  json::object one{{"name", status.name},
                   {"remote", status.remote},
                   {"sync", status.counts},
                   {"sent", place_or_null(status.sent)},
                   {"received", place_or_null(status.received)},
                   {"logged", place_or_null(status.logged)},
                   {"applied", place_or_null(status.applied)},
                   {"lag_ms", follower.lag_us / 1000},
                   {"queue_bytes", follower.queue_bytes},
                   {"sent_bytes", status.sent_bytes}};
  if (with_history) one["lags_ms"] = json::array(follower.lags_ms.begin(), follower.lags_ms.end());
  return one;
}

std::uint64_t store_bytes(const HubView& view) {
  std::uint64_t bytes = 0;
  for (const RelayFile& file : view.files) bytes += file.end;
  return bytes;
}

// One family of metrics.
class Family {
 public:
  Family(std::string& out, std::string_view name, std::string_view type, std::string_view help)
      : out_(out), name_(name) {
    fmt::format_to(std::back_inserter(out), "# HELP {} {}\n# TYPE {} {}\n", name, help, name, type);
  }
  template <class Value>
  Family& add(const Value& value, std::string_view labels = {}, std::string_view suffix = {}) {
    fmt::format_to(std::back_inserter(out_), "{}{}{}{}{} {}\n", name_, suffix, labels.empty() ? "" : "{", labels,
                   labels.empty() ? "" : "}", value);
    return *this;
  }

 private:
  std::string& out_;
  std::string_view name_;
};

double seconds(std::uint64_t us) {
  return static_cast<double>(us) / 1e6;
}

void append_ack_metrics(const HubView& view, std::string& out) {
  Family latency(out, "binferry_hub_ack_latency_seconds", "histogram",
                 "From the publication of a place in the log to a follower's acknowledgement of it.");
  for (std::size_t level = 0; level < view.figures.acks.size(); ++level) {
    const LatencyHistogram& one = view.figures.acks[level];
    const std::string label = fmt::format("level=\"{}\"", name_of(static_cast<ship::AckLevel>(level + 1)));
    for (std::size_t i = 0; i < one.at_most.size(); ++i) {
      const std::string bound = fmt::format("{},le=\"{}\"", label, LatencyHistogram::kBoundsMs[i] / 1000.0);
      latency.add(one.at_most[i], bound, "_bucket");
    }
    latency.add(one.count, label + ",le=\"+Inf\"", "_bucket");
    latency.add(seconds(one.sum_us), label, "_sum").add(one.count, label, "_count");
  }
  Family(out, "binferry_hub_ack_degraded", "gauge", "1 while the hub acknowledges without its followers.")
      .add(view.acks.is_degraded ? 1 : 0);
  Family(out, "binferry_hub_ack_degradations_total", "counter", "How often it began to.").add(view.acks.times_degraded);
  Family(out, "binferry_hub_ack_waiting", "gauge", "Commits at the source that wait for followers.")
      .add(view.acks.waiting);
  Family(out, "binferry_hub_acks_sent_total", "counter", "Acknowledgements sent to the source.")
      .add(view.acks.answered);
}

// Two connections may have the same name for a while: the number tells them apart.
void append_follower_metrics(const HubView& view, std::string& out) {
  const auto each = [&](std::string_view name, std::string_view type, std::string_view help, auto value) {
    Family family(out, name, type, help);
    for (const HubView::Follower& one : view.followers) {
      family.add(value(one), fmt::format("follower=\"{}\",connection=\"{}\"", one.status.name, one.status.id));
    }
  };
  each("binferry_hub_follower_lag_seconds", "gauge", "How long the follower has lacked the next of what the hub has.",
       [](const HubView::Follower& one) { return seconds(one.lag_us); });
  each("binferry_hub_follower_queue_bytes", "gauge", "Bytes of the log that were not sent to it yet.",
       [](const HubView::Follower& one) { return one.queue_bytes; });
  each("binferry_hub_follower_sent_bytes_total", "counter", "Bytes sent to it over this connection.",
       [](const HubView::Follower& one) { return one.status.sent_bytes; });
}

std::string duration_text(std::uint64_t ms) {
  if (ms < 60'000) return fmt::format("{}.{} s", ms / 1000, ms % 1000 / 100);
  if (ms < 3'600'000) return fmt::format("{} min {} s", ms / 60'000, ms / 1000 % 60);
  return fmt::format("{} h {} min", ms / 3'600'000, ms / 60'000 % 60);
}

void line(std::string& out, std::string_view name, std::string_view value) {
  fmt::format_to(std::back_inserter(out), "{:<13} {}\n", name, value);
}

std::string text_of(const json::value& value, std::string_view otherwise) {
  return value.is_string() ? std::string(value.get_string().begin(), value.get_string().end()) : std::string(otherwise);
}

std::string ack_text(const json::object& ack) {
  std::string text = text_of(ack.at("policy"), "");
  if (text != "async") text += ", " + text_of(ack.at("level"), "");
  if (!ack.at("semi_sync").as_bool()) text += ", the source does not wait";
  if (ack.at("degraded").as_bool()) text += ", degraded: the hub does not wait for its followers now";
  return fmt::format("{}; {} commits wait, {} answered, degraded {} times", text,
                     ack.at("waiting").to_number<std::uint64_t>(), ack.at("answered").to_number<std::uint64_t>(),
                     ack.at("times_degraded").to_number<std::uint64_t>());
}

std::string text_of_status(const std::string& where, const json::object& status) {
  std::string out;
  line(out, "hub", where);
  const json::object& link = status.at("link").as_object();
  line(out, "source",
       fmt::format(
           "{}, {}", text_of(status.at("source"), ""),
           link.at("connected").as_bool() ? "connected" : "not connected: " + text_of(link.at("trouble"), "not yet")));
  line(out, "position", text_of(status.at("published"), "none yet"));
  line(out, "gtids", text_of(status.at("gtids"), "none"));
  line(out, "store",
       fmt::format("{} files, {} bytes", status.at("files").as_array().size(),
                   status.at("bytes").to_number<std::uint64_t>()));
  line(out, "ack", ack_text(status.at("ack").as_object()));
  if (const json::value& seed = status.at("seed"); seed.is_object()) {
    const json::object& state = seed.get_object();
    const std::string trouble = text_of(state.at("trouble"), "");
    line(out, "seed",
         fmt::format("{}{}{}", text_of(state.at("position"), state.at("usable").as_bool() ? "made" : "not made yet"),
                     trouble.empty() ? "" : "; ", trouble));
  }
  line(out, "followers", fmt::format("{}", status.at("followers").as_array().size()));
  for (const json::value& value : status.at("followers").as_array()) {
    const json::object& one = value.as_object();
    line(out, "  " + text_of(one.at("name"), ""),
         fmt::format("{}, applied {}, lag {}, {} bytes to send, {}", one.at("sync").as_bool() ? "sync" : "async",
                     text_of(one.at("applied"), "nothing yet"),
                     duration_text(one.at("lag_ms").to_number<std::uint64_t>()),
                     one.at("queue_bytes").to_number<std::uint64_t>(), text_of(one.at("remote"), "")));
  }
  return out;
}

}  // namespace

std::uint64_t bytes_behind(const std::vector<RelayFile>& files, const BinlogPosition& sent) {
  std::uint64_t bytes = 0;
  for (const RelayFile& file : files) {
    if (file.name == sent.file) {
      bytes += file.end > sent.offset ? file.end - sent.offset : 0;
    } else if (sent.file.empty() || compare_log_names(sent.file, file.name) < 0) {
      bytes += file.end;
    }
  }
  return bytes;
}

std::string hub_status_json(const HubView& view, bool with_history) {
  json::object status{{"version", 1},
                      {"now_us", view.now_us},
                      {"uptime_s", view.uptime_s},
                      {"source", view.source},
                      {"link",
                       {{"connected", view.is_connected},
                        {"silent_ms", view.silent_ms ? json::value(*view.silent_ms) : json::value(nullptr)},
                        {"trouble", text_or_null(view.trouble)}}},
                      {"published", place_or_null(view.published)},
                      {"gtids", text_or_null(view.gtids)},
                      {"bytes", store_bytes(view)},
                      {"transactions", view.figures.transactions},
                      {"ack",
                       {{"policy", view.ack_policy},
                        {"level", view.ack_level},
                        {"timeout_ms", view.ack_timeout_ms},
                        {"semi_sync", view.is_semi_sync},
                        {"degraded", view.acks.is_degraded},
                        {"times_degraded", view.acks.times_degraded},
                        {"waiting", view.acks.waiting},
                        {"answered", view.acks.answered},
                        {"met", place_or_null(view.acks.met)}}}};
  if (view.seed) {
    status["seed"] = {{"usable", view.seed->is_usable},
                      {"position", place_or_null(view.seed->position)},
                      {"trouble", text_or_null(view.seed->trouble)}};
  } else {
    status["seed"] = nullptr;
  }
  json::array files;
  for (const RelayFile& file : view.files) files.push_back({{"name", file.name}, {"bytes", file.end}});
  status["files"] = std::move(files);
  json::array followers;
  for (const HubView::Follower& one : view.followers) followers.push_back(follower_json(one, with_history));
  status["followers"] = std::move(followers);
  json::object errors;
  for (const auto& [kind, count] : view.figures.errors) errors[kind] = count;
  status["errors"] = std::move(errors);
  return json::serialize(status) + "\n";
}

std::string hub_metrics(const HubView& view) {
  std::string out;
  Family(out, "binferry_hub_source_connected", "gauge", "1 while the hub reads its source.")
      .add(view.is_connected ? 1 : 0);
  if (view.silent_ms) {
    Family(out, "binferry_hub_source_silence_seconds", "gauge",
           "Since the source was known to have nothing newer than the hub.")
        .add(seconds(*view.silent_ms * 1000));
  }
  Family(out, "binferry_hub_transactions_total", "counter", "Transactions from the source since the start.")
      .add(view.figures.transactions);
  Family(out, "binferry_hub_transaction_bytes_total", "counter", "Bytes of them in the log.").add(view.figures.bytes);
  Family(out, "binferry_hub_store_bytes", "gauge", "Bytes of the relay store.").add(store_bytes(view));
  Family(out, "binferry_hub_store_files", "gauge", "Files of the relay store.").add(view.files.size());
  Family(out, "binferry_hub_followers", "gauge", "Followers that are connected.").add(view.followers.size());
  append_follower_metrics(view, out);
  append_ack_metrics(view, out);
  Family errors(out, "binferry_hub_errors_total", "counter", "What peers did wrong, by kind.");
  for (const auto& [kind, count] : view.figures.errors) errors.add(count, fmt::format("kind=\"{}\"", kind));
  return out;
}

Result<std::optional<BinlogPosition>> hub_status_position(std::string_view status_json) {
  try {
    const json::value status = json::parse(json::string_view(status_json.data(), status_json.size()));
    const std::string published = text_of(status.as_object().at("published"), "");
    if (published.empty()) return std::optional<BinlogPosition>();
    Result<BinlogPosition> position = BinlogPosition::parse(published);
    if (!position) return propagate(position);
    return std::optional(std::move(*position));
  } catch (const std::exception&) {
    return fail(Errc::protocol, "the answer is not a hub's status", "check the address");
  }
}

Result<std::string> hub_status_text(const std::string& where, std::string_view status_json) {
  // Whatever answers there may be no hub, and its JSON anything.
  try {
    const json::value status = json::parse(json::string_view(status_json.data(), status_json.size()));
    return text_of_status(where, status.as_object());
  } catch (const std::exception&) {
    return std::unexpected(Error{Errc::protocol, "the answer is not a hub's status", where, "check the address"});
  }
}

}  // namespace binferry::cli
