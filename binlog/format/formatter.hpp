// Transactions out as text. A formatter appends to a string that the caller writes out; it keeps no output of its own.
#pragma once

#include "binlog/base/result.hpp"
#include "binlog/changes.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace binferry {

class Formatter {
 public:
  virtual ~Formatter() = default;
  // Calls come as begin, change…, end; `rows` is how many row changes will be delivered. Errors: a value that is not
  // valid in its column (Errc::undecodable); what was appended for that change is then incomplete.
  virtual void begin(const Transaction& transaction, std::uint64_t rows, std::string& out) = 0;
  virtual Status change(const Change& change, std::string& out) = 0;
  virtual void end(std::string& out) = 0;
};

struct TextOptions {
  bool colour = false;
  bool notes = false;  // the original statements that ROWS_QUERY and ANNOTATE_ROWS carry
};

// JSON Lines, the contract of docs/cli-json.md.
std::unique_ptr<Formatter> make_json_formatter();
// Readable transactions: coordinates, then rows as `column: old → new`.
std::unique_ptr<Formatter> make_text_formatter(const TextOptions& options = {});
// Statements that would redo the changes on a server of the same kind.
std::unique_ptr<Formatter> make_sql_formatter();

}  // namespace binferry
