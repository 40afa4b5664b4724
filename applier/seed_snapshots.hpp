// SeedSnapshots: consistent copies of a replica that is being written, compressed, for others to begin from.
//
// A copy is made when somebody asks and the newest is not good enough, on a thread of its own, page by page from a read
// transaction: the writer goes on. A copy is one file, `snapshot-N.db.zst` in the folder given, of a whole SQLite
// database as one zstd frame. It is known by the SHA-256 of that file. Files that were begun to be read stay for a
// while, so that a broken reading can go on; all of them go with this object, and those of a dead process with the
// next.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/source/input.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace binferry {

struct SeedSnapshot {
  FileDescriptor file;
  std::uint64_t bytes = 0;
  std::string sha256;       // of the file, as hexadecimal digits
  BinlogPosition position;  // that the replica inside stands at
  std::uint64_t made_us = 0;
  std::uint64_t database_bytes = 0;
  std::string path;
};

struct SeedSnapshotsOptions {
  std::string replica;                             // to be copied
  std::string folder;                              // for the copies
  std::uint64_t fresh_us = 300'000'000;            // one that is not older is given out again
  std::uint64_t keep_us = 3'600'000'000;           // one that nobody asked for in so long goes
  std::function<std::uint64_t()> now_us{};         // any clock that only goes forward
  std::function<void(const std::string&)> note{};  // on this object's thread; may be null
};

class SeedSnapshots {
 public:
  explicit SeedSnapshots(SeedSnapshotsOptions options);
  ~SeedSnapshots();
  SeedSnapshots(const SeedSnapshots&) = delete;
  SeedSnapshots& operator=(const SeedSnapshots&) = delete;

  // --- any thread; never blocks for long ---

  // The newest, if it is fresh and stands at or behind `least`. Null: one is being made; ask again. Errors: those of
  // the last attempt, once.
  Result<std::shared_ptr<const SeedSnapshot>> newest(const BinlogPosition& least = {});
  // One that was given out before; null if it is gone.
  std::shared_ptr<const SeedSnapshot> find(std::string_view sha256);
  // Of those that are kept, where their replicas go on.
  [[nodiscard]] std::vector<BinlogPosition> positions();

 private:
  void run();
  Result<std::shared_ptr<const SeedSnapshot>> make(std::uint64_t number);
  void forget_old(std::uint64_t now_us);

  struct Kept {
    std::shared_ptr<const SeedSnapshot> snapshot;
    std::uint64_t asked_us = 0;
  };

  SeedSnapshotsOptions options_;
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<Kept> kept_;  // the newest last
  bool wanted_ = false;
  bool making_ = false;
  bool ending_ = false;
  std::optional<Error> failed_;
  std::thread thread_;
};

}  // namespace binferry
