// What accompanies a statement: its variables, its LOAD DATA blocks, its original text (PROTOCOL 3.4, 3.5, 3.9).
//
// Every decoder takes RawEvent::body; views in a result live as long as the body. Errors: `truncated`, `corrupt`.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <string_view>

namespace binferry {

struct Intvar {
  enum class Kind : std::uint8_t { last_insert_id = 1, insert_id = 2 };
  Kind kind = Kind::last_insert_id;
  std::uint64_t value = 0;
};
Result<Intvar> decode_intvar(Bytes body);

struct Rand {
  std::uint64_t seed1 = 0;
  std::uint64_t seed2 = 0;
};
Result<Rand> decode_rand(Bytes body);

struct UserVar {
  enum class Kind : std::uint8_t { string = 0, real = 1, integer = 2, decimal = 4 };
  std::string_view name;
  bool is_null = true;
  Kind kind = Kind::string;
  std::uint32_t collation = 0;
  Bytes value;  // as on the wire: text, 8-byte double or integer, precision, scale and packed decimal
  bool is_unsigned = false;
};
Result<UserVar> decode_user_var(Bytes body);

// BEGIN_LOAD_QUERY and APPEND_BLOCK: a piece of the file that LOAD DATA read. DELETE_FILE has no data.
struct FileBlock {
  std::uint32_t file_id = 0;
  Bytes data;
};
Result<FileBlock> decode_file_block(Bytes body);
Result<FileBlock> decode_delete_file(Bytes body);

// The statement behind the row events that follow, in the character set the client used.
Result<std::string_view> decode_rows_query(Bytes body);
std::string_view decode_annotate_rows(Bytes body);

}  // namespace binferry
