#!/usr/bin/env python3
"""Times `binferry replay` of a log beside a plain loop over SQLite's C interface and beside MariaDB's own SQL thread.

usage: replay.py BINFERRY SQLITE_FLOOR MARIADB_APPLY LOG WORK_FOLDER RUNS

All take turns in one run; ratios are medians over rounds. binferry's time is the whole process (decoding included),
the floor's is its loop alone, MariaDB's is from START SLAVE to the last event.
"""
import os
import statistics
import subprocess
import sys
import time

COMMIT_ROWS = "20000"


def printed_seconds(command):
    return float(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


def remove_database(path):
    for suffix in ("", "-wal", "-shm", ".lock"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)


def main(binferry, floor, mariadb_apply, log, work, runs):
    replica, plain = os.path.join(work, "replica.db"), os.path.join(work, "plain.db")

    def replay():
        remove_database(replica)
        started = time.monotonic()
        process = subprocess.Popen([binferry, "replay", log, "--schema", "sbtest", "--into", replica], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit("binferry replay failed")
        return time.monotonic() - started, usage.ru_maxrss / 1024

    def loop():
        remove_database(plain)
        return printed_seconds([floor, log, replica, plain, COMMIT_ROWS])

    rounds = []
    peak = 0
    for _ in range(runs):
        seconds, mebibytes = replay()
        peak = max(peak, mebibytes)
        rounds.append((seconds, loop(), printed_seconds([mariadb_apply, log, "0"]),
                       printed_seconds([mariadb_apply, log, "4"])))
    names = ("binferry replay", "plain SQLite loop", "MariaDB, SQL thread", "MariaDB, 4 workers")
    print(f"{'':22}{'seconds':>10}{'ratio to binferry':>20}")
    for column, name in enumerate(names):
        print(f"{name:22}{statistics.median(r[column] for r in rounds):10.3f}"
              f"{statistics.median(r[column] / r[0] for r in rounds):19.2f}x")
    print(f"binferry / plain loop: {statistics.median(r[0] / r[1] for r in rounds):.2f} (goal: at most 1.25); "
          f"peak memory of binferry {peak:.0f} MiB")


main(*sys.argv[1:6], int(sys.argv[6]))
