// Real logs, event by event: the project's fixtures always, a larger collection beside the checkout if it is there.
#include "binlog/base/hex.hpp"
#include "binlog/event/event_framer.hpp"
#include "binlog/event/format_description.hpp"
#include "tests/support/source_dir.hpp"
#include "tests/unit/event/decode_any.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>

#include <gtest/gtest.h>

namespace binferry {
namespace {

namespace fs = std::filesystem;
using test::decode_body;

const fs::path kFixtures = fs::path(source_dir()) / "fixtures";
const fs::path kCorpus = fs::path(source_dir()) / ".." / "shared" / "corpus";

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Files below `folder` that begin as a binary log does, sorted.
std::vector<fs::path> logs_below(const fs::path& folder) {
  std::vector<fs::path> logs;
  if (!fs::exists(folder)) return logs;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && read_file(entry.path()).starts_with("\xFE\x62in")) logs.push_back(entry.path());
  }
  std::sort(logs.begin(), logs.end());
  return logs;
}

// Every event of the log to `visit`; the error that ended the reading, or nothing at a clean end.
std::optional<Error> walk(const std::string& log, const MariadbKeys* keys,
                          const std::function<void(const RawEvent&)>& visit) {
  FramerOptions options;
  options.keys = keys;
  EventFramer framer(options);
  std::size_t at = 4;
  while (at < log.size()) {
    const Bytes rest = bytes_of(log).subspan(at);
    const auto length = event_length(rest, options.limits);
    if (!length) return length.error();
    if (*length > rest.size()) return Error{Errc::truncated, "the file ends inside an event", {}, {}};
    const auto event = framer.frame(rest.first(*length), at, "log");
    if (!event) return event.error();
    visit(*event);
    at = static_cast<std::size_t>(event->end);
  }
  return std::nullopt;
}

// What every log of a run held, by type.
using Seen = std::map<EventType, int>;

// Decodes the events of one log. Damaged ones are tests/property's.
void decode_all(const fs::path& path, const MariadbKeys* keys, Seen& seen) {
  SCOPED_TRACE(path.string());
  const auto error = walk(read_file(path), keys, [&seen](const RawEvent& event) {
    if (event.header.log_pos != 0) {
      EXPECT_EQ(event.header.log_pos, static_cast<std::uint32_t>(event.end)) << event.place();
    }
    const Status status = decode_body(event.header.type, event.body);
    EXPECT_TRUE(status) << event.place() << ": " << status.error().message();
    ++seen[event.header.type];
  });
  EXPECT_FALSE(error) << error->message();
}

Seen decode_folder(const fs::path& folder) {
  Seen seen;
  const std::vector<fs::path> logs = logs_below(folder);
  EXPECT_FALSE(logs.empty()) << folder;
  for (const fs::path& path : logs) {
    const fs::path key_file = path.parent_path() / "keys.txt";
    const auto keys = MariadbKeys::parse(bytes_of(fs::exists(key_file) ? read_file(key_file) : ""));
    EXPECT_TRUE(keys);
    decode_all(path, &*keys, seen);
  }
  return seen;
}

void expect_types(Seen& seen, std::initializer_list<EventType> types) {
  for (const EventType type : types) EXPECT_GT(seen[type], 0) << name_of(type);
}

TEST(EventCorpus, MySqlEightDecodesWholly) {
  using enum EventType;
  Seen seen = decode_folder(kFixtures / "mysql-8.0");
  expect_types(seen, {format_description, previous_gtids, EventType::gtid, anonymous_gtid, query, table_map, write_rows,
                      update_rows, delete_rows, partial_update_rows, xid, xa_prepare, rows_query, transaction_payload});
}

TEST(EventCorpus, MySqlFiveSixDecodesWholly) {
  using enum EventType;
  Seen seen = decode_folder(kFixtures / "mysql-5.6");
  expect_types(seen, {format_description, previous_gtids, EventType::gtid, query, table_map, write_rows, xid});
}

TEST(EventCorpus, MariaDbDecodesWhollyEncryptedFilesToo) {
  using enum EventType;
  Seen seen = decode_folder(kFixtures / "mariadb-10.11");
  expect_types(
      seen, {format_description, mariadb_gtid, gtid_list, binlog_checkpoint, start_encryption, query, query_compressed,
             annotate_rows, table_map, write_rows_v1, write_rows_compressed_v1, xid, xa_prepare, rotate});
}

TEST(EventCorpus, AnEncryptedFileAsksForItsKeyAfterItsClearEvents) {
  const std::vector<fs::path> logs = logs_below(kFixtures / "mariadb-10.11" / "encrypted");
  ASSERT_FALSE(logs.empty());
  for (const fs::path& path : logs) {
    int events = 0;
    const auto error = walk(read_file(path), nullptr, [&events](const RawEvent&) { ++events; });
    ASSERT_TRUE(error);
    EXPECT_EQ(error->code, Errc::encrypted);
    EXPECT_EQ(events, 2);
  }
}

TEST(EventCorpus, SampleLogsDecodeAlsoTheEncryptedOne) {
  if (!fs::exists(kCorpus / "mariadb-10.11-samples")) GTEST_SKIP() << "no collection of logs beside the checkout";
  const auto keys = MariadbKeys::parse(bytes_of("1;00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"));
  ASSERT_TRUE(keys);
  Seen seen;
  for (const fs::path& path : logs_below(kCorpus / "mariadb-10.11-samples")) decode_all(path, &*keys, seen);
  expect_types(seen, {EventType::start_encryption, EventType::mariadb_gtid, EventType::write_rows_v1});
}

TEST(EventCorpus, LogsOfOtherProjectsDecodeButForTheDamagedAndAncientOnes) {
  if (!fs::exists(kCorpus / "upstream")) GTEST_SKIP() << "no collection of logs beside the checkout";
  Seen seen;
  std::map<std::string, Errc> refused;
  for (const fs::path& path : logs_below(kCorpus / "upstream")) {
    const std::string name = path.filename().string();
    const auto error = walk(read_file(path), nullptr, [&](const RawEvent& event) {
      ++seen[event.header.type];
      const Status status = decode_body(event.header.type, event.body);
      if (!status) refused.emplace(name, status.error().code);
    });
    if (error) refused.emplace(name, error->code);
  }
  const std::map<std::string, Errc> expected{
      {"binlog_truncated_event.000001", Errc::truncated},
      {"binlog_truncated_prev_gtid_event.000001", Errc::truncated},
      {"corrupt-relay-bin.000624", Errc::truncated},
      {"ver_5_1-wl2325_r.001", Errc::unsupported},
  };
  EXPECT_EQ(refused, expected);
  expect_types(seen, {EventType::gtid_tagged, EventType::partial_update_rows, EventType::transaction_payload});
}

}  // namespace
}  // namespace binferry
