#include "applier/replay.hpp"

#include "binlog/event/control_events.hpp"
#include "binlog/source/log_directory.hpp"
#include "binlog/source/log_info.hpp"

#include <algorithm>

namespace binferry {
namespace {

constexpr int kWaitMs = 200;
constexpr std::uint64_t kProgressEvery = 256;  // transactions

}  // namespace

Replay::Replay(SqliteApplier& applier, EventSource& source, ReplayOptions options)
    : applier_(applier), options_(std::move(options)), stream_(source, options_.limits) {
  stream_.on_event = [this](const RawEvent& event) {
    watch(event);
    if (options_.on_event) options_.on_event(event);
  };
}

// Every stream gives the head of each file, wherever in it reading begins.
void Replay::watch_head(const RawEvent& event) {
  switch (event.header.type) {
    case EventType::format_description:
      head_.source.server_id = event.header.server_id;
      head_.source.version = stream_.source().format().server_version;
      head_.source.file_created = event.header.timestamp;
      break;
    case EventType::previous_gtids:
    case EventType::gtid_list:
      if (Result<AnyGtidSet> gtids = gtids_before_of(event)) {
        head_.gtids_before = std::move(*gtids);
      } else {
        head_status_ = propagate(gtids);
      }
      break;
    default: break;
  }
}

// A file's last event says where the log goes on; any event behind it shows that it was not the last.
void Replay::watch(const RawEvent& event) {
  if (head_pending_) watch_head(event);
  if (event.header.type == EventType::rotate && (event.header.flags & EventHeader::kArtificial) == 0) {
    if (Result<Rotate> rotate = decode_rotate(event.body)) {
      successor_ = BinlogPosition{std::string(rotate->file), kFirstEventOffset};
    }
  } else if (event.header.type == EventType::stop) {
    if (std::string next = next_log_name(event.file); !next.empty()) {
      successor_ = BinlogPosition{std::move(next), kFirstEventOffset};
    }
  } else {
    successor_.reset();
  }
}

Status Replay::enter_file() {
  if (!head_pending_) return {};
  head_pending_ = false;
  if (!head_status_) return head_status_;
  LogFileHead& head = head_;
  head.file = stream_.source().file();
  head.by_gtids = options_.by_gtids;
  if (first_file_) head.start = options_.start;
  // A server that crashed leaves a file without a last word; the one it began then has the next number.
  if (!first_file_ && !previous_file_.empty()) {
    const std::string next = next_log_name(previous_file_);
    if (next.empty() || next == head.file) {
      if (Status advanced = applier_.advance({head.file, kFirstEventOffset}); !advanced) return advanced;
    }
  }
  first_file_ = false;
  return applier_.begin_file(head);
}

// False: done.
Result<bool> Replay::step(const std::function<bool()>& should_stop) {
  Result<TransactionStream::Item> item = stream_.next();
  if (!item) return propagate(item);
  switch (*item) {
    case TransactionStream::Item::file_begin:
      head_pending_ = true;
      head_ = {};
      head_status_ = {};
      successor_.reset();
      return true;
    case TransactionStream::Item::transaction: {
      if (Status entered = enter_file(); !entered) return propagate(entered);
      const Transaction& transaction = stream_.transaction();
      if (options_.on_transaction) {
        if (Status told = options_.on_transaction(transaction); !told) return propagate(told);
      }
      switch (options_.filter.judge(transaction).verdict) {
        case TransactionFilter::Verdict::stop: return false;
        case TransactionFilter::Verdict::skip:
          if (Status passed = applier_.pass(transaction); !passed) return propagate(passed);
          return true;
        case TransactionFilter::Verdict::deliver: break;
      }
      if (Status applied = applier_.apply(transaction); !applied) return propagate(applied);
      if (applier_.uncommitted() != 0 || !options_.on_sealed) return true;
      if (Status sealed = applier_.seal(); !sealed) return propagate(sealed);
      if (Status told = options_.on_sealed(); !told) return propagate(told);
      return true;
    }
    case TransactionStream::Item::file_end:
      if (Status entered = enter_file(); !entered) return propagate(entered);
      bytes_before_ += stream_.coverage().bytes - stream_.source().skipped_bytes();
      previous_file_ = stream_.source().file();
      if (successor_) {
        if (Status advanced = applier_.advance(*successor_); !advanced) return propagate(advanced);
      }
      return true;
    case TransactionStream::Item::wait:
      // Caught up: from here on every commit is durable before the next transaction is asked for.
      if (Status sealed = applier_.seal(); !sealed) return propagate(sealed);
      if (Status made = applier_.make_pending_indexes(should_stop); !made) return propagate(made);
      if (options_.on_sealed) {
        if (Status told = options_.on_sealed(); !told) return propagate(told);
      }
      if (options_.stop_at_wait) return false;
      if (Status waited = stream_.source().wait(kWaitMs); !waited) return propagate(waited);
      return true;
    case TransactionStream::Item::end: return false;
  }
  return false;
}

Status Replay::run(const std::function<bool()>& should_stop, const std::function<void(std::uint64_t)>& on_progress) {
  std::uint64_t steps = 0;
  for (;;) {
    if (should_stop && should_stop()) {
      stopped_ = true;
      break;
    }
    Result<bool> more = step(should_stop);
    if (!more) {
      // The failed transaction has left nothing behind; what came before it counts.
      (void)applier_.seal();
      return propagate(more);
    }
    if (!*more) break;
    if (on_progress && ++steps % kProgressEvery == 0) {
      on_progress(bytes_before_ + stream_.offset() - (previous_file_.empty() ? options_.start : 0));
    }
  }
  if (Status sealed = applier_.seal(); !sealed || stopped_) return sealed;
  return applier_.make_pending_indexes(should_stop);
}

}  // namespace binferry
