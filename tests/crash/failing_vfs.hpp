// A VFS of SQLite's that fails, kills or loses power at a chosen operation. Tests only.
//
// It stands in front of the default VFS and passes everything on. Operations that change what is on the disk (write,
// sync, truncate, delete) are counted over all files since arm(); the plan says which of them goes wrong, and how. The
// shared memory of the write-ahead log's index is passed on and not counted: it is rebuilt after a crash.
//
// While a power cut is planned, the writes that no sync has made durable are remembered; settle() then makes each file
// what a disk may have kept of it: all that was synced, and of the rest any part, in any order, a sector being whole or
// not there. One at a time in a process; its connections may be of several threads.
#pragma once

#include <cstdint>

namespace binferry::test {

enum class Mishap : std::uint8_t {
  none,       // only counts
  error,      // this operation fails with SQLITE_IOERR; the next ones go well
  full,       // SQLITE_FULL for this and every later operation that needs room
  kill,       // SIGKILL to the own process, in front of the operation
  power_cut,  // this and all later operations fail, and settle() forgets what was not synced
};

struct MishapPlan {
  Mishap mishap = Mishap::none;
  std::uint64_t at = 0;  // the operation, counted from 1; 0: never
};

class FailingVfs {
 public:
  static constexpr const char* kName = "binferry-failing";

  // Registers the VFS at the first call.
  static void arm(const MishapPlan& plan);
  static std::uint64_t operations();  // since arm()
  static bool has_struck();

  // After a power cut, when nobody has the files open any more; `seed` chooses what was kept.
  static void settle(std::uint64_t seed);
};

}  // namespace binferry::test
