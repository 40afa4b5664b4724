#!/usr/bin/env bash
# Fuzzes with libFuzzer, from the seeds in tests/fuzz/corpus.
#   ./scripts/fuzz.sh [TARGET [SECONDS]]    TARGET as in tests/fuzz/TARGET_fuzz.cpp, or `all`; 60 seconds each by default
# What it learns stays in build/fuzz/corpus. A crash is kept in tests/fuzz/crashes/TARGET, where every later run of the
# tests replays it.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

target=${1:-all} seconds=${2:-60}
if [ "$target" = all ]; then
  mapfile -t targets < <(find tests/fuzz -maxdepth 1 -name '*_fuzz.cpp' -printf '%f\n' | sed 's/_fuzz\.cpp$//' | sort)
else
  [ -f "tests/fuzz/${target}_fuzz.cpp" ] || die "no fuzz target '$target': there is no tests/fuzz/${target}_fuzz.cpp"
  targets=("$target")
fi
[ ${#targets[@]} -gt 0 ] || die "no fuzz targets in tests/fuzz"

need build test fuzz
build fuzz "${targets[@]/%/_fuzz}"

failed=()
for name in "${targets[@]}"; do
  learned=build/fuzz/corpus/$name crashes=tests/fuzz/crashes/$name seeds=tests/fuzz/corpus/$name
  mkdir -p "$learned" "$crashes"
  folders=("$learned")
  [ -d "$seeds" ] && folders+=("$seeds")
  say "fuzzing $name for $seconds s"
  "build/fuzz/tests/fuzz/${name}_fuzz" -max_total_time="$seconds" -max_len=65536 -timeout=10 -rss_limit_mb=2048 \
    -print_final_stats=1 -artifact_prefix="$crashes/" "${folders[@]}" || failed+=("$name")
  rmdir --ignore-fail-on-non-empty -p "$crashes" 2>/dev/null || true
done
[ ${#failed[@]} -eq 0 ] || die "crashes in: ${failed[*]} (inputs in tests/fuzz/crashes)"
say "no crash in ${#targets[@]} targets"
