#!/usr/bin/env python3
"""Times updates and deletes of single rows in a table without a key, of ten thousand and of a million rows.

usage: keyless.py BINFERRY KEYLESS_LOG WORK_FOLDER RUNS

The tables' rows are replayed first and not timed; then both sizes take turns in one run. If a row were looked for by
scanning, the larger table would take a hundred times as long for each; O(log n) is a small factor.
"""
import os
import shutil
import statistics
import subprocess
import sys
import time

SIZES = (10_000, 1_000_000)
CHANGES = 10_000


def replay(binferry, files, replica):
    started = time.monotonic()
    subprocess.run([binferry, "replay", *files, "--into", replica], check=True, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)
    return time.monotonic() - started


def main(binferry, keyless_log, work, runs):
    folders = {}
    for size in SIZES:
        folder = folders[size] = os.path.join(work, str(size))
        os.makedirs(folder)
        subprocess.run([keyless_log, str(size), str(CHANGES), folder], check=True)
        replay(binferry, [os.path.join(folder, "binlog.000001")], os.path.join(folder, "rows.db"))
    rounds = []
    for _ in range(runs):
        seconds = []
        for size in SIZES:
            folder = folders[size]
            copy = os.path.join(folder, "replica.db")
            for suffix in ("-wal", "-shm", ".lock"):
                if os.path.exists(copy + suffix):
                    os.remove(copy + suffix)
            shutil.copyfile(os.path.join(folder, "rows.db"), copy)
            seconds.append(replay(binferry, [os.path.join(folder, "binlog.000002")], copy))
        rounds.append(seconds)
    print(f"{'rows in the table':>20}{'seconds':>10}{'a change':>12}")
    for column, size in enumerate(SIZES):
        middle = statistics.median(r[column] for r in rounds)
        print(f"{size:20,}{middle:10.3f}{middle / CHANGES * 1e6:9.1f} us")
    print(f"a hundred times the rows take {statistics.median(r[1] / r[0] for r in rounds):.2f} times as long "
          "(goal: at most 5; a scan would take 100)")


main(*sys.argv[1:4], int(sys.argv[4]))
