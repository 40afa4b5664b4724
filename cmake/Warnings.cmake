# binferry_warnings: what every target of ours is compiled with.
add_library(binferry_warnings INTERFACE)
target_compile_options(binferry_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wcast-align -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough -Wextra-semi)
if(BINFERRY_WERROR)
  target_compile_options(binferry_warnings INTERFACE -Werror)
endif()
