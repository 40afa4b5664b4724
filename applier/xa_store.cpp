#include "applier/xa_store.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/base/byte_writer.hpp"
#include "binlog/changes.hpp"
#include "binlog/event/event_header.hpp"
#include "binlog/schema/catalogue.hpp"

#include <algorithm>
#include <utility>

namespace binferry {
namespace {

// A chunk is read whole, and SQLite copies it when a page cache spills: small enough for both, large enough that a
// group of gigabytes has thousands of rows and not millions.
constexpr std::size_t kChunkBytes = 1 << 20;

constexpr const char* kTables =
    "CREATE TABLE IF NOT EXISTS binferry_xa (id INTEGER PRIMARY KEY, xid TEXT NOT NULL UNIQUE, file TEXT NOT NULL,"
    " \"offset\" INTEGER NOT NULL, gtid TEXT NOT NULL, timestamp INTEGER NOT NULL, prepared_us INTEGER NOT NULL,"
    " row_count INTEGER, bytes INTEGER NOT NULL, filtered INTEGER NOT NULL, format BLOB NOT NULL) STRICT;"
    "CREATE TABLE IF NOT EXISTS binferry_xa_events (xa INTEGER NOT NULL, chunk INTEGER NOT NULL, bytes BLOB NOT NULL,"
    " PRIMARY KEY (xa, chunk)) STRICT;";

// What stands in front of an event in the stream.
constexpr std::size_t kRecordBytes = 8 + 8 + 4 + 4 + 4;

std::string encode_format(const FormatDescription& format) {
  ByteWriter out;
  out.lenenc(format.server_version).u8(static_cast<std::uint8_t>(format.kind)).u32(format.version).u32(format.created);
  out.u8(format.header_length).u8(format.has_checksum_field ? 1 : 0).u8(static_cast<std::uint8_t>(format.checksum));
  out.u8(format.event_types).bytes(format.post_header_lengths);
  return std::move(out).str();
}

Result<FormatDescription> decode_format(Bytes bytes) {
  ByteReader in(bytes);
  FormatDescription format;
  format.server_version = in.text(in.pint());
  const std::uint8_t kind = in.u8();
  format.version = in.u32();
  format.created = in.u32();
  format.header_length = in.u8();
  format.has_checksum_field = in.u8() != 0;
  const std::uint8_t checksum = in.u8();
  format.event_types = in.u8();
  const Bytes lengths = in.bytes(format.post_header_lengths.size());
  if (Status whole = in.finish("the format of a prepared transaction"); !whole) return propagate(whole);
  if (kind > static_cast<std::uint8_t>(ServerKind::mariadb) || checksum > 1) {
    return fail(Errc::corrupt, "the format of a prepared transaction is not one");
  }
  format.kind = static_cast<ServerKind>(kind);
  format.checksum = static_cast<ChecksumAlgorithm>(checksum);
  std::ranges::copy(lengths, format.post_header_lengths.begin());
  return format;
}

// How many rows the group changes; nothing if they cannot be decoded, which is for XA COMMIT to complain about: the
// group may still be rolled back.
std::optional<std::uint64_t> rows_of(const Transaction& group, const Limits& limits) {
  Catalogue none;
  ChangeOptions options;
  options.limits = limits;
  const Result<ChangeReader::Counts> counts = ChangeReader(none, std::move(options)).check(group);
  if (!counts) return std::nullopt;
  return counts->rows;
}

// Cuts a stream of bytes into the rows of binferry_xa_events.
class ChunkWriter {
 public:
  ChunkWriter(SqliteStatement insert, std::int64_t group) : insert_(std::move(insert)), group_(group) {
    buffer_.reserve(kChunkBytes);
  }

  Status append(Bytes bytes) {
    while (!bytes.empty()) {
      const std::size_t taken = std::min(bytes.size(), kChunkBytes - buffer_.size());
      buffer_.append(text_of(bytes.first(taken)));
      bytes = bytes.subspan(taken);
      if (buffer_.size() < kChunkBytes) continue;
      if (Status written = flush(); !written) return written;
    }
    return {};
  }

  Status flush() {
    if (buffer_.empty()) return {};
    insert_.bind(1, group_);
    insert_.bind(2, chunk_++);
    insert_.bind_blob(3, bytes_of(buffer_));
    Status written = insert_.run();
    buffer_.clear();
    return written;
  }

