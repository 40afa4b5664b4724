// What `inspect` promises: filters, broken input, coverage, exit codes.
#include "tests/cli/program.hpp"
#include "tests/unit/support/binlog_writer.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <pty.h>

#include <gtest/gtest.h>

namespace binferry::test {
namespace {

const std::string kShop = fixture("mysql-8.0/shop/binlog.000001");
const std::string kBank = fixture("mysql-8.0/transactions/binlog.000001");
constexpr std::string_view kKeyLine = "1;00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n";

std::uint64_t number_behind(const std::string& text, const std::string& name) {
  const std::size_t at = text.find('"' + name + "\":");
  return at == std::string::npos ? ~0ULL : std::strtoull(text.c_str() + at + name.size() + 3, nullptr, 10);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::vector<std::string> fixture_logs() {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(fixture(""))) {
    if (!entry.is_regular_file() || !entry.path().filename().string().starts_with("binlog.0")) continue;
    paths.push_back(entry.path().string());
  }
  EXPECT_GE(paths.size(), 20U);
  return paths;
}

// A file that its server closed: an incomplete event at its end is then corruption, not growth.
std::string closed(std::string bytes) {
  bytes[21] = static_cast<char>(bytes[21] & ~1);
  return bytes;
}
std::string in_use(std::string bytes) {
  bytes[21] = static_cast<char>(bytes[21] | 1);
  return bytes;
}

bool is_coverage_whole(const std::string& line) {
  return number_behind(line, "bytes") == number_behind(line, "delivered") + number_behind(line, "filtered") +
                                             number_behind(line, "inert") + number_behind(line, "unknown");
}

// Nothing but whole transactions of the whole log's output, in order: the last line is the last of its transaction.
void expect_whole_prefix(const Ran& ran, const Ran& whole) {
  ASSERT_TRUE(whole.out.starts_with(ran.out));
  const std::vector<std::string> lines = lines_of(ran.out);
  if (lines.empty() || lines.back().find("\"row\":") == std::string::npos) return;
  EXPECT_EQ(number_behind(lines.back(), "row") + 1, number_behind(lines.back(), "rows")) << lines.back();
}

TEST(Usage, AWordThatIsNoCommandIsAnsweredWithThoseThatAre) {
  const Ran ran = run({"inspekt", kShop});
  EXPECT_EQ(ran.exit_code, 2);
  EXPECT_TRUE(ran.err.starts_with("binferry: there is no command `inspekt`\n  hint: the commands are inspect, tail, "))
      << ran.err;
}

TEST(Inspect, ALogThatEndsEarlyDeliversWhatIsWholeAndExitsWith3) {
  const Ran whole = run({"inspect", "--format=json", kBank});
  const std::string bytes = closed(read_file(kBank));
  const TempDir folder;
  for (std::size_t size = 5; size < 14000; size += 397) {
    write_file(folder / "binlog.000001", std::string_view(bytes).substr(0, size));
    const Ran ran = run({"inspect", "--format=json", folder / "binlog.000001"});
    if (ran.exit_code == 0) continue;  // cut between two events: nothing shows that more was there
    EXPECT_EQ(ran.exit_code, 3) << size << ran.err;
    EXPECT_TRUE(ran.err.starts_with("binferry: binlog.000001:")) << ran.err;
    EXPECT_NE(ran.err.find("\n  hint: "), std::string::npos) << ran.err;
    expect_whole_prefix(ran, whole);
  }
}

TEST(Inspect, AFlippedByteIsNamedWithItsPlaceAndNothingBehindItIsDelivered) {
  const Ran whole = run({"inspect", "--format=json", kShop});
  const std::string bytes = read_file(kShop);
  const TempDir folder;
  for (std::size_t at = 130; at < bytes.size(); at += 811) {
    std::string broken = bytes;
    broken[at] = static_cast<char>(broken[at] ^ 0x20);
    write_file(folder / "binlog.000003", broken);
    const Ran ran = run({"inspect", "--coverage", "--format=json", folder / "binlog.000003"});
    EXPECT_EQ(ran.exit_code, 3) << at << ran.err;
    EXPECT_TRUE(ran.err.starts_with("binferry: binlog.000003:")) << ran.err;
    EXPECT_TRUE(is_coverage_whole(ran.out)) << ran.out;
    EXPECT_EQ(number_behind(ran.out, "bytes"), bytes.size());
    EXPECT_GT(number_behind(ran.out, "unknown"), 0U);
  }
  std::string broken = bytes;
  broken[1150] = static_cast<char>(broken[1150] ^ 0x20);
  write_file(folder / "binlog.000001", broken);
  const Ran ran = run({"inspect", "--format=json", folder / "binlog.000001"});
  EXPECT_EQ(ran.exit_code, 3);
  EXPECT_TRUE(ran.err.starts_with("binferry: binlog.000001:1106: WRITE_ROWS: checksum mismatch")) << ran.err;
  expect_whole_prefix(ran, whole);
  EXPECT_EQ(lines_of(ran.out).size(), 2U);  // both DDL before it
}

TEST(Inspect, ATornTailOfAnOpenFileIsOnlyNoted) {
  const TempDir folder;
  const std::string bytes = in_use(read_file(kShop));
  write_file(folder / "binlog.000001", std::string_view(bytes).substr(0, 1150));
  const Ran ran = run({"inspect", "--coverage", "--format=json", folder / "binlog.000001"});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_NE(ran.err.find("the last 44 bytes are not a whole event yet"), std::string::npos) << ran.err;
  EXPECT_NE(ran.err.find("1 incomplete transaction left out"), std::string::npos) << ran.err;
  EXPECT_TRUE(is_coverage_whole(ran.out)) << ran.out;
  EXPECT_EQ(number_behind(ran.out, "unknown"), 0U);
}

TEST(Inspect, EveryByteOfEveryFixtureIsAccountedFor) {
  const TempDir folder;
  write_file(folder / "keys", kKeyLine);
  int logs = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(fixture(""))) {
    if (!entry.is_regular_file()) continue;
    const std::string bytes = read_file(entry.path().string());
    if (!bytes.starts_with("\xFE\x62in")) continue;
    ++logs;
    const Ran ran =
        run({"inspect", "--coverage", "--format=json", "--key-file", folder / "keys", entry.path().string()});
    EXPECT_EQ(ran.exit_code, 0) << entry.path() << ran.err;
    EXPECT_EQ(number_behind(ran.out, "bytes"), bytes.size()) << entry.path();
    EXPECT_EQ(number_behind(ran.out, "unknown"), 0U) << entry.path();
    EXPECT_TRUE(is_coverage_whole(ran.out)) << ran.out;
  }
  EXPECT_GE(logs, 12);
}

// The listing walks from the magic to the last byte; only events without content have nothing to say of themselves.
TEST(Inspect, EveryEventOfEveryFixtureIsListedInItsPlaceWithItsContent) {
  const TempDir folder;
  write_file(folder / "keys", kKeyLine);
  for (const std::string& path : fixture_logs()) {
    const Ran ran = run({"inspect", "--events", "--format=json", "--key-file", folder / "keys", path});
    ASSERT_EQ(ran.exit_code, 0) << path << ran.err;
    std::uint64_t at = 4;
    for (const std::string& line : lines_of(ran.out)) {
      const bool may_be_silent = line.find("\"type\":\"PREVIOUS_GTIDS\"") != std::string::npos ||
                                 line.find("\"type\":\"STOP\"") != std::string::npos;
      EXPECT_TRUE(may_be_silent || line.find("\"info\":\"\"") == std::string::npos) << path << line;
      EXPECT_EQ(line.find("UNKNOWN"), std::string::npos) << path << line;
      if (line.find("\"inside_payload\":true") != std::string::npos) continue;
      ASSERT_EQ(number_behind(line, "offset"), at) << path << line;
      at = number_behind(line, "end");
      EXPECT_EQ(at, number_behind(line, "offset") + number_behind(line, "bytes")) << path << line;
    }
    EXPECT_EQ(at, read_file(path).size()) << path;
  }
}

TEST(Inspect, StatisticsOfEveryFixtureSumUpToItsRows) {
  const TempDir folder;
  write_file(folder / "keys", kKeyLine);
  for (const std::string& path : fixture_logs()) {
    const std::vector<std::string> keys{"--format=json", "--key-file", folder / "keys", path};
    const auto with = [&keys](const char* mode) {
      std::vector<std::string> arguments{"inspect", mode};
      arguments.insert(arguments.end(), keys.begin(), keys.end());
      return run(arguments);
    };
    const Ran statistics = with("--stats");
    ASSERT_EQ(statistics.exit_code, 0) << path << statistics.err;
    const std::string summary = with("--quiet").out;
    for (const char* const what : {"inserts", "updates", "deletes"}) {
      std::uint64_t sum = 0;
      for (const std::string& line : lines_of(statistics.out)) {
        if (line.starts_with("{\"stat\":\"table\"")) sum += number_behind(line, what);
      }
      EXPECT_EQ(sum, number_behind(summary, what)) << path << ' ' << what;
    }
  }
}

TEST(Inspect, StandardInputReadsAsTheFileDoes) {
  const Ran piped = run({"inspect", "-"}, kShop);
  EXPECT_EQ(piped.exit_code, 0) << piped.err;
  std::string named = run({"inspect", kShop}).out;
  for (std::size_t at; (at = named.find("binlog.000001")) != std::string::npos;) named.replace(at, 13, "stdin");
  EXPECT_TRUE(piped.out == named);
}

TEST(Inspect, AFolderReadsItsLogsInOrder) {
  const Ran folder = run({"inspect", fixture("mysql-8.0/shop")});
  EXPECT_EQ(folder.exit_code, 0) << folder.err;
  EXPECT_EQ(folder.out, run({"inspect", kShop}).out);
}

TEST(Inspect, TableFiltersLeaveOnlyTheirRowsAndTheRestCountsAsFiltered) {
  const Ran ran = run({"inspect", "--format=json", "--table=shop.cust*", kShop});
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  int rows = 0;
  for (const std::string& line : lines_of(ran.out)) {
    if (line.starts_with("{\"op\":\"ddl\"")) {
      EXPECT_NE(line.find("customer"), std::string::npos) << line;
    } else {
      EXPECT_NE(line.find(R"("schema":"shop","table":"customer")"), std::string::npos) << line;
      ++rows;
    }
  }
  EXPECT_GT(rows, 3);
  const Ran coverage = run({"inspect", "--coverage", "--format=json", "--table=shop.cust*", kShop});
  EXPECT_TRUE(is_coverage_whole(coverage.out));
  EXPECT_EQ(number_behind(coverage.out, "unknown"), 0U);
  EXPECT_GT(number_behind(coverage.out, "table"), 0U);
  EXPECT_EQ(run({"inspect", "--database=nowhere", kShop}).out, "");
}

TEST(Inspect, GtidAndTimeAndPositionFiltersChooseWholeTransactions) {
  const std::string uuid = "fde9933f-e70c-11f1-82fa-02fc00000001";
  const Ran three = run({"inspect", "--format=json", "--include-gtids=" + uuid + ":3", kShop});
  EXPECT_EQ(lines_of(three.out).size(), 3U) << three.out << three.err;
  const Ran others = run({"inspect", "--format=json", "--exclude-gtids=" + uuid + ":3", kShop});
  const Ran all = run({"inspect", "--format=json", kShop});
  EXPECT_EQ(lines_of(others.out).size() + 3, lines_of(all.out).size());

  const Ran middle = run({"inspect", "--format=json", "--start-position=855", "--stop-position=1223", kShop});
  EXPECT_EQ(middle.out, three.out) << middle.err;
  const Ran none = run({"inspect", "--format=json", "--start-position=855", "--stop-position=1222", kShop});
  EXPECT_EQ(none.out, "");
  const Ran coverage =
      run({"inspect", "--coverage", "--format=json", "--start-position=855", "--stop-position=1223", kShop});
  EXPECT_TRUE(is_coverage_whole(coverage.out)) << coverage.out;
  EXPECT_EQ(number_behind(coverage.out, "delivered"), 368U);
  EXPECT_EQ(number_behind(coverage.out, "unknown"), 0U);

  EXPECT_EQ(run({"inspect", "--start-datetime=2100-01-01 00:00:00", kShop}).out, "");
  EXPECT_EQ(run({"inspect", "--stop-datetime=2020-01-01T00:00:00Z", kShop}).out, "");
  EXPECT_EQ(run({"inspect", "--format=json", "--start-datetime=2020-01-01", kShop}).out, all.out);
  EXPECT_EQ(run({"inspect", "--server-id=81", kShop}).out, "");
  EXPECT_EQ(run({"inspect", "--format=json", "--server-id=81", "--server-id=80", kShop}).out, all.out);
}

TEST(Inspect, TimesAndServersChooseEventsToo) {
  const auto listed = [](std::vector<std::string> filters) {
    filters.insert(filters.begin(), {"inspect", "--events", "--format=json"});
    filters.push_back(kShop);
    const Ran ran = run(filters);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return lines_of(ran.out).size();
  };
  const std::size_t all = listed({});
  EXPECT_EQ(listed({"--server-id=80", "--start-datetime=2020-01-01"}), all);
  EXPECT_EQ(listed({"--server-id=81"}), 1U);  // the format description
  EXPECT_EQ(listed({"--start-datetime=2100-01-01"}), 1U);
  EXPECT_EQ(listed({"--stop-datetime=2020-01-01"}), 0U);
}

TEST(Inspect, FilesAreReadInTheOrderGivenAndFoldersByNumberOrIndex) {
  const TempDir folder;
  BinlogWriter first;
  BinlogWriter second;
  BinlogWriter third;
  write_file(folder / "log.999999", first.begin_file().insert_transaction(1).rotate("log.1000000").take());
  write_file(folder / "log.1000000", second.begin_file().insert_transaction(2).rotate("log.1000001").take());
  write_file(folder / "log.1000001", third.begin_file().insert_transaction(3).take());
  const auto files = [](const std::vector<std::string>& arguments) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    std::string names;
    for (const std::string& line : lines_of(ran.out)) {
      const std::size_t at = line.find("\"file\":\"log.") + 12;
      names += line.substr(at, line.find('"', at) - at) + ' ';
    }
    return names;
  };
  constexpr const char* kInOrder = "999999 1000000 1000001 ";
  EXPECT_EQ(files({"inspect", "--format=json", folder.path()}), kInOrder);
  for (const std::string& prefix : {std::string(), std::string("./"), folder.path() + "/"}) {
    write_file(folder / "log.index", prefix + "log.999999\n" + prefix + "log.1000000\n" + prefix + "log.1000001\n");
    EXPECT_EQ(files({"inspect", "--format=json", folder.path()}), kInOrder) << prefix;
    EXPECT_EQ(files({"inspect", "--format=json", folder / "log.index"}), kInOrder) << prefix;
  }
  write_file(folder / "log.index", "./log.1000000\n./log.1000001\n");  // the first was purged from the index only
  EXPECT_EQ(files({"inspect", "--format=json", folder.path()}), "1000000 1000001 ");
  EXPECT_EQ(files({"inspect", "--format=json", folder / "log.999999", folder / "log.1000000"}), "999999 1000000 ");
}

