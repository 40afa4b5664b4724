// Tables that were copied anew while no `follow` ran, and a source that says nothing more: they rejoin all the same.
#include "tests/integration/support/follower.hpp"
#include "tests/integration/support/skip.hpp"

#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace binferry::test {
namespace {

struct Way {
  const char* name;
  Flavor flavor;
  std::vector<std::string> options;
};

void PrintTo(const Way& way, std::ostream* out) {
  *out << way.name;
}

class FollowRejoin : public testing::TestWithParam<Way> {
 protected:
  void SetUp() override {
    BINFERRY_NEEDS_SERVER(GetParam().flavor);
    ServerOptions options;
    options.flavor = GetParam().flavor;
    server_ = std::make_unique<ServerProcess>(options);
    client_.emplace(server_->connect());
    client_->execute(
        "CREATE DATABASE d; CREATE TABLE d.t(id INT PRIMARY KEY) ENGINE=InnoDB; INSERT INTO d.t VALUES (1), (2)");
    follower_ = std::make_unique<Follower>(*server_, GetParam().options);
    ASSERT_EQ(follower_->run_to_current().exit_code, 0);
    Result<Database> database = Database::open(follower_->replica(), OpenMode::read_write);
    ASSERT_TRUE(database) << database.error().message();
    ASSERT_TRUE(database->execute("UPDATE binferry_tables SET state = 'quarantined', reason = 'a test'"));
  }
  // The source goes on to a new log, in which there is no transaction that could show where it stands.
  void copy_behind_the_last_transaction() {
    client_->execute("INSERT INTO d.t VALUES (3); FLUSH BINARY LOGS; FLUSH BINARY LOGS");
    const Ran copied = run({"resync", follower_->replica(), Follower::address(*server_), "--table", "d.t"});
    ASSERT_EQ(copied.exit_code, 0) << copied.err;
    ASSERT_EQ(state(), "rejoining");
  }
  [[nodiscard]] std::string state() const {
    Result<Database> database = Database::open(follower_->replica(), OpenMode::read_only);
    if (!database) return database.error().message();
    const auto found = database->query_text("SELECT state FROM binferry_tables");
    return found ? found->value_or("NULL") : found.error().message();
  }

  std::unique_ptr<ServerProcess> server_;
  std::optional<SqlClient> client_;
  std::unique_ptr<Follower> follower_;
};

INSTANTIATE_TEST_SUITE_P(
    Each, FollowRejoin,
    testing::Values(Way{"Mariadb", Flavor::mariadb, {}},
                    Way{"MariadbLogged", Flavor::mariadb, {"--semi-sync=preferred", "--ack=logged"}},
                    Way{"Mysql56", Flavor::mysql56, {}}),
    [](const auto& which) { return which.param.name; });

TEST_P(FollowRejoin, ACopyRejoinsWhenTheSourceSaysThatThereIsNothingNewer) {
  copy_behind_the_last_transaction();
  follower_->start();
  follower_->wait_until_said("d.t has rejoined");
  const Ran stopped = follower_->stop();
  EXPECT_EQ(stopped.exit_code, 0) << stopped.err;
  EXPECT_EQ(state(), "active");
  expect_equal(*server_, follower_->replica());
}

TEST_P(FollowRejoin, ACopyRejoinsBeforeARunThatStopsAtTheCurrentEndIsOver) {
  copy_behind_the_last_transaction();
  const Ran ran = follower_->run_to_current();
  EXPECT_EQ(ran.exit_code, 0) << ran.err;
  EXPECT_EQ(state(), "active") << ran.err;
  expect_equal(*server_, follower_->replica());
}

}  // namespace
}  // namespace binferry::test
