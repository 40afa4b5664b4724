#!/usr/bin/env python3
"""Times a hub: bytes to followers beside a raw copy of the same bytes, what compression costs, a crowd, and latency.

usage: hub.py BINFERRY LOG_FOLDER WORK_FOLDER RUNS [ship] [crowd] [latency] [join]

`ship`: a relay store of the log's size to 1, 4 and 16 followers over loopback, plain and with zstd, beside a process
that sends the same file to as many sockets with sendfile(2). Followers take bytes and do nothing else with them; a run
ends when the hub has sent everything to all of them (and, in plain, when they have counted it).
`crowd`: 200 followers of a part of the log, alone and beside 20 that never read.
`latency`: from the return of a commit to the row being seen in the replica, by a follower of a hub and by `follow`.
`join`: the longest commit at a source of BENCH_JOIN_MB megabytes (2048) while a follower joins, and while none does.
"""
import json
import os
import random
import selectors
import shutil
import socket
import sqlite3
import statistics
import struct
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

TICK = os.sysconf("SC_CLK_TCK")


class Hub:
    def __init__(self, binferry, source, store, *options):
        self.log = open(store + ".log", "w+")
        self.process = subprocess.Popen([binferry, "serve", source, "--store", store, "--listen=127.0.0.1:0", *options],
                                        stderr=self.log)
        self.port = 0
        while not self.port:
            time.sleep(0.02)
            text = open(store + ".log").read()
            if self.process.poll() is not None:
                sys.exit("the hub ended: " + text)
            if "hub at ws://127.0.0.1:" in text:
                self.port = int(text.split("hub at ws://127.0.0.1:")[1].split(",")[0])

    def url(self):
        return f"ws://127.0.0.1:{self.port}"

    def status(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/status.json") as answer:
            return json.load(answer)

    def cpu_seconds(self):
        fields = open(f"/proc/{self.process.pid}/stat").read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / TICK

    def peak_mib(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 1024
        return 0.0

    def stop(self):
        self.process.terminate()
        self.process.wait()


def follower(port, name, zstd):
    """A socket that the hub ships the whole log to."""
    peer = socket.create_connection(("127.0.0.1", port))
    peer.sendall(b"GET /v1/ship HTTP/1.1\r\nHost: hub\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                 b"Sec-WebSocket-Protocol: binferry.v1\r\n\r\n")
    answer = b""
    while not answer.endswith(b"\r\n\r\n"):
        answer += peer.recv(1)
    if b" 101 " not in answer.split(b"\r\n")[0]:
        sys.exit(answer.decode())
    hello = struct.pack("<HBH", 1, 2 if zstd else 0, len(name)) + name.encode() + struct.pack("<HQHH", 0, 0, 0, 0)
    message = b"\0\x01" + struct.pack("<I", len(hello)) + hello
    peer.sendall(bytes([0x82, 0x80 | len(message)]) + bytes(4) + message)
    peer.setblocking(False)
    return peer


def drain(peers, enough, timeout_s=600):
    """Takes from all until `enough(name, bytes)` for each; gives the bytes by name."""
    counts = dict.fromkeys(peers, 0)
    buffer = bytearray(1 << 20)
    with selectors.DefaultSelector() as selector:
        for name, peer in peers.items():
            selector.register(peer, selectors.EVENT_READ, name)
        until = time.monotonic() + timeout_s
        while selector.get_map() and time.monotonic() < until:
            for key, _ in selector.select(0.02):
                try:
                    size = key.fileobj.recv_into(buffer)
                except BlockingIOError:
                    continue
                counts[key.data] += size
                if size == 0 or enough(key.data, counts[key.data]):
                    selector.unregister(key.fileobj)
            if callable(getattr(enough, "all_done", None)) and enough.all_done():
                break
    return counts


class Sent:
    """Whether the hub has sent everything, as it says itself; asked on a thread of its own."""

    def __init__(self, hub, goal, count):
        self.done = False
        self.wire = 0
        self.thread = threading.Thread(target=self.watch, args=(hub, goal, count), daemon=True)
        self.thread.start()

    def watch(self, hub, goal, count):
        while not self.done:
            followers = [f for f in hub.status()["followers"] if f["sent"] == goal]
            if len(followers) >= count:
                self.wire = sum(f["sent_bytes"] for f in followers)
                self.done = True
            time.sleep(0.01)

    def __call__(self, name, size):
        return False

    def all_done(self):
        return self.done


def ship(hub, count, zstd, total):
    cpu = hub.cpu_seconds()
    began = time.monotonic()
    peers = {f"f{i}": follower(hub.port, f"f{i}", zstd) for i in range(count)}
    sent = Sent(hub, hub.status()["published"], count)
    counts = drain(peers, sent)
    took = time.monotonic() - began
    wire = sent.wire or sum(counts.values())
    for peer in peers.values():
        peer.close()
    while hub.status()["followers"]:
        time.sleep(0.02)
    if not zstd and min(counts.values()) < total * 0.99:
        sys.exit("followers counted less than the log")
    return took, hub.cpu_seconds() - cpu, wire


def raw_copy(path, count, total):
    listener = socket.create_server(("127.0.0.1", 0))
    child = os.fork()
    if child == 0:
        def send(peer):
            with open(path, "rb") as file:
                at = 0
                while at < total:
                    at += os.sendfile(peer.fileno(), file.fileno(), at, min(total - at, 1 << 30))
            peer.close()
        threads = [threading.Thread(target=send, args=(listener.accept()[0],)) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        os._exit(0)
    began = time.monotonic()
    peers = {}
    for i in range(count):
        peers[f"f{i}"] = socket.create_connection(listener.getsockname())
        peers[f"f{i}"].setblocking(False)
    drain(peers, lambda name, size: size >= total)
    took = time.monotonic() - began
    os.waitpid(child, 0)
    listener.close()
    return took


def part_ship(binferry, logs, work, runs):
    hub = Hub(binferry, logs, os.path.join(work, "store"), "--seed=off", "--fsync=never")
    index = open(os.path.join(logs, [f for f in os.listdir(logs) if f.endswith(".index")][0])).read().split()
    last = os.path.basename(index[-1])
    goal = f"{last}:{os.path.getsize(os.path.join(logs, last))}"
    began = time.monotonic()
    while hub.status()["published"] != goal:
        time.sleep(0.05)
    files = hub.status()["files"]
    total = sum(file["bytes"] for file in files)
    print(f"{total / 1e6:.0f} MB taken into the store in {time.monotonic() - began:.1f} s")
    whole = os.path.join(work, "raw")
    with open(whole, "wb") as into:
        for file in files:
            with open(os.path.join(work, "store", file["name"]), "rb") as log:
                shutil.copyfileobj(log, into, 1 << 20)
    print(f"{'':24}{'s':>9}{'MB/s each':>12}{'MB/s all':>11}{'hub cpu s':>11}{'ratio':>8}{'beside raw':>12}")
    for count in (1, 4, 16):
        rounds = []
        for _ in range(runs):
            rounds.append((raw_copy(whole, count, total), ship(hub, count, False, total), ship(hub, count, True, total)))
        raw = statistics.median(r[0] for r in rounds)
        print(f"raw copy, {count:2} sockets     {raw:9.2f}{total / 1e6 / raw:12.0f}{count * total / 1e6 / raw:11.0f}")
        for column, name in ((1, "plain"), (2, "zstd")):
            took, cpu = (statistics.median(r[column][k] for r in rounds) for k in (0, 1))
            ratio = statistics.median(count * total / r[column][2] for r in rounds)
            beside = statistics.median(r[column][0] / r[0] for r in rounds)
            print(f"hub, {name:5}, {count:2} followers {took:9.2f}{total / 1e6 / took:12.0f}"
                  f"{count * total / 1e6 / took:11.0f}{cpu:11.2f}{ratio:8.2f}{beside:11.2f}x")
    print(f"peak memory of the hub {hub.peak_mib():.0f} MiB")
    hub.stop()
    os.remove(whole)


def part_crowd(binferry, logs, work, runs):
    hub = Hub(binferry, logs, os.path.join(work, "store"), "--seed=off", "--fsync=never")
    share = 20 << 20  # of the log, each
    while sum(file["bytes"] for file in hub.status()["files"]) < share:
        time.sleep(0.1)
    before = hub.peak_mib()
    for stalled in (0, 20):
        idle = [follower(hub.port, f"idle{i}", False) for i in range(stalled)]
        took = []
        for _ in range(runs):
            began = time.monotonic()
            peers = {f"f{i}": follower(hub.port, f"f{i}", False) for i in range(200)}
            drain(peers, lambda name, size: size >= share)
            took.append(time.monotonic() - began)
            for peer in peers.values():
                peer.close()
        rate = share / 1e6 / statistics.median(took)
        print(f"200 followers, {stalled:2} more that never read: {rate:7.1f} MB/s each, {200 * rate:7.0f} MB/s together; "
              f"peak memory of the hub {hub.peak_mib():.0f} MiB ({before:.0f} before)")
        for peer in idle:
            peer.close()
    hub.stop()


class MariaDb:
    def __init__(self, work):
        self.folder = os.path.join(work, "mariadb")
        os.mkdir(self.folder)
        user = os.environ.get("USER") or subprocess.run(["id", "-un"], stdout=subprocess.PIPE).stdout.decode().strip()
        subprocess.run(["mariadb-install-db", "--no-defaults", f"--user={user}", f"--datadir={self.folder}/data",
                        "--auth-root-authentication-method=normal", "--skip-test-db"], check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self.port = probe.getsockname()[1]
        server = shutil.which("mariadbd") or "/usr/sbin/mariadbd"
        self.process = subprocess.Popen(
            [server, "--no-defaults", f"--user={user}", f"--datadir={self.folder}/data", f"--socket={self.folder}/sock",
             f"--port={self.port}", "--bind-address=127.0.0.1", "--server-id=1", "--log-bin=binlog",
             "--binlog-format=ROW", "--binlog-row-metadata=FULL", "--innodb-buffer-pool-size=1G",
             "--innodb-flush-log-at-trx-commit=1", "--sync-binlog=1", "--innodb-log-file-size=512M"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(300):
            if subprocess.run(self.client("-e", "SELECT 1"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0:
                break
            time.sleep(0.1)
        self.session = None

    def client(self, *more):
        return ["mariadb", "--no-defaults", f"--socket={self.folder}/sock", "--user=root", "-N", *more]

    def sql(self, text):
        return subprocess.run(self.client("-e", text), check=True, stdout=subprocess.PIPE).stdout.decode().strip()

    def execute(self, text):
        """Over one session; returns when the server has answered. Seconds."""
        if self.session is None:
            self.session = subprocess.Popen(self.client("--unbuffered"), stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        began = time.monotonic()
        self.session.stdin.write((text + ";SELECT 1;\n").encode())
        self.session.stdin.flush()
        self.session.stdout.readline()
        return time.monotonic() - began

    def source(self):
        return f"mysql://root@127.0.0.1:{self.port}?ssl-mode=disabled"

    def stop(self):
        if self.session:
            self.session.stdin.close()
            self.session.wait()
        self.process.terminate()
        self.process.wait()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def wait_for_row(path, query, row):
    while True:
        try:
            with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as replica:
                if replica.execute(query).fetchone()[0] == row:
                    return
        except sqlite3.OperationalError:
            pass
        time.sleep(0.05)


def part_latency(binferry, logs, work, runs):
    server = MariaDb(work)
    server.sql("CREATE DATABASE shop; CREATE TABLE shop.t (id INT PRIMARY KEY, at VARCHAR(40))")
    hub = Hub(binferry, server.source(), os.path.join(work, "latency-store"), "--seed=off")
    joined, followed = os.path.join(work, "joined.db"), os.path.join(work, "followed.db")
    processes = [subprocess.Popen([binferry, "join", hub.url(), "--into", joined, "--no-snapshot"], stderr=subprocess.DEVNULL),
                 subprocess.Popen([binferry, "follow", server.source(), "--into", followed], stderr=subprocess.DEVNULL)]
    server.execute("INSERT INTO shop.t VALUES (0, 'begin')")
    query = "SELECT max(id) FROM \"shop.t\""
    for path in (joined, followed):
        wait_for_row(path, query, 0)
    replicas = {"hub and join": sqlite3.connect(f"file:{joined}?mode=ro", uri=True, check_same_thread=False),
                "follow": sqlite3.connect(f"file:{followed}?mode=ro", uri=True, check_same_thread=False)}
    seen = {name: {} for name in replicas}
    count = 1000

    def watch(name):
        last = 0
        while last < count:
            now = replicas[name].execute(query).fetchone()[0]
            at = time.monotonic()
            for row in range(last + 1, now + 1):
                seen[name][row] = at
            last = now
            time.sleep(0.0002)

    threads = [threading.Thread(target=watch, args=(name,)) for name in replicas]
    for thread in threads:
        thread.start()
    committed = {}
    for row in range(1, count + 1):
        server.execute(f"INSERT INTO shop.t VALUES ({row}, 'x')")
        committed[row] = time.monotonic()
        time.sleep(random.uniform(0.002, 0.01))
    for thread in threads:
        thread.join()
    for name in replicas:
        latencies = [(seen[name][row] - committed[row]) * 1e3 for row in committed]
        print(f"{name:14} p50 {percentile(latencies, 0.5):7.2f} ms, p99 {percentile(latencies, 0.99):7.2f} ms")
    for process in processes:
        process.terminate()
        process.wait()
    hub.stop()
    server.stop()


def part_join(binferry, logs, work, runs):
    megabytes = int(os.environ.get("BENCH_JOIN_MB", "2048"))
    server = MariaDb(work)
    server.sql("CREATE DATABASE shop; CREATE TABLE shop.big (id INT PRIMARY KEY AUTO_INCREMENT, body VARBINARY(1000));"
               "CREATE TABLE shop.t (id INT PRIMARY KEY AUTO_INCREMENT, at VARCHAR(40))")
    rows = megabytes * 1000
    for first in range(0, rows, 50_000):
        server.sql(f"INSERT INTO shop.big (body) SELECT RANDOM_BYTES(1000) FROM shop.seq_1_to_{min(50_000, rows - first)}")
    server.sql("FLUSH BINARY LOGS")
    server.sql("PURGE BINARY LOGS TO '" + server.sql("SHOW MASTER STATUS").split()[0] + "'")
    hub = Hub(binferry, server.source(), os.path.join(work, "join-store"))
    phases = {"while the hub makes its seed": [], "while nobody joins": [], "while a follower joins": []}
    phase = "while the hub makes its seed"
    began = time.monotonic()
    ends = False

    def write():
        while not ends:
            took_ms = server.execute("INSERT INTO shop.t (at) VALUES ('x')") * 1e3
            phases[phase].append((took_ms, time.monotonic() - began))
            time.sleep(0.002)

    writer = threading.Thread(target=write)
    writer.start()
    while not hub.status()["seed"]["usable"]:
        time.sleep(0.1)
    phase = "while nobody joins"
    time.sleep(15)
    phase = "while a follower joins"
    began = time.monotonic()
    replica = os.path.join(work, "joined-big.db")
    join = subprocess.Popen([binferry, "join", hub.url(), "--into", replica, "--stop-at-current"], stderr=subprocess.DEVNULL)
    join.wait()
    took = time.monotonic() - began
    ends = True
    writer.join()
    goal = server.execute("SELECT 1") and server.sql("SELECT count(*), coalesce(sum(id), 0) FROM shop.big").split()
    last = server.sql("SELECT max(id) FROM shop.t")
    subprocess.run([binferry, "join", hub.url(), "--into", replica, "--stop-at-current"], check=True, stderr=subprocess.DEVNULL)
    with sqlite3.connect(replica) as database:
        held = [str(value) for value in database.execute('SELECT count(*), coalesce(sum(id), 0) FROM "shop.big"').fetchone()]
        held_last = str(database.execute('SELECT max(id) FROM "shop.t"').fetchone()[0])
    print(f"a source of {megabytes} MB; the follower held all of it in {took:.1f} s; "
          f"equal: {held == goal and held_last == last}")
    for name, commits in phases.items():
        if commits:
            took_ms = [ms for ms, _ in commits]
            slowest = ", ".join(f"{ms:.2f} at {at:.1f} s" for ms, at in sorted(commits, reverse=True)[:3])
            print(f"{name:30} {len(took_ms):7} commits: p50 {percentile(took_ms, 0.5):6.2f} ms, "
                  f"p99 {percentile(took_ms, 0.99):6.2f} ms, longest {slowest} (goal: below 100)")
    hub.stop()
    server.stop()


def main(binferry, logs, work, runs, *parts):
    for part in parts or ("ship", "crowd", "latency", "join"):
        folder = tempfile.mkdtemp(dir=work)
        globals()["part_" + part](binferry, logs, folder, int(runs))
        shutil.rmtree(folder)


main(*sys.argv[1:])
