// What an account may do, out of the lines of SHOW GRANTS. A value; pure.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::mysql {

class Grants {
 public:
  // One line of the answer: `GRANT SELECT, RELOAD ON *.* TO …`. What is no grant of privileges (roles, PROXY) is passed
  // over; partial revokes of MySQL 8.0 (`REVOKE … ON db.* FROM …`) are taken back.
  void add(std::string_view line);

  // `privilege` in upper case, as SHOW GRANTS writes it. ALL PRIVILEGES holds every one at its level.
  [[nodiscard]] bool has_global(std::string_view privilege) const;
  // FLUSH TABLES WITH READ LOCK: by RELOAD, or by FLUSH_TABLES (MySQL 8.0.23 and later).
  [[nodiscard]] bool may_lock_globally() const { return has_global("RELOAD") || has_global("FLUSH_TABLES"); }
  // On every table of the schema: by a global grant or one on the schema, whose name may hold `%`, `_` and `\_`.
  [[nodiscard]] bool has_on_schema(std::string_view privilege, std::string_view schema) const;
  // The same, or on this one table. A grant on some columns does not count.
  [[nodiscard]] bool has_on_table(std::string_view privilege, std::string_view schema, std::string_view table) const;

 private:
  struct Level {
    std::string schema;  // pattern; `*` alone: global
    std::string table;   // `*`: all
    std::set<std::string, std::less<>> privileges;
    [[nodiscard]] bool has(std::string_view privilege) const;
  };
  std::vector<Level> granted_;
  std::vector<Level> revoked_;
};

}  // namespace binferry::mysql
