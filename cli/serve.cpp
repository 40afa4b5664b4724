#include "binlog/ship/hub_server.hpp"
#include "binlog/ship/relay_pump.hpp"
#include "binlog/source/mysql_source.hpp"
#include "binlog/source/tail_source.hpp"
#include "cli/commands.hpp"
#include "cli/report.hpp"
#include "cli/server_address.hpp"
#include "cli/signals.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>

#include <fmt/format.h>

namespace binferry::cli {
namespace {

constexpr int kWaitMs = 200;  // how long a signal may go unseen
constexpr int kFirstPauseMs = 500;
constexpr int kLongestPauseMs = 30'000;

const BinlogPosition& position_of(const FollowerStatus& follower, ship::AckLevel level) {
  switch (level) {
    case ship::AckLevel::received: return follower.received;
    case ship::AckLevel::logged: return follower.logged;
    case ship::AckLevel::applied: break;
  }
  return follower.applied;
}

// What the source waits for. The source's thread asks, the server's thread brings the followers' answers.
class UpwardAcks {
 public:
  void connect(MysqlSource* source) {
    const std::lock_guard guard(mutex_);
    source_ = source;
    asked_.clear();  // a new connection asks anew
  }
  void ask(BinlogPosition position) {
    const std::lock_guard guard(mutex_);
    asked_.push_back(std::move(position));
  }
  // The policy is met up to here.
  void settle(const BinlogPosition& met) {
    const std::lock_guard guard(mutex_);
    std::optional<BinlogPosition> last;
    while (!asked_.empty() && asked_.front() <= met) {
      last = std::move(asked_.front());
      asked_.pop_front();
    }
    if (last && source_ != nullptr) source_->acknowledge(std::move(*last));
  }

 private:
  std::mutex mutex_;
  MysqlSource* source_ = nullptr;
  std::deque<BinlogPosition> asked_;
};

class Hub {
 public:
  explicit Hub(const ServeArguments& arguments) : arguments_(arguments) {}

  Status run();

 private:
  Status follow_source();
  Status pump(EventSource& source, MysqlSource* server);
  Result<std::unique_ptr<MysqlSource>> open_server();
  Result<std::unique_ptr<TailSource>> open_folder();
  void settle();
  void add_routes(HttpRouter& routes);
  std::string status_json() const;

