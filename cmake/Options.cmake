# What a build may choose. Presets set these; nothing else should need -D.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)

option(BINFERRY_TESTS "build the tests" ON)
option(BINFERRY_BENCH "build the benchmarks" OFF)
option(BINFERRY_FUZZ "build the libFuzzer targets as fuzzers (clang); otherwise they only replay their seeds" OFF)
option(BINFERRY_LTO "optimise across files when linking" OFF)
option(BINFERRY_WERROR "warnings are errors" OFF)
set(BINFERRY_SANITIZE "" CACHE STRING "sanitizers, as -fsanitize= takes them: address,undefined or thread")

if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "" FORCE)
endif()
