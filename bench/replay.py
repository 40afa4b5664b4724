#!/usr/bin/env python3
"""Times `binferry replay` of a log beside a plain loop over SQLite's C interface and beside MariaDB's own SQL thread.

usage: replay.py BINFERRY SQLITE_FLOOR MARIADB_APPLY LOG WORK_FOLDER RUNS

binferry makes the secondary indexes of new tables last; the loop is run both ways. All take turns in one run; ratios
are medians over rounds. binferry's time is the whole process (decoding included), the floor's is its loop and the
close, MariaDB's is from START SLAVE to the last event. The second figure is the processor time of all threads, user and
system, which a busy machine disturbs less.
"""
import os
import statistics
import subprocess
import sys
import time


def printed_seconds(command):
    """Wall clock and processor."""
    return [float(word) for word in subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout.split()]


def remove_database(path):
    for suffix in ("", "-wal", "-shm", ".lock"):
        if os.path.exists(path + suffix):
            os.remove(path + suffix)


def main(binferry, floor, mariadb_apply, log, work, runs):
    replica, plain = os.path.join(work, "replica.db"), os.path.join(work, "plain.db")

    def replay():
        remove_database(replica)
        started = time.monotonic()
        process = subprocess.Popen([binferry, "replay", log, "--schema", "sbtest", "--into", replica],
                                   stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        if status != 0:
            sys.exit("binferry replay failed")
        return (time.monotonic() - started, usage.ru_utime + usage.ru_stime), usage.ru_maxrss / 1024

    def loop(*how):
        remove_database(plain)
        return printed_seconds([floor, log, replica, plain, *how])

    rounds = []
    peak = 0
    for _ in range(runs):
        seconds, mebibytes = replay()
        peak = max(peak, mebibytes)
        rounds.append((seconds, loop(), loop("indexes-last"), printed_seconds([mariadb_apply, log, "0"]),
                       printed_seconds([mariadb_apply, log, "4"])))
    names = ("binferry replay", "plain SQLite loop", "  with indexes last", "MariaDB, SQL thread", "MariaDB, 4 workers")
    print(f"{'':22}{'wall s':>10}{'cpu s':>10}{'ratio to binferry (wall, cpu)':>34}")
    for column, name in enumerate(names):
        wall, cpu = (statistics.median(r[column][kind] for r in rounds) for kind in (0, 1))
        walls, cpus = (statistics.median(r[column][kind] / r[0][kind] for r in rounds) for kind in (0, 1))
        print(f"{name:22}{wall:10.3f}{cpu:10.3f}{walls:22.2f}x{cpus:10.2f}x")
    for column, name in ((1, "plain loop"), (2, "plain loop with indexes last")):
        own, other = (statistics.median(r[0][kind] / r[column][kind] for r in rounds) for kind in (0, 1))
        print(f"binferry / {name}: {own:.2f} by the wall clock, {other:.2f} by the processor (goal: at most 1.25)")
    print(f"peak memory of binferry {peak:.0f} MiB")


main(*sys.argv[1:6], int(sys.argv[6]))
