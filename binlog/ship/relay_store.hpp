// RelayStore: the source's log files, byte for byte, in a folder of our own, with an index as a server keeps one.
//
// What a hub ships comes from here, and any reader of binary logs can read it. Only whole transactions are published:
// what stands behind the last boundary is on its way, and a crash takes it back. The newest file carries the in-use
// flag as a server's does, and loses it when the source has ended the file; that one bit apart the bytes are the
// source's. Logs that their source encrypts are kept in plain.
//
//   FOLDER/binlog.index, FOLDER/binlog.000001 …   the index holds base names
//   FOLDER/relay.lock                             keeps out a second writer
//
// One thread writes. Functions under "any thread" may be called by others meanwhile.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/coordinates/binlog_position.hpp"
#include "binlog/event/raw_event.hpp"
#include "binlog/source/input.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace binferry {

// When what was received is forced to the disk.
enum class RelaySync : std::uint8_t {
  always,  // before it is published: a crash of the machine takes nothing that was shipped
  never,   // when the system sees fit; the end of the process takes nothing all the same
};

struct RelayStoreOptions {
  RelaySync sync = RelaySync::always;
  // What the source leaves out in front of a transaction (a connection that begins in the middle of a file, or by GTID)
  // is stood for by ignorable events of the same length, so that offsets stay the source's and the file stays readable.
  // Else such a hole is an error.
  bool fills_holes = false;
  std::function<void(const std::string&)> note{};  // told what recovery cut; may be null
};

struct RelayFile {
  std::string name;
  std::uint64_t end = 0;  // bytes that may be read: up to a transaction boundary
  bool operator==(const RelayFile&) const = default;
};

class RelayStore {
 public:
  // Makes the folder if it is not there. The newest file is read through and cut behind its last whole transaction.
  // Errors: `busy` (another writer), `io`, `no_space`, `corrupt` (an older file is missing).
  static Result<std::unique_ptr<RelayStore>> open(const std::string& folder, const RelayStoreOptions& options = {});
  ~RelayStore();
  RelayStore(const RelayStore&) = delete;
  RelayStore& operator=(const RelayStore&) = delete;

  // --- the writing thread ---

  // The source is now in this file. Errors: `diverged`, if it cannot follow what is here.
  Status begin_file(const std::string& name);
  // Takes the event if it belongs to the file and is not here yet; what a source sends for the connection's sake is
  // passed over. Errors: `out_of_order` for a hole; `wrong_source`, `diverged` if the file is not the one that is here;
  // `io`, `no_space`.
  Status append(const RawEvent& event);
  // Everything appended so far ends at a transaction boundary.
  void mark_boundary() { boundary_ = end_; }
  // Writes out, syncs as the options say, and lets readers see everything up to the boundary.
  Status publish();
  // The source has ended the current file: all of it is published, an unfinished group at its end too.
  Status end_file();
  // The source was lost in the middle of a transaction, which it will send again: drops what is behind the boundary.
  Status drop_unfinished();
  // Where to ask the source to go on: behind the last whole transaction. An empty file name: from the beginning.
  [[nodiscard]] BinlogPosition resume_position() const;
  // Bytes appended and not published yet.
  [[nodiscard]] std::uint64_t unpublished() const { return unpublished_; }
  // Removes the oldest `count` files; never the newest.
  Status purge(std::size_t count);
  // Removes everything: the next file may be any.
  Status clear();

  // --- any thread ---

  [[nodiscard]] const std::string& folder() const { return folder_; }
  [[nodiscard]] std::string path_of(const std::string& name) const { return folder_ + "/" + name; }
  // Behind the last published transaction; an empty file name while there is nothing.
  [[nodiscard]] BinlogPosition published() const;
  [[nodiscard]] std::vector<RelayFile> files() const;
  // How much of `name` may be read, and which file follows it, empty while it is the newest.
  struct Extent {
    std::uint64_t end = 0;
    std::string next;
  };
  // Nothing if there is no such file.
  [[nodiscard]] std::optional<Extent> extent_of(const std::string& name) const;
  // Waits until more is published than was when `news` was given, then sets it anew; false: the time is over.
  bool wait_for_news(std::uint64_t& news, int timeout_ms) const;

 private:
  RelayStore(std::string folder, const RelayStoreOptions& options) : folder_(std::move(folder)), options_(options) {}

  Status lock();
  Status recover();
  Status recover_newest();
  Status open_newest();
  void show_end(std::uint64_t end);
  Status write_index(const std::vector<RelayFile>& files);
  Status write_out();
  Status write_at(Bytes bytes, std::uint64_t offset);
  Status write_large(const RawEvent& event);
  Status write_head(const RawEvent& event);
  Status fill_up_to(std::uint64_t offset);
  Status check_same_file(const RawEvent& event);
  Status set_in_use(bool in_use);
  Status sync_file();

  std::string folder_;
  RelayStoreOptions options_;
  FileDescriptor lock_;
  FileDescriptor file_;  // the newest
  std::string base_;     // `binlog`, once known
  std::string buffer_;   // behind written_
  std::uint64_t written_ = 0;
  std::uint64_t end_ = 0;  // of the newest file, what is in the buffer included
  std::uint64_t boundary_ = 0;
  std::uint64_t unpublished_ = 0;
  bool in_use_ = false;         // the newest file carries the flag
  bool has_checksums_ = false;  // so do its events

  mutable std::mutex mutex_;      // of what other threads may ask
  std::vector<RelayFile> files_;  // oldest first
  std::uint64_t news_ = 0;        // counts up with what readers may see
  mutable std::condition_variable has_news_;
};

}  // namespace binferry
