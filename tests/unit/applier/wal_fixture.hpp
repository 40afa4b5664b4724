// A database in WAL mode whose writer joins the frames of its log. Tests only.
#pragma once

#include "applier/sqlite.hpp"
#include "applier/wal_vfs.hpp"
#include "tests/integration/support/random.hpp"
#include "tests/unit/support/temp_dir.hpp"

#include <filesystem>
#include <optional>
#include <string>

#include <gtest/gtest.h>

namespace binferry::test {

class WalTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto vfs = frame_joining_vfs("");
    ASSERT_TRUE(vfs) << vfs.error().message();
    vfs_ = *vfs;
    auto opened = Database::open(path_, OpenMode::create, vfs_);
    ASSERT_TRUE(opened) << opened.error().message();
    writer_.emplace(std::move(*opened));
    must("PRAGMA journal_mode = WAL; CREATE TABLE t (id INTEGER PRIMARY KEY, n INTEGER NOT NULL, x BLOB)");
  }

  void must(const std::string& sql) {
    const Status done = writer_->execute(sql);
    ASSERT_TRUE(done) << sql << ": " << done.error().message();
  }

  // The files as a process that was killed leaves them, under another name. The database first: what is copied into it
  // behind that is in the log still, for only the writer, which is here, begins that anew.
  [[nodiscard]] std::string copy_as_a_kill_leaves_it() const {
    const std::string copy = dir_.path() + "/copy.db";
    for (const char* const tail : {"", "-wal"}) {
      std::filesystem::copy_file(path_ + tail, copy + tail, std::filesystem::copy_options::overwrite_existing);
    }
    std::filesystem::remove(copy + "-shm");
    return copy;
  }

  TempDir dir_;
  std::string path_ = dir_.path() + "/t.db";
  std::string vfs_;
  std::optional<Database> writer_;
};

}  // namespace binferry::test
