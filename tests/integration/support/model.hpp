// An in-memory copy of a server's tables, built from nothing but what a log says.
//
// It is the plainest applier there can be: rows are matched by every cell of the before image, so a wrong before image
// is found as surely as a wrong after image. Table statements are followed where they leave values as they are (or give
// them a default); a table whose values an ALTER converted in another way is *inexact* from then on, and said to be so.
#pragma once

#include "binlog/changes.hpp"
#include "tests/integration/support/table_dump.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace binferry::test {

struct ModelCounts {
  std::uint64_t transactions = 0;
  std::uint64_t inserts = 0;
  std::uint64_t updates = 0;
  std::uint64_t deletes = 0;
  std::uint64_t logged = 0;      // as ChangeReader::check() counts them
  std::uint64_t statements = 0;  // table statements
  [[nodiscard]] std::uint64_t rows() const { return inserts + updates + deletes; }
  bool operator==(const ModelCounts&) const = default;
};

class Model {
 public:
  // Why a child of a foreign key is inexact: what a cascade does to it is not in the log.
  static constexpr const char* kCascades = "cascades are not in the log";
  // The row image leaves out a column whose value only the server can compute.
  static constexpr const char* kComputed = "a computed value is not in the log";
  // A partial update of a JSON document that the row image does not hold.
  static constexpr const char* kPartialJson = "a JSON document is not in the log";

  // Takes every change of the transaction. A change that does not fit what the model holds is Errc::diverged.
  Status apply(const Transaction& transaction, ChangeReader& reader);

  // Compares with everything a server holds (select_everything). Empty when equal, else a text for the test's reader.
  [[nodiscard]] std::string difference(const std::vector<TableDump>& expected) const;

  [[nodiscard]] const ModelCounts& counts() const { return counts_; }
  // Tables that cannot be compared, with the statement's reason.
  [[nodiscard]] const std::map<std::string, std::string>& inexact() const { return inexact_; }
  [[nodiscard]] std::size_t prepared() const { return prepared_.size(); }

 private:
  using Name = std::pair<std::string, std::string>;  // schema, table
  using Image = std::vector<std::optional<Cell>>;    // no cell: the image does not hold the column

  struct OwnedRow {  // a RowChange that outlives its transaction, for XA
    RowOp op = RowOp::write;
    Name table;
    std::vector<std::string> columns;
    Image before;
    Image after;
    bool partial_json = false;
  };
  struct ModelTable {
    std::vector<std::string> columns;
    std::vector<std::optional<Cell>>
        defaults;  // what a column gets that an INSERT's image leaves out; if that is known
    bool sequence = false;
    std::vector<DumpRow> rows;
  };

  static Result<OwnedRow> own(const RowChange& change);
  Status apply(const OwnedRow& row);
  Status apply(const DdlChange& ddl);
  Status apply(const TableChange& change);
  Status alter(const TableChange& change, ModelTable& table);
  static Result<std::vector<DumpRow>::iterator> find(ModelTable& table, const OwnedRow& row,
                                                     const std::vector<std::size_t>& places);
  static void set_definition(ModelTable& table, const TableDefinition& definition);
  void mark_inexact(const Name& table, const std::string& reason);

  std::map<Name, ModelTable> tables_;
  std::map<std::string, std::vector<OwnedRow>> prepared_;  // by XA identifier
  std::map<std::string, std::string> inexact_;
  ModelCounts counts_;
};

}  // namespace binferry::test
