#include "binlog/source/log_directory.hpp"

#include "binlog/source/input.hpp"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <memory>
#include <set>
#include <dirent.h>
#include <sys/stat.h>

namespace binferry {
namespace {

constexpr std::size_t kFewestDigits = 3;  // servers before 5.0 wrote three
constexpr std::uint64_t kIndexBytes = 64 << 20;
constexpr const char* kFetchMissing = "fetch the missing file, or name the files to read one by one";

struct Listing {
  std::vector<std::string> indexes;  // names
  std::vector<std::string> logs;
};

bool is_file(const std::string& path, std::uint64_t& bytes) {
  struct stat status{};
  if (::stat(path.c_str(), &status) != 0 || S_ISDIR(status.st_mode)) return false;
  bytes = static_cast<std::uint64_t>(status.st_size);
  return true;
}

std::string joined(const std::set<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

Result<Listing> scan(const std::string& directory) {
  struct Closer {
    void operator()(DIR* dir) const { ::closedir(dir); }
  };
  const std::unique_ptr<DIR, Closer> dir(::opendir(directory.c_str()));
  if (!dir) {
    auto failed = system_error("open the folder", errno);
    return propagate<void>(std::unexpected(std::move(failed.error()).at(directory)));
  }
  Listing listing;
  while (const dirent* entry = ::readdir(dir.get())) {
    std::string name = entry->d_name;
    if (name.ends_with(".index")) {
      listing.indexes.push_back(std::move(name));
    } else if (parse_log_name(name)) {
      listing.logs.push_back(std::move(name));
    }
  }
  return listing;
}

Result<std::vector<std::string>> read_index(const std::string& path) {
  Result<std::unique_ptr<Input>> input = open_input(path);
  if (!input) return propagate(input, path);
  std::string text;
  for (;;) {
    char chunk[65536];
    Result<std::size_t> got =
        (*input)->read(text.size(), {reinterpret_cast<std::uint8_t*>(chunk), sizeof chunk}, sizeof chunk);
    if (!got) return propagate(got, path);
    text.append(chunk, *got);
    if (*got < sizeof chunk) break;
    if (text.size() > kIndexBytes) return std::unexpected(Error{Errc::limit, "the index is too large", path, {}});
  }
  std::vector<std::string> entries;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t newline = rest.find('\n');
    if (newline == std::string_view::npos) break;  // the server is writing this line
    std::string_view line = rest.substr(0, newline);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) entries.emplace_back(line);
    rest.remove_prefix(newline + 1);
  }
  return entries;
}

Status check_no_hole(const std::vector<LogFile>& logs, const std::string& directory) {
  for (std::size_t i = 1; i < logs.size(); ++i) {
    const std::string expected = next_log_name(logs[i - 1].name);
    if (!expected.empty() && logs[i].name != expected && logs[i].number != logs[i - 1].number + 1) {
      return std::unexpected(Error{Errc::not_found,
                                   expected + " is missing between " + logs[i - 1].name + " and " + logs[i].name,
                                   directory, kFetchMissing});
    }
  }
  return {};
}

Result<std::vector<LogFile>> look_by_index(const std::string& index_path, const std::string& directory,
                                           IndexRule rule) {
  Result<std::vector<std::string>> entries = read_index(index_path);
  if (!entries) return propagate(entries);
  std::vector<LogFile> logs;
  std::vector<std::string> missing;  // since the last that is there
  for (const std::string& entry : *entries) {
    LogFile log{.name = std::string(base_name_of(entry)), .path = directory + "/" + std::string(base_name_of(entry))};
    if (const auto name = parse_log_name(log.name)) log.number = name->number;
    bool found = is_file(log.path, log.bytes);
    if (!found) {
      log.path = entry.starts_with('/') ? entry : directory + "/" + entry;
      found = is_file(log.path, log.bytes);
    }
    if (!found) {
      missing.push_back(log.name);
      continue;
    }
    if (!missing.empty() && (rule == IndexRule::complete || !logs.empty())) {
      return std::unexpected(Error{Errc::not_found,
                                   missing.front() + " is in the index, but missing before " + log.name, index_path,
                                   kFetchMissing});
    }
    missing.clear();
    logs.push_back(std::move(log));
  }
  if (logs.empty() && !entries->empty()) {
    return std::unexpected(
        Error{Errc::not_found,
              "none of the logs in the index is here, not even " + std::string(base_name_of(entries->back())),
              index_path, "copy the log files into this folder"});
  }
  if (missing.size() > (rule == IndexRule::live ? 1 : 0)) {
    return std::unexpected(Error{Errc::not_found,
                                 missing.front() + " is in the index, but missing behind " + logs.back().name,
                                 index_path, kFetchMissing});
  }
  if (Status whole = check_no_hole(logs, directory); !whole) return propagate(whole);
  return logs;
}

Result<std::vector<LogFile>> from_index(const std::string& index_path, const std::string& directory, IndexRule rule) {
  Result<std::vector<LogFile>> logs = look_by_index(index_path, directory, rule);
  // A server may have purged or begun a file between our looks at its index and at its folder.
  if (!logs && logs.error().code == Errc::not_found) logs = look_by_index(index_path, directory, rule);
  return logs;
}

Result<std::vector<LogFile>> from_names(const std::vector<std::string>& names, const std::string& directory,
                                        std::string_view base) {
  std::vector<LogFile> logs;
  std::set<std::string> bases;
  for (const std::string& text : names) {
    const LogName name = *parse_log_name(text);
    LogFile log{.name = text, .path = directory + "/" + text, .number = name.number};
    if ((!base.empty() && name.base != base) || !is_file(log.path, log.bytes)) continue;
    bases.insert(std::string(name.base));
    logs.push_back(std::move(log));
  }
  if (bases.size() > 1) {
    return std::unexpected(Error{Errc::usage, "the folder holds logs of several names: " + joined(bases), directory,
                                 "name the files, or the index of one of them"});
  }
  std::ranges::sort(logs, {}, &LogFile::number);
  if (Status whole = check_no_hole(logs, directory); !whole) return propagate(whole);
  return logs;
}

}  // namespace