  const ServeArguments& arguments_;
  UpwardAcks acks_;
  std::unique_ptr<RelayStore> store_;
  mutable std::mutex server_mutex_;  // of server_, which the first callbacks may come before
  std::unique_ptr<HubServer> server_;
  bool progressed_ = false;  // the source gave something since it was opened
};

void Hub::settle() {
  std::vector<BinlogPosition> positions;
  {
    const std::lock_guard guard(server_mutex_);
    if (server_ == nullptr) return;
    for (const FollowerStatus& follower : server_->followers()) {
      if (follower.counts) positions.push_back(position_of(follower, arguments_.ack_level));
    }
  }
  const BinlogPosition met = met_position(arguments_.ack, store_->published(), std::move(positions));
  if (!met.file.empty()) acks_.settle(met);
}

std::string Hub::status_json() const {
  namespace json = boost::json;
  json::object status;
  status["source"] = arguments_.source;
  status["published"] = store_->published().text();
  json::array files;
  for (const RelayFile& file : store_->files()) files.push_back({{"name", file.name}, {"bytes", file.end}});
  status["files"] = std::move(files);
  status["ack"] = {{"policy", arguments_.ack.text()}, {"level", std::string(name_of(arguments_.ack_level))}};
  json::array followers;
  const std::lock_guard guard(server_mutex_);
  if (server_ == nullptr) return "{}\n";
  for (const FollowerStatus& follower : server_->followers()) {
    followers.push_back({{"name", follower.name},
                         {"remote", follower.remote},
                         {"sync", follower.counts},
                         {"sent", follower.sent.text()},
                         {"received", follower.received.text()},
                         {"logged", follower.logged.text()},
                         {"applied", follower.applied.text()},
                         {"sent_bytes", follower.sent_bytes}});
  }
  status["followers"] = std::move(followers);
  return json::serialize(status) + "\n";
}

void Hub::add_routes(HttpRouter& routes) {
  routes.add("/healthz", {HttpAccess::open, [](const HttpRequest&) { return HttpReply{.body = "ok\n"}; }});
  routes.add("/status.json", {HttpAccess::read, [this](const HttpRequest&) {
                                return HttpReply{.content_type = "application/json", .body = status_json()};
                              }});
}

Result<std::unique_ptr<MysqlSource>> Hub::open_server() {
  Result<mysql::Address> address = server_address(arguments_.source, LoginArguments{}, std::nullopt);
  if (!address) return propagate(address);
  MysqlSourceOptions options;
  take_identity_of(arguments_.store, options.dump);
  options.dump.position = store_->resume_position();
  if (options.dump.position.file.empty()) options.dump.position.offset = kFirstEventOffset;
  if (arguments_.semi_sync) options.dump.semi_sync = mysql::SemiSync::required;
  return MysqlSource::open(*address, options);
}

Result<std::unique_ptr<TailSource>> Hub::open_folder() {
  TailOptions options;
  const BinlogPosition position = store_->resume_position();
  options.start = position.file.empty() ? TailStart::from_start : TailStart::at_position;
  options.start_file = position.file;
  options.start_offset = std::max(position.offset, kFirstEventOffset);
  return TailSource::open(arguments_.source, options);
}

Status Hub::pump(EventSource& source, MysqlSource* server) {
  RelayPump pump(*store_, source);
  pump.on_transaction = [&](const Transaction& transaction) {
    progressed_ = true;
    if (server != nullptr && server->ack_requested()) acks_.ask({transaction.file, transaction.end});
  };
  pump.on_published = [&] {
    server_->notify();
    settle();
  };
  while (!stop_requested()) {
    Result<RelayPump::State> state = pump.step();
    if (!state) return propagate(state);
    if (*state == RelayPump::State::end) return fail(Errc::connection, "the source has ended");
    if (*state == RelayPump::State::wait) {
      if (Status waited = source.wait(kWaitMs); !waited) return waited;
    }
  }
  return {};
}

// Ends with an error, or at a signal.
Status Hub::follow_source() {
  if (Status dropped = store_->drop_unfinished(); !dropped) return dropped;
  if (!arguments_.source.starts_with(mysql::kAddressPrefix)) {
    Result<std::unique_ptr<TailSource>> source = open_folder();
    if (!source) return propagate(source);
    return pump(**source, nullptr);
  }
  Result<std::unique_ptr<MysqlSource>> source = open_server();
  if (!source) return propagate(source);
  acks_.connect(source->get());
  Status done = pump(**source, source->get());
  acks_.connect(nullptr);
  return done;
}

Status Hub::run() {
  RelayStoreOptions store;
  store.sync = arguments_.sync;
  store.note = [](const std::string& text) { note(text); };
  Result<std::unique_ptr<RelayStore>> opened = RelayStore::open(arguments_.store, store);
  if (!opened) return propagate(opened);
  store_ = std::move(*opened);

  HubServerOptions server;
  server.address = arguments_.address;
  server.port = arguments_.port;
  server.note = [](const std::string& text) { note(text); };
  server.on_change = [this] { settle(); };
  server.clock_us = [] {
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(now).count());
  };
  add_routes(server.routes);
  {
    const std::lock_guard guard(server_mutex_);
    Result<std::unique_ptr<HubServer>> started = HubServer::start(*store_, std::move(server));
    if (!started) return propagate(started);
    server_ = std::move(*started);
  }
  const BinlogPosition from = store_->resume_position();
  note(fmt::format("hub at ws://{}:{}, store at {}", arguments_.address, server_->port(),
                   from.file.empty() ? "its beginning" : from.text()));

  int pause_ms = kFirstPauseMs;
  while (!stop_requested()) {
    progressed_ = false;
    Status done = follow_source();
    if (done) break;
    if (!is_retryable(done.error().code)) return done;
    if (progressed_) pause_ms = kFirstPauseMs;
    note(fmt::format("{}; again in {} ms", done.error().message(), pause_ms));
    for (int left = pause_ms; left > 0 && !stop_requested(); left -= kWaitMs) {
      std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left, kWaitMs)));
    }
    pause_ms = std::min(pause_ms * 2, kLongestPauseMs);
  }
  return {};
}

}  // namespace

int run_serve(const ServeArguments& arguments) {
  Hub hub(arguments);
  const Status done = hub.run();
  return done ? kDone : report(done.error());
}

}  // namespace binferry::cli
