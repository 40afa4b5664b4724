#include "tests/integration/support/replay_log.hpp"

#include "binlog/event/mariadb_keys.hpp"
#include "binlog/source/multi_file_source.hpp"

#include <algorithm>
#include <cctype>
#include <fstream>
#include <iterator>

namespace binferry::test {
namespace {

Result<MariadbKeys> read_keys(const std::filesystem::path& path) {
  if (path.empty()) return MariadbKeys();
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  return MariadbKeys::parse(bytes_of(text));
}

// Calls `take(transaction)` for each whole transaction of the files.
template <class Take>
Status read_transactions(EventSource& source, Take take) {
  TransactionAssembler assembler;
  RawEvent event;
  for (;;) {
    const Result<SourceState> state = source.next(event);
    if (!state) return std::unexpected(state.error());
    if (*state == SourceState::end) return {};
    if (*state == SourceState::file_end) assembler.discard_open_group();
    if (*state != SourceState::event) continue;
    Result<EventRole> role = assembler.push(event, source.format());
    if (!role) return propagate(role);
    if (*role != EventRole::complete) continue;
    Status status = take(assembler.transaction());
    if (!status) return status;
  }
}

}  // namespace

Status replay_log(const std::vector<std::filesystem::path>& files, Model& model, const ReplayOptions& options) {
  Result<MariadbKeys> keys = read_keys(options.key_file);
  if (!keys) return propagate(keys, options.key_file.string());
  MultiFileOptions source_options;
  if (!options.key_file.empty()) source_options.file.mariadb_keys = &*keys;
  auto source = MultiFileSource::open({files.begin(), files.end()}, source_options);
  if (!source) return propagate(source);
  Catalogue catalogue(options.lower_case_table_names);
  ChangeReader reader(catalogue, {});
  return read_transactions(**source, [&](const Transaction& transaction) { return model.apply(transaction, reader); });
}

Result<std::uint64_t> count_rows(const std::filesystem::path& file) {
  auto source = MultiFileSource::open({file.string()});
  if (!source) return propagate(source);
  Catalogue catalogue;
  ChangeReader reader(catalogue, {});
  std::uint64_t rows = 0;
  Status status = read_transactions(**source, [&](const Transaction& transaction) -> Status {
    Result<ChangeReader::Counts> counts = reader.check(transaction);
    if (!counts) return propagate(counts);
    rows += counts->rows;
    return {};
  });
  if (!status) return propagate(status);
  return rows;
}

std::vector<std::filesystem::path> logs_of(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const std::string extension = entry.path().extension().string();
    if (entry.path().stem() == "binlog" && extension.size() > 1 &&
        std::isdigit(static_cast<unsigned char>(extension[1])) != 0) {
      files.push_back(entry.path());
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace binferry::test
