#include "applier/relay_log.hpp"

#include "applier/replay.hpp"
#include "binlog/ship/durable_file.hpp"
#include "binlog/ship/relay_source.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <unistd.h>

namespace binferry {
namespace {

constexpr const char* kPutAside = "if the source still has what the replica lacks, remove this folder and start again";

// Whether a replica that stands at `checkpoint` has everything in front of a log that begins behind `from`.
bool reaches(const Checkpoint& checkpoint, const Checkpoint& from) {
  if (!from.position.file.empty() && !checkpoint.position.file.empty() && checkpoint.position >= from.position) {
    return true;
  }
  if (from.gtids.empty()) return from.position.file.empty();
  return checkpoint.gtids.contains(from.gtids);
}

}  // namespace

Result<std::unique_ptr<RelayLog>> RelayLog::open(const std::string& replica,
                                                 std::function<void(const std::string&)> note) {
  RelayStoreOptions options;
  options.fills_holes = true;
  options.note = std::move(note);
  Result<std::unique_ptr<RelayStore>> store = RelayStore::open(folder_of(replica), options);
  if (!store) return propagate(store);
  std::unique_ptr<RelayLog> log(new RelayLog(folder_of(replica), std::move(*store)));
  if (Status loaded = log->load(); !loaded) return propagate(loaded, log->folder_);
  return log;
}

Status RelayLog::load() {
  std::ifstream file(from_path(), std::ios::binary);
  if (!file) return {};
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (text.ends_with('\n')) text.pop_back();
  Result<Checkpoint> from = parse_checkpoint(text);
  if (!from) return propagate(from, from_path());
  from_ = std::move(*from);
  return {};
}

Status RelayLog::check_fits(const Checkpoint& checkpoint) const {
  if (from_->source.known() && checkpoint.source.known()) {
    if (Status same = check_same_source(checkpoint.source, from_->source); !same) {
      return std::unexpected(
          Error{Errc::diverged, "this relay log is another source's: " + same.error().message(), folder_, kPutAside});
    }
  }
  if (reaches(checkpoint, *from_)) return {};
  return std::unexpected(Error{Errc::diverged,
                               "the relay log begins behind " + from_->position.text() + ", the replica stands at " +
                                   (checkpoint.position.file.empty() ? "its beginning" : checkpoint.position.text()),
                               folder_, kPutAside});
}

Status RelayLog::drain(SqliteApplier& applier, const std::function<bool()>& should_stop) {
  if (!from_ || store_->published().file.empty()) return {};
  const Checkpoint& checkpoint = applier.checkpoint();
  if (Status fits = check_fits(checkpoint); !fits) return fits;
  RelaySource source(*store_, checkpoint.position);
  source.finish();
  ReplayOptions options;
  options.start = checkpoint.position.offset;
  options.by_gtids = true;  // that nothing is missing was proved when the log was begun
  Replay replay(applier, source, std::move(options));
  Status applied = replay.run(should_stop, {});
  if (!applied) return propagate(applied, folder_);
  return {};
}

std::optional<BinlogPosition> RelayLog::end_behind(const Checkpoint& checkpoint) {
  // What is damaged or another's is for drain() to tell.
  if (!from_ || !checkpoint.source.known() || checkpoint.position.file.empty()) return std::nullopt;
  if (!check_fits(checkpoint) || !store_->drop_unfinished()) return std::nullopt;
  if (store_->published() <= checkpoint.position) return std::nullopt;
  return store_->resume_position();
}

// In this order: a log without its beginning is nobody's.
Status RelayLog::forget() {
  if (::unlink(from_path().c_str()) != 0 && errno != ENOENT) {
    return std::unexpected(Error{Errc::io, "remove from.json", folder_, {}});
  }
  from_.reset();
  return sync_folder(folder_);
}

Status RelayLog::restart(const Checkpoint& from) {
  if (Status forgotten = forget(); !forgotten) return forgotten;
  if (Status cleared = store_->clear(); !cleared) return cleared;
  if (Status kept = replace_durably(from_path(), to_json(from) + "\n"); !kept) return kept;
  from_ = from;
  return {};
}

Status RelayLog::trim(const BinlogPosition& applied) {
  const std::vector<RelayFile> files = store_->files();
  const auto first = std::ranges::find(files, applied.file, &RelayFile::name);
  if (first == files.end()) return {};
  return store_->purge(static_cast<std::size_t>(first - files.begin()));
}

Status RelayLog::remove() {
  if (Status forgotten = forget(); !forgotten) return forgotten;
  store_.reset();
  std::error_code error;
  std::filesystem::remove_all(folder_, error);
  if (error) return std::unexpected(Error{Errc::io, "remove: " + error.message(), folder_, {}});
  return {};
}

}  // namespace binferry
