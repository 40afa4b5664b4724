// Ends a test as skipped, with the reason, where its server is not installed.
#pragma once

#include "tests/integration/support/server_process.hpp"

#include <gtest/gtest.h>

// A macro because GTEST_SKIP returns from the function it stands in.
#define BINFERRY_NEEDS_SERVER(flavor)                                                          \
  if (const std::string reason = ::binferry::test::why_unavailable(flavor); !reason.empty()) { \
    GTEST_SKIP() << reason;                                                                    \
  }                                                                                            \
  static_assert(true, "a semicolon follows")
