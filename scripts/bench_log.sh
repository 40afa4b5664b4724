#!/usr/bin/env bash
# Makes the benchmarks' log: sysbench-like rows written by a MariaDB of its own, started on a socket in a temporary
# folder and stopped again. Usage: bench_log.sh OUT_DIR [MEGABYTES]. Leaves OUT_DIR/bench.000001 … and bench.index.
set -euo pipefail
out=$1
megabytes=${2:-600}
mariadbd=$(command -v mariadbd || echo /usr/sbin/mariadbd)
work=$(mktemp -d)
server=
stop() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap stop EXIT
mkdir -p "$out"
rm -f "$out"/bench.*

user=$(id -un)
mariadb-install-db --no-defaults --user="$user" --datadir="$work/data" --auth-root-authentication-method=normal \
  --skip-test-db >/dev/null 2>&1
"$mariadbd" --no-defaults --user="$user" --datadir="$work/data" --socket="$work/sock" --skip-networking \
  --log-bin="$work/data/bench" --binlog-format=ROW --binlog-row-image=FULL --binlog-row-metadata=FULL --server-id=1 \
  --max-binlog-size=1G --sync-binlog=0 --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=1G \
  --innodb-doublewrite=0 --innodb-log-file-size=1G >"$work/log" 2>&1 &
server=$!
sql() { mariadb --no-defaults --socket="$work/sock" --user=root "$@"; }
for _ in $(seq 200); do sql -e 'SELECT 1' >/dev/null 2>&1 && break; sleep 0.1; done

sql <"$(dirname "${BASH_SOURCE[0]}")/../bench/tables.sql"
# About 0.57 MB a batch; then about 1.6 KB a transaction.
batches=$((megabytes * 60 / 100 * 100 / 57))
transactions=$((megabytes * 40 / 100 * 1000 * 10 / 13))
sql sbtest -e "CALL load_rows($batches)"
sql sbtest -e "CALL run_oltp($transactions, $((batches * 2000)))"
sql -e "SHOW MASTER STATUS" | tail -1
kill "$server"; wait "$server" 2>/dev/null || true; server=
cp "$work"/data/bench.0* "$out"/
(cd "$out" && ls bench.0* | sed 's/^/.\//' >bench.index)
