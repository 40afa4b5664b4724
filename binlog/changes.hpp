// Row changes and table statements out of whole transactions: names resolved, values as views.
//
// A ChangeReader lives as long as the stream: it keeps the table-map cache and feeds the catalogue with the log's DDL,
// in log order, so every row is decoded with the definition of its own moment. One thread.
#pragma once

#include "binlog/base/limits.hpp"
#include "binlog/row/row_reader.hpp"
#include "binlog/schema/catalogue.hpp"
#include "binlog/schema/ddl_statement.hpp"
#include "binlog/schema/statement_classifier.hpp"
#include "binlog/transaction.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace binferry {

struct RowChange {
  RowOp op = RowOp::write;
  std::shared_ptr<const Table> table;  // same object for as long as the table's shape does not change
  std::span<const Value> before;       // empty for a write; else one value a column, absent ones marked
  std::span<const Value> after;        // empty for a remove
  std::uint64_t row = 0;               // place in the transaction, from 0
  bool no_foreign_key_checks = false;  // the row event's flag: cascades must not be followed
  bool cascades_logged = false;        // the source logs what its cascades change: nor must they here
  bool undone = false;                 // undone by a later ROLLBACK TO SAVEPOINT; delivered only for
                                       // non-transactional tables, which keep such changes
};

struct DdlChange {
  const DdlStatement* statement = nullptr;
  std::span<const TableChange> changes;  // what it did to the catalogue
  std::string_view sql;                  // UTF-8
  std::string_view schema;               // default database
  DdlContext context;
};

struct StatementChange {  // a statement that is not table DDL
  StatementClass kind = StatementClass::other;
  std::string_view sql;  // UTF-8; empty for account statements, whose text is never shown
  std::string_view schema;
  SqlDialect dialect;  // how its text is to be read
};

struct Change {
  enum class Kind : std::uint8_t { row, ddl, statement, note } kind = Kind::row;
  RowChange row;
  DdlChange ddl;
  StatementChange statement;
  std::string_view note;          // text of ROWS_QUERY or ANNOTATE_ROWS that precedes rows
  std::uint64_t offset = 0;       // of the event it stands in (the outer one for a TRANSACTION_PAYLOAD)
  std::uint32_t timestamp = 0;    // of that event, seconds
  std::uint64_t event_bytes = 0;  // of that event, decompressed; 0 again for every row of it but the first
};

struct ChangeOptions {
  // Rows of tables this says false for are not decoded beyond their event's header. Null: all.
  std::function<bool(std::string_view schema, std::string_view table)> wants;
  // What to do when a TABLE_MAP contradicts the catalogue: `stop` with Errc::schema_mismatch and a diff, or go on with
  // what TABLE_MAP alone tells and report through `on_mismatch` (once a definition).
  bool stop_on_mismatch = true;
  std::function<void(const Error&)> on_mismatch;
  Limits limits;
};

class ChangeReader {
 public:
  // The catalogue must outlive the reader.
  ChangeReader(Catalogue& catalogue, ChangeOptions options);
  ~ChangeReader();

  // Decodes every row that would be delivered without changing the catalogue: proves that the transaction can be read,
  // and counts. Asks the catalogue only for the fractions of MariaDB's old temporal formats, which no TABLE_MAP tells.
  // Errors carry the event's place. Tables that `wants` refuses are counted in neither.
  struct Counts {
    std::uint64_t rows = 0;
  };
  Result<Counts> check(const Transaction& transaction);

  // Starts to deliver `transaction`, which must outlive the calls of next().
  void start(const Transaction& transaction);
  // The next change, null at the end. Everything it points to lives until the next call.
  Result<const Change*> next();
  // The table of the row event in hand, null outside of one: whose rows an error of next() is about. Lives until the
  // next call.
  [[nodiscard]] const Table* rows_table() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace binferry