TEST(Inspect, AFileThatTheIndexNamesAndTheFolderLacksIsAnErrorWhicheverItIs) {
  BinlogWriter logs[3];
  logs[0].begin_file().insert_transaction(1).rotate("log.000002");
  logs[1].begin_file().insert_transaction(2).rotate("log.000003");
  logs[2].begin_file().insert_transaction(3);
  for (const std::string gone : {"log.000001", "log.000002", "log.000003"}) {
    const TempDir folder;
    for (int i = 0; i < 3; ++i) {
      const std::string name = "log.00000" + std::to_string(i + 1);
      if (name != gone) write_file(folder / name, logs[i].str());
    }
    write_file(folder / "log.index", "./log.000001\n./log.000002\n./log.000003\n");
    for (const std::vector<std::string>& command : {std::vector<std::string>{"inspect"},
                                                    {"inspect", "--coverage"},
                                                    {"position", "show"},
                                                    {"replay", "--into", folder / "replica.db"}}) {
      std::vector<std::string> arguments = command;
      arguments.push_back(folder.path());
      const Ran ran = run(arguments);
      EXPECT_EQ(ran.exit_code, 1) << gone << command.front();
      EXPECT_NE(ran.err.find(gone + " is in the index, but missing "), std::string::npos) << ran.err;
      EXPECT_NE(ran.err.find("\n  hint: fetch the missing file, or name the files to read one by one\n"),
                std::string::npos)
          << ran.err;
      EXPECT_EQ(ran.out, "");
    }
  }
}

