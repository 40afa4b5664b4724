#!/usr/bin/env bash
# Builds and runs every test that a plain machine can run. Installs missing packages first.
# Arguments go to ctest: ./scripts/test.sh -R GtidSet
#
# Tests run on an AddressSanitizer and UndefinedBehaviorSanitizer build. Those that measure time or memory run the
# release program, which is built too and named by BINFERRY_RELEASE_BINARY. Skipped tests say why.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

started=$SECONDS
need build test
need_mysql56
build release binferry
build asan

export BINFERRY_RELEASE_BINARY=$root/build/release/cli/binferry
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1:halt_on_error=1}

say "testing ($(ctest --preset asan -N | sed -n 's/^Total Tests: //p') tests)"
status=0
ctest --preset asan --parallel 2 "$@" || status=$?
printf '\ntest.sh: %s in %s s; the whole log is build/asan/Testing/Temporary/LastTest.log\n' \
  "$([ $status -eq 0 ] && echo 'all passed' || echo FAILED)" $((SECONDS - started))
exit $status
