#include "binlog/base/byte_reader.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

namespace binferry {
namespace {

using namespace std::string_literals;

const std::string kNine = "\x01\x82\x03\x84\x05\x86\x07\x88\x09"s;

// Sanitizers see a read beyond the end only if the block ends there.
std::vector<std::uint8_t> exact(std::string_view text) {
  std::vector<std::uint8_t> block(text.begin(), text.end());
  block.shrink_to_fit();
  return block;
}

struct Primitive {
  std::string name;
  std::string encoded;
  std::function<std::uint64_t(ByteReader&)> read;
  std::uint64_t value;
};

const std::vector<Primitive>& primitives() {
  static const std::vector<Primitive> all = {
      {"u8", kNine.substr(1, 1), [](ByteReader& r) { return r.u8(); }, 0x82},
      {"u16", kNine.substr(0, 2), [](ByteReader& r) { return r.u16(); }, 0x8201},
      {"u24", kNine.substr(0, 3), [](ByteReader& r) { return r.u24(); }, 0x038201},
      {"u32", kNine.substr(0, 4), [](ByteReader& r) { return r.u32(); }, 0x84038201},
      {"u40", kNine.substr(0, 5), [](ByteReader& r) { return r.u40(); }, 0x0584038201},
      {"u48", kNine.substr(0, 6), [](ByteReader& r) { return r.u48(); }, 0x860584038201},
      {"u56", kNine.substr(0, 7), [](ByteReader& r) { return r.u56(); }, 0x07860584038201},
      {"u64", kNine.substr(0, 8), [](ByteReader& r) { return r.u64(); }, 0x8807860584038201},
      {"u16_be", kNine.substr(0, 2), [](ByteReader& r) { return r.u16_be(); }, 0x0182},
      {"u24_be", kNine.substr(0, 3), [](ByteReader& r) { return r.u24_be(); }, 0x018203},
      {"u32_be", kNine.substr(0, 4), [](ByteReader& r) { return r.u32_be(); }, 0x01820384},
      {"little_endian", kNine.substr(0, 7), [](ByteReader& r) { return r.little_endian(7); }, 0x07860584038201},
      {"big", kNine.substr(0, 8), [](ByteReader& r) { return r.big(8); }, 0x0182038405860788},
      {"pint 1", "\xFA"s, [](ByteReader& r) { return r.pint(); }, 250},
      {"pint 3", "\xFC\xFB\x00"s, [](ByteReader& r) { return r.pint(); }, 251},
      {"pint 4", "\xFD\x00\x00\x01"s, [](ByteReader& r) { return r.pint(); }, 0x10000},
      {"pint 9", "\xFE"s + kNine.substr(0, 8), [](ByteReader& r) { return r.pint(); }, 0x8807860584038201},
      {"vli 1", "\x02"s, [](ByteReader& r) { return r.vli(); }, 1},
      {"vli 2", "\x01\x02"s, [](ByteReader& r) { return r.vli(); }, 128},
      {"vli 9", "\xFF"s + kNine.substr(0, 8), [](ByteReader& r) { return r.vli(); }, 0x8807860584038201},
      {"svli 1", "\x04"s, [](ByteReader& r) { return static_cast<std::uint64_t>(r.svli()); }, 1},
      {"bytes", "abc"s, [](ByteReader& r) { return r.bytes(3).size(); }, 3},
      {"text", "abc"s, [](ByteReader& r) { return r.text(3) == "abc" ? 1U : 0U; }, 1},
      {"text_until_nul", "ab\0"s, [](ByteReader& r) { return r.text_until_nul().size(); }, 2},
  };
  return all;
}

TEST(ByteReader, EveryPrimitiveReadsItsValueAndNothingMore) {
  for (const Primitive& primitive : primitives()) {
    SCOPED_TRACE(primitive.name);
    const auto block = exact(primitive.encoded);
    ByteReader reader{Bytes(block)};
    EXPECT_EQ(primitive.read(reader), primitive.value);
    EXPECT_FALSE(reader.failed());
    EXPECT_EQ(reader.offset(), block.size());
    EXPECT_TRUE(reader.finish("item"));

    const auto longer = exact(primitive.encoded + "x");
    ByteReader with_more{Bytes(longer)};
    EXPECT_EQ(primitive.read(with_more), primitive.value);
    EXPECT_EQ(with_more.remaining(), 1U);
    EXPECT_EQ(with_more.u8(), 'x');
  }
}

TEST(ByteReader, EveryPrefixOfEveryPrimitiveFailsAndGivesZero) {
  for (const Primitive& primitive : primitives()) {
    for (std::size_t size = 0; size < primitive.encoded.size(); ++size) {
      SCOPED_TRACE(primitive.name + " cut to " + std::to_string(size));
      const auto block = exact(std::string_view(primitive.encoded).substr(0, size));
      ByteReader reader{Bytes(block)};
      EXPECT_EQ(primitive.read(reader), 0U);
      EXPECT_TRUE(reader.failed());
      EXPECT_EQ(reader.finish("item").error().code, Errc::truncated);
    }
  }
}

TEST(ByteReader, AfterAFailureEveryReadGivesNothingEvenIfItWouldFit) {
  for (const Primitive& primitive : primitives()) {
    SCOPED_TRACE(primitive.name);
    ByteReader reader(bytes_of(primitive.encoded));
    reader.skip(primitive.encoded.size() + 1);
    ASSERT_TRUE(reader.failed());
    EXPECT_EQ(primitive.read(reader), 0U);
    EXPECT_TRUE(reader.failed());
    EXPECT_TRUE(reader.empty());
    EXPECT_EQ(reader.remaining(), 0U);
    EXPECT_TRUE(reader.rest().empty());
  }
}

TEST(ByteReader, AFailureIsNotForgottenByReadsOfNothing) {
  ByteReader reader(bytes_of("ab"));
  reader.u32();
  EXPECT_TRUE(reader.bytes(0).empty());
  reader.skip(0);
  EXPECT_TRUE(reader.failed());
  EXPECT_FALSE(reader.finish_open("item"));
}

TEST(ByteReader, AnEmptyViewIsReadToItsEndFromTheStart) {
  ByteReader reader{Bytes{}};
  EXPECT_TRUE(reader.empty());
  EXPECT_TRUE(reader.text(0).empty());
  EXPECT_TRUE(reader.finish("item"));
  EXPECT_EQ(reader.u8(), 0);
  EXPECT_TRUE(reader.failed());
}

TEST(ByteReader, PackedIntegersThatAreReservedFail) {
  for (const auto& first : {"\xFB"s, "\xFF"s}) {
    const std::string encoded = first + std::string(8, '\1');
    ByteReader reader(bytes_of(encoded));
    EXPECT_EQ(reader.pint(), 0U);
    EXPECT_TRUE(reader.failed());
  }
}

// PROTOCOL 0: as many more bytes as the first has trailing ones, the value above them.
TEST(ByteReader, VariableLengthIntegersOfEveryLength) {
  const std::vector<std::pair<std::string, std::uint64_t>> vectors = {
      {"\x00"s, 0},
      {"\xFE"s, 127},
      {"\x01\x02"s, 128},
      {"\xFD\xFF"s, (1 << 14) - 1},
      {"\x03\x00\x02"s, 1 << 14},
      {"\xFB\xFF\xFF"s, (1 << 21) - 1},
      {"\xF7\xFF\xFF\xFF"s, (1 << 28) - 1},
      {"\xEF\xFF\xFF\xFF\xFF"s, (std::uint64_t{1} << 35) - 1},
      {"\xDF\xFF\xFF\xFF\xFF\xFF"s, (std::uint64_t{1} << 42) - 1},
      {"\xBF\xFF\xFF\xFF\xFF\xFF\xFF"s, (std::uint64_t{1} << 49) - 1},
      {"\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s, (std::uint64_t{1} << 56) - 1},
      {"\xFF\x00\x00\x00\x00\x00\x00\x00\x01"s, std::uint64_t{1} << 56},
      {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s, ~std::uint64_t{0}},
  };
  for (const auto& [encoded, value] : vectors) {
    SCOPED_TRACE(to_hex(bytes_of(encoded)));
    ByteReader reader(bytes_of(encoded));
    EXPECT_EQ(reader.vli(), value);
    EXPECT_TRUE(reader.finish("vli"));
    for (std::size_t size = 0; size < encoded.size(); ++size) {
      const auto block = exact(std::string_view(encoded).substr(0, size));
      ByteReader cut{Bytes(block)};
      EXPECT_EQ(cut.vli(), 0U);
      EXPECT_TRUE(cut.failed());
    }
  }
}

TEST(ByteReader, SignedVariableLengthIntegersKeepTheirSignInTheLowestBit) {
  const std::vector<std::pair<std::string, std::int64_t>> vectors = {
      {"\x00"s, 0},
      {"\x02"s, -1},
      {"\x04"s, 1},
      {"\x06"s, -2},
      {"\xFE"s, -64},
      {"\x01\x02"s, 64},
      {"\xFF\xFE\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s, INT64_MAX},
      {"\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"s, INT64_MIN},
  };
  for (const auto& [encoded, value] : vectors) {
    ByteReader reader(bytes_of(encoded));
    EXPECT_EQ(reader.svli(), value) << to_hex(bytes_of(encoded));
    EXPECT_TRUE(reader.finish("svli"));
  }
}

TEST(ByteReader, ACountIsBelievedOnlyIfItsItemsCanFit) {
  const std::string ten(10, 'x');
  ByteReader fits(bytes_of(ten));
  EXPECT_EQ(fits.count(5, 2), 5U);
  EXPECT_FALSE(fits.failed());
  EXPECT_EQ(fits.count(3, 3), 3U);
  EXPECT_FALSE(fits.failed());

  for (const std::uint64_t announced : {std::uint64_t{4}, std::uint64_t{1} << 63, ~std::uint64_t{0}}) {
    ByteReader lies(bytes_of(ten));
    EXPECT_EQ(lies.count(announced, 3), 0U);
    EXPECT_TRUE(lies.failed());
  }
}

TEST(ByteReader, LengthsNearTheLargestIntegerDoNotWrap) {
  for (const std::uint64_t size : {~std::uint64_t{0}, std::uint64_t{1} << 63, std::uint64_t{3}}) {
    ByteReader reader(bytes_of("ab"));
    EXPECT_TRUE(reader.bytes(size).empty());
    EXPECT_TRUE(reader.failed());
  }
}

TEST(ByteReader, TextUntilNulNeedsTheNul) {
  ByteReader reader(bytes_of(std::string_view("\0ab\0c", 5)));
  EXPECT_EQ(reader.text_until_nul(), "");
  EXPECT_EQ(reader.text_until_nul(), "ab");
  EXPECT_EQ(reader.remaining(), 1U);
  EXPECT_EQ(reader.text_until_nul(), "");
  EXPECT_TRUE(reader.failed());
}

TEST(ByteReader, ViewsPointIntoTheBytesGiven) {
  const std::string text = "abcdef";
  ByteReader reader(bytes_of(text));
  reader.skip(2);
  EXPECT_EQ(reader.rest().size(), 4U);
  EXPECT_EQ(reader.text(3).data(), text.data() + 2);
  EXPECT_EQ(reader.offset(), 5U);
}

TEST(ByteReader, FinishingNamesTheItemAndWhatIsWrong) {
  ByteReader open(bytes_of("abc"));
  open.u8();
  const Status left_over = open.finish("GTID_LIST");
  ASSERT_FALSE(left_over);
  EXPECT_EQ(left_over.error().code, Errc::corrupt);
  EXPECT_EQ(left_over.error().what, "GTID_LIST has 2 bytes left over");
  EXPECT_TRUE(open.finish_open("GTID_LIST"));

  open.u32();
  const Status cut = open.finish("GTID_LIST");
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, Errc::truncated);
  EXPECT_EQ(cut.error().what, "GTID_LIST ends too early or holds a malformed length");
}

TEST(ByteReader, ADecoderMayFailTheReaderItself) {
  ByteReader reader(bytes_of("abc"));
  EXPECT_EQ(reader.fail_value(), 0);
  EXPECT_TRUE(reader.failed());
  EXPECT_EQ(reader.u8(), 0);
}

}  // namespace
}  // namespace binferry
