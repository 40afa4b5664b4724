#include "binlog/ship/ship_filter.hpp"

#include "binlog/ship/follower_session.hpp"
#include "binlog/ship/hub_session.hpp"
#include "tests/unit/ship/relay_fixture.hpp"

#include <set>

namespace binferry {
namespace {

using test::BinlogWriter;
using test::ColumnSpec;

constexpr std::uint64_t kOrders = 99;
constexpr std::uint64_t kNotes = 300;

// A statement that changes both tables, one that changes the second only, one of another schema, a table statement.
BinlogWriter log_of_two_tables() {
  BinlogWriter log;
  log.begin_file();
  log.gtid(1).begin().event(EventType::rows_query, "\x08INSERT 1");
  log.table_map(kOrders, "shop", "orders", {ColumnSpec{}}).table_map(kNotes, "shop", "notes", {ColumnSpec{}});
  log.write_rows(kOrders, 1, BinlogWriter::int_row(1), false).write_rows(kNotes, 1, BinlogWriter::int_row(2)).xid(1);
  log.gtid(2).begin().table_map(kNotes, "shop", "notes", {ColumnSpec{}});
  log.write_rows(kNotes, 1, BinlogWriter::int_row(3)).xid(2);
  log.gtid(3).begin().table_map(7, "blog", "orders", {ColumnSpec{}});
  log.update_rows(7, 1, BinlogWriter::int_row(4) + BinlogWriter::int_row(5)).xid(3);
  log.ddl(4, "CREATE TABLE blog.x (i INT)");
  return log;
}

// The offsets of the events that pass, when the log is given in pieces of `step` bytes; what passes is whole.
std::vector<std::size_t> passing(const BinlogWriter& log, ShipFilter filter, std::size_t step) {
  filter.begin_file();
  std::set<std::size_t> passed;
  const std::string& all = log.str();
  std::size_t sent = 4;
  for (std::size_t at = 4; at < all.size(); at += step) {
    const Status added = filter.add(at, bytes_of(all).subspan(at, std::min(step, all.size() - at)),
                                    [&](std::uint64_t offset, Bytes bytes) {
                                      EXPECT_GE(offset, sent);
                                      EXPECT_EQ(text_of(bytes), all.substr(offset, bytes.size()));
                                      for (std::size_t i = 0; i < bytes.size(); ++i) passed.insert(offset + i);
                                      sent = offset + bytes.size();
                                    });
    EXPECT_TRUE(added) << added.error().message();
  }
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < log.starts().size(); ++i) {
    const std::size_t begin = log.starts()[i];
    const std::size_t end = i + 1 == log.starts().size() ? all.size() : log.starts()[i + 1];
    std::size_t bytes = 0;
    for (std::size_t at = begin; at < end; ++at) bytes += passed.contains(at) ? 1U : 0U;
    if (bytes != 0) {
      EXPECT_EQ(bytes, end - begin) << "half an event at " << begin;
      starts.push_back(begin);
    }
  }
  return starts;
}

std::vector<std::size_t> all_but(const BinlogWriter& log, const std::set<std::size_t>& left_out) {
  std::vector<std::size_t> starts;
  for (std::size_t i = 0; i < log.starts().size(); ++i) {
    if (!left_out.contains(i)) starts.push_back(log.starts()[i]);
  }
  return starts;
}

TEST(ShipFilter, LeavesOutTheRowsOfOtherTablesAndNothingElse) {
  const BinlogWriter log = log_of_two_tables();
  for (const std::size_t step : {1UL, 13UL, 64UL, 1000UL, 100'000UL}) {
    SCOPED_TRACE(step);
    EXPECT_EQ(passing(log, ShipFilter({"shop"}, {}), step), all_but(log, {4, 17, 18}));
    EXPECT_EQ(passing(log, ShipFilter({"sh*"}, {"orders"}), step), all_but(log, {4, 6, 8, 12, 13, 17, 18}));
    EXPECT_EQ(passing(log, ShipFilter({}, {"blog.orders"}), step), all_but(log, {4, 5, 6, 7, 8, 12, 13}));
    EXPECT_EQ(passing(log, ShipFilter({}, {"*"}), step), all_but(log, {4}));
  }
}

TEST(ShipFilter, AnIdThatNowBelongsToAnotherTableIsJudgedAnew) {
  BinlogWriter log;
  log.begin_file().gtid(1).begin().table_map(5, "shop", "orders", {ColumnSpec{}});
  log.write_rows(5, 1, BinlogWriter::int_row(1)).xid(1).gtid(2).begin().table_map(5, "blog", "orders", {ColumnSpec{}});
  log.write_rows(5, 1, BinlogWriter::int_row(1)).xid(2);
  EXPECT_EQ(passing(log, ShipFilter({"shop"}, {}), 50), all_but(log, {9, 10}));
}

TEST(ShipFilter, NeverGoesWrongOnAnyByteFlipped) {
  const BinlogWriter log = log_of_two_tables();
  std::size_t errors = 0;
  for (std::size_t flipped = 4; flipped < log.str().size(); ++flipped) {
    std::string bytes = log.str();
    bytes[flipped] = static_cast<char>(bytes[flipped] ^ 0xFF);
    ShipFilter filter({"shop"}, {});
    for (std::size_t at = 4; at < bytes.size(); at += 77) {
      const auto piece = bytes_of(bytes).subspan(at, std::min<std::size_t>(77, bytes.size() - at));
      if (!filter.add(at, piece, [](std::uint64_t, Bytes) {})) {
        ++errors;
        break;
      }
    }
  }
  EXPECT_GT(errors, 0U);
}

// A follower of one schema gets whole transactions, of the others as well, and fewer bytes.
TEST(ShipFilter, AFilteredConversationKeepsPositionsAndSendsLess) {
  const test::TempDir source;
  BinlogWriter log = log_of_two_tables();
  const std::string rows(200'000, 'x');
  log.gtid(5).begin().table_map(7, "blog", "orders", {ColumnSpec{}});
  for (int i = 0; i < 20; ++i) log.write_rows(7, 1, rows, false);
  log.write_rows(7, 1, rows).xid(5);
  test::write_file(source / "binlog.000001", log.str());
  const test::TempDir dir;
  const auto store = test::open_store(dir.path());
  ASSERT_TRUE(test::fill(*store, source.path()));
  HubSession hub(*store, {.message_bytes = 64 << 10});
  ship::Hello hello;
  hello.name = "one";
  hello.takes_zstd = false;
  hello.schemas = {"shop"};
  FollowerSession follower(hello, {});
  ASSERT_TRUE(hub.on_message(bytes_of(follower.hello())));
  std::string message;
  std::size_t bytes = 0;
  std::size_t messages = 0;
  std::uint64_t end = 0;
  while (*hub.next_message(message, false)) {
    bytes += message.size();
    ++messages;
    ASSERT_TRUE(follower.on_message(bytes_of(message)));
    for (;;) {
      const Result<FollowerSession::Item> item = follower.next();
      ASSERT_TRUE(item) << item.error().message();
      if (*item == FollowerSession::Item::none) break;
      if (*item == FollowerSession::Item::event) end = follower.offset() + follower.event().size();
    }
  }
  EXPECT_EQ(end, store->published().offset);
  EXPECT_EQ(follower.tip(), store->published());
  EXPECT_LT(bytes, 10'000U);
  EXPECT_GT(messages, 20U) << "the hub reads no more than it would send to others before it looks up";
}

}  // namespace
}  // namespace binferry
