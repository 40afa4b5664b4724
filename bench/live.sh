#!/usr/bin/env bash
# binferry follow beside MariaDB's own replica, on a source of their own. Usage: live.sh latency|semisync|memory BIN LOAD NUMBER
#
#   latency   from the return of a commit at the source to the row in the replica, at 1000 transactions a second
#   semisync  what the source commits while a replica acknowledges each commit, for 1, 4 and 16 clients
#   memory    the peak of binferry's resident memory over transactions of 16 MiB and of NUMBER MiB
#
# NUMBER is the seconds of a measurement elsewhere.
#
# Every server is started here in a temporary folder, and stopped again by its process id.
set -euo pipefail
mode=$1 bin=$2 load=$3 seconds=$4
mariadbd=$(command -v mariadbd || echo /usr/sbin/mariadbd)
user=$(id -un)
work=$(mktemp -d)
declare -A pid=()
end() { # NAME
  [ -n "${pid[$1]:-}" ] || return 0
  kill "${pid[$1]}" 2>/dev/null || true
  wait "${pid[$1]}" 2>/dev/null || true
  unset "pid[$1]"
}
stop() {
  local name
  for name in "${!pid[@]}"; do end "$name"; done
  rm -rf "$work"
}
trap stop EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')

server() { # NAME OPTION…
  local name=$1
  shift
  [ -d "$work/$name" ] || mariadb-install-db --no-defaults --user="$user" --datadir="$work/$name" \
    --auth-root-authentication-method=normal --skip-test-db >/dev/null 2>&1
  "$mariadbd" --no-defaults --user="$user" --datadir="$work/$name" --socket="$work/$name.sock" --bind-address=127.0.0.1 \
    --innodb-buffer-pool-size=256M "$@" >"$work/$name.log" 2>&1 &
  pid[$name]=$!
  for _ in $(seq 300); do sql "$name" -e 'SELECT 1' >/dev/null 2>&1 && return; sleep 0.1; done
  tail "$work/$name.log" >&2
  exit 1
}
sql() { # NAME ARGUMENT…
  local name=$1
  shift
  mariadb --no-defaults --socket="$work/$name.sock" --user=root -N "$@"
}
until_true() { # COMMAND…
  for _ in $(seq 6000); do "$@" && return; sleep 0.1; done
  echo "never true: $*" >&2
  exit 1
}
clear() {
  sql source -e 'DROP DATABASE IF EXISTS bench; CREATE DATABASE bench;
    CREATE TABLE bench.t(id BIGINT PRIMARY KEY, v VARCHAR(100)) ENGINE=InnoDB'
}
follow() { # OPTION…
  rm -rf "$work"/r.db*
  "$bin" follow "mysql://root@127.0.0.1:$port/bench?ssl-mode=disabled" --into "$work/r.db" "$@" >"$work/follow.log" 2>&1 &
  pid[follow]=$!
  until_true grep -qs '"state":"streaming"' "$work/r.db.status"
}
replica() { # OPTION…
  rm -rf "$work/replica"
  server replica --server-id=2 --port=0 --skip-networking "$@"
  sql replica -e "CHANGE MASTER TO MASTER_HOST='127.0.0.1', MASTER_PORT=$port, MASTER_USER='root', MASTER_USE_GTID=slave_pos;
    SET GLOBAL gtid_slave_pos='$(sql source -e 'SELECT @@gtid_binlog_pos')'; CREATE DATABASE IF NOT EXISTS bench;
    CREATE TABLE bench.t(id BIGINT PRIMARY KEY, v VARCHAR(100)) ENGINE=InnoDB; START SLAVE"
  until_true runs
}
holds() { [ "$(sqlite3 "$work/r.db" 'SELECT count(*) FROM big')" = "$1" ]; }
runs() {
  mariadb --no-defaults --socket="$work/replica.sock" --user=root -e 'SHOW SLAVE STATUS\G' | grep -q 'Slave_IO_Running: Yes'
}
has_clients() { [ "$(sql source -e "SHOW STATUS LIKE 'Rpl_semi_sync_master_clients'" | cut -f2)" = "$1" ]; }
count() { sql source -e "SHOW STATUS LIKE 'Rpl_semi_sync_master_$1_tx'" | cut -f2; }

