#include "binlog/source/mysql/query_session.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/base/limits.hpp"

namespace binferry::mysql {
namespace {

constexpr std::uint8_t kComQuery = 0x03;
constexpr std::uint8_t kLocalInfile = 0xFB;
constexpr std::uint8_t kNull = 0xFB;
constexpr std::uint16_t kMoreResults = 0x0008;
constexpr std::size_t kMaxColumns = Limits{}.columns;

Status no_more_results(std::uint16_t status) {
  if ((status & kMoreResults) == 0) return {};
  return fail(Errc::protocol, "the server sends several results for one statement");
}

}  // namespace

void QuerySession::start(std::string_view sql) {
  columns_.clear();
  row_.clear();
  affected_rows_ = 0;
  refusal_ = {};
  state_ = State::head;
  std::string command(1, static_cast<char>(kComQuery));
  command.append(sql);
  codec_.begin_command();
  codec_.write(bytes_of(command));
}

Result<QuerySession::Step> QuerySession::resume(Bytes packet) {
  if (state_ == State::idle) return fail(Errc::internal, "a query resumed out of turn");
  if (packet.empty()) return fail(Errc::protocol, "an empty packet in the answer to a query");
  if (is_error_packet(packet)) {
    refusal_ = parse_server_error(packet);
    state_ = State::idle;
    return Step::refused;
  }
  switch (state_) {
    case State::head: return on_head(packet);
    case State::columns:
      if (Status read = on_column(packet); !read) return propagate(read);
      if (columns_.size() == column_count_) state_ = State::columns_end;
      return Step::receive;
    case State::columns_end:
      if (!is_eof_packet(packet)) return fail(Errc::protocol, "no end behind a result's columns");
      row_.resize(column_count_);
      state_ = State::rows;
      return Step::receive;
    case State::rows: return on_row(packet);
    case State::idle: break;
  }
  return fail(Errc::internal, "a query resumed out of turn");
}

Result<QuerySession::Step> QuerySession::on_head(Bytes packet) {
  if (packet[0] == kLocalInfile) {
    return fail(Errc::protocol, "the server asks for a local file", "do not trust this server");
  }
  ByteReader reader(packet);
  if (is_ok_packet(packet)) {
    reader.skip(1);
    affected_rows_ = reader.pint();
    reader.pint();  // last insert id
    const std::uint16_t status = reader.u16();
    if (Status read = reader.finish_open("OK packet"); !read) return propagate(read);
    if (Status single = no_more_results(status); !single) return propagate(single);
    state_ = State::idle;
    return Step::done;
  }
  const std::uint64_t count = reader.pint();
  if (Status read = reader.finish("column count"); !read) return propagate(read);
  if (count == 0 || count > kMaxColumns) {
    return fail(Errc::limit, "a result of " + std::to_string(count) + " columns");
  }
  column_count_ = static_cast<std::size_t>(count);
  state_ = State::columns;
  return Step::receive;
}

Status QuerySession::on_column(Bytes packet) {
  ByteReader reader(packet);
  for (int i = 0; i < 4; ++i) reader.skip(reader.pint());  // catalogue, schema, table as called and as it is
  QueryColumn column;
  column.name = reader.text(reader.pint());
  reader.skip(reader.pint());  // name in the table
  reader.pint();               // length of what follows, 12
  column.collation = reader.u16();
  reader.skip(4);  // display length
  column.type = reader.u8();
  column.flags = reader.u16();
  column.decimals = reader.u8();
  if (Status read = reader.finish_open("column definition"); !read) return read;
  columns_.push_back(std::move(column));
  return {};
}

Result<QuerySession::Step> QuerySession::on_row(Bytes packet) {
  if (is_eof_packet(packet)) {
    ByteReader reader(packet);
    reader.skip(3);
    const std::uint16_t status = reader.u16();
    if (Status read = reader.finish("EOF packet"); !read) return propagate(read);
    if (Status single = no_more_results(status); !single) return propagate(single);
    state_ = State::idle;
    return Step::done;
  }
  ByteReader reader(packet);
  for (std::optional<std::string_view>& value : row_) {
    if (!reader.empty() && reader.rest()[0] == kNull) {
      reader.skip(1);
      value.reset();
    } else {
      value = reader.text(reader.pint());
    }
  }
  if (Status read = reader.finish("row"); !read) return propagate(read);
  return Step::row;
}

}  // namespace binferry::mysql
