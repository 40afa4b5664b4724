#include "cli/resync_request.hpp"

#include "binlog/filter.hpp"
#include "binlog/ship/durable_file.hpp"

#include <filesystem>
#include <fstream>

#include <unistd.h>

namespace binferry::cli {
namespace {

std::string path_of(const std::string& replica) {
  return replica + ".resync-request";
}

}  // namespace

std::vector<TableRegistry::Key> chosen_tables(const TableRegistry& tables, const std::vector<std::string>& patterns) {
  TransactionFilter chosen;
  chosen.tables = patterns;
  std::vector<TableRegistry::Key> keys;
  for (const auto& [key, table] : tables.all()) {
    const bool wanted = patterns.empty() ? table.state == TableState::quarantined
                                         : table.state != TableState::excluded && chosen.wants(key.first, key.second);
    if (wanted) keys.push_back(key);
  }
  return keys;
}

Status request_resync(const std::string& replica, const std::vector<std::string>& patterns) {
  std::string text;
  for (const std::string& pattern : patterns) {
    if (pattern.find('\n') != std::string::npos) return fail(Errc::usage, "a line end in the name of a table");
    text += pattern + "\n";
  }
  return replace_durably(path_of(replica), text);
}

bool is_resync_requested(const std::string& replica) {
  std::error_code ignored;
  return std::filesystem::exists(path_of(replica), ignored);
}

void withdraw_resync(const std::string& replica) {
  ::unlink(path_of(replica).c_str());
}

std::vector<TableRegistry::Key> take_resync_request(const std::string& replica, const TableRegistry& tables) {
  std::ifstream file(path_of(replica));
  if (!file) return {};
  std::vector<std::string> patterns;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty()) patterns.push_back(line);
  }
  withdraw_resync(replica);
  return chosen_tables(tables, patterns);
}

}  // namespace binferry::cli
