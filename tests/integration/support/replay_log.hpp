// Log files into a Model, through the same classes that the commands use.
#pragma once

#include "tests/integration/support/model.hpp"

#include <filesystem>
#include <vector>

namespace binferry::test {

struct ReplayOptions {
  std::filesystem::path key_file;  // MariaDB's, for encrypted logs; empty if there is none
  int lower_case_table_names = 0;
};

// Reads the files in order, to the end, and applies every transaction. Errors carry `file:offset`.
Status replay_log(const std::vector<std::filesystem::path>& files, Model& model, const ReplayOptions& options = {});

// How many row changes a log holds, as ChangeReader::check() counts them.
Result<std::uint64_t> count_rows(const std::filesystem::path& file);

// The files of a folder named `binlog.` and a number, in order.
std::vector<std::filesystem::path> logs_of(const std::filesystem::path& folder);

}  // namespace binferry::test
