# binferry_library(folder SOURCES … [PUBLIC …] [PRIVATE …]): one static library a folder, its edges declared here.
# Includes are written from the root: "binlog/base/result.hpp".
function(binferry_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;PUBLIC;PRIVATE" ${ARGN})
  add_library(binferry_${name} STATIC ${ARG_SOURCES})
  target_include_directories(binferry_${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_link_libraries(binferry_${name}
    PUBLIC ${ARG_PUBLIC} binferry_sanitizers
    PRIVATE ${ARG_PRIVATE} binferry_warnings binferry_hardening)
endfunction()

# binferry_test(name SOURCES … LIBRARIES … [LABELS …]): one GoogleTest program, one ctest entry a test case.
function(binferry_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${ARG_LIBRARIES} binferry_source_dir GTest::gtest_main binferry_warnings binferry_sanitizers)
  target_precompile_headers(${name} REUSE_FROM binferry_test_headers)
  include(GoogleTest)
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES LABELS "${ARG_LABELS}" TEST_PREFIX "${name}.")
endfunction()
