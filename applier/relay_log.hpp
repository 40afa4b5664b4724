// RelayLog: the relay log of one replica, which is what `--ack=logged` promises by.
//
//   R.db.relay/from.json              the checkpoint behind which the log begins
//   R.db.relay/binlog.000007, …       the source's files from there on (binlog/ship/relay_store.hpp)
//
// A connection begins a new log where the replica stands, once everything that the old one held is applied; or it goes
// on with the old one where that ends, beside the replica that is still behind. So the log holds what was received and
// the replica has not applied yet, and the files around that. One thread but for store(), whose functions say their
// own.
#pragma once

#include "applier/applier.hpp"
#include "binlog/ship/relay_store.hpp"
#include "position/checkpoint.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace binferry {

class RelayLog {
 public:
  static std::string folder_of(const std::string& replica) { return replica + ".relay"; }

  // Makes the folder if it is not there. `note` may be null. Errors: as RelayStore; `replica` if from.json is damaged.
  static Result<std::unique_ptr<RelayLog>> open(const std::string& replica,
                                                std::function<void(const std::string&)> note);

  // Applies everything that the log holds behind the replica's place, unless `should_stop`. Errors: `diverged` if it is
  // another replica's log, or begins behind the replica's place; the applier's.
  Status drain(SqliteApplier& applier, const std::function<bool()>& should_stop);
  // Where the log ends, if it is this replica's and holds what that has not applied yet: a source may go on from there.
  std::optional<BinlogPosition> end_behind(const Checkpoint& checkpoint);
  // Begins anew: everything that was here goes.
  Status restart(const Checkpoint& from);
  // Removes the files before the one that the replica stands in.
  Status trim(const BinlogPosition& applied);
  // Removes the folder with all that is in it.
  Status remove();

  [[nodiscard]] RelayStore& store() { return *store_; }

 private:
  RelayLog(std::string folder, std::unique_ptr<RelayStore> store)
      : folder_(std::move(folder)), store_(std::move(store)) {}

  Status load();
  Status forget();
  [[nodiscard]] Status check_fits(const Checkpoint& checkpoint) const;
  [[nodiscard]] std::string from_path() const { return folder_ + "/from.json"; }

  std::string folder_;
  std::unique_ptr<RelayStore> store_;
  std::optional<Checkpoint> from_;
};

}  // namespace binferry
