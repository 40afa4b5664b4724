// A temporary file without a name: the kernel removes it when its last descriptor is closed, whatever happens.
#pragma once

#include <string>

namespace binferry {

// A new file descriptor, readable and writable, or -1 with errno set. `directory` empty: $TMPDIR, else /var/tmp.
int open_temporary_file(std::string directory = {});

}  // namespace binferry