TEST(Inspect, AFolderWithoutAnIndexWhoseLastLogGoesOnElsewhereIsNoted) {
  const TempDir folder;
  write_file(folder / "log.000001", BinlogWriter().begin_file().insert_transaction(1).rotate("log.000002").str());
  const Ran ran = run({"inspect", "--quiet", folder.path()});
  EXPECT_EQ(ran.exit_code, 0);
  EXPECT_NE(ran.err.find("log.000001 goes on in log.000002, which is not here"), std::string::npos) << ran.err;
  EXPECT_EQ(run({"inspect", "--quiet", folder / "log.000001"}).err, "");
}

TEST(Inspect, FiltersTogetherAreAllAsked) {
  const std::string uuid = "fde9933f-e70c-11f1-82fa-02fc00000001";
  const auto lines = [&](std::vector<std::string> filters) {
    filters.insert(filters.begin(), {"inspect", "--format=json"});
    filters.push_back(kShop);
    const Ran ran = run(filters);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    return lines_of(ran.out).size();
  };
  EXPECT_EQ(lines({"--include-gtids=" + uuid + ":3", "--table=customer"}), 3U);
  EXPECT_EQ(lines({"--include-gtids=" + uuid + ":3", "--table=orders"}), 0U);
  EXPECT_EQ(lines({"--include-gtids=" + uuid + ":1-5", "--exclude-gtids=" + uuid + ":1-2:4-5"}), 3U);
  EXPECT_EQ(lines({"--include-gtids=" + uuid + ":3", "--database=s?op", "--table=c*r", "--server-id=80"}), 3U);
  EXPECT_EQ(lines({"--include-gtids=" + uuid + ":3", "--server-id=1"}), 0U);
  EXPECT_EQ(lines({"--include-gtids=" + uuid + ":tagged:3"}), 0U);
  EXPECT_EQ(lines({"--exclude-gtids=" + uuid + ":tagged:3", "--include-gtids=" + uuid + ":3"}), 3U);
}

