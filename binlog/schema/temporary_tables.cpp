#include "binlog/schema/temporary_tables.hpp"

#include "binlog/schema/ddl_parts.hpp"
#include "binlog/schema/sql_cursor.hpp"

#include <variant>
#include <vector>

namespace binferry {

TemporaryTables::Name TemporaryTables::full(const TableName& name, std::string_view default_database) {
  return {name.schema.empty() ? std::string(default_database) : name.schema, name.name};
}

void TemporaryTables::observe(const Session& session, std::string_view sql, const SqlDialect& dialect,
                              std::string_view default_database) {
  SqlCursor cursor(sql, dialect);
  const bool create = cursor.accept("CREATE");
  if (create) {
    cursor.accept_words({"OR", "REPLACE"});
  } else if (!cursor.accept("DROP")) {
    return;
  }
  if (!cursor.accept("TEMPORARY") || !cursor.accept_any({"TABLE", "TABLES", "SEQUENCE"})) return;
  create ? ddl::if_not_exists(cursor) : ddl::if_exists(cursor);
  do {
    const TableName name = ddl::table_name(cursor);
    if (cursor.failed()) return;
    if (create) {
      if (sessions_.size() >= kMostSessions) sessions_.clear();
      sessions_[session].insert(full(name, default_database));
    } else if (const auto found = sessions_.find(session); found != sessions_.end()) {
      found->second.erase(full(name, default_database));
      if (found->second.empty()) sessions_.erase(found);
    }
  } while (!create && cursor.accept_symbol(','));
}

bool TemporaryTables::take(const Session& session, std::uint16_t header_flags, const SqlDialect& dialect,
                           std::string_view default_database, DdlStatement& statement) {
  const auto found = sessions_.find(session);
  if (found == sessions_.end()) return false;
  Names& names = found->second;
  const auto is_temporary = [&](const TableName& name) { return names.contains(full(name, default_database)); };
  const bool uses_temporary = (header_flags & kThreadSpecific) != 0;
  if (auto* create = std::get_if<CreateTable>(&statement)) {
    if (create->like && is_temporary(*create->like)) create->like->name += " (temporary)";
    return false;
  }
  if (const auto* alter = std::get_if<AlterTable>(&statement)) {
    if (!uses_temporary || !is_temporary(alter->table)) return false;
    for (const AlterAction& action : alter->actions) {
      if (const auto* rename = std::get_if<RenameTo>(&action)) {
        names.erase(full(alter->table, default_database));
        names.insert(full(rename->to, default_database));
      }
    }
    return true;
  }
  if (const auto* truncate = std::get_if<TruncateTable>(&statement)) {
    return uses_temporary && is_temporary(truncate->table);
  }
  // MySQL renames temporary tables by ALTER alone (manual, "RENAME TABLE Statement").
  if (auto* rename = std::get_if<RenameTable>(&statement); rename != nullptr && dialect.mariadb) {
    std::erase_if(rename->pairs, [&](const RenameTable::Pair& pair) {
      if (!is_temporary(pair.from)) return false;
      names.erase(full(pair.from, default_database));
      names.insert(full(pair.to, default_database));
      return true;
    });
    return rename->pairs.empty();
  }
  return false;
}

}  // namespace binferry
