// A VFS of SQLite's that writes the frames of a write-ahead log together.
//
// SQLite writes each frame in two calls, its header and its page: hundreds of thousands in a replay. Frames that do not
// end a transaction are read by nobody but their writer until the one that ends it is there. So they may wait in memory
// and go out with the next that is written at once; a write that fails then fails a later call of their transaction.
//
// Written at once: the header of a frame that ends a transaction, and all that is not the header of a frame or its
// page. Before any other operation on the log what waits is written. What waits when the writer gives up its lock is of
// a transaction that was undone, and is forgotten: another's frames may come to stand there. Everything else is the
// VFS's beneath. The log's format and locks: https://www.sqlite.org/fileformat2.html#walformat and
// https://www.sqlite.org/walformat.html.
#pragma once

#include "binlog/base/result.hpp"

#include <string>

namespace binferry {

// The name of such a VFS over `base` (empty: the default one). Any thread.
// Errc::internal if there is no VFS of that name.
Result<std::string> frame_joining_vfs(const std::string& base);

}  // namespace binferry
