#include "binlog/event/statement_events.hpp"

#include "binlog/base/byte_reader.hpp"

namespace binferry {

Result<Intvar> decode_intvar(Bytes body) {
  ByteReader in(body);
  const std::uint8_t kind = in.u8();
  Intvar intvar;
  intvar.value = in.u64();
  if (Status status = in.finish("INTVAR"); !status) return propagate(status);
  if (kind != 1 && kind != 2) return fail(Errc::corrupt, "INTVAR of type " + std::to_string(kind));
  intvar.kind = static_cast<Intvar::Kind>(kind);
  return intvar;
}

Result<Rand> decode_rand(Bytes body) {
  ByteReader in(body);
  Rand rand;
  rand.seed1 = in.u64();
  rand.seed2 = in.u64();
  if (Status status = in.finish("RAND"); !status) return propagate(status);
  return rand;
}

Result<UserVar> decode_user_var(Bytes body) {
  ByteReader in(body);
  UserVar var;
  var.name = in.text(in.u32());
  var.is_null = in.u8() != 0;
  std::uint8_t kind = 0;
  if (!var.is_null) {
    kind = in.u8();
    var.collation = in.u32();
    var.value = in.bytes(in.u32());
    if (!in.empty()) var.is_unsigned = (in.u8() & 1) != 0;  // old servers write no flags
  }
  if (Status status = in.finish_open("USER_VAR"); !status) return propagate(status);
  if (kind > 4 || kind == 3) return fail(Errc::corrupt, "USER_VAR of type " + std::to_string(kind));
  var.kind = static_cast<UserVar::Kind>(kind);
  const bool is_number = var.kind == UserVar::Kind::real || var.kind == UserVar::Kind::integer;
  if (!var.is_null && is_number && var.value.size() != 8) {
    return fail(Errc::corrupt, "USER_VAR has a number of " + std::to_string(var.value.size()) + " bytes");
  }
  return var;
}

Result<FileBlock> decode_file_block(Bytes body) {
  ByteReader in(body);
  FileBlock block;
  block.file_id = in.u32();
  block.data = in.rest();
  if (Status status = in.finish_open("file block"); !status) return propagate(status);
  return block;
}

Result<FileBlock> decode_delete_file(Bytes body) {
  ByteReader in(body);
  FileBlock block;
  block.file_id = in.u32();
  if (Status status = in.finish("DELETE_FILE"); !status) return propagate(status);
  return block;
}

Result<std::string_view> decode_rows_query(Bytes body) {
  if (body.empty()) return fail(Errc::truncated, "ROWS_QUERY is empty");
  return text_of(body.subspan(1));  // the first byte is the length modulo 256: useless
}

std::string_view decode_annotate_rows(Bytes body) {
  return text_of(body);
}

}  // namespace binferry
