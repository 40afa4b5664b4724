#include "binlog/event/transaction_payload.hpp"

#include "binlog/base/byte_writer.hpp"
#include "tests/unit/event/every_prefix.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

// An event as it stands in a payload: header, body, no checksum.
std::string inner_event(EventType type, std::string_view body, std::uint16_t flags = 0) {
  ByteWriter out;
  out.u32(9)
      .u8(static_cast<std::uint8_t>(type))
      .u32(1)
      .u32(static_cast<std::uint32_t>(19 + body.size()))
      .u32(0)
      .u16(flags);
  return std::move(out.text(body)).str();
}

std::string payload_body(std::string_view payload, std::uint64_t compression, std::uint64_t uncompressed = 0) {
  ByteWriter out;
  out.pint(2).lenenc(ByteWriter().pint(compression).str());
  if (uncompressed != 0) out.pint(3).lenenc(ByteWriter().pint(uncompressed).str());
  out.pint(1).lenenc(ByteWriter().pint(payload.size()).str()).pint(0).text(payload);
  return std::move(out).str();
}

std::string zstd(std::string_view bytes) {
  return *zstd_compress(bytes_of(bytes));
}

struct Drained {
  std::vector<std::string> events;  // the bytes of each
  std::optional<Error> error;
};

Drained drain(std::string_view body, const Limits& limits = {}, PayloadReader* reuse = nullptr) {
  PayloadReader own(limits);
  PayloadReader& reader = reuse != nullptr ? *reuse : own;
  RawEvent outer;
  outer.header.type = EventType::transaction_payload;
  const std::vector<std::uint8_t> exact(body.begin(), body.end());
  outer.body = exact;
  outer.file = "binlog.000003";
  outer.offset = 1547;
  outer.end = 2000;
  Drained drained;
  if (Status status = reader.open(outer); !status) {
    drained.error = status.error();
    return drained;
  }
  for (;;) {
    const auto event = reader.next();
    if (!event) {
      drained.error = event.error();
      EXPECT_FALSE(reader.next());  // and stays an error
      return drained;
    }
    if (*event == nullptr) {
      EXPECT_EQ(*reader.next(), nullptr);
      return drained;
    }
    EXPECT_EQ((*event)->offset, 1547U);
    EXPECT_EQ((*event)->end, 2000U);
    EXPECT_EQ((*event)->file, "binlog.000003");
    EXPECT_EQ((*event)->body.size() + 19, (*event)->bytes.size());
    drained.events.emplace_back(text_of((*event)->bytes));
  }
}

