#include "binlog/ship/event_cutter.hpp"

#include "tests/unit/ship/relay_fixture.hpp"

namespace binferry {
namespace {

using test::BinlogWriter;

// The events that come out when `log` goes in, in pieces of `step` bytes.
std::vector<std::string> cut(const std::string& log, std::size_t step) {
  EventCutter cutter;
  cutter.begin_file();
  std::vector<std::string> events;
  for (std::size_t at = 4; at < log.size(); at += step) {
    const Status added = cutter.add(at, bytes_of(log).subspan(at, std::min(step, log.size() - at)));
    EXPECT_TRUE(added) << added.error().message();
    for (;;) {
      const Result<bool> whole = cutter.next();
      EXPECT_TRUE(whole);
      if (!whole || !*whole) break;
      EXPECT_EQ(text_of(cutter.event()), log.substr(cutter.offset(), cutter.event().size()));
      EXPECT_EQ(cutter.is_mapped(), cutter.event().size() > EventCutter::kMappedBytes);
      events.emplace_back(text_of(cutter.event()));
    }
  }
  EXPECT_TRUE(cutter.between_events());
  EXPECT_EQ(cutter.end(), log.size());
  return events;
}

TEST(EventCutter, GivesEveryEventWhateverThePiecesAre) {
  BinlogWriter log;
  log.begin_file();
  for (std::uint32_t i = 1; i < 6; ++i) log.insert_transaction(i);
  for (const std::size_t step : {1UL, 7UL, 100UL, 100'000UL}) {
    const std::vector<std::string> events = cut(log.str(), step);
    ASSERT_EQ(events.size(), log.starts().size()) << step;
  }
}

TEST(EventCutter, PutsLargeEventsTogetherInAFile) {
  BinlogWriter log;
  log.begin_file();
  for (const std::size_t more : {0UL, 1UL, 3'000'000UL}) {
    log.begin().write_rows(9, 1, std::string(EventCutter::kMappedBytes + more, 'x')).xid(1);
  }
  for (const std::size_t step : {40'001UL, 256UL << 10, 100UL << 20}) {
    EventCutter cutter;
    std::size_t mapped = 0;
    std::size_t count = 0;
    for (std::size_t at = 4; at < log.str().size(); at += step) {
      ASSERT_TRUE(cutter.add(at, bytes_of(log.str()).subspan(at, std::min(step, log.str().size() - at))));
      for (;;) {
        const Result<bool> whole = cutter.next();
        ASSERT_TRUE(whole);
        if (!*whole) break;
        ++count;
        if (cutter.is_mapped()) ++mapped;
        ASSERT_TRUE(text_of(cutter.event()) ==
                    std::string_view(log.str()).substr(cutter.offset(), cutter.event().size()));
      }
    }
    EXPECT_EQ(count, log.starts().size()) << step;
    EXPECT_EQ(mapped, step > log.str().size() ? 0U : 3U) << step;
  }
}

TEST(EventCutter, AllowsAHoleBetweenEventsOnly) {
  BinlogWriter log;
  log.begin_file();
  const std::string event = log.str().substr(4);
  EventCutter cutter;
  ASSERT_TRUE(cutter.add(4, bytes_of(event)));
  while (*cutter.next()) continue;
  ASSERT_TRUE(cutter.add(1'000'000, bytes_of(event).first(30))) << "a hole behind a whole event";
  EXPECT_FALSE(*cutter.next());
  EXPECT_FALSE(cutter.between_events());
  EXPECT_EQ(cutter.add(2'000'000, bytes_of(event)).error().code, Errc::protocol);
  EXPECT_EQ(cutter.add(1'000'010, bytes_of(event)).error().code, Errc::protocol);
  ASSERT_TRUE(cutter.add(1'000'030, bytes_of(event).subspan(30)));
  while (*cutter.next()) continue;
  EXPECT_EQ(cutter.add(500, bytes_of(event)).error().code, Errc::protocol) << "it came already";
}

TEST(EventCutter, RefusesALengthThatCannotBe) {
  EventCutter cutter;
  ASSERT_TRUE(cutter.add(4, bytes_of(std::string(30, '\xFF'))));
  const Result<bool> whole = cutter.next();
  ASSERT_FALSE(whole);
  EXPECT_EQ(whole.error().code, Errc::corrupt);
}

}  // namespace
}  // namespace binferry
