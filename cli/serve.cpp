#include "applier/hub_seed.hpp"
#include "binlog/base/backoff.hpp"
#include "binlog/ship/hub_monitor.hpp"
#include "binlog/ship/hub_server.hpp"
#include "binlog/ship/hub_wait.hpp"
#include "binlog/ship/relay_pump.hpp"
#include "binlog/ship/store_keeper.hpp"
#include "binlog/source/mysql_source.hpp"
#include "binlog/source/tail_source.hpp"
#include "cli/commands.hpp"
#include "cli/hub_status.hpp"
#include "cli/replica_applier.hpp"
#include "cli/report.hpp"
#include "cli/server_address.hpp"
#include "cli/signals.hpp"
#include "cli/status_page.hpp"
#include "cli/upward_acks.hpp"
#include "position/stored_history.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <optional>
#include <random>
#include <thread>

#include <fmt/format.h>

namespace binferry::cli {
namespace {

constexpr int kWaitMs = 200;  // how long a signal may go unseen
constexpr std::uint32_t kFirstPauseMs = 500;
constexpr std::uint32_t kLongestPauseMs = 30'000;
constexpr std::uint32_t kHeartbeatMs = 1000;  // of an idle source
constexpr int kReadDeadlineMs = 30'000;
constexpr std::uint64_t kPurgeEveryUs = 2'000'000;

std::uint64_t steady_us() {
  using namespace std::chrono;
  return static_cast<std::uint64_t>(duration_cast<microseconds>(steady_clock::now().time_since_epoch()).count());
}

void say(const std::string& text) {
  note(text);
}

class Hub {
 public:
  explicit Hub(const ServeArguments& arguments)
      : arguments_(arguments), acks_(arguments.ack, arguments.ack_timeout_ms * 1000, steady_us, say) {}

  Status run();

 private:
  Status follow_source();
  Status pump(EventSource& source, MysqlSource* server);
  Result<std::unique_ptr<MysqlSource>> open_server();
  Result<std::unique_ptr<TailSource>> open_folder();
  Status prove_source(const mysql::Address& address);
  Status start_seed();
  void settle();
  void add_routes(HttpRouter& routes);
  Status purge();
  [[nodiscard]] std::vector<FollowerStatus> followers() const;
  [[nodiscard]] std::uint32_t silent_ms() const;
  [[nodiscard]] HubView view() const;
  void set_link(bool is_connected, std::string trouble);

