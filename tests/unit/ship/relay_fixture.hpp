// A source's folder of logs, a relay store fed from it, and what tests of the hub need to say. Tests only.
#pragma once

#include "binlog/ship/relay_pump.hpp"
#include "binlog/ship/relay_store.hpp"
#include "binlog/source/tail_source.hpp"
#include "tests/unit/support/binlog_writer.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <functional>
#include <memory>
#include <string>

#include <gtest/gtest.h>

namespace binferry::test {

inline std::unique_ptr<RelayStore> open_store(const std::string& folder) {
  auto store = RelayStore::open(folder);
  EXPECT_TRUE(store) << store.error().message();
  return store ? std::move(*store) : nullptr;
}

// Everything that the folder has now, from the store's own position on. `after_step` sees the store as it grows.
inline Status fill(RelayStore& store, const std::string& source, const std::function<void()>& after_step = [] {}) {
  if (Status dropped = store.drop_unfinished(); !dropped) return dropped;
  TailOptions options;
  const BinlogPosition position = store.resume_position();
  options.start = position.file.empty() ? TailStart::from_start : TailStart::at_position;
  options.start_file = position.file;
  options.start_offset = std::max(position.offset, kFirstEventOffset);
  auto tail = TailSource::open(source, options);
  if (!tail) return propagate(tail);
  RelayPump pump(store, **tail);
  for (;;) {
    Result<RelayPump::State> state = pump.step();
    if (!state) return propagate(state);
    after_step();
    if (*state != RelayPump::State::more) return {};
  }
}

// Two closed files and one that is being written: `transactions` in each.
class SourceFolder {
 public:
  explicit SourceFolder(std::uint32_t transactions) {
    for (int file = 1; file <= 3; ++file) {
      BinlogWriter log;
      log.begin_file(file == 3);
      for (std::uint32_t i = 0; i < transactions; ++i) log.insert_transaction(number_++);
      if (file != 3) log.rotate("binlog.00000" + std::to_string(file + 1));
      write_file(path(file), log.take());
      newest_ = std::move(log);
    }
  }
  [[nodiscard]] std::string path(int file) const { return dir_ / ("binlog.00000" + std::to_string(file)); }
  [[nodiscard]] std::string bytes(int file) const { return read_file(path(file)); }
  [[nodiscard]] const std::string& folder() const { return dir_.path(); }
  // One more transaction in the newest file; gives its bytes.
  std::string append() {
    std::string bytes = newest_.insert_transaction(number_++).take();
    append_file(path(3), bytes);
    return bytes;
  }

 private:
  TempDir dir_;
  BinlogWriter newest_;
  std::uint32_t number_ = 1;
};

}  // namespace binferry::test
