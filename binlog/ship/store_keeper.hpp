// StoreKeeper: removes the files of a relay store that its policy does not keep, and says whom that leaves behind.
//
// On the store's writing thread. The store must outlive it.
#pragma once

#include "binlog/ship/relay_store.hpp"
#include "binlog/ship/retention.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace binferry {

// A connected follower, and where it would go on if its connection broke now; an empty file name: the oldest file.
struct FollowerNeed {
  std::string name;
  BinlogPosition position;
};

class StoreKeeper {
 public:
  StoreKeeper(RelayStore& store, const KeepPolicy& policy, std::function<void(const std::string&)> note)
      : store_(store), policy_(policy), note_(std::move(note)) {}

  // `own`: files that the hub itself needs. Gives how many files went. Errors: `io`.
  Result<std::size_t> purge(const std::vector<FollowerNeed>& followers, std::vector<std::string> own,
                            std::uint64_t now_s);

 private:
  RelayStore& store_;
  KeepPolicy policy_;
  std::function<void(const std::string&)> note_;
};

}  // namespace binferry
