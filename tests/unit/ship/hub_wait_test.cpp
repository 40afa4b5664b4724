#include "binlog/ship/hub_wait.hpp"

#include <gtest/gtest.h>

namespace binferry {
namespace {

BinlogPosition at(std::uint64_t offset) {
  return {"binlog.000001", offset};
}
AnyGtidSet set_of(std::string_view text) {
  return *AnyGtidSet::parse(text);
}

void fill(HubGtids& gtids) {
  gtids.begin(set_of("0-1-50"), at(500));
  for (std::uint64_t number = 51; number <= 100; ++number) gtids.add(MariadbGtid{0, 1, number}, at(number * 10));
}

TEST(HubGtidsTest, FindsThePlaceWhereASetIsComplete) {
  HubGtids gtids(10);
  fill(gtids);
  EXPECT_EQ(gtids.position_of(set_of("0-1-100")), at(1000));
  EXPECT_EQ(gtids.position_of(set_of("0-1-95")), at(950));
  EXPECT_EQ(gtids.position_of(set_of("0-1-20")), at(900));  // the oldest that is known
  EXPECT_EQ(gtids.position_of(set_of("0-1-101")), std::nullopt);
  EXPECT_EQ(gtids.position_of(set_of("1-1-1")), std::nullopt);
  EXPECT_EQ(gtids.gtids().text(), "0-1-100");
}

TEST(HubGtidsTest, FindsThePlaceOfMysqlSetsWhateverTheirOrderInTheLog) {
  constexpr const char* kUuid = "fde9933f-e70c-11f1-82fa-02fc00000001";
  HubGtids gtids;
  gtids.begin({}, {});
  for (const std::uint64_t number : {3U, 1U, 2U, 5U}) {
    gtids.add(*Gtid::parse(std::string(kUuid) + ":" + std::to_string(number)), at(number * 100));
  }
  EXPECT_EQ(gtids.position_of(set_of(std::string(kUuid) + ":1-3")), at(200));
  EXPECT_EQ(gtids.position_of(set_of(std::string(kUuid) + ":3")), at(300));
  EXPECT_EQ(gtids.position_of(set_of(std::string(kUuid) + ":4")), std::nullopt);
}

class AnswerWait : public ::testing::Test {
 protected:
  AnswerWait() { fill(gtids_); }
  // Status of the answer; 0: none yet.
  unsigned ask(const std::string& query, std::uint32_t waited_ms = 0) {
    auto request = parse_http_target("/v1/wait?" + query);
    EXPECT_TRUE(request);
    request->waited_ms = waited_ms;
    const std::optional<HttpReply> reply = answer_wait(*request, gtids_, followers_);
    body_ = reply ? reply->body : "";
    return reply ? reply->status : 0;
  }
  void applied(std::initializer_list<std::uint64_t> offsets) {
    followers_.clear();
    for (const std::uint64_t offset : offsets) {
      followers_.emplace_back();
      if (offset != 0) followers_.back().applied = at(offset);
    }
  }

  HubGtids gtids_{10};
  std::vector<FollowerStatus> followers_;
  std::string body_;
};

TEST_F(AnswerWait, AnswersWhenSoManyHaveApplied) {
  applied({950, 0});
  EXPECT_EQ(ask("gtid_set=0-1-95"), 200U);
  EXPECT_EQ(body_, "{\"reached\":true,\"position\":\"binlog.000001:950\",\"replicas\":1,\"waited_ms\":0}\n");
  EXPECT_EQ(ask("gtid_set=0-1-96"), 0U);
  EXPECT_EQ(ask("gtid_set=0-1-95&replicas=2"), 0U);
  EXPECT_EQ(ask("position=binlog.000001:950"), 200U);
  EXPECT_EQ(ask("position=binlog.000001:951"), 0U);
  applied({950, 960});
  EXPECT_EQ(ask("position=binlog.000001%3A950&replicas=2"), 200U);
}

TEST_F(AnswerWait, EndsWithTheTimeout) {
  EXPECT_EQ(ask("gtid_set=0-1-100&timeout_ms=500", 499), 0U);
  EXPECT_EQ(ask("gtid_set=0-1-100&timeout_ms=500", 500), 504U);
  EXPECT_EQ(body_, "{\"reached\":false,\"position\":\"binlog.000001:1000\",\"replicas\":0,\"waited_ms\":500}\n");
  EXPECT_EQ(ask("gtid_set=0-1-101&timeout_ms=0"), 504U);
  EXPECT_EQ(body_, "{\"reached\":false,\"position\":null,\"replicas\":0,\"waited_ms\":0}\n");
}

TEST_F(AnswerWait, RefusesWhatItCannotUnderstand) {
  for (const char* query : {"", "gtid_set=0-1-1&position=a:1", "gtid_set=nonsense", "position=nonsense",
                            "position=", "gtid_set=0-1-1&replicas=0", "gtid_set=0-1-1&replicas=-1",
                            "gtid_set=0-1-1&replicas=x", "gtid_set=0-1-1&timeout_ms=600001"}) {
    EXPECT_EQ(ask(query), 400U) << query;
  }
}

}  // namespace
}  // namespace binferry