// A MariaDB position stands for all of its domains up to there: the one excludes what came before, the other bounds it.
TEST(Inspect, MariadbGtidsChooseWhatLiesBetweenTwoPositions) {
  const std::string log = fixture("mariadb-10.11/shop/binlog.000001");
  const auto gtids = [&](const std::vector<std::string>& filters) {
    std::vector<std::string> arguments{"inspect", "--format=json", log};
    arguments.insert(arguments.end(), filters.begin(), filters.end());
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit_code, 0) << ran.err;
    std::set<std::string> found;
    for (const std::string& line : lines_of(ran.out)) {
      const std::size_t at = line.find("\"gtid\":\"") + 8;
      found.insert(line.substr(at, line.find('"', at) - at));
    }
    return found;
  };
  using Gtids = std::set<std::string>;
  EXPECT_EQ(gtids({"--include-gtids=0-1-7", "--exclude-gtids=0-1-5"}), (Gtids{"0-1-6", "0-1-7"}));
  EXPECT_EQ(gtids({"--include-gtids=0-1-2"}), (Gtids{"0-1-1", "0-1-2"}));
  EXPECT_EQ(gtids({"--include-gtids=5-1-100"}), Gtids{});  // of another domain
  EXPECT_EQ(gtids({"--exclude-gtids=5-1-100,0-1-1000000"}), Gtids{});
}