 private:
  SqliteStatement insert_;
  std::int64_t group_;
  std::int64_t chunk_ = 0;
  std::string buffer_;
};

// The stream again: bytes in any portions, each valid until the next call.
class ChunkReader {
 public:
  explicit ChunkReader(SqliteStatement select) : select_(std::move(select)) {}

  // An empty view at the end; Errc::corrupt if it comes inside the portion.
  Result<Bytes> read(std::size_t size) {
    buffer_.erase(0, used_);
    used_ = 0;
    while (buffer_.size() < size) {
      Result<bool> more = select_.step();
      if (!more) return propagate(more);
      if (!*more) {
        if (buffer_.empty()) return Bytes{};
        return fail(Errc::corrupt, "the events of a prepared transaction end inside one", "make the replica again");
      }
      if (select_.integer(0) != chunk_++) {
        return fail(Errc::corrupt, "a part of a prepared transaction's events is missing", "make the replica again");
      }
      buffer_.append(text_of(select_.blob(1)));
    }
    used_ = size;
    return bytes_of(buffer_).first(size);
  }

 private:
  SqliteStatement select_;
  std::string buffer_;
  std::size_t used_ = 0;
  std::int64_t chunk_ = 0;
};

}  // namespace

Result<XaStore> XaStore::make(Database& database, const Limits& limits) {
  if (Status made = database.execute(kTables); !made) return propagate(made);
  return XaStore(database, limits);
}

Status XaStore::keep(const Transaction& group, bool filtered) {
  Result<SqliteStatement> known = database_->prepare("SELECT file, \"offset\" FROM binferry_xa WHERE xid = ?", false);
  if (!known) return propagate(known);
  known->bind(1, std::string_view(group.xa));
  Result<bool> is_known = known->step();
  if (!is_known) return propagate(is_known);
  if (*is_known) {
    return fail(Errc::diverged,
                "XA transaction " + group.xa + " was prepared before, at " + std::string(known->text(0)) + ":" +
                    std::to_string(known->integer(1)) + ", and neither committed nor rolled back since",
                "the replica missed a part of the log: make it again");
  }
  Result<SqliteStatement> insert = database_->prepare(
      "INSERT INTO binferry_xa (xid, file, \"offset\", gtid, timestamp, prepared_us, row_count, bytes, filtered, "
      "format)"
      " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      false);
  if (!insert) return propagate(insert);
  const std::string gtid = text_of(group.gtid);
  const std::string format = encode_format(*group.format);
  const std::optional<std::uint64_t> rows = filtered ? 0 : rows_of(group, limits_);
  insert->bind(1, std::string_view(group.xa));
  insert->bind(2, std::string_view(group.file));
  insert->bind(3, static_cast<std::int64_t>(group.offset));
  insert->bind(4, std::string_view(gtid));
  insert->bind(5, std::int64_t{group.timestamp});
  insert->bind(6, static_cast<std::int64_t>(group.commit_us));
  if (rows) {
    insert->bind(7, static_cast<std::int64_t>(*rows));
  } else {
    insert->bind_null(7);
  }
  insert->bind(8, static_cast<std::int64_t>(group.event_bytes()));
  insert->bind(9, std::int64_t{filtered});
  insert->bind_blob(10, bytes_of(format));
  if (Status inserted = insert->run(); !inserted) return inserted;
  return filtered ? Status{} : keep_events(database_->last_rowid(), group);
}

Status XaStore::keep_events(std::int64_t group, const Transaction& transaction) {
  Result<SqliteStatement> insert =
      database_->prepare("INSERT INTO binferry_xa_events (xa, chunk, bytes) VALUES (?, ?, ?)", false);
  if (!insert) return propagate(insert);
  ChunkWriter chunks(std::move(*insert), group);
  Transaction::Cursor cursor(transaction);
  for (;;) {
    Result<const RawEvent*> next = cursor.next();
    if (!next) return propagate(next);
    if (*next == nullptr) return chunks.flush();
    const RawEvent& event = **next;
    ByteWriter record;
    record.u64(event.offset).u64(event.end).u32(static_cast<std::uint32_t>(event.bytes.size()));
    record.u32(static_cast<std::uint32_t>(event.body.data() - event.bytes.data()));
    record.u32(static_cast<std::uint32_t>(event.body.size()));
    if (Status kept = chunks.append(record.view()); !kept) return kept;
    if (Status kept = chunks.append(event.bytes); !kept) return kept;
  }
}

Result<const Transaction*> XaStore::load(std::string_view xid) {
  Result<SqliteStatement> select =
      database_->prepare("SELECT id, file, filtered, format FROM binferry_xa WHERE xid = ?", false);
  if (!select) return propagate(select);
  select->bind(1, xid);
  Result<bool> found = select->step();
  if (!found) return propagate(found);
  if (!*found) {
    return fail(Errc::diverged, "XA COMMIT of " + std::string(xid) + ", which this replica has never seen prepared",
                "the replica begins behind its XA PREPARE: make it again from an earlier position or a snapshot");
  }
  if (select->integer(2) != 0) return nullptr;
  Result<FormatDescription> format = decode_format(select->blob(3));
  if (!format) return propagate(format);
  file_ = select->text(1);
  if (Status read = read_events(select->integer(0), *format); !read) {
    return propagate(read, "XA transaction " + std::string(xid));
  }
  return &assembler_->transaction();
}

// The events go through the grammar once more, so that the group is what it was when it came from the log.
Status XaStore::read_events(std::int64_t group, const FormatDescription& format) {
  Result<SqliteStatement> select =
      database_->prepare("SELECT chunk, bytes FROM binferry_xa_events WHERE xa = ? ORDER BY chunk", false);
  if (!select) return propagate(select);
  select->bind(1, group);
  ChunkReader chunks(std::move(*select));
  assembler_ = std::make_unique<TransactionAssembler>(limits_);
  EventRole role = EventRole::part;
  while (role != EventRole::complete) {
    Result<Bytes> head = chunks.read(kRecordBytes);
    if (!head) return propagate(head);
    if (head->empty())
      return fail(Errc::corrupt, "the events of a prepared transaction are not all there", "make the replica again");
    ByteReader record(*head);
    RawEvent event;
    event.file = file_;
    event.offset = record.u64();
    event.end = record.u64();
    const std::uint32_t size = record.u32();
    const std::uint32_t body = record.u32();
    const std::uint32_t body_size = record.u32();
    if (record.failed() || body > size || body_size > size - body) {
      return fail(Errc::corrupt, "the events of a prepared transaction are damaged", "make the replica again");
    }
    Result<Bytes> bytes = chunks.read(size);
    if (!bytes) return propagate(bytes);
    Result<EventHeader> header = parse_header(*bytes);
    if (!header) return propagate(header);
    event.header = *header;
    event.bytes = *bytes;
    event.body = bytes->subspan(body, body_size);
    Result<EventRole> pushed = assembler_->push(event, format);
    if (!pushed) return propagate(pushed);
    role = *pushed;
  }
  return {};
}

Result<bool> XaStore::drop(std::string_view xid) {
  const auto erase = [&](std::string_view sql) -> Status {
    Result<SqliteStatement> statement = database_->prepare(sql, false);
    if (!statement) return propagate(statement);
    statement->bind(1, xid);
    return statement->run();
  };
  if (Status erased = erase("DELETE FROM binferry_xa_events WHERE xa = (SELECT id FROM binferry_xa WHERE xid = ?)");
      !erased) {
    return propagate(erased);
  }
  if (Status erased = erase("DELETE FROM binferry_xa WHERE xid = ?"); !erased) return propagate(erased);
  return database_->changes() != 0;
}

Result<std::vector<InDoubt>> XaStore::list(Database& database) {
  std::vector<InDoubt> groups;
  Result<std::optional<std::string>> exists =
      database.query_text("SELECT name FROM sqlite_master WHERE type = 'table' AND name = 'binferry_xa'");
  if (!exists) return propagate(exists);
  if (!*exists) return groups;
  Result<SqliteStatement> select = database.prepare(
      "SELECT xid, file, \"offset\", gtid, timestamp, prepared_us, row_count, bytes, filtered FROM binferry_xa ORDER "
      "BY id",
      false);
  if (!select) return propagate(select);
  for (;;) {
    Result<bool> more = select->step();
    if (!more) return propagate(more);
    if (!*more) return groups;
    InDoubt group;
    group.xid = select->text(0);
    group.file = select->text(1);
    group.offset = static_cast<std::uint64_t>(select->integer(2));
    group.gtid = select->text(3);
    group.timestamp = static_cast<std::uint32_t>(select->integer(4));
    group.prepared_us = static_cast<std::uint64_t>(select->integer(5));
    if (!select->is_null(6)) group.rows = static_cast<std::uint64_t>(select->integer(6));
    group.bytes = static_cast<std::uint64_t>(select->integer(7));
    group.filtered = select->integer(8) != 0;
    groups.push_back(std::move(group));
  }
}

}  // namespace binferry
