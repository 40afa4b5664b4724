#include "cli/position_show.hpp"

#include "binlog/format/json_string.hpp"
#include "position/comparison.hpp"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string_view>

#include <fmt/format.h>

namespace binferry::cli {
namespace {

constexpr std::uint64_t kMicroseconds = 1'000'000;

void line(std::string& out, std::string_view name, std::string_view value) {
  fmt::format_to(std::back_inserter(out), "{:<13} {}\n", name, value);
}

std::string time_text(std::uint64_t seconds) {
  std::string text;
  append_utc_time(seconds, text);
  return text;
}

// `2026-11-23T07:12:42.000123Z`
std::string time_text_us(std::uint64_t time_us) {
  std::string text = time_text(time_us / kMicroseconds);
  text.insert(text.size() - 1, fmt::format(".{:06}", time_us % kMicroseconds));
  return text;
}

std::string duration_text(std::uint64_t time_us) {
  const std::uint64_t seconds = time_us / kMicroseconds;
  if (seconds < 60) return fmt::format("{}.{} s", seconds, time_us % kMicroseconds / 100'000);
  if (seconds < 3600) return fmt::format("{} min {} s", seconds / 60, seconds % 60);
  if (seconds < 86400) return fmt::format("{} h {} min", seconds / 3600, seconds % 3600 / 60);
  return fmt::format("{} d {} h", seconds / 86400, seconds % 86400 / 3600);
}

std::string_view server_name(std::string_view version) {
  return version.find("MariaDB") == std::string_view::npos ? "MySQL" : "MariaDB";
}

// When the last transaction was committed at the source, as exactly as the log tells.
std::uint64_t last_us(const Checkpoint& checkpoint) {
  return checkpoint.source_commit_us != 0 ? checkpoint.source_commit_us : checkpoint.timestamp * kMicroseconds;
}

void member(std::string& out, std::string_view name, std::string_view text) {
  fmt::format_to(std::back_inserter(out), "\"{}\":", name);
  append_json_quoted(text, out);
}

void position_member(std::string& out, std::string_view name, const BinlogPosition& position) {
  fmt::format_to(std::back_inserter(out), "\"{}\":", name);
  if (position.file.empty()) {
    out += "null";
    return;
  }
  out += "{\"file\":";
  append_json_quoted(position.file, out);
  fmt::format_to(std::back_inserter(out), ",\"offset\":{}}}", position.offset);
}

// null for what is not known.
void member_or_null(std::string& out, std::string_view name, std::string_view text) {
  if (!text.empty()) return member(out, name, text);
  fmt::format_to(std::back_inserter(out), "\"{}\":null", name);
}
void member_or_null(std::string& out, std::string_view name, std::optional<std::uint64_t> value) {
  fmt::format_to(std::back_inserter(out), "\"{}\":{}", name, value ? std::to_string(*value) : "null");
}

std::string age_text(std::uint64_t then_us, std::uint64_t now_us) {
  return then_us == 0 ? std::string("never") : duration_text(now_us > then_us ? now_us - then_us : 0) + " ago";
}

// A process that died without a word has left its last status behind: then everything in it only gets older.
void append_live_text(const LiveStatus& live, const Checkpoint& checkpoint, std::uint64_t now_us, std::string& out) {
  line(out, "follows",
       fmt::format("{}, {} (process {}, heard of {})", live.source, name_of(live.state), live.pid,
                   age_text(live.written_us, now_us)));
  if (!live.received.file.empty()) {
    line(out, "received",
         fmt::format("{}, {}; last heartbeat {}", live.received.text(), age_text(live.received_us, now_us),
                     age_text(live.heartbeat_us, now_us)));
  }
  const std::optional<std::uint64_t> lag = lag_us(last_us(checkpoint), live.heard_us, now_us);
  line(out, "lag", lag ? duration_text(*lag) : "unknown");
  if (live.semi_sync) {
    line(out, "semi-sync",
         fmt::format("{} acknowledged, the last at {}", live.acks,
                     live.acked.file.empty() ? "no position" : live.acked.text()));
  }
  if (!live.trouble.empty()) line(out, "trouble", live.trouble);
}

}  // namespace

void append_replica_text(const std::string& path, const ReplicaStatus& status, const std::optional<LiveStatus>& live,
                         std::uint64_t now_us, std::string& out) {
  const Checkpoint& checkpoint = status.checkpoint;
  line(out, "replica", path);
  if (!checkpoint.source.known()) {
    line(out, "source", "none yet");
  } else {
    line(out, "source",
         fmt::format("{} {}, server id {}{}{}", server_name(checkpoint.source.version), checkpoint.source.version,
                     checkpoint.source.server_id, checkpoint.source.server_uuid.empty() ? "" : ", ",
                     checkpoint.source.server_uuid));
  }
  line(out, "position", checkpoint.position.file.empty() ? "none yet" : checkpoint.position.text());
  line(out, "gtids", checkpoint.gtids.empty() ? "none" : checkpoint.gtids.text());
  if (const std::uint64_t committed_us = last_us(checkpoint); committed_us != 0) {
    const std::string committed =
        checkpoint.source_commit_us != 0 ? time_text_us(committed_us) : time_text(checkpoint.timestamp);
    line(
        out, "last",
        fmt::format("{} at the source, {} ago", committed, duration_text(lag_us(committed_us, 0, now_us).value_or(0))));
  }
  if (checkpoint.applied_at_us != 0) line(out, "applied", time_text_us(checkpoint.applied_at_us));
  if (live) append_live_text(*live, checkpoint, now_us, out);
  line(out, "since start", fmt::format("{} transactions, {} rows", checkpoint.transactions, checkpoint.rows));
  line(out, "tables",
       fmt::format("{}{}", status.tables,
                   status.excluded == 0 ? "" : fmt::format(", and {} left out", status.excluded)));
  if (checkpoint.indexes_pending) line(out, "indexes", "of new tables are made when the replica has caught up");
  for (const QuarantinedTable& table : status.quarantined) {
    line(out, "quarantined",
         fmt::format("{}.{} at {}{}{}: {}", table.schema, table.table, table.position.text(),
                     table.gtid.empty() ? "" : ", ", table.gtid, table.reason));
  }
  for (const InDoubt& xa : status.in_doubt) {
    line(out, "in doubt",
         fmt::format("XA {} at {}:{}{}{}, prepared {}{}", xa.xid, xa.file, xa.offset, xa.gtid.empty() ? "" : ", ",
                     xa.gtid, time_text(xa.timestamp), xa.filtered ? ", left out by the filter" : ""));
  }
}

void append_replica_json(const ReplicaStatus& status, const std::optional<LiveStatus>& live, std::uint64_t now_us,
                         std::string& out) {
  const Checkpoint& checkpoint = status.checkpoint;
  const auto append = std::back_inserter(out);
  out += "{\"kind\":\"replica\",\"source\":";
  if (checkpoint.source.known()) {
    out += '{';
    member(out, "version", checkpoint.source.version);
    fmt::format_to(append, ",\"server_id\":{},", checkpoint.source.server_id);
    member_or_null(out, "server_uuid", checkpoint.source.server_uuid);
    out += '}';
  } else {
    out += "null";
  }
  out += ',';
  position_member(out, "position", checkpoint.position);
  out += ',';
  member(out, "gtids", checkpoint.gtids.text());
  out += ',';
  member_or_null(out, "time", checkpoint.timestamp == 0 ? std::string() : time_text(checkpoint.timestamp));
  const auto known = [](std::uint64_t time_us) { return time_us == 0 ? std::nullopt : std::optional(time_us); };
  out += ',';
  member_or_null(out, "commit_us", known(checkpoint.source_commit_us));
  out += ',';
  member_or_null(out, "applied_at_us", known(checkpoint.applied_at_us));
  out += ',';
  member_or_null(out, "age_us", lag_us(last_us(checkpoint), 0, now_us));
  out += ',';
  member_or_null(out, "lag_us", live ? lag_us(last_us(checkpoint), live->heard_us, now_us) : std::nullopt);
  fmt::format_to(append, ",\"live\":{}", live ? to_json(*live) : "null");
  fmt::format_to(
      append, ",\"transactions\":{},\"rows\":{},\"tables\":{},\"excluded\":{},\"indexes_pending\":{},\"quarantined\":[",
      checkpoint.transactions, checkpoint.rows, status.tables, status.excluded, checkpoint.indexes_pending);
  for (const QuarantinedTable& table : status.quarantined) {
    out += &table == status.quarantined.data() ? "{" : ",{";
    member(out, "schema", table.schema);
    out += ',';
    member(out, "table", table.table);
    out += ',';
    position_member(out, "position", table.position);
    out += ',';
    member_or_null(out, "gtid", table.gtid);
    out += ',';
    member(out, "reason", table.reason);
    out += '}';
  }
  out += "],\"in_doubt\":[";
  for (const InDoubt& xa : status.in_doubt) {
    out += &xa == status.in_doubt.data() ? "{" : ",{";
    member(out, "xid", xa.xid);
    out += ',';
    position_member(out, "position", {xa.file, xa.offset});
    out += ',';
    member_or_null(out, "gtid", xa.gtid);
    out += ',';
    member_or_null(out, "time", time_text(xa.timestamp));
    fmt::format_to(append, ",\"rows\":{},\"filtered\":{}}}", xa.rows ? std::to_string(*xa.rows) : "null", xa.filtered);
  }
  out += "]}\n";
}

void append_extent_text(const std::string& path, const LogExtent& extent, std::string& out) {
  const auto place = [](const BinlogPosition& position, const std::optional<std::uint32_t>& time) {
    return time ? position.text() + "  " + time_text(*time) : position.text();
  };
  line(out, "logs", path);
  line(out, "source",
       fmt::format("{} {}, server id {}", server_name(extent.format.server_version), extent.format.server_version,
                   extent.server_id));
  line(out, "files", fmt::format("{}, {} bytes", extent.files, extent.bytes));
  line(out, "first", place(extent.first, extent.began));
  line(out, "last", place(extent.last, extent.ended));
  line(out, "gtids before", extent.gtids_before.empty() ? "none" : extent.gtids_before.text());
  line(out, "gtids", extent.gtids.empty() ? "none" : extent.gtids.text());
  line(out, "state",
       !extent.in_use ? "complete"
       : extent.unfinished_bytes == 0
           ? "in use"
           : fmt::format("in use, {} bytes are no whole transaction yet", extent.unfinished_bytes));
}

void append_extent_json(const LogExtent& extent, std::string& out) {
  const auto append = std::back_inserter(out);
  out += "{\"kind\":\"logs\",\"source\":{";
  member(out, "version", extent.format.server_version);
  fmt::format_to(append, ",\"server_id\":{}}},\"files\":{},\"bytes\":{},", extent.server_id, extent.files,
                 extent.bytes);
  position_member(out, "first", extent.first);
  out += ',';
  member_or_null(out, "first_time", extent.began ? time_text(*extent.began) : std::string());
  out += ',';
  position_member(out, "last", extent.last);
  out += ',';
  member_or_null(out, "last_time", extent.ended ? time_text(*extent.ended) : std::string());
  out += ',';
  member(out, "gtids_before", extent.gtids_before.text());
  out += ',';
  member(out, "gtids", extent.gtids.text());
  fmt::format_to(append, ",\"in_use\":{},\"unfinished_bytes\":{}}}\n", extent.in_use, extent.unfinished_bytes);
}

}  // namespace binferry::cli
