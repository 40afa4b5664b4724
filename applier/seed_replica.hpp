// SeedReplica: the replica that a hub keeps of its own log, from which new followers begin.
//
// It is applied from the relay store on a thread of its own, which the hub's other work never waits for. With a live
// source it begins as a snapshot of that, so that it holds what is older than the log; otherwise it begins with the
// store's oldest file. A table that cannot go on is copied anew from the live source, once for every quarantine. What
// makes the seed unusable makes it again; what a network can cause is tried again.
//
//   FOLDER/seed.db
#pragma once

#include "applier/applier.hpp"
#include "binlog/ship/relay_store.hpp"
#include "binlog/source/mysql/address.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <tuple>

namespace binferry {

struct SeedReplicaOptions {
  std::string folder;                              // of the relay store, or any other
  std::optional<mysql::Address> source{};          // none: a folder of logs
  std::function<std::uint64_t()> now_us{};         // microseconds since 1970
  std::function<std::uint32_t()> random{};         // for jitter
  std::function<void(const std::string&)> note{};  // on this object's thread
};

class SeedReplica {
 public:
  // All of the options are required but `source`. The store must outlive it.
  SeedReplica(const RelayStore& store, SeedReplicaOptions options);
  ~SeedReplica();
  SeedReplica(const SeedReplica&) = delete;
  SeedReplica& operator=(const SeedReplica&) = delete;

  // --- any thread ---
  [[nodiscard]] const std::string& path() const { return path_; }
  struct State {
    bool is_usable = false;   // there is a whole replica
    BinlogPosition position;  // of it; an empty file name: it has read nothing
    std::string trouble;      // why it does not go on; empty while all is well
  };
  [[nodiscard]] State state() const;

 private:
  void run();
  Status live();
  Status make_anew();
  Status follow(SqliteApplier& applier);
  Status wait_for(const BinlogPosition& position);
  void copy_quarantined(SqliteApplier& applier);
  [[nodiscard]] std::vector<TableRegistry::Key> to_copy(SqliteApplier& applier) const;
  void tell(bool is_usable, const BinlogPosition& position, std::string trouble = {});

  const RelayStore& store_;
  SeedReplicaOptions options_;
  std::string path_;
  std::atomic<bool> ending_ = false;
  bool progressed_ = false;
  std::set<std::tuple<std::string, std::string, std::string, std::uint64_t>> tried_;  // quarantines, by their place
  mutable std::mutex mutex_;
  State state_;
  std::thread thread_;
};

}  // namespace binferry
