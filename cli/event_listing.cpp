#include "cli/event_listing.hpp"

#include "binlog/event/transaction_payload.hpp"
#include "binlog/format/event_info.hpp"
#include "binlog/format/json_string.hpp"
#include "cli/report.hpp"
#include "cli/signals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace binferry::cli {
namespace {

class Listing {
 public:
  Listing(OutputFormat format, Output& output) : json_(format == OutputFormat::json), output_(output) {
    if (!json_) line("Log_name", "Pos", "Event_type", "Server_id", "End_log_pos", "Info");
  }

  Status event(const RawEvent& event, const FormatDescription& format) {
    print(event, format, false);
    if (event.header.type != EventType::transaction_payload) return output_.flush_if_large();
    if (Status opened = payload_.open(event); !opened) return opened;
    for (;;) {
      Result<const RawEvent*> inner = payload_.next();
      if (!inner) return propagate(inner);
      if (*inner == nullptr) return {};
      print(**inner, format, true);
      if (Status flushed = output_.flush_if_large(); !flushed) return flushed;
    }
  }

 private:
  template <class Pos, class Server, class End>
  void line(std::string_view file, const Pos& pos, std::string_view type, const Server& server, const End& end,
            std::string_view info) {
    fmt::format_to(std::back_inserter(output_.buffer()), "{:<17} {:>10}  {:<20} {:>10} {:>12}  {}\n", file, pos, type,
                   server, end, info);
  }

  void print(const RawEvent& event, const FormatDescription& format, bool inside) {
    info_.clear();
    append_event_info(event, format, info_);
    if (!json_) {
      line(event.file, event.offset, name_of(event.header.type), event.header.server_id, event.end, info_);
      return;
    }
    std::string& out = output_.buffer();
    out += R"({"file":)";
    append_json_quoted(event.file, out);
    fmt::format_to(std::back_inserter(out), R"(,"offset":{},"end":{},"type":"{}","server_id":{},"time":")",
                   event.offset, event.end, name_of(event.header.type), event.header.server_id);
    append_utc_time(event.header.timestamp, out);
    fmt::format_to(std::back_inserter(out), R"(","bytes":{},"inside_payload":{},"info":)", event.bytes.size(), inside);
    append_json_quoted(info_, out);
    out += "}\n";
  }

  bool json_;
  Output& output_;
  PayloadReader payload_;
  std::string info_;
};

bool is_end(const TransactionFilter& filter, std::string_view file, const RawEvent& event) {
  if (filter.stop_position && file == filter.stop_file && event.end > *filter.stop_position) return true;
  return filter.stop_datetime && event.header.timestamp >= *filter.stop_datetime;
}

bool is_wanted(const TransactionFilter& filter, const RawEvent& event) {
  if (event.header.type == EventType::format_description) return true;
  if (filter.start_datetime && event.header.timestamp < *filter.start_datetime) return false;
  return filter.server_ids.empty() ||
         std::ranges::find(filter.server_ids, event.header.server_id) != filter.server_ids.end();
}

}  // namespace

Status list_events(EventSource& source, OutputFormat format, const TransactionFilter& filter, Output& output) {
  Listing listing(format, output);
  RawEvent event;
  while (!stop_requested() && !output.is_closed()) {
    Result<SourceState> state = source.next(event);
    if (!state) return propagate(state);
    switch (*state) {
      case SourceState::event:
        if (is_end(filter, source.file(), event)) return {};
        if (!is_wanted(filter, event)) break;
        if (Status listed = listing.event(event, source.format()); !listed) return listed;
        break;
      case SourceState::file_end:
        if (const std::uint64_t torn = source.torn_tail_bytes(); torn != 0) {
          note(fmt::format("{}: the last {} bytes are not a whole event yet", source.file(), torn));
        }
        break;
      case SourceState::file_begin: break;
      case SourceState::wait:
      case SourceState::end: return {};
    }
  }
  return {};
}

}  // namespace binferry::cli