// With `on_terminal`, the program's output is a terminal's.
std::string text_output(bool on_terminal) {
  if (!on_terminal) return run({"inspect", kShop}).out;
  int terminal = -1;
  int program = -1;
  EXPECT_EQ(::openpty(&terminal, &program, nullptr, nullptr, nullptr), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(program, 1);
    ::setenv("TERM", "xterm", 1);
    ::execl(BINFERRY_BINARY, "binferry", "inspect", kShop.c_str(), nullptr);
    ::_exit(127);
  }
  ::close(program);
  std::string out;
  char chunk[4096];
  for (ssize_t got; (got = ::read(terminal, chunk, sizeof chunk)) > 0;)
    out.append(chunk, static_cast<std::size_t>(got));
  ::close(terminal);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  return out;
}

TEST(Inspect, ColourIsForTerminalsWithoutNoColor) {
  ::unsetenv("NO_COLOR");
  EXPECT_EQ(text_output(false).find('\x1B'), std::string::npos);
  EXPECT_NE(text_output(true).find("\x1B["), std::string::npos);
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(text_output(true).find('\x1B'), std::string::npos);
  ::unsetenv("NO_COLOR");
}

TEST(Inspect, APositionInsideAnEventIsRefused) {
  const Ran ran = run({"inspect", "--start-position=860", kShop});
  EXPECT_EQ(ran.exit_code, 1);
  EXPECT_EQ(ran.err,
            "binferry: binlog.000001:860: no event begins at this position\n"
            "  hint: `binferry inspect --events` lists the positions where events begin\n");
}

