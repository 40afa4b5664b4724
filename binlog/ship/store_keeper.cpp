#include "binlog/ship/store_keeper.hpp"

#include "binlog/coordinates/binlog_position.hpp"

#include <sys/stat.h>

namespace binferry {

Result<std::size_t> StoreKeeper::purge(const std::vector<FollowerNeed>& followers, std::vector<std::string> own,
                                       std::uint64_t now_s) {
  if (policy_.keeps_all()) return 0;
  const std::vector<RelayFile> files = store_.files();
  if (files.size() < 2) return 0;
  std::vector<StoredFile> stored;
  for (const RelayFile& file : files) {
    struct stat status{};
    const bool is_there = ::stat(store_.path_of(file.name).c_str(), &status) == 0;
    stored.push_back({file.name, file.end, is_there ? static_cast<std::uint64_t>(status.st_mtime) : now_s});
  }
  StoreNeeds needs;
  needs.own = std::move(own);
  for (const FollowerNeed& follower : followers) {
    needs.followers.push_back(follower.position.file.empty() ? files.front().name : follower.position.file);
  }
  const std::size_t count = files_to_purge(policy_, stored, needs, now_s);
  if (count == 0) return 0;
  const std::string& oldest = files[count].name;
  note_("--keep: " + files.front().name + (count == 1 ? "" : " to " + files[count - 1].name) + " are removed");
  for (std::size_t i = 0; i < followers.size(); ++i) {
    if (compare_log_names(needs.followers[i], oldest) >= 0) continue;
    note_("follower " + followers[i].name + " still needs " + needs.followers[i] +
          ", which --keep does not: it may have to be made again");
  }
  if (Status purged = store_.purge(count); !purged) return propagate(purged);
  return count;
}

}  // namespace binferry
