// The command line as plain values: one struct a command. Only arguments.cpp knows how they are parsed.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/filter.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace binferry::cli {

enum class OutputFormat : std::uint8_t { text, json, sql };

// What every command that reads logs and prints them takes.
struct ReadArguments {
  OutputFormat format = OutputFormat::text;
  bool verbose = false;                        // original statements of row changes, where the log has them
  std::optional<std::uint64_t> start_position; // in the first file
  TransactionFilter filter;                    // stop_position is for the last file, whose name is not known here
  std::string schema_file;                     // output of mysqldump --no-data; empty: none
  std::string key_file;                        // MariaDB file_key_management
  std::string key_file_password;               // file_key_management_filekey; empty: the key file is plain
  std::string keyring;                         // MySQL
};

struct InspectArguments {
  std::vector<std::string> inputs;
  ReadArguments read;
  enum class Mode : std::uint8_t { changes, events, coverage, stats, quiet } mode = Mode::changes;
};

struct TailArguments {
  std::string input;
  ReadArguments read;
  std::string start_file;  // with read.start_position; empty: the first
  bool from_start = false;
  bool stop_at_end = false;
};

// `--help` or `--version`: to be printed, and done.
struct HelpText {
  std::string text;
};

using CommandLine = std::variant<HelpText, InspectArguments, TailArguments>;

// Errors: `usage`.
Result<CommandLine> parse_arguments(int argc, const char* const* argv);

}  // namespace binferry::cli
