// Tells the service manager that started us (systemd, Type=notify) how far we are.
#pragma once

#include <string_view>

namespace binferry::cli {

// `READY=1`, `STOPPING=1`. Nothing happens if nobody wants to know (no NOTIFY_SOCKET).
void notify_service(std::string_view state);

}  // namespace binferry::cli
