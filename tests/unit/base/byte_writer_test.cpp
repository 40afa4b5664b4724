#include "binlog/base/byte_writer.hpp"

#include "binlog/base/byte_reader.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace binferry {
namespace {

using namespace std::string_literals;

// Every power of two and its neighbours: all lengths of all encodings change at one of them.
std::set<std::uint64_t> boundaries() {
  std::set<std::uint64_t> values = {0, 250, 251, 252, 253, 254, 255};
  for (unsigned bit = 0; bit < 64; ++bit) {
    const std::uint64_t power = std::uint64_t{1} << bit;
    values.insert({power - 1, power, power + 1, ~power});
  }
  return values;
}

std::size_t vli_size(std::uint64_t value) {
  for (std::size_t size = 1; size <= 8; ++size) {
    if (value >> (7 * size) == 0) return size;
  }
  return 9;
}

std::size_t pint_size(std::uint64_t value) {
  if (value <= 250) return 1;
  if (value <= 0xFFFF) return 3;
  return value <= 0xFFFFFF ? 4 : 9;
}

TEST(ByteWriter, IntegersAreLittleEndianAndCutToTheirWidth) {
  ByteWriter writer;
  writer.u8(0x01).u16(0x0302).u24(0x060504).u32(0x0A090807).u48(0x100F0E0D0C0B).u64(0x1817161514131211);
  std::string expected;
  for (char c = 1; c <= 0x18; ++c) expected.push_back(c);
  EXPECT_EQ(to_hex(writer.view()), to_hex(bytes_of(expected)));
  EXPECT_EQ(writer.size(), 24U);
}

TEST(ByteWriter, BigEndianTextAndFilling) {
  ByteWriter writer;
  writer.big(0x010203, 3).text("ab").bytes(bytes_of("c")).fill(2).fill(1, 'z').lenenc("hello");
  EXPECT_EQ(std::move(writer).str(),
            "\x01\x02\x03"
            "abc\0\0z\x05hello"s);
}

TEST(ByteWriter, VariableLengthIntegersRoundTripInTheirShortestForm) {
  for (const std::uint64_t value : boundaries()) {
    ByteWriter writer;
    writer.vli(value);
    EXPECT_EQ(writer.size(), vli_size(value)) << value;
    ByteReader reader(writer.view());
    EXPECT_EQ(reader.vli(), value);
    EXPECT_TRUE(reader.finish("vli")) << value;
  }
}

TEST(ByteWriter, SignedVariableLengthIntegersRoundTrip) {
  for (const std::uint64_t bits : boundaries()) {
    const auto value = static_cast<std::int64_t>(bits);
    ByteWriter writer;
    writer.svli(value);
    ByteReader reader(writer.view());
    EXPECT_EQ(reader.svli(), value);
    EXPECT_TRUE(reader.finish("svli")) << value;
  }
}

TEST(ByteWriter, TheProtocolsExamplesOfVariableLengthIntegers) {
  EXPECT_EQ(ByteWriter().vli(1).str(), "\x02");
  EXPECT_EQ(ByteWriter().svli(1).str(), "\x04");
  EXPECT_EQ(ByteWriter().svli(-1).str(), "\x02");
  EXPECT_EQ(ByteWriter().vli(3).str(), "\x06");
}

TEST(ByteWriter, PackedIntegersRoundTripInTheirShortestForm) {
  for (const std::uint64_t value : boundaries()) {
    ByteWriter writer;
    writer.pint(value);
    EXPECT_EQ(writer.size(), pint_size(value)) << value;
    ByteReader reader(writer.view());
    EXPECT_EQ(reader.pint(), value);
    EXPECT_TRUE(reader.finish("pint")) << value;
  }
}

}  // namespace
}  // namespace binferry
