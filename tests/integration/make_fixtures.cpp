// Makes the logs under fixtures/mariadb-10.11 and fixtures/mysql-5.6 again: make_fixtures FIXTURES_FOLDER [CASE…]
//
// A case is a folder `<server>/<name>` with a source.sql. Its lines `-- option: --name=value` are options of the server
// ({case} stands for the folder), `-- reconnect` begins a new session; the rest runs line by line, so that a statement
// the server refuses takes only what stands behind it on its line with it. What the server refused goes to errors.txt.
#include "tests/integration/support/select_all.hpp"
#include "tests/integration/support/server_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>
#include <fstream>
#include <string>
#include <vector>

namespace binferry::test {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kOption = "-- option: ";
constexpr std::string_view kReconnect = "-- reconnect";

struct Source {
  std::vector<std::string> options;
  std::vector<std::string> lines;
};

Source read_source(const fs::path& folder) {
  Source source;
  std::ifstream file(folder / "source.sql");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with(kOption)) {
      std::string option = line.substr(kOption.size());
      if (const std::size_t at = option.find("{case}"); at != std::string::npos) {
        option.replace(at, 6, fs::absolute(folder).string());
      }
      source.options.push_back(std::move(option));
    } else {
      source.lines.push_back(std::move(line));
    }
  }
  return source;
}

// Statements may span lines: a piece ends with a line that ends in a semicolon.
void run(SqlClient& client, const Source& source, std::string& errors) {
  std::string piece;
  for (std::size_t i = 0; i < source.lines.size(); ++i) {
    const std::string& line = source.lines[i];
    if (line == kReconnect) client.reconnect();
    if (piece.empty() && (line.empty() || line.starts_with("-- "))) continue;
    piece += line + "\n";
    if (!line.ends_with(';')) continue;
    if (const auto refusal = client.attempt(piece)) errors += fmt::format("{}: {}\n", refusal->code(), refusal->what());
    piece.clear();
  }
}

void write(const fs::path& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// The in-use flag goes and the last event is STOP only when the server ends properly, so the logs are copied after
// that.
void make_case(const fs::path& folder, Flavor flavor) {
  const Source source = read_source(folder);
  ServerOptions options;
  options.flavor = flavor;
  options.extra = source.options;
  ServerProcess server(options);
  SqlClient client = server.connect();
  std::string errors;
  run(client, source, errors);
  client.reconnect();
  const std::string version = client.scalar("SELECT VERSION()");
  fs::remove_all(folder / "expected");
  fs::create_directories(folder / "expected");
  std::size_t rows = 0;
  for (const TableDump& dump : select_everything(client)) {
    write(folder / "expected" / dump_file_name(dump.schema, dump.table), to_jsonl(dump));
    rows += dump.rows.size();
  }
  server.stop();
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.path().filename().string().starts_with("binlog.")) fs::remove(entry.path());
  }
  for (const fs::path& log : server.binlog_files()) fs::copy_file(log, folder / log.filename());
  fs::copy_file(server.binlog_folder() / "binlog.index", folder / "binlog.index");
  std::string settings = version + "\n--binlog-format=ROW --binlog-checksum=CRC32";
  for (const std::string& option : source.options) {
    const std::size_t secret = option.find(fs::absolute(folder).string());
    settings += " " + (secret == std::string::npos ? option : option.substr(0, secret) + "keys.txt");
  }
  write(folder / "server.txt", settings + "\n");
  fs::remove(folder / "errors.txt");
  if (!errors.empty()) write(folder / "errors.txt", errors);
  fmt::print("{}: {} rows in {} logs{}\n", folder.string(), rows, server.binlog_files().size(),
             errors.empty() ? "" : ", with refused statements");
}

int make(const fs::path& fixtures, const std::vector<std::string>& wanted) {
  int made = 0;
  for (const Flavor flavor : {Flavor::mariadb, Flavor::mysql56}) {
    if (const std::string reason = why_unavailable(flavor); !reason.empty()) {
      fmt::print(stderr, "{}: left as it is: {}\n", name_of(flavor), reason);
      continue;
    }
    std::vector<fs::path> cases;
    for (const fs::directory_entry& entry : fs::directory_iterator(fixtures / name_of(flavor))) {
      if (fs::exists(entry.path() / "source.sql")) cases.push_back(entry.path());
    }
    std::sort(cases.begin(), cases.end());
    for (const fs::path& folder : cases) {
      const std::string name = fmt::format("{}/{}", name_of(flavor), folder.filename().string());
      if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), name) == wanted.end()) continue;
      make_case(folder, flavor);
      ++made;
    }
  }
  return made > 0 ? 0 : 1;
}

}  // namespace
}  // namespace binferry::test

int main(int count, char** arguments) {
  const std::vector<std::string> args(arguments + 1, arguments + count);
  if (args.empty()) {
    fmt::print(stderr, "usage: make_fixtures FIXTURES_FOLDER [mariadb-10.11/types …]\n");
    return 2;
  }
  try {
    return binferry::test::make(args.front(), {args.begin() + 1, args.end()});
  } catch (const std::exception& error) {
    fmt::print(stderr, "{}\n", error.what());
    return 1;
  }
}
