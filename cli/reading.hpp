// What the commands that read logs set up before they read: keys, table definitions, formatter.
#pragma once

#include "binlog/event/mariadb_keys.hpp"
#include "binlog/event/mysql_encryption.hpp"
#include "binlog/format/formatter.hpp"
#include "binlog/schema/catalogue.hpp"
#include "cli/arguments.hpp"

#include <memory>
#include <optional>
#include <string>

namespace binferry::cli {

struct Keys {
  std::optional<MariadbKeys> mariadb;
  std::optional<MysqlKeyring> mysql;

  [[nodiscard]] const MariadbKeys* mariadb_or_null() const { return mariadb ? &*mariadb : nullptr; }
  [[nodiscard]] const MysqlKeyring* mysql_or_null() const { return mysql ? &*mysql : nullptr; }
};

// Errors name the file.
Result<Keys> load_keys(const ReadArguments& arguments);
// `catalogue` is what the dump goes into.
Result<Catalogue> load_catalogue(const ReadArguments& arguments, Catalogue catalogue = Catalogue());

std::unique_ptr<Formatter> make_formatter(const ReadArguments& arguments, bool colour);

}  // namespace binferry::cli
