#!/usr/bin/env python3
"""Cuts the fixtures' logs into seeds for the fuzz targets: tests/fuzz/corpus/TARGET/*.

    scripts/make_fuzz_seeds.py [TARGET…]     all targets that SEEDS below knows and tests/fuzz has, by default

A target's seeds are what its input is: see SEEDS. They are few, small and different: a name is the start of the
content's SHA-256, so running it again changes nothing.
"""

import hashlib
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MAX_SEED_BYTES = 4096
MAX_SEEDS_OF_A_KIND = 16  # a kind is an event type for events; a target may have several
HEADER_BYTES = 19
CHECKSUM_BYTES = 4

QUERY, FORMAT_DESCRIPTION, TABLE_MAP, PREVIOUS_GTIDS, TRANSACTION_PAYLOAD = 2, 15, 19, 35, 40
ROWS = {20, 21, 22, 23, 24, 25, 30, 31, 32, 39}


class Event:
    def __init__(self, raw, has_checksum):
        self.raw = raw
        self.type = raw[4]
        self.body = raw[HEADER_BYTES : len(raw) - (CHECKSUM_BYTES if has_checksum else 0)]


def events_of(log):
    """The events of a log file, up to the first that is not whole (or encrypted: type 164 starts the ciphertext)."""
    if log[:4] != b"\xfebin":
        return
    at, has_checksum = 4, False
    while at + HEADER_BYTES <= len(log):
        length = int.from_bytes(log[at + 9 : at + 13], "little")
        if length < HEADER_BYTES or at + length > len(log):
            return
        raw = log[at : at + length]
        if raw[4] == FORMAT_DESCRIPTION:
            has_checksum = raw[-5] == 1  # the algorithm stands before the event's own checksum
            yield Event(raw, True)
        else:
            yield Event(raw, has_checksum)
        if raw[4] == 164:
            return
        at += length


def sql_of(query):
    """The statement of a QUERY event: 13 bytes, status variables, the schema and its NUL, the text."""
    body = query.body
    schema_bytes, variables_bytes = body[8], int.from_bytes(body[11:13], "little")
    return body[13 + variables_bytes + schema_bytes + 1 :]


def event_bodies(events):
    """The byte 4 (one body), one byte of event type, the body."""
    for event in events:
        yield event.type, bytes([4, event.type]) + event.body


def bodies_of(*types):
    def bodies(events):
        for event in events:
            if event.type in types:
                yield event.type, event.body

    return bodies


def table_map_and_rows(events):
    """u16 length of the TABLE_MAP's body, that body, one byte of event type, the body of the rows event."""
    table_map = None
    for event in events:
        if event.type == TABLE_MAP:
            table_map = event.body
        elif event.type in ROWS and table_map is not None:
            yield event.type, len(table_map).to_bytes(2, "little") + table_map + bytes([event.type]) + event.body


def statements(events):
    for event in events:
        if event.type == QUERY:
            sql = sql_of(event)
            yield sql.split(b" ")[0].upper(), sql


def prefixes_of_logs(events):
    """A log file cut behind each of its events."""
    log = b"\xfebin"
    for event in events:
        log += event.raw
        yield "log", log


# target → the (kind, bytes) of its seeds in a log
SEEDS = {
    "event": event_bodies,
    "log_file": prefixes_of_logs,
    "table_map": bodies_of(TABLE_MAP),
    "rows": table_map_and_rows,
    "ddl": statements,
    "payload": bodies_of(TRANSACTION_PAYLOAD),
    "gtid_set_binary": bodies_of(PREVIOUS_GTIDS),
}


def logs():
    for path in sorted((ROOT / "fixtures").rglob("*")):
        if path.is_file() and re.search(r"\.0\d+$", path.name):
            yield path.read_bytes()


def write_seeds(target):
    chosen = {}
    for log in logs():
        for kind, seed in SEEDS[target](events_of(log)):
            of_kind = chosen.setdefault(kind, {})
            if len(seed) <= MAX_SEED_BYTES:
                of_kind.setdefault(len(seed), seed)  # one of each length: different lengths are different shapes
    folder = ROOT / "tests/fuzz/corpus" / target
    folder.mkdir(parents=True, exist_ok=True)
    count = size = 0
    for of_kind in chosen.values():
        by_length = [of_kind[length] for length in sorted(of_kind)]
        step = max(1, len(by_length) // MAX_SEEDS_OF_A_KIND)
        for seed in by_length[::step][:MAX_SEEDS_OF_A_KIND]:
            (folder / hashlib.sha256(seed).hexdigest()[:16]).write_bytes(seed)
            count, size = count + 1, size + len(seed)
    print(f"{folder.relative_to(ROOT)}: {count} seeds, {size} bytes")


def main():
    present = {path.name.removesuffix("_fuzz.cpp") for path in (ROOT / "tests/fuzz").glob("*_fuzz.cpp")}
    for target in sys.argv[1:] or sorted(present & SEEDS.keys()):
        if target not in SEEDS:
            sys.exit(f"no seeds are known for '{target}'; known: {', '.join(sorted(SEEDS))}")
        write_seeds(target)


if __name__ == "__main__":
    main()
