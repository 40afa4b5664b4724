#!/usr/bin/env python3
"""Runs commands in turn, A B A B ..., and prints each one's time and peak memory and the ratios to the first.

usage: compare.py [--runs N] NAME 'COMMAND' NAME 'COMMAND' ...

Times are wall-clock seconds of the whole process, memory is the largest resident set the kernel saw. Output of the
commands is thrown away. Absolute times mean little on a shared machine: read the ratios, which are medians over
pairs of neighbouring runs.
"""
import os
import statistics
import subprocess
import sys
import time


def run(command):
    started = time.monotonic()
    process = subprocess.Popen(["/bin/sh", "-c", "exec " + command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    if status != 0:
        sys.exit(f"failed: {command}\n{errors.decode(errors='replace')}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(arguments):
    runs = 5
    if arguments[:1] == ["--runs"]:
        runs = int(arguments[1])
        arguments = arguments[2:]
    commands = list(zip(arguments[::2], arguments[1::2]))
    results = {name: [] for name, _ in commands}
    for number in range(runs + 1):
        for name, command in commands:
            result = run(command)
            if number > 0:  # the first round warms the caches
                results[name].append(result)
    first = commands[0][0]
    print(f"{'':34}{'wall s':>9}{'cpu s':>9}{'peak MiB':>10}{'ratio to first (wall, cpu)':>30}")
    for name, _ in commands:
        wall, cpu, peak = (statistics.median(column) for column in zip(*results[name]))
        walls = statistics.median(other[0] / own[0] for own, other in zip(results[first], results[name]))
        cpus = statistics.median(other[1] / own[1] for own, other in zip(results[first], results[name]))
        print(f"{name:34}{wall:9.3f}{cpu:9.3f}{peak:10.1f}{walls:20.2f}x {cpus:8.2f}x")


main(sys.argv[1:])
