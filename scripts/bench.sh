#!/usr/bin/env bash
# Measures binferry beside its peers, in one run, on a log that a MariaDB of its own writes (sysbench-like rows).
# Usage: ./scripts/bench.sh [inspect] [memory] …   (all parts by default)
# BENCH_MB is the size of the log (600), BENCH_RUNS the counted runs (5), BENCH_SNAPSHOT_MB what a snapshot copies (200).
# The log stays in build/bench-log; BENCH_WORK is where everything else is (build).
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

need build test bench
build bench binferry bench/all
bin=$root/build/bench/cli/binferry
logs=$root/build/bench-log
runs=${BENCH_RUNS:-5}
work=$(mktemp -d "${BENCH_WORK:-$root/build}/bench-work.XXXXXX")
trap 'rm -rf "$work"' EXIT

if [ ! -s "$logs/bench.index" ]; then
  say "writing a log of ${BENCH_MB:-600} MB with MariaDB"
  "$root/scripts/bench_log.sh" "$logs" "${BENCH_MB:-600}" >&2
fi
log=$(ls "$logs"/bench.0* | head -1)
say "$(du -m "$log" | cut -f1) MiB in $(basename "$log"); $("$bin" --version); $(mariadb-binlog --version)"

part_inspect() {
  say "inspect --quiet: all checksums, all rows decoded (goal: mariadb-binlog at 15x)"
  python3 "$root/bench/compare.py" --runs "$runs" \
    'binferry inspect --quiet' "$bin inspect --quiet $log" \
    'mariadb-binlog -v' "mariadb-binlog -v --base64-output=DECODE-ROWS $log"
  say "inspect --format=json (goal: mariadb-binlog at 4x)"
  python3 "$root/bench/compare.py" --runs "$runs" \
    'binferry inspect --format=json' "$bin inspect --format=json $log" \
    'binferry inspect (text)' "$bin inspect $log" \
    'mariadb-binlog -v' "mariadb-binlog -v --base64-output=DECODE-ROWS $log"
}

part_memory() {
  say "one transaction of 2 GiB and a payload of 1 GiB through inspect: peak memory (goal: below 64 MiB)"
  "$root/build/bench/bench/large_log" transaction 2048 >"$work/large.000001"
  "$root/build/bench/bench/large_log" payload 1024 >"$work/payload.000001"
  python3 "$root/bench/compare.py" --runs 1 \
    'inspect --quiet, 2 GiB' "$bin inspect --quiet $work/large.000001" \
    'inspect --format=json, 2 GiB' "$bin inspect --format=json $work/large.000001" \
    'inspect --quiet, 1 GiB payload' "$bin inspect --quiet $work/payload.000001"
  say "the transaction of 2 GiB into a replica: peak memory (goal: below 64 MiB over SQLite's page cache of 256 MiB)"
  cat >"$work/schema.sql" <<'SQL'
CREATE DATABASE shop;
USE shop;
CREATE TABLE big (id INT NOT NULL PRIMARY KEY, text VARCHAR(200) CHARACTER SET latin1 NOT NULL);
SQL
  python3 "$root/bench/compare.py" --runs 1 'replay, 2 GiB' \
    "sh -c 'rm -f $work/r.db*; exec $bin replay $work/large.000001 --schema-file $work/schema.sql --into $work/r.db'"
  rm -f "$work"/*
}

part_replay() {
  say "replay into SQLite (goals: at most 1.25x a plain loop; MariaDB's replica at 2.5x)"
  python3 "$root/bench/replay.py" "$bin" "$root/build/bench/bench/sqlite_floor" "$root/bench/mariadb_apply.sh" \
    "$log" "$work" "$runs"
}

part_keyless() {
  say "updates and deletes in a table without a key, of 10 thousand and of a million rows (goal: O(log n) each)"
  mkdir "$work/keyless"
  python3 "$root/bench/keyless.py" "$bin" "$root/build/bench/bench/keyless_log" "$work/keyless" "$runs"
  rm -rf "$work/keyless"
}

part_snapshot() {
  say "the snapshot of a new replica, beside a dump into sqlite3 and beside reading the rows into nothing"
  mkdir "$work/snapshot"
  python3 "$root/bench/snapshot.py" "$bin" "$root/bench/tables.sql" "$work/snapshot" "$runs" "${BENCH_SNAPSHOT_MB:-200}"
  rm -rf "$work/snapshot"
}

part_tail() {
  say "a transaction's last byte written, to its line printed by tail (goal: within 50 ms)"
  python3 "$root/bench/tail.py" "$bin" "$root/fixtures/mysql-8.0/shop/binlog.000001" 200
  python3 "$root/bench/tail.py" "$bin" "$root/fixtures/mariadb-10.11/transactions/binlog.000001" 200
}

part_follow() {
  say "a live source: from the return of a commit to the row in the replica, at 1000 transactions a second"
  "$root/bench/live.sh" latency "$bin" "$root/build/bench/bench/live_load" "${BENCH_SECONDS:-20}"
}

part_semisync() {
  say "a live source: what it commits while a replica acknowledges each commit"
  "$root/bench/live.sh" semisync "$bin" "$root/build/bench/bench/live_load" "${BENCH_SECONDS:-10}"
}

part_live_memory() {
  say "a transaction of 1 GiB streamed live into a replica: peak memory (goal: flat, below 64 MiB over SQLite's cache of 64)"
  "$root/bench/live.sh" memory "$bin" "$root/build/bench/bench/live_load" "${BENCH_LIVE_MB:-1024}"
}

part_hub() {
  say "the hub: to 1, 4 and 16 followers beside a raw copy; 200 followers; latency; commits while a follower joins"
  python3 "$root/bench/hub.py" "$bin" "$logs" "$work" "$runs"
}

parts=("$@")
[ ${#parts[@]} -gt 0 ] || mapfile -t parts < <(declare -F | sed -n 's/^declare -f part_//p' | sort)
for part in "${parts[@]}"; do
  declare -F "part_$part" >/dev/null || die "no part named $part"
  "part_$part"
done
