// Events of one log file, or of standard input.
//
// Owns the file and its buffer; one thread. Checks the magic number, every length, checksum and end position, and tells
// a torn tail ("not yet") from corruption by the rules of PROTOCOL 1.4. Offsets are 64 bits of its own counting; in an
// encrypted MySQL log they leave out the encryption header, as the server's do.
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/event/event_framer.hpp"
#include "binlog/event/mysql_encryption.hpp"
#include "binlog/source/event_source.hpp"
#include "binlog/source/event_window.hpp"
#include "binlog/source/mapped_event.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace binferry {

// Offset of a file's first event, behind the magic number.
inline constexpr std::uint64_t kFirstEventOffset = 4;

// What an incomplete event at the end of the file means.
enum class TailRule : std::uint8_t {
  whole,   // an older file: it is corrupt
  newest,  // a torn tail if the in-use flag is set, else corrupt
  active,  // the caller knows that the file is being written: a torn tail
};

struct FileSourceOptions {
  Limits limits{};
  TailRule tail = TailRule::newest;
  // At the end of the file next() says `wait`, until finish() is called.
  bool follow = false;
  // Where to begin. Beyond 4, the events at the head of the file that later ones depend on are given first
  // (FORMAT_DESCRIPTION, START_ENCRYPTION, PREVIOUS_GTIDS, GTID_LIST), then the events from here on.
  std::uint64_t start = kFirstEventOffset;
  // Keys of encrypted logs; may be null, else they outlive the source.
  const MariadbKeys* mariadb_keys = nullptr;
  const MysqlKeyring* mysql_keyring = nullptr;
  std::size_t buffer_bytes = 1 << 20;
  // Events larger than this are viewed through a temporary file instead of memory.
  std::size_t mapped_event_bytes = 16 << 20;
  std::string temporary_directory{};  // empty: $TMPDIR, else /var/tmp
};

class FileSource final : public EventSource {
 public:
  // `-` is standard input. Errors: `not_found`, `io`; what is wrong inside the file is next()'s to tell.
  static Result<std::unique_ptr<FileSource>> open(const std::string& path, const FileSourceOptions& options = {});
  // From anything that reads by offset; `path` only names it.
  FileSource(std::unique_ptr<Input> input, const std::string& path, const FileSourceOptions& options);

  Result<SourceState> next(RawEvent& event) override;
  [[nodiscard]] const FormatDescription& format() const override;
  [[nodiscard]] const std::string& file() const override { return name_; }
  [[nodiscard]] const std::string& path() const override { return path_; }
  [[nodiscard]] std::uint64_t torn_tail_bytes() const override { return torn_tail_bytes_; }
  [[nodiscard]] std::uint64_t header_bytes() const override;
  [[nodiscard]] std::uint64_t skipped_bytes() const override;
  [[nodiscard]] std::uint64_t file_bytes() const override;

  // Offset behind the last event given: where the next one begins.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }
  // The first FORMAT_DESCRIPTION said that the file is open, or was not closed cleanly.
  [[nodiscard]] bool in_use() const { return in_use_; }
  // Written by a replica: ROTATE events of the source stand in it beside its own.
  [[nodiscard]] bool is_relay_log() const { return relay_log_; }

  // For files that are followed. Stops following: the next call of next() judges the end by the tail rule.
  void finish(TailRule rule);
  // The last bytes looked wrong and may yet be completed: ask again soon.
  [[nodiscard]] bool is_doubtful() const { return broken_reads_ != 0; }
  // Bytes that the file has now. Fewer than offset() once a server has cut it in crash recovery.
  Result<std::uint64_t> size();
  // `path` names another file by now, or none.
  [[nodiscard]] bool was_replaced() const { return !window_.input().is_still(path_); }

 private:
  enum class Phase : std::uint8_t { begin, magic, head, events, ended };

  Result<SourceState> read_magic(RawEvent& event);
  Result<SourceState> begin_decryption(RawEvent& event);
  Result<SourceState> next_in_head(RawEvent& event);
  Status seek_to_start();
  Status walk_to_start();
  Status prove_start(Bytes head);
  Result<SourceState> next_event(RawEvent& event);
  Result<SourceState> next_large(const EventHeader& header, RawEvent& event);
  Result<SourceState> accept(RawEvent& event);
  Result<SourceState> at_end(Bytes available, std::uint64_t left);
  Result<SourceState> broken(Error error);
  Result<std::uint64_t> zeros_to_end();
  [[nodiscard]] bool counts_positions() const;
  [[nodiscard]] Error not_a_boundary() const;
  [[nodiscard]] std::string place(Bytes header) const;

  FileSourceOptions options_;
  std::string path_;
  std::string name_;
  EventWindow window_;
  EventFramer framer_;
  MappedEvent mapped_;
  Phase phase_ = Phase::begin;
  std::uint64_t offset_ = 0;
  std::uint64_t torn_tail_bytes_ = 0;
  int broken_reads_ = 0;
  bool decrypted_ = false;  // read through MySQL's file encryption
  bool in_use_ = false;
  bool relay_log_ = false;
  bool unproven_start_ = false;  // nothing has shown yet that an event begins at options_.start
  std::uint64_t head_end_ = 0;   // behind the events at the head, once reading went on from options_.start
};

}  // namespace binferry
