// One statement and its answer: COM_QUERY with the text result, row by row.
//
// Sans-io and reusable: start() queues the statement in the codec, resume() takes each packet of the answer. Views of a
// row live as long as the packet given to resume(). One thread; the codec must outlive the session.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"
#include "binlog/source/mysql/packet_codec.hpp"
#include "binlog/source/mysql/server_error.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace binferry::mysql {

struct QueryColumn {
  std::string name;
  std::uint8_t type = 0;        // the wire's type code, as in TABLE_MAP
  std::uint16_t collation = 0;  // 63: binary
  std::uint16_t flags = 0;
  std::uint8_t decimals = 0;
};

// Values as text; nothing for NULL.
using QueryRow = std::span<const std::optional<std::string_view>>;

class QuerySession {
 public:
  enum class Step : std::uint8_t {
    receive,  // give the next packet to resume()
    row,      // row() is filled; then as `receive`
    done,     // the answer is complete
    refused,  // refusal() says why; the connection can take the next command
  };

  explicit QuerySession(PacketCodec& codec) : codec_(codec) {}

  // Gives up whatever the session held. The caller has taken the last answer to its end.
  void start(std::string_view sql);

  // Errors: `protocol`, `truncated`, `corrupt`, `limit`; the connection is then of no use. A request for a local file
  // is one: this client never announced that it would send any.
  Result<Step> resume(Bytes packet);

  [[nodiscard]] const std::vector<QueryColumn>& columns() const { return columns_; }
  [[nodiscard]] QueryRow row() const { return row_; }
  [[nodiscard]] const ServerError& refusal() const { return refusal_; }
  [[nodiscard]] std::uint64_t affected_rows() const { return affected_rows_; }

 private:
  enum class State : std::uint8_t { idle, head, columns, columns_end, rows };

  Result<Step> on_head(Bytes packet);
  Status on_column(Bytes packet);
  Result<Step> on_row(Bytes packet);

  PacketCodec& codec_;
  State state_ = State::idle;
  std::size_t column_count_ = 0;
  std::vector<QueryColumn> columns_;
  std::vector<std::optional<std::string_view>> row_;
  ServerError refusal_;
  std::uint64_t affected_rows_ = 0;
};

}  // namespace binferry::mysql
