// What a server says when it refuses: the ERR packet, and what binferry makes of it (PROTOCOL 6.6).
#pragma once

#include "binlog/base/bytes.hpp"
#include "binlog/base/result.hpp"

#include <cstdint>
#include <string>

namespace binferry::mysql {

struct ServerError {
  std::uint16_t code = 0;
  std::string state;    // SQLSTATE, five characters; empty where the server gives none
  std::string message;  // in UTF-8, as the server wrote it

  static constexpr std::uint16_t kUnknownSystemVariable = 1193;
  static constexpr std::uint16_t kUnknownCommand = 1047;
};

inline bool is_error_packet(Bytes packet) {
  return !packet.empty() && packet[0] == 0xFF;
}
inline bool is_ok_packet(Bytes packet) {
  return !packet.empty() && packet[0] == 0x00;
}
// A row may begin with the same byte, but is longer.
inline bool is_eof_packet(Bytes packet) {
  return !packet.empty() && packet[0] == 0xFE && packet.size() < 9;
}

// `packet` is an ERR packet. Never fails: a packet cut short gives an error with less in it.
ServerError parse_server_error(Bytes packet);

// `doing` completes "the server refused …": "the login", "SELECT …". Code 1236, the one error of a dump that stands for
// all, is told apart by its text:
//   purged       the source no longer has what was asked for
//   diverged     the source lacks what the replica has, or the position is beyond its log
//   corrupt      the source cannot read its own log there, or the position is not an event's
//   refused      a second replica with the same identity, credentials, privileges, configuration
//   connection   the server goes down or cut the session; busy: too many connections, a lock
Error to_error(const ServerError& refusal, std::string_view doing);

}  // namespace binferry::mysql
