// How `binferry resync` asks the process that follows to copy tables anew: a small file beside the replica,
// `R.db.resync-request`, with one pattern of a table a line. Whoever takes it removes it.
#pragma once

#include "applier/tables.hpp"
#include "binlog/base/result.hpp"

#include <string>
#include <vector>

namespace binferry::cli {

// Patterns of TABLE or SCHEMA.TABLE; none: those that are quarantined.
std::vector<TableRegistry::Key> chosen_tables(const TableRegistry& tables, const std::vector<std::string>& patterns);

// Errors: `io`, `no_space`, `usage` for a pattern that cannot stand on a line.
Status request_resync(const std::string& replica, const std::vector<std::string>& patterns);
// Nobody has taken it yet.
bool is_resync_requested(const std::string& replica);
void withdraw_resync(const std::string& replica);
// Takes the request, if there is one: its tables, as far as the replica knows them.
std::vector<TableRegistry::Key> take_resync_request(const std::string& replica, const TableRegistry& tables);

}  // namespace binferry::cli