  const ServeArguments& arguments_;
  UpwardAcks acks_;
  std::unique_ptr<RelayStore> store_;
  StoredHistory history_;
  std::optional<StoreKeeper> keeper_;
  bool purge_due_ = false;                      // more was published
  std::uint64_t purged_us_ = 0;                 // when files were looked at last
  std::atomic<std::uint64_t> heard_us_ = 0;     // the source was known to have nothing newer; 0: never
  std::atomic<std::uint64_t> times_heard_ = 0;  // so often
  std::unique_ptr<HubSeed> seed_;
  mutable std::mutex server_mutex_;  // of server_, which the first callbacks may come before
  std::unique_ptr<HubServer> server_;
  const std::uint64_t began_us_ = steady_us();
  HubMonitor monitor_{steady_us};
  HubGtids gtids_;
  mutable std::mutex link_mutex_;
  bool is_connected_ = false;
  std::string trouble_;      // why not
  bool progressed_ = false;  // the source gave something since it was opened
};

std::vector<FollowerStatus> Hub::followers() const {
  const std::lock_guard guard(server_mutex_);
  return server_ == nullptr ? std::vector<FollowerStatus>{} : server_->followers();
}

void Hub::settle() {
  std::vector<BinlogPosition> positions;
  const std::vector<FollowerStatus> all = followers();
  monitor_.sample(all);
  for (const FollowerStatus& follower : all) {
    if (follower.counts) positions.push_back(position_of(follower, arguments_.ack_level));
  }
  acks_.settle(store_->published(), positions);
}

std::uint32_t Hub::silent_ms() const {
  const std::uint64_t heard_us = heard_us_;
  if (heard_us == 0) return ship::kUnknownSilence;
  return static_cast<std::uint32_t>(
      std::min<std::uint64_t>((steady_us() - heard_us) / 1000, ship::kUnknownSilence - 1));
}

// Now and then.
Status Hub::purge() {
  if (arguments_.keep.keeps_all() || steady_us() < purged_us_ + kPurgeEveryUs) return {};
  purged_us_ = steady_us();
  std::vector<FollowerNeed> needs;
  for (const FollowerStatus& follower : followers()) needs.push_back({follower.name, follower.needs});
  Result<std::size_t> purged =
      keeper_->purge(needs, seed_ ? seed_->needed_files() : std::vector<std::string>{}, now_us() / 1'000'000);
  return purged ? Status{} : propagate(purged);
}

HubView Hub::view() const {
  HubView view;
  view.now_us = now_us();
  view.uptime_s = (steady_us() - began_us_) / 1'000'000;
  view.source = arguments_.source;
  if (const std::uint64_t heard_us = heard_us_; heard_us != 0) view.silent_ms = (steady_us() - heard_us) / 1000;
  {
    const std::lock_guard guard(link_mutex_);
    view.is_connected = is_connected_;
    view.trouble = trouble_;
  }
  view.published = store_->published();
  view.gtids = gtids_.gtids().text();
  view.files = store_->files();
  view.ack_policy = arguments_.ack.text();
  view.ack_level = name_of(arguments_.ack_level);
  view.ack_timeout_ms = arguments_.ack_timeout_ms;
  view.is_semi_sync = arguments_.semi_sync;
  view.acks = acks_.state();
  if (seed_) {
    const SeedReplica::State seed = seed_->state();
    view.seed = HubView::Seed{seed.is_usable, seed.position, seed.trouble};
  }
  for (FollowerStatus& follower : followers()) {
    HubView::Follower one;
    one.lag_us = monitor_.lag_us(lag_position(follower));
    one.queue_bytes = bytes_behind(view.files, follower.sent);
    one.lags_ms = monitor_.history(follower.name);
    one.status = std::move(follower);
    view.followers.push_back(std::move(one));
  }
  view.figures = monitor_.figures();
  return view;
}

void Hub::add_routes(HttpRouter& routes) {
  const auto add = [&routes](const char* path, HttpAccess access, std::string type, auto body) {
    routes.add(path, {access, [type = std::move(type), body](HttpRequest& request) {
                        return HttpReply{.content_type = type, .body = body(request)};
                      }});
  };
  add("/healthz", HttpAccess::open, "text/plain; charset=utf-8", [](const HttpRequest&) { return "ok\n"; });
  add("/status.json", HttpAccess::read, "application/json",
      [this](const HttpRequest& request) { return hub_status_json(view(), request.parameter("history") != nullptr); });
  add("/metrics", HttpAccess::read, "text/plain; version=0.0.4; charset=utf-8",
      [this](const HttpRequest&) { return hub_metrics(view()); });
  routes.add("/", {HttpAccess::open, [policy = status_page_policy()](const HttpRequest&) {
                     return HttpReply{
                         .content_type = "text/html; charset=utf-8",
                         .body = std::string(kStatusPage),
                         .headers = {{"Content-Security-Policy", policy}, {"Referrer-Policy", "no-referrer"}}};
                   }});
  // Ready: it has a log to ship, and its source to get more of it from.
  routes.add("/readyz", {HttpAccess::open, [this](const HttpRequest&) {
                           const std::lock_guard guard(link_mutex_);
                           if (!is_connected_) return HttpReply{.status = 503, .body = "the source is not connected\n"};
                           if (store_->published().file.empty()) {
                             return HttpReply{.status = 503, .body = "there is no log yet\n"};
                           }
                           return HttpReply{.body = "ready\n"};
                         }});
  routes.add("/v1/wait",
             {HttpAccess::read, [this](HttpRequest& request) { return answer_wait(request, gtids_, followers()); }});
  if (seed_) {
    routes.add("/v1/snapshot",
               {HttpAccess::follow, [this](const HttpRequest& request) { return seed_->answer(request); }});
  }
}

void Hub::set_link(bool is_connected, std::string trouble) {
  const std::lock_guard guard(link_mutex_);
  is_connected_ = is_connected;
  trouble_ = std::move(trouble);
}

// The server is the one that the store is of, and has what the store has not.
Status Hub::prove_source(const mysql::Address& address) {
  Result<std::unique_ptr<mysql::Connection>> connection = mysql::Connection::open(address);
  if (!connection) return propagate(connection);
  Result<mysql::SourceHistory> server = mysql::read_source_history(**connection);
  // A login that may only replicate can go on without it; the source will say what it does not have.
  if (!server && server.error().code == Errc::refused) return {};
  if (!server) return propagate(server);
  return history_.prove(*server, store_->resume_position());
}

Result<std::unique_ptr<MysqlSource>> Hub::open_server() {
  Result<mysql::Address> address = server_address(arguments_.source, LoginArguments{}, std::nullopt);
  if (!address) return propagate(address);
  if (Status proved = prove_source(*address); !proved) return propagate(proved, address->text());
  MysqlSourceOptions options;
  take_identity_of(arguments_.store, options.dump);
  options.dump.position = store_->resume_position();
  if (options.dump.position.file.empty()) options.dump.position.offset = kFirstEventOffset;
  options.dump.heartbeat_ms = kHeartbeatMs;
  options.read_deadline_ms = kReadDeadlineMs;
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
  // A folder is seen as it is; a server says it.
  bool has_nothing_newer = server == nullptr;
  pump.on_event = [&](const RawEvent& event) {
    const EventType type = event.header.type;
    if (type == EventType::heartbeat || type == EventType::heartbeat_v2) has_nothing_newer = true;
  };
  pump.on_transaction = [&](const Transaction& transaction) {
    progressed_ = true;
    monitor_.on_transaction(transaction.stored_bytes);
    gtids_.add(transaction.gtid, {transaction.file, transaction.end});
    if (Status added = history_.add(transaction); !added) note(added.error().message());
    if (server != nullptr && server->ack_requested()) acks_.ask({transaction.file, transaction.end});
  };
  pump.on_published = [&] {
    monitor_.on_published(store_->published());
    server_->notify();
    settle();
    purge_due_ = true;
  };
  set_link(true, {});
  while (!stop_requested()) {
    Result<RelayPump::State> state = pump.step();
    if (!state) return propagate(state);
    if (std::exchange(purge_due_, false) || *state == RelayPump::State::wait) {
      if (Status done = purge(); !done) return done;
    }
    if (*state == RelayPump::State::end) return fail(Errc::connection, "the source has ended");
    if (*state == RelayPump::State::wait) {
      // Not before what came is published, which is what followers are told is all.
      if (has_nothing_newer) {
        heard_us_ = steady_us();
        ++times_heard_;
        has_nothing_newer = server == nullptr;
      }
      settle();
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

Status Hub::start_seed() {
  if (!arguments_.seed) return {};
  HubSeedOptions options;
  options.replica.folder = arguments_.store;
  options.replica.now_us = now_us;
  options.replica.random = [device = std::make_shared<std::random_device>()] { return (*device)(); };
  options.replica.note = say;
  options.steady_us = steady_us;
  if (arguments_.source.starts_with(mysql::kAddressPrefix)) {
    Result<mysql::Address> address = server_address(arguments_.source, LoginArguments{}, std::nullopt);
    if (!address) return propagate(address);
    options.replica.source = std::move(*address);
  }
  seed_ = std::make_unique<HubSeed>(*store_, std::move(options));
  return {};
}

Status Hub::run() {
  RelayStoreOptions store;
  store.sync = arguments_.sync;
  store.note = say;
  Result<std::unique_ptr<RelayStore>> opened = RelayStore::open(arguments_.store, store);
  if (!opened) return propagate(opened);
  store_ = std::move(*opened);
  Result<StoredHistory> history = StoredHistory::load(arguments_.store);
  if (!history) return propagate(history);
  history_ = std::move(*history);
  gtids_.begin(history_.gtids(), store_->resume_position());
  monitor_.on_published(store_->published());
  keeper_.emplace(*store_, arguments_.keep, say);
  if (Status started = start_seed(); !started) return started;

  HubServerOptions server;
  server.address = arguments_.address;
  server.port = arguments_.port;
  server.note = say;
  server.session.silent_ms = [this] { return silent_ms(); };
  server.session.times_heard = [this] { return times_heard_.load(); };
  server.on_change = [this] { settle(); };
  server.on_ack = [this](ship::AckLevel level, const BinlogPosition& position) { monitor_.on_ack(level, position); };
  server.on_error = [this](std::string_view kind) { monitor_.on_error(kind); };
  server.live_text = [this] { return hub_status_json(view(), false); };
  server.tls = {arguments_.tls_cert, arguments_.tls_key, arguments_.tls_client_ca};
  if (!arguments_.token_file.empty()) {
    Result<HubTokens> tokens = HubTokens::load(arguments_.token_file);
    if (!tokens) return propagate(tokens);
    server.tokens = std::move(*tokens);
  }
  server.clock_us = steady_us;
  add_routes(server.routes);
  {
    const std::lock_guard guard(server_mutex_);
    Result<std::unique_ptr<HubServer>> started = HubServer::start(*store_, std::move(server));
    if (!started) return propagate(started);
    server_ = std::move(*started);
  }
  const BinlogPosition from = store_->resume_position();
  const bool is_v6 = arguments_.address.find(':') != std::string::npos;
  note(fmt::format("hub at {}://{}{}{}:{}, store at {}", arguments_.tls_cert.empty() ? "ws" : "wss", is_v6 ? "[" : "",
                   arguments_.address, is_v6 ? "]" : "", server_->port(),
                   from.file.empty() ? "its beginning" : from.text()));

  std::random_device random;
  Backoff backoff(kFirstPauseMs, kLongestPauseMs, [&random] { return random(); });
  while (!stop_requested()) {
    progressed_ = false;
    Status done = follow_source();
    if (done) break;
    if (!is_retryable(done.error().code)) return done;
    set_link(false, done.error().message());
    if (progressed_) backoff.reset();
    const std::uint32_t pause_ms = backoff.next_ms();
    note(fmt::format("{}; again in {} ms", done.error().message(), pause_ms));
    rest_in_slices(pause_ms, stop_requested, [this](std::uint32_t ms) {
      std::this_thread::sleep_for(std::chrono::milliseconds(ms));
      settle();  // what waits for followers goes on waiting, or does not
    });
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