std::vector<std::string> three_events() {
  return {inner_event(EventType::query, "begin"), inner_event(EventType::write_rows, std::string(300'000, 'r')),
          inner_event(EventType::xid, "12345678")};
}

std::string joined(const std::vector<std::string>& events) {
  std::string all;
  for (const std::string& event : events) all += event;
  return all;
}

TEST(TransactionPayload, HeaderFieldsComeInAnyOrderAndUnknownOnesArePassedOver) {
  const std::string body =
      ByteWriter().pint(7).lenenc("??").pint(1).lenenc("\x03").pint(3).lenenc("\x63").pint(0).text("abc").str();
  const auto payload = decode_transaction_payload(bytes_of(body));
  ASSERT_TRUE(payload) << payload.error().what;
  EXPECT_EQ(text_of(payload->payload), "abc");
  EXPECT_EQ(payload->uncompressed_bytes, 99U);
  EXPECT_EQ(payload->compression, TransactionPayload::Compression::zstd);
  test::for_every_prefix(body, [](Bytes prefix) { EXPECT_FALSE(decode_transaction_payload(prefix)) << prefix.size(); });
  EXPECT_EQ(decode_transaction_payload(bytes_of(body + "x")).error().code, Errc::corrupt);
}

TEST(TransactionPayload, AnotherCompressionIsRefusedByItsNumber) {
  const auto payload = decode_transaction_payload(bytes_of(payload_body("abc", 1)));
  ASSERT_FALSE(payload);
  EXPECT_EQ(payload.error().code, Errc::unsupported);
  EXPECT_NE(payload.error().what.find("type 1"), std::string::npos);
}

TEST(PayloadReader, EventsComeOutAsTheyWentIn) {
  const auto events = three_events();
  for (const std::uint64_t compression : {0U, 255U}) {
    const std::string stored = compression == 0 ? zstd(joined(events)) : joined(events);
    const Drained drained = drain(payload_body(stored, compression, 300'100));
    ASSERT_FALSE(drained.error) << drained.error->message();
    EXPECT_EQ(drained.events, events);
  }
}

TEST(PayloadReader, SeveralFramesAreOneStreamAndEventsMayCrossThem) {
  const auto events = three_events();
  const std::string all = joined(events);
  for (const std::size_t cut : {std::size_t{1}, std::size_t{24}, std::size_t{1000}, all.size() - 1}) {
    const std::string frames = zstd(all.substr(0, cut)) + zstd("") + zstd(all.substr(cut));
    const Drained drained = drain(payload_body(frames, 0));
    ASSERT_FALSE(drained.error) << drained.error->message();
    EXPECT_EQ(drained.events, events) << cut;
  }
}

TEST(PayloadReader, TheSizeHintIsNotBelieved) {
  const Drained drained = drain(payload_body(zstd(joined(three_events())), 0, std::uint64_t{1} << 60));
  EXPECT_FALSE(drained.error);
  EXPECT_EQ(drained.events.size(), 3U);
}

TEST(PayloadReader, OneReaderReadsManyPayloadsAlsoAfterAnError) {
  PayloadReader reader;
  const auto events = three_events();
  const std::string good = payload_body(zstd(joined(events)), 0);
  EXPECT_EQ(drain(good, {}, &reader).events, events);
  std::string damaged = zstd(joined(events));
  damaged.resize(damaged.size() / 2);
  EXPECT_TRUE(drain(payload_body(damaged, 0), {}, &reader).error);
  EXPECT_EQ(drain(good, {}, &reader).events, events);
}

TEST(PayloadReader, AnEmptyPayloadHasNoEvents) {
  EXPECT_FALSE(drain(payload_body("", 255)).error);
  EXPECT_FALSE(drain(payload_body(zstd(""), 0)).error);
}

TEST(PayloadReader, WhatIsCutShortIsCorruptAtEveryByte) {
  const std::string all = inner_event(EventType::query, "begin") + inner_event(EventType::xid, "12345678");
  const std::string frame = zstd(all);
  for (std::size_t size = 1; size < frame.size(); ++size) {
    const Drained drained = drain(payload_body(std::string_view(frame).substr(0, size), 0));
    ASSERT_TRUE(drained.error) << size;
    EXPECT_EQ(drained.error->code, Errc::corrupt) << size;
    EXPECT_EQ(drained.error->where, "binlog.000003:1547: TRANSACTION_PAYLOAD");
  }
  for (std::size_t size = 1; size < all.size(); ++size) {
    const bool at_boundary = size == 24;
    for (const std::uint64_t compression : {0U, 255U}) {
      const std::string part = all.substr(0, size);
      const Drained drained = drain(payload_body(compression == 0 ? zstd(part) : part, compression));
      EXPECT_EQ(drained.error.has_value(), !at_boundary) << size;
      if (drained.error) {
        EXPECT_EQ(drained.error->code, Errc::corrupt);
      }
    }
  }
}

TEST(PayloadReader, WhatCannotStandInAPayloadIsRefused) {
  EXPECT_EQ(drain(payload_body(inner_event(EventType::transaction_payload, ""), 255)).error->code, Errc::corrupt);
  EXPECT_EQ(drain(payload_body(inner_event(static_cast<EventType>(99), ""), 255)).error->code, Errc::unknown_event);
  EXPECT_FALSE(drain(payload_body(inner_event(static_cast<EventType>(99), "", EventHeader::kIgnorable), 255)).error);
  const std::string short_length = ByteWriter().u32(9).u8(2).u32(1).u32(18).u32(0).u16(0).str();
  EXPECT_EQ(drain(payload_body(short_length, 255)).error->code, Errc::corrupt);
  EXPECT_EQ(drain(payload_body("no zstd at all, but long enough", 0)).error->code, Errc::corrupt);
  EXPECT_EQ(drain(payload_body(zstd(joined(three_events())) + "tail", 0)).error->code, Errc::corrupt);
}

TEST(PayloadReader, TheCapsHoldAtTheirValueAndNotBeyond) {
  const std::string all = joined(three_events());
  const std::string body = payload_body(zstd(all), 0);
  Limits limits;
  limits.payload_bytes = all.size();
  EXPECT_FALSE(drain(body, limits).error);
  limits.payload_bytes = all.size() - 1;
  EXPECT_EQ(drain(body, limits).error->code, Errc::limit);
  limits = {};
  limits.event_bytes = 300'019;
  EXPECT_FALSE(drain(body, limits).error);
  limits.event_bytes = 300'018;
  EXPECT_EQ(drain(body, limits).error->code, Errc::corrupt);
}

TEST(PayloadReader, ABombOfOneHugeAnnouncedEventCostsOnlyWhatArrives) {
  // 1 GiB announced, 19 bytes there.
  const std::string bomb = ByteWriter().u32(9).u8(30).u32(1).u32(1U << 30).u32(0).u16(0).str();
  EXPECT_EQ(drain(payload_body(zstd(bomb), 0)).error->code, Errc::corrupt);
}

TEST(PayloadReader, AReaderThatIsNotOpenGivesAnError) {
  PayloadReader reader;
  EXPECT_FALSE(reader.next());
}

}  // namespace
}  // namespace binferry
