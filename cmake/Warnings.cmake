# binferry_warnings: what every target of ours is compiled with.
add_library(binferry_warnings INTERFACE)
target_compile_options(binferry_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Wold-style-cast
  -Wcast-align -Woverloaded-virtual -Wformat=2 -Wimplicit-fallthrough -Wextra-semi)
if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  # g++ 12 guesses these from optimised code and is often wrong about std::string and std::optional
  # (gcc bugs 105651, 105562, 105593): they depend on the optimisation level and on inlining. The sanitizers check
  # the same at run time, without guessing.
  target_compile_options(binferry_warnings INTERFACE
    -Wno-restrict -Wno-maybe-uninitialized -Wno-array-bounds -Wno-stringop-overflow -Wno-stringop-overread
    -Wno-dangling-pointer)
endif()
if(BINFERRY_WERROR)
  target_compile_options(binferry_warnings INTERFACE -Werror)
endif()
