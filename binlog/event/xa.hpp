// The name of an XA transaction, XA_PREPARE (PROTOCOL 3.18), and the name's text in statements.
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

namespace binferry {

// A value without references, so that prepared transactions can be keyed by it.
struct XaId {
  static constexpr std::size_t kMaxPart = 64;  // bytes of each of the two parts

  std::uint32_t format = 0;
  std::string gtrid;
  std::string bqual;

  // As servers print it in `XA START …`: X'6772',X'62',1.
  [[nodiscard]] std::string text() const;
  // From `X'6772',X'62',1`, and what clients may write: quoted strings, hexadecimal numbers 0x…, missing parts
  // (bqual '', format 1). Spaces around parts are allowed. Error: `corrupt`.
  static Result<XaId> parse(std::string_view text);

  friend auto operator<=>(const XaId&, const XaId&) = default;
};

struct XaPrepare {
  bool one_phase = false;  // true: this is the commit
  XaId xid;
};
// `body` is RawEvent::body. Errors: `truncated`, `corrupt`.
Result<XaPrepare> decode_xa_prepare(Bytes body);

// XID (PROTOCOL 3.4): the engine's number of the committed transaction; never an identity.
Result<std::uint64_t> decode_xid(Bytes body);

}  // namespace binferry
