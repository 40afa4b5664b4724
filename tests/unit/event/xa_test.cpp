#include "binlog/event/xa.hpp"

#include "binlog/base/byte_writer.hpp"
#include "tests/unit/event/every_prefix.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

TEST(XaId, TheTextIsThatOfTheServer) {
  EXPECT_EQ((XaId{1, "gr", "b"}.text()), "X'6772',X'62',1");
  EXPECT_EQ((XaId{0xFFFFFFFF, "", std::string(1, '\0')}.text()), "X'',X'00',4294967295");
}

TEST(XaId, WhatIsPrintedIsReadBack) {
  for (const XaId& id : {XaId{1, "gr", "b"}, XaId{7, std::string(64, '\xFF'), ""}, XaId{0, "a,b", "'"}}) {
    const auto back = XaId::parse(id.text());
    ASSERT_TRUE(back);
    EXPECT_EQ(*back, id);
  }
}

TEST(XaId, TheFormsThatClientsWriteAreRead) {
  const XaId id{1, "gr", ""};
  EXPECT_EQ(XaId::parse("'gr'"), id);
  EXPECT_EQ(XaId::parse(" 'gr' , '' "), id);
  EXPECT_EQ(XaId::parse("0x6772,'',1"), id);
  EXPECT_EQ(XaId::parse("x'6772', \"\", 1"), id);
  EXPECT_EQ(XaId::parse("'a,b','c'")->gtrid, "a,b");
}

TEST(XaId, AnythingElseIsRefused) {
  for (const std::string_view text : {"", "gr", "'gr", "X'677'", "X'6772',X'62',x", "X'6772',X'62',1,2", "X'zz'",
                                      "X'6772',X'62',4294967296", "0x123"}) {
    EXPECT_FALSE(XaId::parse(text)) << text;
  }
  EXPECT_TRUE(XaId::parse("'" + std::string(64, 'a') + "'"));
  EXPECT_FALSE(XaId::parse("'" + std::string(65, 'a') + "'"));
}

TEST(XaPrepare, BothPhasesAreRead) {
  const std::string two = ByteWriter().u8(0).u32(1).u32(2).u32(1).text("grb").str();
  const auto prepared = decode_xa_prepare(bytes_of(two));
  ASSERT_TRUE(prepared);
  EXPECT_FALSE(prepared->one_phase);
  EXPECT_EQ(prepared->xid, (XaId{1, "gr", "b"}));
  EXPECT_TRUE(decode_xa_prepare(bytes_of(ByteWriter().u8(1).u32(1).u32(2).u32(1).text("grb").str()))->one_phase);
  test::for_every_prefix(two, [](Bytes body) { EXPECT_EQ(decode_xa_prepare(body).error().code, Errc::truncated); });
  EXPECT_EQ(decode_xa_prepare(bytes_of(two + "x")).error().code, Errc::corrupt);
}

TEST(XaPrepare, PartsAreAtMostSixtyFourBytes) {
  const auto body = [](std::uint32_t gtrid, std::uint32_t bqual) {
    return ByteWriter().u8(0).u32(1).u32(gtrid).u32(bqual).fill(gtrid + bqual).str();
  };
  EXPECT_TRUE(decode_xa_prepare(bytes_of(body(64, 64))));
  EXPECT_EQ(decode_xa_prepare(bytes_of(body(65, 0))).error().code, Errc::corrupt);
  EXPECT_EQ(decode_xa_prepare(bytes_of(body(0, 65))).error().code, Errc::corrupt);
}

TEST(Xid, IsEightBytes) {
  const std::string body = ByteWriter().u64(0x0102030405060708).str();
  EXPECT_EQ(decode_xid(bytes_of(body)), 0x0102030405060708U);
  test::for_every_prefix(body, [](Bytes prefix) { EXPECT_FALSE(decode_xid(prefix)); });
  EXPECT_EQ(decode_xid(bytes_of(body + "x")).error().code, Errc::corrupt);
}

}  // namespace
}  // namespace binferry