std::optional<LogName> parse_log_name(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0) return std::nullopt;
  const std::string_view digits = name.substr(dot + 1);
  LogName parsed{.base = name.substr(0, dot), .digits = digits.size()};
  const auto [stop, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed.number);
  if (digits.size() < kFewestDigits || error != std::errc{} || stop != digits.data() + digits.size())
    return std::nullopt;
  return parsed;
}

std::string next_log_name(std::string_view name) {
  const auto parsed = parse_log_name(name);
  if (!parsed || parsed->number == UINT64_MAX) return {};
  std::string digits = std::to_string(parsed->number + 1);
  if (digits.size() < parsed->digits) digits.insert(0, parsed->digits - digits.size(), '0');
  return std::string(parsed->base) + "." + digits;
}

std::string_view base_name_of(std::string_view path) {
  return path.substr(path.rfind('/') + 1);
}

Result<std::vector<LogFile>> list_logs(const std::string& directory, std::string_view base, IndexRule rule) {
  if (std::uint64_t bytes = 0; directory.ends_with(".index") && is_file(directory, bytes)) {
    const std::size_t slash = directory.rfind('/');
    return from_index(directory, slash == std::string::npos ? "." : directory.substr(0, slash), rule);
  }
  Result<Listing> listing = scan(directory);
  if (!listing) return propagate(listing);
  // An index `x.index` need not be named as its logs are, so its first entry says whose it is.
  std::vector<std::string> chosen;
  std::set<std::string> found;
  for (const std::string& name : listing->indexes) {
    const std::string path = directory + "/" + name;
    Result<std::vector<std::string>> entries = read_index(path);
    if (!entries) return propagate(entries);
    const auto first = entries->empty() ? std::nullopt : parse_log_name(base_name_of(entries->front()));
    if (!first || (!base.empty() && first->base != base)) continue;
    chosen.push_back(path);
    found.insert(name);
  }
  if (chosen.size() > 1) {
    return std::unexpected(Error{Errc::usage, "the folder holds several indexes: " + joined(found), directory,
                                 "name one of them instead of the folder"});
  }
  if (chosen.size() == 1) return from_index(chosen.front(), directory, rule);
  return from_names(listing->logs, directory, base);
}

}  // namespace binferry
