// StoredHistory: what a folder of a source's logs holds, and whether a live server is the one that goes on with it.
//
// A hub asks before it goes on with its store, so that a server that was reset, restored, purged or replaced is named
// and not taken for a continuation. One thread.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/source/mysql/source_history.hpp"
#include "binlog/transaction.hpp"
#include "position/checkpoint.hpp"

#include <string>

namespace binferry {

class StoredHistory {
 public:
  // Reads the newest log of the folder; none at all is an empty history. Logs do not tell their server's UUID, so that
  // it stands beside them, in FOLDER/source.uuid. Errors: those of read_log_extent().
  static Result<StoredHistory> load(const std::string& folder);

  // It was stored behind the others.
  Status add(const Transaction& transaction);
  // Whether the server goes on at `resume`, where the store ends; an empty history goes on with any, and from then on
  // with that one. Errors: `purged`, `diverged`, `wrong_source`, `io`, `no_space`.
  Status prove(const mysql::SourceHistory& server, const BinlogPosition& resume);

  [[nodiscard]] const AnyGtidSet& gtids() const { return has_.gtids; }

 private:
  Status belongs_to(SourceIdentity identity);

  std::string folder_;
  Checkpoint has_;
};

}  // namespace binferry
