#!/usr/bin/env bash
# clang-tidy over every source of ours, with the list of checks in .clang-tidy. Not part of test.sh: it takes minutes.
# Arguments are regular expressions of paths: ./scripts/tidy.sh binlog/event
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need build test tidy
cmake --preset tidy >/dev/null
filters=("$@")
ours="$root/(binlog|position|applier|cli)/"
[ ${#filters[@]} -eq 0 ] && filters=("$ours")
run-clang-tidy-19 -clang-tidy-binary clang-tidy-19 -p build/tidy -j "$jobs" -quiet -header-filter="$ours.*" "${filters[@]}"
