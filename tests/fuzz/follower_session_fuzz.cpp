// libraries: binferry_ship
//
// A hostile hub: what it sends are messages, each a u16 size and so many bytes. Any bytes end in events or an error,
// and none makes the follower keep more than an event may be large.
#include "binlog/ship/follower_session.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace binferry;
  ship::Hello hello;
  hello.name = "fuzz";
  FollowerSession follower(hello, {});
  Bytes rest(data, size);
  while (rest.size() >= 2) {
    const std::size_t wanted = std::size_t{rest[0]} | std::size_t{rest[1]} << 8;
    rest = rest.subspan(2);
    const Bytes message = rest.first(std::min(wanted, rest.size()));
    rest = rest.subspan(message.size());
    if (!follower.on_message(message)) return 0;
    for (;;) {
      Result<FollowerSession::Item> item = follower.next();
      if (!item) return 0;
      if (*item == FollowerSession::Item::none) break;
      // Every event's size is what its header says, which is what later readers rely on.
      if (*item == FollowerSession::Item::event && follower.event().size() < 19) std::abort();
    }
  }
  return 0;
}
