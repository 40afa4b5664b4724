// Which temporary tables the sessions of a log have, as far as the log tells (formats STATEMENT and MIXED).
//
// A temporary table hides the base table of its name from its own session, and only its creation is sure to say
// TEMPORARY: an ALTER, TRUNCATE, CREATE INDEX or RENAME of it reads like one of the base table. Sessions are told apart
// by the server and thread that a QUERY event names. One thread.
#pragma once

#include "binlog/schema/ddl_statement.hpp"
#include "binlog/schema/dialect.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

namespace binferry {

class TemporaryTables {
 public:
  // Flag of an event's header: its statement used a temporary table of its session. It may stay from an earlier
  // statement of a routine, so it alone does not tell whose a table is.
  static constexpr std::uint16_t kThreadSpecific = 0x0004;

  struct Session {
    std::uint32_t server_id = 0;  // of the event's header: where the statement was first run
    std::uint32_t thread_id = 0;  // of the QUERY event
    auto operator<=>(const Session&) const = default;
  };

  // CREATE TEMPORARY TABLE and DROP TEMPORARY TABLE; anything else is passed over.
  void observe(const Session& session, std::string_view sql, const SqlDialect& dialect,
               std::string_view default_database);
  // Takes out of a table statement what is about temporary tables of the session. True if it is about nothing else. A
  // CREATE TABLE … LIKE one is left with a model that no catalogue knows.
  bool take(const Session& session, std::uint16_t header_flags, const SqlDialect& dialect,
            std::string_view default_database, DdlStatement& statement);
  // A restart of the server ends all sessions.
  void clear() { sessions_.clear(); }
  [[nodiscard]] bool empty() const { return sessions_.empty(); }

 private:
  using Name = std::pair<std::string, std::string>;  // schema, table
  using Names = std::set<Name>;
  static Name full(const TableName& name, std::string_view default_database);

  // Each takes an event to enter. Sessions that vanished without a word must not add up for ever: beyond this number
  // all is forgotten, as if the log began here.
  static constexpr std::size_t kMostSessions = 1 << 16;
  std::map<Session, Names> sessions_;
};

}  // namespace binferry
