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

sql <<'SQL'
CREATE DATABASE sbtest;
USE sbtest;
CREATE TABLE sbtest1(id INT UNSIGNED NOT NULL AUTO_INCREMENT, k INT UNSIGNED NOT NULL DEFAULT 0,
  c CHAR(120) NOT NULL DEFAULT '', pad CHAR(60) NOT NULL DEFAULT '', PRIMARY KEY(id), KEY k_1(k));
CREATE TABLE orders(id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY, customer INT NOT NULL, total DECIMAL(12,2) NOT NULL,
  status ENUM('new','paid','sent','done') NOT NULL, note VARCHAR(200), created DATETIME(3) NOT NULL, weight DOUBLE,
  KEY(customer));
DELIMITER //
-- The loading phase of sysbench: many rows a transaction.
CREATE PROCEDURE load_rows(batches INT)
BEGIN
  DECLARE i INT DEFAULT 0;
  WHILE i < batches DO
    INSERT INTO sbtest1(k, c, pad) SELECT FLOOR(RAND()*1000000),
      CONCAT_WS('-', LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'),
        LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'),
        LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'),
        LPAD(FLOOR(RAND()*1e11),11,'0')),
      CONCAT_WS('-', LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0'),
        LPAD(FLOOR(RAND()*1e11),11,'0'), LPAD(FLOOR(RAND()*1e11),11,'0')) FROM seq_1_to_2000;
    INSERT INTO orders(customer, total, status, note, created, weight)
      SELECT FLOOR(RAND()*100000), RAND()*10000, 1+FLOOR(RAND()*4), CONCAT('note ', MD5(RAND())),
        '2024-01-01' + INTERVAL FLOOR(RAND()*3e7) SECOND, RAND()*100 FROM seq_1_to_1000;
    SET i = i + 1;
  END WHILE;
END//
-- The oltp_read_write phase: two updates, a delete and an insert a transaction.
CREATE PROCEDURE run_oltp(transactions INT, highest INT)
BEGIN
  DECLARE i INT DEFAULT 0;
  DECLARE victim INT;
  DECLARE other INT;
  WHILE i < transactions DO
    SET victim = 1 + FLOOR(RAND()*highest), other = 1 + FLOOR(RAND()*highest);
    START TRANSACTION;
    UPDATE sbtest1 SET k = k + 1 WHERE id = other;
    UPDATE sbtest1 SET c = REVERSE(c) WHERE id = victim;
    DELETE FROM sbtest1 WHERE id = victim;
    INSERT INTO sbtest1(id, k, c, pad) VALUES (victim, victim, REPEAT('c-1234567', 13), REPEAT('pad-12345', 6));
    COMMIT;
    SET i = i + 1;
  END WHILE;
END//
DELIMITER ;
SQL
# About 0.57 MB a batch; then about 1.6 KB a transaction.
batches=$((megabytes * 60 / 100 * 100 / 57))
transactions=$((megabytes * 40 / 100 * 1000 * 10 / 13))
sql sbtest -e "CALL load_rows($batches)"
sql sbtest -e "CALL run_oltp($transactions, $((batches * 2000)))"
sql -e "SHOW MASTER STATUS" | tail -1
kill "$server"; wait "$server" 2>/dev/null || true; server=
cp "$work"/data/bench.0* "$out"/
(cd "$out" && ls bench.0* | sed 's/^/.\//' >bench.index)
