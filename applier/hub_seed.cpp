#include "applier/hub_seed.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <utility>

#include <unistd.h>

namespace binferry {
namespace {

constexpr std::uint32_t kPatienceMs = 10'000;  // of a request, while a copy is made

class SnapshotBody final : public HttpBody {
 public:
  SnapshotBody(std::shared_ptr<const SeedSnapshot> snapshot, std::uint64_t offset)
      : snapshot_(std::move(snapshot)), begin_(offset), at_(offset) {}
  [[nodiscard]] std::optional<std::uint64_t> size() const override { return snapshot_->bytes - begin_; }
  Result<bool> read(std::string& out, std::size_t most) override {
    const std::size_t size = static_cast<std::size_t>(std::min<std::uint64_t>(most, snapshot_->bytes - at_));
    if (size == 0) return false;
    const std::size_t had = out.size();
    out.resize(had + size);
    for (;;) {
      const ssize_t count = ::pread(snapshot_->file.get(), out.data() + had, size, static_cast<off_t>(at_));
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return system_error("read the snapshot", errno);
      if (count == 0)
        return fail(Errc::io, "the snapshot is shorter than it was", "something else writes into the store");
      out.resize(had + static_cast<std::size_t>(count));
      at_ += static_cast<std::uint64_t>(count);
      return true;
    }
  }

 private:
  std::shared_ptr<const SeedSnapshot> snapshot_;
  std::uint64_t begin_;
  std::uint64_t at_;
};

// Of `bytes=N-`; other ranges are not what goes on with a broken transfer, and are answered with everything.
std::optional<std::uint64_t> range_of(const HttpRequest& request) {
  const std::string* const range = request.header("range");
  constexpr std::string_view kUnit = "bytes=";
  if (range == nullptr || !range->starts_with(kUnit) || !range->ends_with('-')) return std::nullopt;
  std::uint64_t offset = 0;
  const char* const end = range->data() + range->size() - 1;
  const auto [stop, error] = std::from_chars(range->data() + kUnit.size(), end, offset);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return offset;
}

HttpReply not_now(const std::string& why) {
  HttpReply reply;
  reply.status = 503;
  reply.body = why + "\n";
  reply.headers = {{"Retry-After", "1"}};
  return reply;
}

HttpReply give(std::shared_ptr<const SeedSnapshot> snapshot, std::uint64_t offset) {
  HttpReply reply;
  reply.content_type = "application/zstd";
  reply.headers = {{"ETag", "\"" + snapshot->sha256 + "\""},
                   {"Accept-Ranges", "bytes"},
                   {"Cache-Control", "no-store"},
                   {"Binferry-Position", snapshot->position.text()}};
  const std::string total = std::to_string(snapshot->bytes);
  if (offset != 0) {
    reply.status = 206;
    reply.headers.emplace_back(
        "Content-Range", "bytes " + std::to_string(offset) + "-" + std::to_string(snapshot->bytes - 1) + "/" + total);
  }
  reply.stream = std::make_unique<SnapshotBody>(std::move(snapshot), offset);
  return reply;
}

SeedSnapshotsOptions snapshots_of(const HubSeedOptions& options) {
  SeedSnapshotsOptions snapshots;
  snapshots.replica = options.replica.folder + "/seed.db";
  snapshots.folder = options.replica.folder;
  snapshots.fresh_us = options.fresh_us;
  snapshots.now_us = options.steady_us;
  snapshots.note = options.replica.note;
  return snapshots;
}

}  // namespace

HubSeed::HubSeed(const RelayStore& store, HubSeedOptions options)
    : replica_(store, options.replica), snapshots_(snapshots_of(options)) {}

std::optional<HttpReply> HubSeed::answer(const HttpRequest& request) {
  const std::optional<std::uint64_t> range = range_of(request);
  if (const std::string* const known = request.header("if-range"); range && known != nullptr) {
    std::string_view digest = *known;
    if (digest.size() > 2) digest = digest.substr(1, digest.size() - 2);
    const auto snapshot = snapshots_.find(digest);
    if (snapshot && *range < snapshot->bytes) return give(snapshot, *range);
  }
  BinlogPosition least;
  if (const std::string* const after = request.parameter("after"); after != nullptr) {
    Result<BinlogPosition> position = BinlogPosition::parse(*after);
    if (!position) return HttpReply{.status = 400, .body = "`after` is a position such as binlog.000001:4\n"};
    least = std::move(*position);
  }
  const SeedReplica::State state = replica_.state();
  if (!state.is_usable) {
    if (request.waited_ms < kPatienceMs && state.trouble.empty()) return std::nullopt;
    return not_now(state.trouble.empty() ? "the seed replica is being made" : "no seed replica: " + state.trouble);
  }
  if (state.position < least) {
    if (request.waited_ms < kPatienceMs) return std::nullopt;
    return not_now("the seed replica stands at " + state.position.text());
  }
  Result<std::shared_ptr<const SeedSnapshot>> snapshot = snapshots_.newest(least);
  if (!snapshot) return not_now(snapshot.error().message());
  if (*snapshot) return give(std::move(*snapshot), 0);
  if (request.waited_ms < kPatienceMs) return std::nullopt;
  return not_now("the snapshot is being made");
}

std::vector<std::string> HubSeed::needed_files() {
  std::vector<std::string> files;
  if (const SeedReplica::State state = replica_.state(); !state.position.file.empty()) {
    files.push_back(state.position.file);
  }
  for (const BinlogPosition& position : snapshots_.positions()) files.push_back(position.file);
  return files;
}

}  // namespace binferry
