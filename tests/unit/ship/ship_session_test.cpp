#include "binlog/base/byte_reader.hpp"
#include "binlog/ship/follower_session.hpp"
#include "binlog/ship/hub_session.hpp"
#include "tests/unit/ship/relay_fixture.hpp"

#include <algorithm>
#include <functional>
#include <optional>

namespace binferry {
namespace {

using test::fill;
using test::open_store;
using test::SourceFolder;
using test::TempDir;

// The events of a conversation, as the files that they make.
struct Received {
  std::vector<std::pair<std::string, std::string>> files;  // name and bytes
  int file_ends = 0;
};

ship::Hello hello_at(BinlogPosition position, bool takes_zstd = true) {
  ship::Hello hello;
  hello.takes_zstd = takes_zstd;
  hello.name = "one";
  hello.position = std::move(position);
  return hello;
}

// Carries messages between both until neither has more to say.
void converse(HubSession& hub, FollowerSession& follower, Received& received) {
  std::string message;
  for (;;) {
    Result<bool> ready = hub.next_message(message, false);
    ASSERT_TRUE(ready) << ready.error().message();
    if (!*ready) return;
    ASSERT_LE(message.size(), ship::kLargestMessage);
    const Status taken = follower.on_message(bytes_of(message));
    ASSERT_TRUE(taken) << taken.error().message();
    for (;;) {
      Result<FollowerSession::Item> item = follower.next();
      ASSERT_TRUE(item) << item.error().message();
      if (*item == FollowerSession::Item::none) break;
      if (*item == FollowerSession::Item::file_begin) received.files.emplace_back(follower.file(), "\xFE\x62in");
      if (*item == FollowerSession::Item::file_end) ++received.file_ends;
      if (*item != FollowerSession::Item::event) continue;
      EXPECT_EQ(follower.offset(), received.files.back().second.size());
      received.files.back().second.append(text_of(follower.event()));
    }
  }
}

class Ship : public ::testing::Test {
 protected:
  Ship() : source_(20), store_(open_store(dir_.path())) { EXPECT_TRUE(fill(*store_, source_.folder())); }

