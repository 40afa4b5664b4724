// RelayReader: one follower's place in a relay store. Gives the files' bytes up to what is published, a piece at a
// time.
//
// Pieces may cut an event: whoever receives them puts them together again. Owns one open file; one thread; the store
// must outlive it.
#pragma once

#include "binlog/ship/relay_store.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace binferry {

class RelayReader {
 public:
  explicit RelayReader(const RelayStore& store) : store_(store) {}

  // Begins here; an empty file name is the oldest file there is, however long it takes to come. Beyond a file's
  // first event, the events at its head that later ones depend on are given first, then those from `position` on. A
  // position behind what is published is waited for. Errors: `purged`.
  Status seek(const BinlogPosition& position);
  // Why the place asked for cannot be reached, should nothing more be published: `not_found`, `diverged`. Nothing: what
  // is published reaches it, or ends where it begins.
  [[nodiscard]] std::optional<Error> is_beyond_all() const;

  enum class Item : std::uint8_t {
    none,        // nothing more for now
    file_begin,  // file() names it
    data,        // data() stands at offset() of file(); valid until the next call
    file_end,    // all of it was given
  };
  // At most `most` bytes of data. Errors: `purged` while reading, `not_found` (no event begins at the position),
  // `diverged` (it lies behind the end of a file that has ended), `io`.
  Result<Item> next(std::size_t most);

  [[nodiscard]] const std::string& file() const { return file_; }
  [[nodiscard]] std::uint64_t offset() const { return data_offset_; }
  [[nodiscard]] Bytes data() const { return bytes_of(data_); }
  // Behind what was given last: nothing before it is needed any more. An empty file name: nothing was given yet.
  [[nodiscard]] BinlogPosition position() const { return {file_, next_}; }

 private:
  enum class Phase : std::uint8_t { idle, begin, head, body, between };

  Result<Item> begin();
  Result<Item> give(std::uint64_t limit, std::size_t most);
  Result<bool> find_head(std::uint64_t end);
  Status read_at(std::uint64_t offset, std::size_t size, std::string& into) const;
  Status prove_start(std::uint64_t end) const;
  [[nodiscard]] bool is_to_come() const;
  [[nodiscard]] std::unexpected<Error> is_gone() const;

  const RelayStore& store_;
  FileDescriptor descriptor_;
  std::string file_;
  std::string data_;
  Phase phase_ = Phase::idle;
  std::uint64_t start_ = 4;     // where the position asked for is
  std::uint64_t head_end_ = 0;  // behind the events at the head; 0: not known yet
  std::uint64_t next_ = 0;      // offset of the next byte to give
  std::uint64_t data_offset_ = 0;
};

}  // namespace binferry
