// libraries: binferry_mysql
//
// A hostile server: the first byte chooses what it talks to (login, query, dump as MySQL, dump as MariaDB), the rest is
// what it sends. Any bytes end in a value or an error, and none makes the client say the password.
#include "binlog/source/mysql/dump_session.hpp"
#include "binlog/source/mysql/handshake.hpp"
#include "binlog/source/mysql/query_session.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>

namespace {

using namespace binferry;
using namespace binferry::mysql;

// Gives packet after packet to `resume` until it is done with them or fails.
template <class Resume>
void converse(PacketCodec& codec, Bytes bytes, Resume resume) {
  while (!bytes.empty()) {
    const std::span<std::uint8_t> room = codec.receive_into();
    const std::size_t size = std::min({room.size(), bytes.size(), std::size_t{97}});
    std::copy_n(bytes.begin(), size, room.begin());
    codec.received(size);
    bytes = bytes.subspan(size);
    for (;;) {
      Result<bool> ready = codec.next();
      if (!ready) return;
      if (!*ready) break;
      if (!resume(codec.packet())) return;
      codec.clear_outgoing();
    }
  }
}

void log_in(Bytes bytes) {
  Credentials credentials;
  credentials.user = "u";
  credentials.password = Secret(std::string("a password to keep"));
  credentials.request_public_key = true;
  credentials.allow_clear_password = true;
  PacketCodec codec;
  Handshake handshake(credentials, codec);
  bool encrypted = false;
  converse(codec, bytes, [&](Bytes packet) {
    Result<Handshake::Step> step = handshake.resume(packet);
    if (step && *step == Handshake::Step::start_tls) {
      encrypted = true;
      step = handshake.tls_started();
    }
    if (!encrypted && text_of(codec.outgoing()).find("a password to keep") != std::string_view::npos) std::abort();
    return step && *step != Handshake::Step::done;
  });
}

void query(Bytes bytes) {
  PacketCodec codec;
  QuerySession session(codec);
  session.start("SELECT 1");
  std::size_t seen = 0;
  converse(codec, bytes, [&](Bytes packet) {
    Result<QuerySession::Step> step = session.resume(packet);
    if (!step) return false;
    if (*step == QuerySession::Step::row) {
      for (const auto& value : session.row()) seen += value ? value->size() : 0;
      if (seen > (std::size_t{1} << 40)) std::abort();
    }
    return *step == QuerySession::Step::receive || *step == QuerySession::Step::row;
  });
}

void dump(ServerKind kind, Bytes bytes) {
  Greeting greeting;
  greeting.kind = kind;
  greeting.version_number = kind == ServerKind::mysql ? 80040 : 101119;
  DumpOptions options;
  options.server_id = 1;
  options.semi_sync = SemiSync::preferred;
  PacketCodec codec;
  DumpSession session(codec, greeting, options);
  if (!session.start()) std::abort();
  converse(codec, bytes, [&](Bytes packet) {
    Result<DumpSession::Step> step = session.resume(packet);
    if (!step) return false;
    if (*step == DumpSession::Step::event && session.event().ack_requested) {
      if (!session.acknowledge({"binlog.000001", 4})) std::abort();
    }
    return true;
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const Bytes bytes(data + 1, size - 1);
  switch (data[0] % 4) {
    case 0: log_in(bytes); break;
    case 1: query(bytes); break;
    case 2: dump(ServerKind::mysql, bytes); break;
    default: dump(ServerKind::mariadb, bytes); break;
  }
  return 0;
}
