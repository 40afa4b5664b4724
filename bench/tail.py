#!/usr/bin/env python3
"""How long after its last byte `binferry tail` prints a transaction of a growing log.

usage: tail.py BINFERRY LOG TRANSACTIONS

LOG is a closed log of small transactions; it is written anew into a temporary folder, transaction by transaction at
random moments, as a server would. Prints the median, the 99th percentile and the largest delay in milliseconds.
"""
import json
import os
import random
import subprocess
import sys
import tempfile
import time


def main(binferry, log, count):
    listing = subprocess.run([binferry, "inspect", "--format=json", log], check=True, capture_output=True).stdout
    ends = sorted({json.loads(line)["end"] for line in listing.splitlines()})[: int(count)]
    with open(log, "rb") as file:
        data = bytearray(file.read())
    data[21] |= 1  # in use, as a server's own file is while it is written
    delays = []
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, os.path.basename(log))
        with open(path, "wb", buffering=0) as growing:
            growing.write(data[:4])
            tail = subprocess.Popen([binferry, "tail", "--from-start", "--format=json", folder],
                                    stdout=subprocess.PIPE)
            written = 4
            for end in ends:
                growing.write(data[written:end - 1])
                time.sleep(random.uniform(0.001, 0.08))
                started = time.monotonic()
                growing.write(data[end - 1:end])
                written = end
                for line in tail.stdout:
                    if json.loads(line)["end"] == end:
                        break
                delays.append((time.monotonic() - started) * 1000)
            tail.terminate()
            tail.communicate()
            if tail.returncode != 0:
                sys.exit(f"tail ended with {tail.returncode}")
    delays.sort()
    print(f"{len(delays)} transactions: median {delays[len(delays) // 2]:.1f} ms, "
          f"99 % {delays[len(delays) * 99 // 100]:.1f} ms, slowest {delays[-1]:.1f} ms")


main(*sys.argv[1:])
