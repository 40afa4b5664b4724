// libraries: binferry_ship
//
// A hostile follower: after a HELLO, or from the start (the first byte chooses), it sends messages, each a u16 size and
// so many bytes. Any bytes end in a value or a refusal; what the hub believes of the follower never lies beyond what it
// has published, and never goes back; and what it answers is well-formed.
#include "binlog/ship/follower_session.hpp"
#include "binlog/ship/hub_session.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <system_error>

#include <unistd.h>

namespace {

using namespace binferry;

// A store with one small log in it, made once.
const RelayStore& store() {
  static const std::unique_ptr<RelayStore> opened = [] {
    const std::string folder =
        std::filesystem::temp_directory_path() / ("hub_session_fuzz." + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    // Made before the store, so that it goes after it.
    static const struct Remover {
      std::string folder;
      ~Remover() {
        std::error_code ignored;
        std::filesystem::remove_all(folder, ignored);
      }
    } remover{folder};
    // A FORMAT_DESCRIPTION event of MySQL 8.0 without checksums is all that a log needs.
    std::string log = "\xFE\x62in";
    std::string body(2 + 50 + 4, '\0');
    body[0] = 4;
    body.replace(2, 6, "8.0.40");
    body.push_back(19);
    const std::string lengths(
        "\x00\x0d\x00\x08\x00\x00\x00\x00\x04\x00\x04\x00\x00\x00\x62\x00\x04\x1a\x08\x00\x00\x00\x08\x08\x08\x02\x00"
        "\x00\x00\x0a\x0a\x0a\x2a\x2a\x00\x12\x34\x00\x0a\x28\x00",
        41);
    body += lengths;
    body.push_back(0);     // no checksums
    body.append(4, '\0');  // which has four bytes all the same
    std::string header(19, '\0');
    header[4] = 15;
    header[5] = 1;
    const auto put = [&header](std::size_t at, std::size_t value) {
      for (std::size_t i = 0; i < 4; ++i) header[at + i] = static_cast<char>(value >> (8 * i) & 0xFF);
    };
    put(9, 19 + body.size());
    put(13, 4 + 19 + body.size());
    log += header + body;
    std::ofstream(folder + "/binlog.000001", std::ios::binary) << log;
    std::ofstream(folder + "/binlog.index") << "binlog.000001\n";
    Result<std::unique_ptr<RelayStore>> made = RelayStore::open(folder);
    if (!made) std::abort();
    return std::move(*made);
  }();
  return *opened;
}

// False: the conversation is over.
bool take_answers(HubSession& hub, FollowerSession& follower) {
  std::string message;
  for (int i = 0; i < 8; ++i) {
    Result<bool> ready = hub.next_message(message, i == 0);
    if (!ready) std::abort();
    if (!*ready) return true;
    if (message.size() > ship::kLargestMessage || !follower.on_message(bytes_of(message))) std::abort();
    for (;;) {
      Result<FollowerSession::Item> item = follower.next();
      if (!item) return false;
      if (*item == FollowerSession::Item::none) break;
    }
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  HubSession hub(store(), {});
  ship::Hello hello;
  hello.name = "fuzz";
  hello.takes_zstd = (data[0] & 2) != 0;
  FollowerSession follower(hello, {});
  if ((data[0] & 1) != 0 && !hub.on_message(bytes_of(follower.hello()))) std::abort();
  Bytes rest(data + 1, size - 1);
  BinlogPosition last[3];
  while (rest.size() >= 2 && !hub.has_ended()) {
    const std::size_t wanted = std::size_t{rest[0]} | std::size_t{rest[1]} << 8;
    rest = rest.subspan(2);
    const Bytes message = rest.first(std::min(wanted, rest.size()));
    rest = rest.subspan(message.size());
    (void)hub.on_message(message);
    for (std::size_t level = 0; level < 3; ++level) {
      const BinlogPosition& now = hub.acknowledged(static_cast<ship::AckLevel>(level + 1));
      if (now > store().published() || now < last[level]) std::abort();
      last[level] = now;
    }
    if (!take_answers(hub, follower)) break;
  }
  return 0;
}