  SourceFolder source_;
  TempDir dir_;
  std::unique_ptr<RelayStore> store_;
};

TEST_F(Ship, AFollowerGetsEveryByteOfEveryFileAtItsPlace) {
  for (const bool zstd : {true, false}) {
    HubSession hub(*store_, {.message_bytes = 700});
    FollowerSession follower(hello_at({}, zstd), {});
    ASSERT_TRUE(hub.on_message(bytes_of(follower.hello())));
    Received received;
    converse(hub, follower, received);
    source_.append();
    ASSERT_TRUE(fill(*store_, source_.folder()));
    converse(hub, follower, received);
    ASSERT_EQ(received.files.size(), 3U);
    EXPECT_EQ(received.file_ends, 2);
    for (int file = 1; file <= 3; ++file) {
      EXPECT_EQ(received.files[static_cast<std::size_t>(file) - 1].second, source_.bytes(file)) << file;
    }
    EXPECT_EQ(follower.tip(), store_->published());
  }
}

// It asks while a file is there of which nothing is published yet, too.
TEST_F(Ship, AFollowerThatAsksAtEveryStepOfTheHubGetsEveryFile) {
  const TempDir dir;
  const auto store = open_store(dir.path());
  HubSession hub(*store, {});
  FollowerSession follower(hello_at({}), {});
  ASSERT_TRUE(hub.on_message(bytes_of(follower.hello())));
  Received received;
  ASSERT_TRUE(fill(*store, source_.folder(), [&] { converse(hub, follower, received); }));
  ASSERT_EQ(received.files.size(), 3U);
  for (int file = 1; file <= 3; ++file) {
    EXPECT_EQ(received.files[static_cast<std::size_t>(file) - 1].second, source_.bytes(file)) << file;
  }
}

TEST_F(Ship, AFollowerGoesOnInTheMiddleOfAFileBehindTheEventsAtItsHead) {
  const std::string all = source_.bytes(2);
  // Every boundary of an event in the second file; the head is FORMAT_DESCRIPTION and the GTIDs before.
  std::vector<std::size_t> boundaries;
  for (std::size_t at = 4; at < all.size();) {
    boundaries.push_back(at);
    at += ByteReader(bytes_of(all).subspan(at + 9, 4)).u32();
  }
  for (std::size_t skipped = 3; skipped < boundaries.size(); ++skipped) {
    HubSession hub(*store_, {.message_bytes = 700});
    FollowerSession follower(hello_at({"binlog.000002", boundaries[skipped]}), {});
    ASSERT_TRUE(hub.on_message(bytes_of(follower.hello())));
    std::string message;
    std::vector<std::uint64_t> offsets;
    while (*hub.next_message(message, false)) {
      ASSERT_TRUE(follower.on_message(bytes_of(message)));
      for (;;) {
        Result<FollowerSession::Item> item = follower.next();
        ASSERT_TRUE(item) << item.error().message();
        if (*item == FollowerSession::Item::none) break;
        if (*item == FollowerSession::Item::event && follower.file() == "binlog.000002") {
          offsets.push_back(follower.offset());
        }
      }
    }
    std::vector<std::uint64_t> expected{boundaries[0], boundaries[1]};
    expected.insert(expected.end(), boundaries.begin() + static_cast<std::ptrdiff_t>(skipped), boundaries.end());
    EXPECT_EQ(offsets, expected);
  }
}

// What a hub answers to a peer that says `messages`; the last of its messages is its refusal.
Errc refusal_of(const RelayStore& store, const std::vector<std::string>& messages) {
  HubSession hub(store, {});
  FollowerSession follower(hello_at({}), {});
  bool refused = false;
  for (const std::string& message : messages) refused = !hub.on_message(bytes_of(message)) || refused;
  EXPECT_TRUE(refused);
  std::string message;
  for (int i = 0; i < 100; ++i) {
    Result<bool> ready = hub.next_message(message, false);
    EXPECT_TRUE(ready);
    if (!ready || !*ready) break;
    if (!follower.on_message(bytes_of(message))) continue;
    for (;;) {
      Result<FollowerSession::Item> item = follower.next();
      if (!item) {
        EXPECT_TRUE(hub.has_ended());
        EXPECT_FALSE(*hub.next_message(message, true));
        return item.error().code;
      }
      if (*item == FollowerSession::Item::none) break;
    }
  }
  ADD_FAILURE() << "no refusal came";
  return Errc::internal;
}

std::string saying(const auto&... frames) {
  std::string message(1, '\0');
  (append(message, frames), ...);
  return message;
}

TEST_F(Ship, ABadPeerIsAnsweredAndTheConnectionEnds) {
  using namespace ship;
  const Hello hello = hello_at({});
  Hello newer = hello;
  newer.version = 2;
  Hello unnamed = hello;
  unnamed.name = "a b\n";
  const BinlogPosition tip = store_->published();
  const BinlogPosition future{tip.file, tip.offset + 1};
  const BinlogPosition past{"binlog.000001", 200};
  EXPECT_EQ(refusal_of(*store_, {"garbage"}), Errc::protocol);
  EXPECT_EQ(refusal_of(*store_, {""}), Errc::protocol);
  EXPECT_EQ(refusal_of(*store_, {std::string(kLargestFollowerMessage + 1, '\0')}), Errc::limit);
  EXPECT_EQ(refusal_of(*store_, {std::string("\0\x01\xFF\xFF\xFF\x7F", 6)}), Errc::limit);
  EXPECT_EQ(refusal_of(*store_, {saying(newer)}), Errc::unsupported);
  EXPECT_EQ(refusal_of(*store_, {saying(unnamed)}), Errc::usage);
  EXPECT_EQ(refusal_of(*store_, {saying(hello, hello)}), Errc::protocol);
  EXPECT_EQ(refusal_of(*store_, {saying(Welcome{})}), Errc::protocol);
  EXPECT_EQ(refusal_of(*store_, {saying(Ack{AckLevel::applied, past})}), Errc::protocol);
  EXPECT_EQ(refusal_of(*store_, {saying(hello, Ack{AckLevel::applied, future})}), Errc::protocol);
  EXPECT_EQ(refusal_of(*store_, {saying(hello, Ack{AckLevel::applied, tip}, Ack{AckLevel::applied, past})}),
            Errc::protocol);
  EXPECT_EQ(refusal_of(*store_, {saying(hello_at({"../binlog.000001", 4}))}), Errc::purged);
  ASSERT_TRUE(store_->purge(1));
  EXPECT_EQ(refusal_of(*store_, {saying(hello_at({"binlog.000001", 4}))}), Errc::purged);
}

// The hub crashed before anything of the file was whole; the follower has heard of it from the file before.
TEST_F(Ship, AFollowerWaitsForTheFileThatComesNext) {
  HubSession hub(*store_, {});
  FollowerSession follower(hello_at({"binlog.000004", 4}), {});
  ASSERT_TRUE(hub.on_message(bytes_of(follower.hello())));
  Received received;
  converse(hub, follower, received);
  EXPECT_TRUE(received.files.empty());
  test::BinlogWriter next;
  next.begin_file().insert_transaction(900);
  test::write_file(source_.path(4), next.str());
  ASSERT_TRUE(fill(*store_, source_.folder()));
  converse(hub, follower, received);
  ASSERT_EQ(received.files.size(), 1U);
  EXPECT_EQ(received.files.front().second, next.str());
}

// A hub whose source tells it at `times` that there is nothing newer, the last time `silent_ms` ago.
HubSessionOptions hearing(const std::uint64_t& times, const std::uint32_t& silent_ms) {
  HubSessionOptions options;
  options.times_heard = [&times] { return times; };
  options.silent_ms = [&silent_ms] { return silent_ms; };
  return options;
}

// What the follower hears; nothing: it waits, or is sent the log.
std::optional<Error> refusal_now(HubSession& hub, FollowerSession& follower) {
  std::string message;
  while (*hub.next_message(message, false)) {
    EXPECT_TRUE(follower.on_message(bytes_of(message)));
    for (;;) {
      Result<FollowerSession::Item> item = follower.next();
      if (!item) return item.error();
      if (*item == FollowerSession::Item::none) break;
    }
  }
  return std::nullopt;
}

TEST_F(Ship, AFollowerThatHasMoreThanTheHubAsksAgainWhileTheHubHasNotHeardFromItsSource) {
  std::uint64_t times = 0;
  std::uint32_t silent_ms = ship::kUnknownSilence;
  const BinlogPosition end = store_->published();
  for (const BinlogPosition& position :
       {BinlogPosition{"binlog.000009", 4}, BinlogPosition{end.file, end.offset + 100}}) {
    HubSession hub(*store_, hearing(times, silent_ms));
    FollowerSession follower(hello_at(position), {});
    EXPECT_FALSE(hub.on_message(bytes_of(follower.hello())));
    const std::optional<Error> refusal = refusal_now(hub, follower);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(refusal->code, Errc::busy);
    EXPECT_NE(refusal->what.find("has not come to its source's end yet"), std::string::npos) << refusal->what;
  }
  // Nor is a store that holds nothing at all.
  const TempDir nothing;
  const auto empty = open_store(nothing.path());
  EXPECT_EQ(refusal_of(*empty, {saying(hello_at({"binlog.000001", 300}))}), Errc::busy);
}

TEST_F(Ship, AFollowerThatHasMoreThanTheHubsSourceIsRefusedForGood) {
  std::uint64_t times = 7;
  std::uint32_t silent_ms = 0;
  const BinlogPosition end = store_->published();
  const auto refused = [&](const BinlogPosition& position) {
    HubSession hub(*store_, hearing(times, silent_ms));
    FollowerSession follower(hello_at(position), {});
    EXPECT_TRUE(hub.on_message(bytes_of(follower.hello())));
    EXPECT_FALSE(refusal_now(hub, follower)) << "what the source said before the follower came proves nothing";
    times += 2;
    const std::optional<Error> refusal = refusal_now(hub, follower);
    EXPECT_TRUE(hub.has_ended());
    return refusal ? refusal->code : Errc::internal;
  };
  EXPECT_EQ(refused({"binlog.000009", 4}), Errc::not_found);
  EXPECT_EQ(refused({end.file, end.offset + 100}), Errc::diverged);
}

TEST_F(Ship, AFollowerThatHasMoreThanTheHubIsServedOnceTheHubHasItToo) {
  std::uint64_t times = 1;
  std::uint32_t silent_ms = 0;
  const BinlogPosition before = store_->published();
  const std::string more = source_.append();
  const BinlogPosition after{before.file, before.offset + more.size()};
  HubSession hub(*store_, hearing(times, silent_ms));
  FollowerSession follower(hello_at(after), {});
  ASSERT_TRUE(hub.on_message(bytes_of(follower.hello())));
  // It says what it has before it hears anything.
  ASSERT_TRUE(hub.on_message(bytes_of(FollowerSession::ack(ship::AckLevel::applied, after))));
  EXPECT_FALSE(refusal_now(hub, follower));
  EXPECT_FALSE(hub.is_streaming());
  ASSERT_TRUE(fill(*store_, source_.folder()));
  times += 2;
  EXPECT_FALSE(refusal_now(hub, follower));
  EXPECT_TRUE(hub.is_streaming());
  EXPECT_EQ(follower.tip(), after);
  EXPECT_EQ(hub.acknowledged(ship::AckLevel::applied), after);
  // One that waits while the source falls silent asks again, and does not wait for ever.
  HubSession other(*store_, hearing(times, silent_ms));
  FollowerSession waiting(hello_at({"binlog.000009", 4}), {});
  ASSERT_TRUE(other.on_message(bytes_of(waiting.hello())));
  EXPECT_FALSE(refusal_now(other, waiting));
  silent_ms = 60'000;
  const std::optional<Error> refusal = refusal_now(other, waiting);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, Errc::busy);
}

TEST_F(Ship, APositionInsideAnEventIsRefused) {
  HubSession hub(*store_, {});
  FollowerSession follower(hello_at({"binlog.000002", 300}), {});
  ASSERT_TRUE(hub.on_message(bytes_of(follower.hello())));
  std::string message;
  Errc code = Errc::internal;
  while (*hub.next_message(message, false)) {
    ASSERT_TRUE(follower.on_message(bytes_of(message)));
    Result<FollowerSession::Item> item = follower.next();
    while (item && *item != FollowerSession::Item::none) item = follower.next();
    if (!item) code = item.error().code;
  }
  EXPECT_EQ(code, Errc::not_found);
}

TEST_F(Ship, AnAckOfALevelIncludesTheLevelsBelowIt) {
  using namespace ship;
  HubSession hub(*store_, {});
  const BinlogPosition tip = store_->published();
  ASSERT_TRUE(hub.on_message(bytes_of(saying(hello_at({}), Ack{AckLevel::logged, tip}))));
  EXPECT_EQ(hub.acknowledged(AckLevel::received), tip);
  EXPECT_EQ(hub.acknowledged(AckLevel::logged), tip);
  EXPECT_EQ(hub.acknowledged(AckLevel::applied), BinlogPosition{});
}

// Every prefix of a hub's message, and every byte of it flipped: a value or an error, never a crash.
TEST_F(Ship, AFollowerSurvivesAnyMessage) {
  HubSession hub(*store_, {.message_bytes = 400});
  FollowerSession honest(hello_at({}, false), {});
  ASSERT_TRUE(hub.on_message(bytes_of(honest.hello())));
  std::string welcome;
  std::string message;
  ASSERT_TRUE(*hub.next_message(welcome, false));
  ASSERT_TRUE(*hub.next_message(message, false));
  int errors = 0;
  const auto hear = [&](const std::string& bytes) {
    FollowerSession follower(hello_at({}, false), {});
    ASSERT_TRUE(follower.on_message(bytes_of(welcome)));
    ASSERT_TRUE(follower.next());
    if (!follower.on_message(bytes_of(bytes))) {
      ++errors;
      return;
    }
    Result<FollowerSession::Item> item = follower.next();
    while (item && *item != FollowerSession::Item::none) item = follower.next();
    if (!item) ++errors;
  };
  for (std::size_t size = 0; size < message.size(); ++size) hear(message.substr(0, size));
  for (std::size_t at = 0; at < message.size(); ++at) {
    std::string flipped = message;
    flipped[at] = static_cast<char>(flipped[at] ^ 0xFF);
    hear(flipped);
  }
  EXPECT_GT(errors, 100);
}

// The example of docs/shipping-protocol.md.
TEST(ShipFrame, IsTheBytesThatTheProtocolPageShows) {
  ship::Hello hello;
  hello.counts = true;
  hello.name = "one";
  hello.position = {"binlog.000001", 4};
  EXPECT_EQ(to_hex(bytes_of(saying(hello))),
            "00"
            "0123000000"
            "0100"
            "03"
            "03006F6E65"
            "0D0062696E6C6F672E303030303031"
            "0400000000000000"
            "0000"
            "0000");
  EXPECT_EQ(to_hex(bytes_of(FollowerSession::ack(ship::AckLevel::applied, {"binlog.000001", 658}))),
            "00"
            "0218000000"
            "03"
            "0D0062696E6C6F672E303030303031"
            "9202000000000000");
}

}  // namespace
}  // namespace binferry
