// A hub that others could reach: TLS and tokens, by the options that a person gives.
#include "tests/cli/program.hpp"
#include "tests/integration/support/hub_fixture.hpp"
#include "tests/unit/support/certificates.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <filesystem>
#include <string>
#include <tuple>
#include <vector>

#include <fmt/format.h>
#include <sys/stat.h>

namespace binferry::test {
namespace {

constexpr const char* kFollows = "follow-0123456789abcdef";
constexpr const char* kReads = "read-0123456789abcdef";

class HubTlsProgram : public HubTest {
 protected:
  void SetUp() override {
    HubTest::SetUp();
    if (IsSkipped()) return;
    begin_server({});
    if (!make_certificates(server_->folder().string(), "hub")) GTEST_SKIP() << "no openssl program";
    secret("tokens", fmt::format("page read {}\nreport follow {}\n", kReads, kFollows));
    secret("follows", fmt::format("{}\n", kFollows));
    secret("reads", fmt::format("{}\n", kReads));
    secret("unknown", "nobody-0123456789abcdef\n");
    begin_hub({"--tls-cert", path("hub.pem"), "--tls-key", path("hub.key"), "--token-file", path("tokens")});
    make_tables();
  }
  void secret(const std::string& name, const std::string& text) const {
    write_file(path(name), text);
    ASSERT_EQ(::chmod(path(name).c_str(), 0600), 0);
  }
  [[nodiscard]] std::string address(const std::string& scheme, const std::string& host = "localhost") const {
    return fmt::format("{}://{}:{}", scheme, host, port_);
  }
  // What somebody gives who has a token, and the certificate of an authority.
  [[nodiscard]] std::vector<std::string> login(const std::string& token = "follows",
                                               const std::string& ca = "ca.pem") const {
    return {"--token-file", path(token), "--ssl-ca", path(ca)};
  }
  static std::vector<std::string> all(std::vector<std::string> first, const std::vector<std::string>& second) {
    first.insert(first.end(), second.begin(), second.end());
    return first;
  }
  [[nodiscard]] Ran join_until_current(const std::string& name, const std::string& hub,
                                       const std::vector<std::string>& login) const {
    return run(all({"join", hub, "--into", replica(name), "--stop-at-current"}, login));
  }
};

TEST_F(HubTlsProgram, FollowersWithTokensAreEqualToTheServer) {
  SqlClient client = server_->connect();
  Random random(1);
  put_load(client, random, 10);
  // One begins with the snapshot, one with the log, and goes on by that over a restart of the hub.
  auto seeded =
      Process(all({BINFERRY_BINARY, "join", address("wss"), "--into", replica("seeded")}, login()), path("seeded.log"));
  auto bare = Process(
      all({BINFERRY_BINARY, "join", address("wss"), "--into", replica("bare"), "--no-snapshot", "--sync"}, login()),
      path("bare.log"));
  expect_all_reach({"seeded", "bare"});
  hub_->kill_hard();
  put_load(client, random, 10);
  hub_->start();
  expect_all_reach({"seeded", "bare"});
  seeded.stop();
  bare.stop();
  expect_equal(replica("seeded"));
  expect_equal(replica("bare"));
  for (const Process* follower : {&seeded, &bare}) EXPECT_EQ(follower->output().find(kFollows), std::string::npos);
  EXPECT_EQ(hub_->output().find(kFollows), std::string::npos);
}

TEST_F(HubTlsProgram, WhoeverMayNotFollowIsToldAtOnce) {
  // By the snapshot, and by the log alone.
  for (const char* const way : {"--on-purged=stop", "--no-snapshot"}) {
    SCOPED_TRACE(way);
    const auto refused = [&](const std::string& hub, std::vector<std::string> login, const std::string& why) {
      login.emplace_back(way);
      const Ran ran = join_until_current("none", hub, login);
      EXPECT_EQ(ran.exit_code, 4) << ran.err;
      EXPECT_NE(ran.err.find(why), std::string::npos) << why << " is not in: " << ran.err;
      EXPECT_NE(ran.err.find("hint:"), std::string::npos) << ran.err;
      EXPECT_EQ(ran.err.find("connecting again"), std::string::npos) << "it tried again: " << ran.err;
      std::filesystem::remove(replica("none"));
    };
    refused(address("wss"), login("unknown"), "unknown token (HTTP 401)");
    refused(address("wss"), login("reads"), "the token `page` may not do this (HTTP 403)");
    refused(address("wss"), {"--ssl-ca", path("ca.pem")}, "this needs a token");
    refused(address("wss"), login("follows", "other.pem"), "does not prove that it is localhost");
    refused(address("wss", "127.0.0.1"), login(), "does not prove that it is 127.0.0.1");
    refused(address("wss"), {"--token-file", path("follows")}, "does not prove that it is localhost");
  }
}

TEST_F(HubTlsProgram, TailAndPositionShowGoTheSameWay) {
  SqlClient client = server_->connect();
  client.execute("INSERT INTO shop.orders (who, amount) VALUES ('over TLS', 5)");
  ASSERT_TRUE(reaches(path("store/seed.db"), end_of_log())) << hub_->output();
  const Ran tail = run(all({"tail", address("wss"), "--from-start", "--stop-at-end"}, login()));
  EXPECT_EQ(tail.exit_code, 0) << tail.err;
  EXPECT_NE(tail.out.find("over TLS"), std::string::npos) << tail.out;
  const Ran shown = run(all({"position", "show", address("https")}, login("reads")));
  EXPECT_EQ(shown.exit_code, 0) << shown.err;
  EXPECT_NE(shown.out.find(server_->binlog_files().back().filename().string()), std::string::npos) << shown.out;
  for (const auto& [token, ca, why] : {std::tuple("unknown", "ca.pem", "unknown token"),
                                       std::tuple("follows", "other.pem", "does not prove that it is localhost")}) {
    for (const Ran& ran : {run(all({"tail", address("wss"), "--from-start", "--stop-at-end"}, login(token, ca))),
                           run(all({"position", "show", address("https")}, login(token, ca)))}) {
      EXPECT_EQ(ran.exit_code, 4) << ran.err;
      EXPECT_NE(ran.err.find(why), std::string::npos) << ran.err;
      EXPECT_EQ(ran.out, "");
    }
  }
}

}  // namespace
}  // namespace binferry::test
