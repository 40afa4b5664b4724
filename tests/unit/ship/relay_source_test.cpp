#include "binlog/ship/relay_source.hpp"

#include "binlog/source/transaction_stream.hpp"
#include "tests/unit/ship/relay_fixture.hpp"

#include <map>
#include <thread>

namespace binferry {
namespace {

using test::fill;
using test::open_store;
using test::SourceFolder;
using test::TempDir;

// Places of the transactions that a source gives until it waits or ends.
std::vector<std::string> transactions_of(EventSource& source, SourceState* last = nullptr) {
  TransactionStream stream(source, Limits{});
  std::vector<std::string> places;
  for (;;) {
    Result<TransactionStream::Item> item = stream.next();
    EXPECT_TRUE(item) << item.error().message();
    if (!item) return places;
    if (*item == TransactionStream::Item::transaction) places.push_back(stream.transaction().place());
    if (*item != TransactionStream::Item::wait && *item != TransactionStream::Item::end) continue;
    if (last != nullptr) *last = *item == TransactionStream::Item::wait ? SourceState::wait : SourceState::end;
    return places;
  }
}

TEST(RelaySource, GivesWhatIsPublishedFromAnyBoundaryOnAndEndsWhenNothingMoreWillCome) {
  const SourceFolder folder(4);
  const TempDir dir;
  const auto store = open_store(dir.path());
  ASSERT_TRUE(fill(*store, folder.folder()));
  RelaySource all(*store, {});
  all.finish();
  SourceState last = SourceState::wait;
  const std::vector<std::string> places = transactions_of(all, &last);
  EXPECT_EQ(places.size(), 12U);
  EXPECT_EQ(last, SourceState::end);
  EXPECT_EQ(all.position(), store->published());

  // Behind each of them only the later ones come.
  RelaySource again(*store, {});
  again.finish();
  TransactionStream stream(again, Limits{});
  for (std::size_t given = 0; given < places.size();) {
    ASSERT_TRUE(stream.next());
    if (stream.transaction().place() != places[given]) continue;
    ++given;
    RelaySource behind(*store, {stream.transaction().file, stream.transaction().end});
    behind.finish();
    const std::vector<std::string> rest(places.begin() + static_cast<std::ptrdiff_t>(given), places.end());
    EXPECT_EQ(transactions_of(behind), rest) << given;
  }
}

TEST(RelaySource, WaitsForMoreAndIsWoken) {
  SourceFolder folder(1);
  const TempDir dir;
  const auto store = open_store(dir.path());
  RelaySource source(*store, {});
  SourceState last = SourceState::end;
  EXPECT_TRUE(transactions_of(source, &last).empty());
  EXPECT_EQ(last, SourceState::wait);
  ASSERT_TRUE(fill(*store, folder.folder()));
  EXPECT_EQ(transactions_of(source, &last).size(), 3U);
  EXPECT_EQ(last, SourceState::wait);
  std::thread writer([&] {
    folder.append();
    EXPECT_TRUE(fill(*store, folder.folder()));
  });
  ASSERT_TRUE(source.wait(60'000));
  writer.join();
  EXPECT_EQ(transactions_of(source, &last).size(), 1U);
  source.finish();
  EXPECT_TRUE(transactions_of(source, &last).empty());
  EXPECT_EQ(last, SourceState::end);
}

TEST(RelaySource, GivesEveryFileByteForByte) {
  SourceFolder folder(20);
  const TempDir dir;
  const auto store = open_store(dir.path());
  ASSERT_TRUE(fill(*store, folder.folder()));
  RelaySource source(*store, {});
  std::vector<std::string> files;
  RawEvent event;
  const auto read = [&] {
    for (;;) {
      const Result<SourceState> state = source.next(event);
      ASSERT_TRUE(state) << state.error().message();
      if (*state == SourceState::wait) return;
      if (*state == SourceState::file_begin) files.emplace_back("\xFE\x62in");
      if (*state == SourceState::event) files.back().append(text_of(event.bytes));
    }
  };
  read();
  folder.append();
  ASSERT_TRUE(fill(*store, folder.folder()));
  read();
  ASSERT_EQ(files.size(), 3U);
  for (int file = 1; file <= 3; ++file) EXPECT_EQ(files[static_cast<std::size_t>(file) - 1], folder.bytes(file));
}

TEST(RelaySource, TakesNoOtherFileForTheOneAskedForUnlessItMay) {
  const SourceFolder folder(2);
  const TempDir dir;
  const auto store = open_store(dir.path());
  ASSERT_TRUE(fill(*store, folder.folder()));
  const auto first_of = [&](const BinlogPosition& start, RelayStart rule) {
    RelaySource source(*store, start, rule);
    RawEvent event;
    return source.next(event);
  };
  EXPECT_EQ(first_of({"binlog.000004", 4}, RelayStart::that_file), SourceState::wait) << "it may come";
  EXPECT_EQ(first_of({"binlog.000001", 1 << 20}, RelayStart::that_file).error().code, Errc::diverged);
  ASSERT_TRUE(store->purge(1));
  EXPECT_EQ(first_of({"binlog.000001", 4}, RelayStart::that_file).error().code, Errc::purged);
  EXPECT_EQ(first_of({"binlog.000001", 4}, RelayStart::next_there), SourceState::file_begin);
}

// A store that was begun at a file's end has that file's head only.
TEST(RelaySource, GoesOnWithTheNextFileWhereOneHasNothingBehindThePlaceAskedFor) {
  const SourceFolder folder(2);
  const TempDir dir;
  const auto store = open_store(dir.path());
  ASSERT_TRUE(fill(*store, folder.folder()));
  RelaySource source(*store, {"binlog.000001", 1 << 20});
  std::string seen;
  RawEvent event;
  for (;;) {
    const Result<SourceState> state = source.next(event);
    ASSERT_TRUE(state) << state.error().message();
    if (*state == SourceState::wait) break;
    if (*state == SourceState::file_begin) seen += source.file() + ";";
    if (*state == SourceState::event && event.header.type == EventType::xid) seen += "xid;";
  }
  EXPECT_EQ(seen.substr(0, 32), "binlog.000001;binlog.000002;xid;");
}

// A source that leaves out events, as a server does that was asked by GTID or for the middle of a file.
class Holey final : public EventSource {
 public:
  Holey(EventSource& source, std::uint64_t from, std::uint64_t to) : source_(source), from_(from), to_(to) {}
  Result<SourceState> next(RawEvent& event) override {
    for (;;) {
      Result<SourceState> state = source_.next(event);
      if (!state || *state != SourceState::event) return state;
      if (event.offset >= from_ && event.offset < to_) continue;
      return state;
    }
  }
  [[nodiscard]] const FormatDescription& format() const override { return source_.format(); }
  [[nodiscard]] const std::string& file() const override { return source_.file(); }
  [[nodiscard]] const std::string& path() const override { return source_.path(); }

 private:
  EventSource& source_;
  std::uint64_t from_;
  std::uint64_t to_;
};

TEST(RelayStore, StandsForWhatTheSourceLeavesOutSoThatOffsetsStayTheSources) {
  const SourceFolder folder(6);
  auto whole = FileSource::open(folder.path(1));
  ASSERT_TRUE(whole);
  std::vector<BinlogPosition> ends;
  TransactionStream stream(**whole, Limits{});
  for (;;) {
    Result<TransactionStream::Item> item = stream.next();
    ASSERT_TRUE(item);
    if (*item == TransactionStream::Item::end) break;
    if (*item == TransactionStream::Item::transaction) ends.push_back({"binlog.000001", stream.transaction().end});
  }
  ASSERT_EQ(ends.size(), 6U);
  for (const bool fills : {true, false}) {
    const TempDir dir;
    RelayStoreOptions options;
    options.fills_holes = fills;
    auto opened = RelayStore::open(dir.path(), options);
    ASSERT_TRUE(opened);
    auto file = FileSource::open(folder.path(1));
    ASSERT_TRUE(file);
    Holey holey(**file, ends[1].offset, ends[3].offset);
    RelayPump pump(**opened, holey);
    Status done;
    for (;;) {
      Result<RelayPump::State> state = pump.step();
      if (!state) done = propagate(state);
      if (!state || *state != RelayPump::State::more) break;
    }
    if (!fills) {
      ASSERT_FALSE(done);
      EXPECT_EQ(done.error().code, Errc::out_of_order);
      continue;
    }
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(test::read_file(dir / "binlog.000001").size(), folder.bytes(1).size());
    RelaySource source(**opened, {});
    source.finish();
    const std::vector<std::string> places = transactions_of(source);
    EXPECT_EQ(places.size(), 4U);
    EXPECT_EQ(source.position().offset, folder.bytes(1).size());
    // Every reader of logs can read it.
    auto plain = FileSource::open(dir / "binlog.000001");
    ASSERT_TRUE(plain);
    EXPECT_EQ(transactions_of(**plain).size(), 4U);
  }
}

TEST(RelayStore, CanBeClearedAndTakesAnotherSourcesFilesThen) {
  const SourceFolder folder(2);
  const TempDir dir;
  const auto store = open_store(dir.path());
  ASSERT_TRUE(fill(*store, folder.folder()));
  ASSERT_TRUE(store->clear());
  EXPECT_TRUE(store->files().empty());
  EXPECT_EQ(store->published(), BinlogPosition{});
  ASSERT_TRUE(fill(*store, folder.folder()));
  EXPECT_EQ(store->files().size(), 3U);
  EXPECT_EQ(test::read_file(store->path_of("binlog.000003")), folder.bytes(3));
}

}  // namespace
}  // namespace binferry
