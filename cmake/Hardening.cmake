# binferry_hardening: defences that stay on in release. Sanitizers bring their own, so the two do not mix.
add_library(binferry_hardening INTERFACE)
if(NOT BINFERRY_SANITIZE)
  target_compile_options(binferry_hardening INTERFACE -fstack-protector-strong -fstack-clash-protection -fcf-protection)
  target_compile_definitions(binferry_hardening INTERFACE
    $<$<CONFIG:Release,RelWithDebInfo>:_FORTIFY_SOURCE=2> _GLIBCXX_ASSERTIONS)
  target_link_options(binferry_hardening INTERFACE -Wl,-z,relro,-z,now,-z,noexecstack)
endif()
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
include(CheckPIESupported)
check_pie_supported(LANGUAGES CXX)  # without it CMake compiles position-independent programs and does not link them so
