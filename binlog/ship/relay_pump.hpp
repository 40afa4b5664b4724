// RelayPump: reads a source into a relay store, and tells of every whole transaction.
//
// One thread. Source and store must outlive it.
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/ship/relay_store.hpp"
#include "binlog/source/event_source.hpp"
#include "binlog/transaction.hpp"

#include <cstdint>
#include <functional>

namespace binferry {

class RelayPump {
 public:
  RelayPump(RelayStore& store, EventSource& source, const Limits& limits = {})
      : store_(store), source_(source), assembler_(limits) {}

  // Called with every event that came, heartbeats too. May be null.
  std::function<void(const RawEvent&)> on_event;
  // Called when a transaction is whole and appended, before it is published. May be null.
  std::function<void(const Transaction&)> on_transaction;
  // Called with the event at a file's head that tells the GTIDs before it. May be null.
  std::function<Status(const RawEvent&)> on_gtids;
  // Called when more is published. May be null.
  std::function<void()> on_published;

  enum class State : std::uint8_t { more, wait, end };
  // One event, or what the source says instead of one. Before `wait` everything received is published. Errors: the
  // source's and the store's; what came before is published.
  Result<State> step();

 private:
  Result<State> advance();
  Status publish();

  RelayStore& store_;
  EventSource& source_;
  TransactionAssembler assembler_;
  RawEvent event_;
};

}  // namespace binferry
