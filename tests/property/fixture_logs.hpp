// The logs of fixtures/, each a parameter of a test.
#pragma once

#include "binlog/event/mariadb_keys.hpp"
#include "tests/support/source_dir.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace binferry::test {

inline std::string bytes_of_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Paths below fixtures/, sorted.
inline std::vector<std::string> fixture_logs() {
  const std::filesystem::path fixtures = std::filesystem::path(source_dir()) / "fixtures";
  std::vector<std::string> logs;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(fixtures)) {
    if (entry.is_regular_file() && bytes_of_file(entry.path()).starts_with("\xFE\x62in")) {
      logs.push_back(std::filesystem::relative(entry.path(), fixtures).string());
    }
  }
  std::ranges::sort(logs);
  return logs;
}

inline std::string name_of_log(const testing::TestParamInfo<std::string>& info) {
  std::string name;
  for (const char c : info.param) name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
  return name;
}

// A fixture with its key file, if it is encrypted.
struct FixtureLog {
  explicit FixtureLog(const std::string& name)
      : path(std::filesystem::path(source_dir()) / "fixtures" / name), bytes(bytes_of_file(path)) {
    const std::filesystem::path key_file = path.parent_path() / "keys.txt";
    if (std::filesystem::exists(key_file)) keys = *MariadbKeys::parse(bytes_of(bytes_of_file(key_file)));
  }
  std::filesystem::path path;
  std::string bytes;
  MariadbKeys keys;
};

}  // namespace binferry::test