// Names come from the log's own DDL, or from a dump; without either SQL would have to guess.
TEST(Inspect, SqlWithoutColumnNamesAsksForTheSchema) {
  const std::string log = fixture("mysql-8.0/ddl-minimal-metadata/binlog.000001");
  const Ran events = run({"inspect", "--events", "--format=json", log});
  std::uint64_t behind_create = 0;
  for (const std::string& line : lines_of(events.out)) {
    if (line.find("CREATE TABLE customer") != std::string::npos) behind_create = number_behind(line, "end");
  }
  ASSERT_GT(behind_create, 0U);
  const std::string start = "--start-position=" + std::to_string(behind_create);
  const Ran bare = run({"inspect", "--format=sql", start, log});
  EXPECT_EQ(bare.exit_code, 1);
  EXPECT_NE(bare.err.find("the log does not name the columns"), std::string::npos) << bare.err;
  EXPECT_NE(bare.err.find("--schema"), std::string::npos) << bare.err;
  EXPECT_EQ(bare.out.find("INSERT"), std::string::npos);
  EXPECT_NE(run({"inspect", start, log}).out.find("@1: "), std::string::npos);

  const TempDir folder;
  write_file(folder / "dump.sql",
             "CREATE DATABASE shop; USE shop;\nCREATE TABLE customer(id INT UNSIGNED NOT NULL AUTO_INCREMENT, "
             "email VARCHAR(100) NOT NULL, name VARCHAR(50) DEFAULT 'anon', created TIMESTAMP NOT NULL, "
             "PRIMARY KEY(id)) DEFAULT CHARSET=utf8mb4;\n");
  const Ran named = run({"inspect", "--format=sql", "--schema", folder / "dump.sql", start, "--table=customer",
                         "--stop-position=" + std::to_string(behind_create + 445), log});
  EXPECT_EQ(named.exit_code, 0) << named.err;
  EXPECT_NE(named.out.find("INSERT INTO `shop`.`customer` (`id`,`email`,`name`,`created`) VALUES (1,_utf8mb4'a@x',"),
            std::string::npos)
      << named.out;
}

