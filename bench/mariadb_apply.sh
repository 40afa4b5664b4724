#!/usr/bin/env bash
# Times a MariaDB replica applying a log: its SQL thread alone, from the log laid in as its relay log, with WORKERS
# parallel workers (0: the SQL thread applies) and relaxed durability. Usage: mariadb_apply.sh LOG WORKERS.
# Prints the seconds from START SLAVE to the last event, and those of processor time that the server took meanwhile.
set -euo pipefail
log=$(readlink -f "$1")
workers=$2
mariadbd=$(command -v mariadbd || echo /usr/sbin/mariadbd)
work=$(mktemp -d)
server=
stop() {
  if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  rm -rf "$work"
}
trap stop EXIT  # BENCH_KEEP=1 leaves the folder for a look
user=$(id -un)
mariadb-install-db --no-defaults --user="$user" --datadir="$work/data" --auth-root-authentication-method=normal \
  --skip-test-db >/dev/null 2>&1
cp --reflink=auto "$log" "$work/data/relay.000002"
# Parallel workers compare the source's file names, which a first relay log must tell: FORMAT_DESCRIPTION and a ROTATE.
python3 - "$log" "$work/data/relay.000001" <<'PY'
import struct, sys, zlib
with open(sys.argv[1], "rb") as log:
    head = log.read(4 + 19)
    head += log.read(struct.unpack_from("<I", head, 4 + 9)[0] - 19)
body = struct.pack("<Q", 4) + b"bench.000001"
rotate = struct.pack("<IBIIIH", 0, 4, 1, 19 + len(body) + 4, 0, 0x20) + body
with open(sys.argv[2], "wb") as relay:
    relay.write(head + rotate + struct.pack("<I", zlib.crc32(rotate)))
PY
printf './relay.%s\n' 000001 000002 >"$work/data/relay.index"
"$mariadbd" --no-defaults --user="$user" --datadir="$work/data" --socket="$work/sock" --skip-networking \
  --server-id=2 --relay-log="$work/data/relay" --skip-slave-start --slave-parallel-threads="$workers" \
  --slave-parallel-mode=optimistic --sync-binlog=0 --innodb-flush-log-at-trx-commit=0 --innodb-buffer-pool-size=1G \
  --innodb-doublewrite=0 --innodb-log-file-size=1G --sync-relay-log=0 --sync-relay-log-info=0 >"$work/log" 2>&1 &
server=$!
sql() { mariadb --no-defaults --socket="$work/sock" --user=root "$@"; }
for _ in $(seq 200); do sql -e 'SELECT 1' >/dev/null 2>&1 && break; sleep 0.1; done
sql -e "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_USER='nobody', RELAY_LOG_FILE='relay.000001', RELAY_LOG_POS=4"
# User and system time of all of the server's threads, in clock ticks.
ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$server/stat"; }
started=$(date +%s.%N)
ticks_before=$(ticks)
sql -e 'START SLAVE SQL_THREAD'
while :; do
  status=$(sql -e 'SHOW SLAVE STATUS\G')
  case "$status" in *'Slave_SQL_Running: No'*) printf '%s\n' "$status" | grep -i error >&2; exit 1 ;; esac
  case "$status" in *'has read all relay log'*) break ;; esac
  sleep 0.05
done
ended=$(date +%s.%N)
ticks_after=$(ticks)
applied=$(sql -N -e 'SELECT @@gtid_slave_pos')
[ -n "$applied" ] || { echo 'nothing was applied' >&2; exit 1; }
awk -v from="$started" -v to="$ended" -v ticks="$((ticks_after - ticks_before))" -v hertz="$(getconf CLK_TCK)" \
  'BEGIN { printf "%.3f %.3f\n", to - from, ticks / hertz }'
