// Key file of MariaDB's file_key_management plugin: `id;hex` lines, `#` comments, optionally encrypted as a whole.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

namespace binferry {

// The keys by id; a value that owns them. MariaDB encrypts binary logs with key 1.
class MariadbKeys {
 public:
  static constexpr std::uint32_t kBinlogKeyId = 1;

  // `content` is the whole key file. `password` (the plugin's `file_key_management_filekey`) is needed only if the file
  // itself is encrypted (it then begins with `Salted__`). Errors: `encrypted`, naming the line, never the key.
  static Result<MariadbKeys> parse(Bytes content, std::string_view password = {});

  // The AES key (16, 24 or 32 bytes), empty if there is none. Lives as long as this.
  [[nodiscard]] Bytes find(std::uint32_t id) const;

 private:
  std::map<std::uint32_t, std::string> keys_;
};

}  // namespace binferry
