// The SQLite file of a replica in the making: there is either a whole replica at its place, or none.
#pragma once

#include "binlog/base/result.hpp"

#include <string>

namespace binferry {

// Error: `replica`, if there is a file.
Status check_is_free(const std::string& path);

// Removes a large file that nobody else reads, a piece at a time: where blocks are discarded as they become free (mount
// option `discard`), the next commit on the disk waits for all that one unlink() frees. What is not there need not go.
void remove_in_pieces(const std::string& path);

// Gone with this object, with what SQLite puts beside it, unless it was moved to its place.
class UnfinishedFile {
 public:
  explicit UnfinishedFile(std::string path) : path_(std::move(path)) {}
  ~UnfinishedFile() {
    if (!moved_) remove();
  }
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  void remove() const;
  // Durable under its new name, or not there. Nobody may have it open. Never over another file, unless `replaces`: then
  // the one there goes, in one step. Errors: `replica`, `io`, `no_space`.
  Status move_to(const std::string& place, bool replaces = false);

 private:
  std::string path_;
  bool moved_ = false;
};

}  // namespace binferry
