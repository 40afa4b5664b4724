#include "binlog/event/query_event.hpp"

#include "binlog/base/byte_reader.hpp"
#include "binlog/base/inflate.hpp"

namespace binferry {
namespace {

enum StatusCode : std::uint8_t {
  kFlags2 = 0,
  kSqlMode = 1,
  kCatalog = 2,
  kAutoIncrement = 3,
  kCharset = 4,
  kTimeZone = 5,
  kCatalogNz = 6,
  kLcTimeNames = 7,
  kCharsetDatabase = 8,
  kTableMapForUpdate = 9,
  kMasterDataWritten = 10,
  kInvoker = 11,
  kUpdatedDbNames = 12,
  kMicroseconds = 13,
  kExplicitDefaultsForTimestamp = 16,
  kDdlLoggedWithXid = 17,
  kDefaultCollationForUtf8mb4 = 18,
  kSqlRequirePrimaryKey = 19,
  kDefaultTableEncryption = 20,
  kMariadbHrnow = 128,
  kMariadbXid = 129,
  kMariadbGtidFlags3 = 130,
  kMariadbCharacterSetCollations = 131,
};

constexpr std::uint8_t kMariadbCommitOrRollbackAlter = 4 | 8;

void read_databases(ByteReader& in, QueryStatus& status) {
  const std::uint8_t count = in.u8();
  if (count > status.database_names.size()) {
    status.too_many_databases = true;
    return;
  }
  for (std::uint8_t i = 0; i < count; ++i) status.database_names[i] = in.text_until_nul();
  status.database_count = count;
}

// False for a code whose length is not known.
bool read_status_variable(ByteReader& in, std::uint8_t code, QueryStatus& status) {
  switch (code) {
    case kFlags2: status.flags2 = in.u32(); return true;
    case kSqlMode: status.sql_mode = in.u64(); return true;
    case kCatalog:
      status.catalog = in.text(in.u8());
      in.skip(1);
      return true;
    case kAutoIncrement:
      status.auto_increment_increment = in.u16();
      status.auto_increment_offset = in.u16();
      return true;
    case kCharset: {
      QueryStatus::Charset charset;
      charset.client = in.u16();
      charset.connection = in.u16();
      charset.server = in.u16();
      status.charset = charset;
      return true;
    }
    case kTimeZone: status.time_zone = in.text(in.u8()); return true;
    case kCatalogNz: status.catalog = in.text(in.u8()); return true;
    case kLcTimeNames: status.lc_time_names = in.u16(); return true;
    case kCharsetDatabase: status.database_collation = in.u16(); return true;
    case kTableMapForUpdate: in.skip(8); return true;
    case kMasterDataWritten: in.skip(4); return true;
    case kInvoker:
      status.invoker_user = in.text(in.u8());
      status.invoker_host = in.text(in.u8());
      return true;
    case kUpdatedDbNames: read_databases(in, status); return true;
    case kMicroseconds:
    case kMariadbHrnow: status.microseconds = in.u24(); return true;
    case kExplicitDefaultsForTimestamp: status.explicit_defaults_for_timestamp = in.u8() != 0; return true;
    case kDdlLoggedWithXid:
    case kMariadbXid: status.ddl_xid = in.u64(); return true;
    case kDefaultCollationForUtf8mb4: status.default_collation_for_utf8mb4 = in.u16(); return true;
    case kSqlRequirePrimaryKey: status.sql_require_primary_key = in.u8() != 0; return true;
    case kDefaultTableEncryption: status.default_table_encryption = in.u8() != 0; return true;
    case kMariadbGtidFlags3:
      status.mariadb_flags_extra = in.u8();
      if ((status.mariadb_flags_extra & kMariadbCommitOrRollbackAlter) != 0) status.mariadb_start_alter = in.u64();
      return true;
    case kMariadbCharacterSetCollations:
      status.mariadb_charset_collations = in.bytes(std::uint64_t{4} * in.u8());
      return true;
    default: return false;
  }
}

bool read_status(Bytes block, QueryStatus& status) {
  ByteReader in(block);
  while (!in.empty()) {
    const std::uint8_t code = in.u8();
    if (!read_status_variable(in, code, status)) {
      status.unknown_code = code;
      return true;
    }
  }
  return !in.failed();
}

struct PostHeader {
  std::uint8_t database_length = 0;
  std::uint16_t status_length = 0;
};

PostHeader read_post_header(ByteReader& in, QueryEvent& query) {
  PostHeader post;
  query.thread_id = in.u32();
  query.exec_time_s = in.u32();
  post.database_length = in.u8();
  query.error_code = in.u16();
  post.status_length = in.u16();
  return post;
}

// What follows the post-header; the text is what remains.
Status read_variable_part(ByteReader& in, const PostHeader& post, QueryEvent& query, std::string_view name) {
  const Bytes status_block = in.bytes(post.status_length);
  query.database = in.text(post.database_length);
  if (in.u8() != 0) return fail(Errc::corrupt, std::string(name) + ": the database name does not end in NUL");
  query.text = text_of(in.rest());
  if (Status status = in.finish_open(name); !status) return status;
  if (!read_status(status_block, query.status)) {
    return fail(Errc::corrupt, std::string(name) + ": a status variable runs beyond the block of them");
  }
  return {};
}

Result<QueryEvent> decode(Bytes body, std::uint8_t post_header_size, std::string_view name) {
  if (post_header_size < kQueryPostHeaderSize) {
    return fail(Errc::unsupported, std::string(name) + " with a post-header of " + std::to_string(post_header_size) +
                                       " bytes (a server older than MySQL 5.0)");
  }
  ByteReader in(body);
  QueryEvent query;
  const PostHeader post = read_post_header(in, query);
  in.skip(post_header_size - kQueryPostHeaderSize);
  if (Status status = read_variable_part(in, post, query, name); !status) return propagate(status);
  return query;
}

}  // namespace

Result<QueryEvent> decode_query(Bytes body, std::uint8_t post_header_size) {
  return decode(body, post_header_size, "QUERY");
}

Result<QueryEvent> decode_query_compressed(Bytes body, std::string& text_buffer, std::uint64_t cap_bytes,
                                           std::uint8_t post_header_size) {
  Result<QueryEvent> query = decode(body, post_header_size, "QUERY_COMPRESSED");
  if (!query) return query;
  if (Status status = inflate_block(bytes_of(query->text), cap_bytes, text_buffer); !status) {
    return propagate(status, "QUERY_COMPRESSED");
  }
  query->text = text_buffer;
  return query;
}

Result<ExecuteLoadQuery> decode_execute_load_query(Bytes body) {
  ByteReader in(body);
  ExecuteLoadQuery load;
  const PostHeader post = read_post_header(in, load.query);
  load.file_id = in.u32();
  load.name_start = in.u32();
  load.name_end = in.u32();
  load.duplicates = in.u8();
  Status status = read_variable_part(in, post, load.query, "EXECUTE_LOAD_QUERY");
  if (!status) return propagate(status);
  if (load.name_start > load.name_end || load.name_end > load.query.text.size() || load.duplicates > 2) {
    return fail(Errc::corrupt, "EXECUTE_LOAD_QUERY: the place of the file name is outside the statement");
  }
  return load;
}

}  // namespace binferry
