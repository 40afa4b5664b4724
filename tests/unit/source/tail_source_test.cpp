#include "binlog/source/tail_source.hpp"

#include "binlog/source/log_watch.hpp"
#include "tests/unit/source/drain.hpp"
#include "tests/unit/support/binlog_writer.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <thread>

namespace binferry {
namespace {

using namespace std::chrono_literals;
using test::append_file;
using test::BinlogWriter;
using test::drain;
using test::Drained;
using test::TempDir;
using test::write_file;

std::unique_ptr<TailSource> open_tail(const std::string& path, const TailOptions& options) {
  auto tail = TailSource::open(path, options);
  EXPECT_TRUE(tail) << tail.error().message();
  return tail ? std::move(*tail) : nullptr;
}

TailOptions from_start() {
  TailOptions options;
  options.start = TailStart::from_start;
  return options;
}

std::ptrdiff_t xids(const Drained& got) {
  return std::ranges::count(got.types, EventType::xid);
}

TEST(TailSource, GivesWhatIsAppendedAndNeverHalfAnEvent) {
  const TempDir dir;
  BinlogWriter log;
  log.begin_file();
  write_file(dir / "binlog.000001", log.take());
  auto tail = open_tail(dir.path(), from_start());
  EXPECT_EQ(drain(*tail).types.size(), 2U);
  for (std::uint32_t i = 1; i < 5; ++i) {
    const std::string bytes = log.insert_transaction(i).take();
    append_file(dir / "binlog.000001", bytes.substr(0, bytes.size() - 7));
    Drained got = drain(*tail);
    EXPECT_EQ(got.types.size(), 4U);
    EXPECT_EQ(got.last, SourceState::wait);
    append_file(dir / "binlog.000001", bytes.substr(bytes.size() - 7));
    got = drain(*tail);
    EXPECT_EQ(got.types, std::vector<EventType>{EventType::xid});
  }
}

TEST(TailSource, KnowsWhatWasThereBefore) {
  const TempDir dir;
  BinlogWriter log;
  log.begin_file().insert_transaction(1);
  write_file(dir / "binlog.000001", "not even looked at");
  write_file(dir / "binlog.000002", log.take());
  auto tail = open_tail(dir.path(), {});
  EXPECT_EQ(tail->history_end(), log.position());
  EXPECT_EQ(xids(drain(*tail)), 1);
  append_file(dir / "binlog.000002", log.insert_transaction(2).take());
  const Drained got = drain(*tail);
  EXPECT_EQ(xids(got), 1);
  EXPECT_GT(got.offsets.back(), tail->history_end());
}

TEST(TailSource, FollowsARotationToAFileThatComesLater) {
  const TempDir dir;
  BinlogWriter log;
  log.begin_file().insert_transaction(1).rotate("binlog.000002");
  write_file(dir / "binlog.000001", log.str());
  auto tail = open_tail(dir.path(), from_start());
  Drained got = drain(*tail);
  EXPECT_EQ(got.file_ends, 1);
  EXPECT_EQ(got.last, SourceState::wait);
  for (const std::size_t there : {0UL, 4UL, 50UL}) {  // a file that has just been made
    write_file(dir / "binlog.000002", log.str().substr(0, there));
    got = drain(*tail);
    ASSERT_FALSE(got.error) << got.error->message();
    EXPECT_EQ(got.last, SourceState::wait);
    EXPECT_TRUE(got.types.empty());
  }
  write_file(dir / "binlog.000002", BinlogWriter().begin_file().insert_transaction(2).str());
  EXPECT_EQ(xids(drain(*tail)), 1);
}

TEST(TailSource, WaitsForTheNewestFileThatTheIndexNames) {
  const TempDir dir;
  write_file(dir / "binlog.000002", BinlogWriter().begin_file().insert_transaction(1).rotate("binlog.000003").str());
  write_file(dir / "binlog.index", "./binlog.000001\n./binlog.000002\n./binlog.000003\n");  // the first is purged
  auto tail = open_tail(dir.path(), from_start());
  Drained got = drain(*tail);
  ASSERT_FALSE(got.error) << got.error->message();
  EXPECT_EQ(got.last, SourceState::wait);
  write_file(dir / "binlog.000003", BinlogWriter().begin_file().insert_transaction(2).str());
  got = drain(*tail);
  EXPECT_EQ(got.files, std::vector<std::string>{"binlog.000003"});
  EXPECT_EQ(xids(got), 1);
}

TEST(TailSource, RefusesARotateToTheFileItself) {
  const TempDir dir;
  write_file(dir / "binlog.000002", BinlogWriter().begin_file().rotate("binlog.000002").str());
  const Drained got = drain(*open_tail(dir.path(), from_start()));
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::corrupt);
}

TEST(TailSource, GoesOnAfterAStopOrACrashWithoutRotate) {
  const TempDir dir;
  BinlogWriter log;
  log.begin_file().insert_transaction(1);
  const std::string whole = log.str();
  BinlogWriter torn = log;
  torn.insert_transaction(2);
  write_file(dir / "binlog.000001", torn.str().substr(0, torn.str().size() - 9));
  auto tail = open_tail(dir.path(), from_start());
  Drained got = drain(*tail);
  EXPECT_EQ(got.last, SourceState::wait);
  // Nothing was repaired: the tail is torn, the flag still says in use.
  write_file(dir / "binlog.000002", whole);
  got = drain(*tail);
  ASSERT_FALSE(got.error) << got.error->message();
  EXPECT_EQ(got.torn, 22U);
  EXPECT_EQ(xids(got), 1);
  append_file(dir / "binlog.000002",
              log.take().substr(whole.size()) + BinlogWriter(log).stop().str().substr(whole.size()));
  write_file(dir / "binlog.000003", whole);
  got = drain(*tail);
  EXPECT_EQ(got.files, std::vector<std::string>{"binlog.000003"});
  EXPECT_EQ(got.types.front(), EventType::stop);
}

TEST(TailSource, SurvivesAFileThatRecoveryCutBack) {
  const TempDir dir;
  const std::string path = dir / "binlog.000001";
  BinlogWriter log;
  log.begin_file().insert_transaction(1);
  const std::uint64_t recovered = log.position();
  log.insert_transaction(2);
  write_file(path, log.str().substr(0, log.str().size() - 9));  // all but the end of the XID
  auto tail = open_tail(dir.path(), from_start());
  EXPECT_EQ(drain(*tail).types.size(), 11U);
  std::filesystem::resize_file(path, recovered);
  Drained got = drain(*tail);
  EXPECT_EQ(got.last, SourceState::wait);
  BinlogWriter restarted;
  restarted.begin_file(true, 1'700'000'000).insert_transaction(2);
  write_file(dir / "binlog.000002", restarted.str());
  got = drain(*tail);
  ASSERT_FALSE(got.error) << got.error->message();
  EXPECT_EQ(got.torn, 0U);
  EXPECT_EQ(got.files, std::vector<std::string>{"binlog.000002"});
}

// The cut takes away an event of which some was read but none given; something else is written there.
TEST(TailSource, ReadsAgainFromTheLastBoundaryAfterACut) {
  const TempDir dir;
  const std::string path = dir / "binlog.000001";
  BinlogWriter log;
  log.begin_file().insert_transaction(1);
  BinlogWriter other = log;
  log.insert_transaction(2, 50);
  other.insert_transaction(3, 10);
  const std::uint64_t boundary = log.starts()[log.starts().size() - 2];
  write_file(path, log.str().substr(0, boundary + 100));
  auto tail = open_tail(dir.path(), from_start());
  drain(*tail);
  write_file(path, log.str().substr(0, boundary));
  EXPECT_EQ(drain(*tail).last, SourceState::wait);
  write_file(path, log.str());
  const Drained got = drain(*tail);
  ASSERT_FALSE(got.error) << got.error->message();
  EXPECT_EQ(got.offsets.front(), boundary);
}

TEST(TailSource, GoesOnWhileOlderFilesArePurged) {
  const TempDir dir;
  BinlogWriter log;
  log.begin_file().insert_transaction(1);
  write_file(dir / "binlog.000001", log.str());
  auto tail = open_tail(dir.path(), from_start());
  drain(*tail);
  append_file(dir / "binlog.000001", BinlogWriter(log).rotate("binlog.000002").str().substr(log.str().size()));
  write_file(dir / "binlog.000002", log.str());
  std::filesystem::remove(dir / "binlog.000001");  // still open here
  const Drained got = drain(*tail);
  ASSERT_FALSE(got.error) << got.error->message();
  EXPECT_EQ(xids(got), 1);
  EXPECT_EQ(got.files, std::vector<std::string>{"binlog.000002"});
}

TEST(TailSource, SaysThatTheNextFileWasPurged) {
  const TempDir dir;
  BinlogWriter log;
  log.begin_file().insert_transaction(1).rotate("binlog.000002");
  write_file(dir / "binlog.000001", log.str());
  auto tail = open_tail(dir.path(), from_start());
  EXPECT_EQ(drain(*tail).last, SourceState::wait);
  std::filesystem::remove(dir / "binlog.000001");
  write_file(dir / "binlog.000005", log.str());
  const Drained got = drain(*tail);
  ASSERT_TRUE(got.error);
  EXPECT_EQ(got.error->code, Errc::purged);

  TailOptions options;
  options.start = TailStart::at_position;
  options.start_file = "binlog.000001";
  const auto late = TailSource::open(dir.path(), options);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Errc::purged);
}

TEST(TailSource, NoticesThatTheLogWasReset) {
  const TempDir dir;
  BinlogWriter log;
  log.begin_file().insert_transaction(1);
  for (const char* newest : {"binlog.000001", "binlog.000002"}) {
    write_file(dir / newest, log.str());
    auto tail = open_tail(dir / newest, from_start());
    drain(*tail);
    write_file(dir / "other", log.str());
    std::filesystem::remove(dir / newest);
    std::filesystem::rename(dir / "other", dir / "binlog.000001");
    const Drained got = drain(*tail);
    ASSERT_TRUE(got.error) << newest;
    EXPECT_EQ(got.error->code, Errc::diverged);
  }
}

TEST(TailSource, WaitsInAnEmptyFolderForTheFirstLog) {
  const TempDir dir;
  auto tail = open_tail(dir.path(), {});
  EXPECT_EQ(drain(*tail).last, SourceState::wait);
  BinlogWriter log;
  log.begin_file().insert_transaction(1);
  write_file(dir / "binlog.000001", log.str());
  EXPECT_EQ(xids(drain(*tail)), 1);
  EXPECT_EQ(tail->history_end(), 0U);  // all of it is new
}

TEST(TailSource, StopsAtWhatIsThere) {
  const TempDir dir;
  BinlogWriter log;
  log.begin_file().insert_transaction(1);
  write_file(dir / "binlog.000001", BinlogWriter(log).rotate("binlog.000002").str());
  write_file(dir / "binlog.000002", log.str().substr(0, log.str().size() - 3));
  TailOptions options = from_start();
  options.stop_at_end = true;
  const Drained got = drain(*open_tail(dir.path(), options));
  ASSERT_FALSE(got.error) << got.error->message();
  EXPECT_EQ(got.last, SourceState::end);
  EXPECT_EQ(got.file_ends, 2);
  EXPECT_EQ(got.torn, 28U);
}

TEST(TailSource, BeginsAtAPosition) {
  const TempDir dir;
  BinlogWriter log;
  log.begin_file().insert_transaction(1);
  TailOptions options;
  options.start = TailStart::at_position;
  options.start_file = "binlog.000001";
  options.start_offset = log.position();
  log.insert_transaction(2);
  write_file(dir / "binlog.000001", log.str());
  EXPECT_EQ(xids(drain(*open_tail(dir.path(), options))), 1);
  options.start_offset -= 3;
  EXPECT_EQ(drain(*open_tail(dir.path(), options)).error->code, Errc::not_found);
}

// A writer in another thread, cut at random places, with rotations; every event arrives. How fast is printed, not
// judged: it is the machine's load as much as ours (scripts/bench.sh tail measures it on a quiet one).
void follow_a_writer(bool poll_only) {
  const TempDir dir;
  write_file(dir / "binlog.000001", BinlogWriter().begin_file().str());
  TailOptions options = from_start();
  options.poll_only = poll_only;
  auto tail = open_tail(dir.path(), options);
  constexpr std::uint32_t kTransactions = 40;
  std::vector<std::atomic<std::chrono::steady_clock::rep>> written(kTransactions);
  std::thread writer([&] {
    BinlogWriter log;
    log.begin_file().take();
    std::string file = "binlog.000001";
    for (std::uint32_t i = 0; i < kTransactions; ++i) {
      const std::string bytes = log.insert_transaction(i + 1, i).take();
      append_file(dir / file, bytes.substr(0, i * 5));
      std::this_thread::sleep_for(3ms);
      written[i] = std::chrono::steady_clock::now().time_since_epoch().count();
      append_file(dir / file, bytes.substr(i * 5));
      if (i % 10 == 9) {
        const std::string next = next_log_name(file);
        append_file(dir / file, log.rotate(next).take());
        file = next;
        log = BinlogWriter();
        write_file(dir / file, log.begin_file().take());
      }
    }
  });
  RawEvent event;
  std::uint32_t seen = 0;
  std::chrono::steady_clock::duration slowest{};
  const auto deadline = std::chrono::steady_clock::now() + 30s;
  while (seen < kTransactions && std::chrono::steady_clock::now() < deadline) {
    const Result<SourceState> state = tail->next(event);
    if (!state) {
      ADD_FAILURE() << state.error().message();
      break;
    }
    if (*state == SourceState::wait) {
      ASSERT_TRUE(tail->wait(60'000));
    }
    if (*state == SourceState::event && event.header.type == EventType::xid) {
      const std::chrono::steady_clock::time_point at{std::chrono::steady_clock::duration(written[seen])};
      slowest = std::max(slowest, std::chrono::steady_clock::now() - at);
      ++seen;
    }
  }
  writer.join();
  EXPECT_EQ(seen, kTransactions);
  std::printf("slowest: %lld ms behind its last byte\n",
              static_cast<long long>(std::chrono::duration_cast<std::chrono::milliseconds>(slowest).count()));
}

TEST(TailSource, FollowsAWriterByInotify) {
  follow_a_writer(false);
}
TEST(TailSource, FollowsAWriterByPolling) {
  static_assert(LogWatch::kPollInterval_ms < 50, "a transaction is promised within 50 ms");
  follow_a_writer(true);
}

// inotify tells of growth at once; were it only found when the time is over, LogWatch would poll from the third on.
TEST(TailSource, IsWokenByInotifyAndNotByTheClock) {
  const TempDir dir;
  const std::string path = dir / "binlog.000001";
  write_file(path, "");
  LogWatch watch(false);
  ASSERT_FALSE(watch.polls());
  watch.watch_directory(dir.path());
  watch.watch_file(path);
  for (int i = 0; i < 20; ++i) {
    std::thread writer([&] { append_file(path, "x"); });
    const auto size = [&] { return std::filesystem::file_size(path); };
    const auto before = static_cast<std::uintmax_t>(i);
    while (size() == before) ASSERT_TRUE(watch.wait(60'000));
    watch.observe_growth(true);
    writer.join();
    ASSERT_TRUE(watch.wait(0));  // what is left of this one
  }
  EXPECT_FALSE(watch.polls());
}

// As on a network file system: growth is there, inotify never said so.
TEST(TailSource, PollsOnceInotifyHasMissedGrowthTwice) {
  const TempDir dir;
  LogWatch watch(false);
  watch.watch_directory(dir.path());  // and no file: nothing will be told of growth
  for (int i = 0; i < 2; ++i) {
    EXPECT_FALSE(watch.polls());
    ASSERT_TRUE(watch.wait(1));
    watch.observe_growth(true);
  }
  EXPECT_TRUE(watch.polls());
}

TailSource* stopped_by_signal = nullptr;

TEST(TailSource, IsStoppedByASignalHandlerWhileItWaits) {
  const TempDir dir;
  auto tail = open_tail(dir.path(), {});
  stopped_by_signal = tail.get();
  const auto old = std::signal(SIGUSR1, [](int) { stopped_by_signal->stop(); });
  std::thread other([] {
    std::this_thread::sleep_for(30ms);
    std::raise(SIGUSR1);
  });
  RawEvent event;
  SourceState last = SourceState::wait;
  for (int i = 0; i < 100 && last != SourceState::end; ++i) {
    last = tail->next(event).value();
    if (last == SourceState::wait) {
      EXPECT_TRUE(tail->wait(10'000));
    }
  }
  other.join();
  std::signal(SIGUSR1, old);
  EXPECT_EQ(last, SourceState::end);
}

}  // namespace
}  // namespace binferry