TEST(Inspect, AnEncryptedLogNeedsItsKey) {
  std::string log;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(fixture("mariadb-10.11/encrypted"))) {
    if (entry.is_regular_file() && read_file(entry.path().string()).starts_with("\xFE\x62in"))
      log = entry.path().string();
  }
  ASSERT_FALSE(log.empty());
  const Ran without = run({"inspect", log});
  EXPECT_EQ(without.exit_code, 3);
  EXPECT_NE(without.err.find("encrypted"), std::string::npos) << without.err;
  const TempDir folder;
  write_file(folder / "keys", kKeyLine);
  const Ran with = run({"inspect", "--quiet", "--key-file", folder / "keys", log});
  EXPECT_EQ(with.exit_code, 0) << with.err;
}

TEST(Inspect, WhatIsNoLogExitsWith3AndWhatIsNotThereWith1) {
  const TempDir folder;
  write_file(folder / "notes.txt", "dear diary");
  EXPECT_EQ(run({"inspect", folder / "notes.txt"}).exit_code, 3);
  const Ran missing = run({"inspect", folder / "binlog.000001"});
  EXPECT_EQ(missing.exit_code, 1);
  EXPECT_EQ(missing.out, "");
}

TEST(Inspect, AMistakenCommandLineExitsWith2AndSaysWhatToTry) {
  const std::vector<std::vector<std::string>> mistakes{
      {},
      {"inspekt"},
      {"inspect"},
      {"inspect", "--format=xml", kShop},
      {"inspect", "--events", "--stats", kShop},
      {"inspect", "--start-position=many", kShop},
      {"inspect", "--start-position=-1", kShop},
      {"inspect", "--stop-position=-1", kShop},
      {"inspect", "--events", "--table=customer", kShop},
      {"inspect", "--events", "--database=shop", kShop},
      {"inspect", "--events", "--include-gtids=0-1-5", kShop},
      {"inspect", "--coverage", "--format=sql", kShop},
      {"inspect", "--events", "--format=sql", kShop},
      {"inspect", "--start-datetime=2026-13-01", kShop},
      {"inspect", "--stop-datetime=yesterday", kShop},
      {"inspect", "--include-gtids=nonsense", kShop},
      {"inspect", kShop, fixture("mysql-8.0/shop")},
      {"tail"},
  };
  for (const auto& arguments : mistakes) {
    const Ran ran = run(arguments);
    EXPECT_EQ(ran.exit_code, 2) << testing::PrintToString(arguments) << ran.err;
    EXPECT_EQ(ran.out, "");
    EXPECT_TRUE(ran.err.starts_with("binferry: ")) << ran.err;
    EXPECT_NE(ran.err.find("\n  hint: "), std::string::npos) << ran.err;
  }
}

TEST(Inspect, AReaderThatLeavesIsNoError) {
  const std::string command = std::string(BINFERRY_BINARY) + " inspect --format=json " + fixture("mysql-8.0/types") +
                              " | head -c 10 >/dev/null; exit ${PIPESTATUS[0]}";
  EXPECT_EQ(WEXITSTATUS(std::system(("bash -c '" + command + "'").c_str())), 0);
}

}  // namespace
}  // namespace binferry::test
