#!/usr/bin/env python3
"""Times the snapshot of a new replica beside a dump into sqlite3 and beside reading the same rows into nothing.

usage: snapshot.py BINFERRY TABLES_SQL WORK_FOLDER RUNS MEGABYTES

A MariaDB of its own holds the rows, on a loopback port, started in the work folder and stopped again. All take turns in
one run; ratios are medians over rounds. The peers are given what is binferry's to find out: the tables stand in SQLite
before the clock starts, indexes are made behind the rows, and journal and syncs are off. Processor seconds are the
client side's; the server's are the same work for all.
"""
import os
import pwd
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time

PASSWORD = "bench"
SELECTS = ("SELECT * FROM sbtest1 ORDER BY id", "SELECT * FROM orders ORDER BY id")
CREATE = """PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536;
CREATE TABLE sbtest1 (id INTEGER PRIMARY KEY, k INTEGER, c TEXT, pad TEXT) STRICT;
CREATE TABLE orders (id INTEGER PRIMARY KEY, customer INTEGER, total TEXT, status TEXT, note TEXT, created TEXT,
  weight REAL) STRICT;
"""
INDEXES = "CREATE INDEX k_1 ON sbtest1 (k); CREATE INDEX customer ON orders (customer);"


class Server:
    def __init__(self, work):
        self.data = os.path.join(work, "data")
        self.socket = os.path.join(work, "sock")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        user = pwd.getpwuid(os.getuid()).pw_name
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--user={user}", f"--datadir={self.data}",
                        "--auth-root-authentication-method=normal", "--skip-test-db"], check=True, **quiet)
        self.process = subprocess.Popen(
            [shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults", f"--user={user}",
             f"--datadir={self.data}", f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1",
             "--log-bin", "--binlog-format=ROW", "--binlog-row-metadata=FULL", "--server-id=1", "--sync-binlog=0",
             "--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=1G"], **quiet)
        for _ in range(200):
            if subprocess.run(self.client("-e", "SELECT 1"), **quiet).returncode == 0:
                return
            time.sleep(0.1)
        self.stop()
        sys.exit("the server does not answer")

    def client(self, *arguments, program="mariadb"):
        return [program, "--no-defaults", f"--socket={self.socket}", "--user=root", *arguments]

    def sql(self, text):
        return subprocess.run(self.client("-N"), input=text, text=True, check=True, stdout=subprocess.PIPE).stdout

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def timed(action):
    """Wall clock seconds, and processor seconds of the programs that were started."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    action()
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def remove_database(path):
    for suffix in ("", "-wal", "-shm", ".lock", ".status"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)


def main(binferry, tables_sql, work, runs, megabytes):
    server = Server(work)
    try:
        with open(tables_sql, encoding="utf-8") as tables:
            server.sql(tables.read())
        # About 0.5 MB a batch.
        server.sql(f"USE sbtest; CALL load_rows({megabytes * 2}); CREATE USER bench IDENTIFIED BY '{PASSWORD}';"
                   "GRANT ALL ON *.* TO bench")
        rows = int(server.sql("SELECT (SELECT count(*) FROM sbtest.sbtest1) + (SELECT count(*) FROM sbtest.orders)"))
        measure(server, binferry, work, runs, rows)
    finally:
        server.stop()


def measure(server, binferry, work, runs, rows):
    replica, dumped = os.path.join(work, "replica.db"), os.path.join(work, "dumped.db")
    environment = dict(os.environ, MYSQL_PWD=PASSWORD)
    source = f"mysql://bench@127.0.0.1:{server.port}/sbtest?ssl-mode=disabled"

    def snapshot():
        subprocess.run([binferry, "follow", source, "--into", replica, "--stop-at-current"], check=True,
                       env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def dump():
        with subprocess.Popen(["sqlite3", dumped], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as loader:
            loader.stdin.write(b"PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;\n")
            loader.stdin.flush()
            subprocess.run(server.client("--single-transaction", "--no-create-info", "--compact", "sbtest",
                                         program="mariadb-dump"), check=True, stdout=loader.stdin)
            loader.stdin.write(f"{INDEXES} COMMIT;\n".encode())
            loader.stdin.close()
        if loader.returncode != 0:
            sys.exit("sqlite3 did not take the dump")

    def read_only():
        readers = [subprocess.Popen(server.client("--quick", "-N", "-e", select, "sbtest"), stdout=subprocess.DEVNULL)
                   for select in SELECTS]
        if any(reader.wait() != 0 for reader in readers):
            sys.exit("reading failed")

    rounds = []
    for _ in range(runs):
        remove_database(replica)
        remove_database(dumped)
        subprocess.run(["sqlite3", dumped], input=CREATE, text=True, check=True, stdout=subprocess.DEVNULL)
        rounds.append((timed(snapshot), timed(dump), timed(read_only)))
        for table in ("sbtest1", "orders"):
            counts = {subprocess.run(["sqlite3", path, f"SELECT count(*) FROM {table}"], text=True, check=True,
                                     stdout=subprocess.PIPE).stdout for path in (replica, dumped)}
            if len(counts) != 1:
                sys.exit(f"{table} has {counts} rows")
    print(f"{rows:,} rows")
    print(f"{'':28}{'wall s':>10}{'cpu s':>10}{'rows/s':>12}{'ratio to binferry (wall, cpu)':>34}")
    for column, name in enumerate(("binferry follow, snapshot", "mariadb-dump | sqlite3", "SELECT into nothing")):
        wall, cpu = (statistics.median(r[column][kind] for r in rounds) for kind in (0, 1))
        walls, cpus = (statistics.median(r[column][kind] / r[0][kind] for r in rounds) for kind in (0, 1))
        print(f"{name:28}{wall:10.3f}{cpu:10.3f}{rows / wall:12,.0f}{walls:22.2f}x{cpus:10.2f}x")


main(*sys.argv[1:4], int(sys.argv[4]), int(sys.argv[5]))
