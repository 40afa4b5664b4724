#include "cli/server_tail.hpp"

#include "binlog/base/backoff.hpp"
#include "binlog/source/file_source.hpp"
#include "cli/report.hpp"
#include "cli/signals.hpp"

#include <chrono>
#include <random>
#include <thread>
#include <utility>

namespace binferry::cli {
namespace {

constexpr std::uint32_t kFirstPauseMs = 100;
constexpr std::uint32_t kLongestPauseMs = 10'000;

void pause_ms(std::uint32_t ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

}  // namespace

ServerTail::ServerTail(const mysql::Address& address, MysqlSourceOptions options, StreamPrinter& printer)
    : address_(address), options_(std::move(options)), printer_(printer) {
  printer_.on_event = [this](const RawEvent& event) {
    heard_ = true;
    if (event.header.type != EventType::format_description) return;
    if (Status checked = check_file(event); !checked) file_status_ = std::move(checked);
  };
  printer_.on_file = [this](const std::string& file) {
    if (!std::exchange(in_first_file_, false)) options_.dump.position = BinlogPosition{file, kFirstEventOffset};
  };
  printer_.check = [this] { return file_status_; };
  printer_.on_transaction = [this](const Transaction& transaction) {
    options_.dump.position = {transaction.file, transaction.end};
    return Status{};
  };
}

// The name of a file says little: a log that was reset has the same ones.
Status ServerTail::check_file(const RawEvent& event) {
  const std::string file(event.file);
  if (created_file_ == file && created_ != event.header.timestamp) {
    return fail(Errc::diverged, file + " is not the file that was read before: it was begun at another time",
                "the server's log was reset: start anew");
  }
  created_file_ = file;
  created_ = event.header.timestamp;
  return {};
}

Status ServerTail::enter(const MysqlSource& source) {
  SourceIdentity found;
  found.server_id = source.facts().server_id;
  found.version = source.greeting().version;
  if (source.facts().uuid) found.server_uuid = source.facts().uuid->text();
  if (known_.known()) {
    if (Status same = check_same_source(known_, found); !same) return propagate(same, address_.text());
  }
  known_ = std::move(found);
  return {};
}

Status ServerTail::stream() {
  Result<std::unique_ptr<MysqlSource>> source = MysqlSource::open(address_, options_);
  if (!source) return propagate(source);
  if (Status entered = enter(**source); !entered) return entered;
  connected_ = true;
  in_first_file_ = true;
  return printer_.print(**source);
}

Status ServerTail::run() {
  std::random_device random;
  Backoff backoff(kFirstPauseMs, kLongestPauseMs, [&random] { return random(); });
  for (;;) {
    heard_ = false;
    Status done = stream();
    if (done || stop_requested() || !connected_ || !is_retryable(done.error().code)) return done;
    if (heard_) backoff.reset();
    if (const std::string trouble = done.error().message(); backoff.is_news(trouble)) {
      note("connecting again: " + trouble);
    }
    rest_in_slices(backoff.next_ms(), stop_requested, pause_ms);
    if (stop_requested()) return {};
  }
}

}  // namespace binferry::cli