# What one replica makes of it. Semi-sync that timed out would flatter: it is said.
throughput() { # TITLE
  local clients no
  printf '%-52s' "$1"
  no=$(count no)
  for clients in 1 4 16; do printf '%14s' "$("$load" commits "$work/source.sock" "$clients" "$seconds")"; done
  printf '   not acknowledged: %s\n' $(($(count no) - no))
}

case $mode in
latency)
  server source --server-id=1 --port="$port" --log-bin="$work/source/bin" --binlog-format=ROW \
    --innodb-flush-log-at-trx-commit=2 --sync-binlog=0
  clear; follow
  printf '%-52s' 'binferry follow'
  "$load" latency "$work/source.sock" 1000 "$seconds" "sqlite:$work/r.db"
  end follow; clear; replica --innodb-flush-log-at-trx-commit=2
  printf '%-52s' "MariaDB's replica, without sync at commit"
  "$load" latency "$work/source.sock" 1000 "$seconds" "mariadb:$work/replica.sock"
  end replica; clear; replica --innodb-flush-log-at-trx-commit=1
  printf '%-52s' "MariaDB's replica, as durable as binferry's commits"
  "$load" latency "$work/source.sock" 1000 "$seconds" "mariadb:$work/replica.sock"
  ;;
semisync)
  server source --server-id=1 --port="$port" --log-bin="$work/source/bin" --binlog-format=ROW --sync-binlog=1 \
    --innodb-flush-log-at-trx-commit=1 --rpl-semi-sync-master-enabled=1 --rpl-semi-sync-master-timeout=20000 \
    --rpl-semi-sync-master-wait-point=AFTER_SYNC --rpl-semi-sync-master-wait-no-slave=OFF
  printf '%-52s%14s%14s%14s\n' '' '1 client' '4 clients' '16 clients'
  clear; throughput 'no replica'
  clear; follow --semi-sync; until_true has_clients 1
  throughput 'binferry follow --semi-sync --ack=applied'
  end follow; until_true has_clients 0
  clear; follow --semi-sync --ack=logged; until_true has_clients 1
  throughput 'binferry follow --semi-sync --ack=logged'
  end follow; until_true has_clients 0
  clear; replica --rpl-semi-sync-slave-enabled=1 --sync-relay-log=1; until_true has_clients 1
  throughput "MariaDB's replica, relay log synced (as logged)"
  end replica; until_true has_clients 0
  clear; replica --rpl-semi-sync-slave-enabled=1; until_true has_clients 1
  throughput "MariaDB's replica, relay log not synced (default)"
  ;;
memory)
  server source --server-id=1 --port="$port" --log-bin="$work/source/bin" --binlog-format=ROW --max-binlog-size=1G \
    --innodb-flush-log-at-trx-commit=0 --sync-binlog=0 --max-allowed-packet=1G --innodb-log-file-size=1G
  sql source -e 'CREATE DATABASE bench; CREATE TABLE bench.big(id BIGINT PRIMARY KEY, v LONGBLOB) ENGINE=InnoDB'
  for megabytes in 16 "$seconds"; do
    for how in '' '--semi-sync=preferred --ack=logged'; do
      sql source -e 'TRUNCATE bench.big'
      # shellcheck disable=SC2086  # options, or none
      follow $how
      # Rows of 64 KiB, in one transaction.
      sql source bench -e "INSERT INTO big SELECT seq, REPEAT(CHAR(65 + seq % 26), 65536) FROM seq_1_to_$((megabytes * 16))"
      until_true holds $((megabytes * 16))
      printf '%6s MiB, %-34s peak %s MiB\n' "$megabytes" "${how:-applied as it comes}" \
        "$(awk '/VmHWM/ { printf "%.1f", $2 / 1024 }' "/proc/${pid[follow]}/status")"
      end follow
    done
  done
  ;;
*) echo "no mode $mode" >&2; exit 2 ;;
esac
