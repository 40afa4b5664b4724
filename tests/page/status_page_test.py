#!/usr/bin/env python3
"""The hub's status page in chromium: it loads, asks for a token where one is needed, shows the followers, follows their
lag live, fits a phone, loads nothing from elsewhere, and complains of nothing.

    status_page_test.py BINFERRY SOURCE_DIR [PICTURE.png]
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

from chromium import Page, find_chromium

TOKEN = "page-0123456789abcdef"
FOLLOW = "follow-0123456789abcdef"


class Hub:
    """A hub of a folder with a log that grows, transaction by transaction, and its followers."""

    def __init__(self, binferry, sources, folder, *options):
        self.binferry, self.folder, self.processes = binferry, folder, []
        fixture = f"{sources}/fixtures/mysql-8.0/transactions/binlog.000001"
        shown = subprocess.run([binferry, "inspect", "--format=json", fixture], check=True, capture_output=True, text=True)
        with open(fixture, "rb") as log:
            self.log = log.read()
        ends = sorted({json.loads(line)["end"] for line in shown.stdout.splitlines() if '"end":' in line})
        self.ends = [end for end in ends if end <= len(self.log)]
        os.mkdir(f"{folder}/source")
        with open(f"{folder}/source/binlog.index", "w") as index:
            index.write("./binlog.000001\n")
        self.written = 0
        self.grow(len(self.ends) // 2)
        self.hub = self.start("serve", f"{folder}/source", "--store", f"{folder}/store", "--listen=127.0.0.1:0", *options)
        self.address = self.wait_for_address()

    def grow(self, transactions):
        end = self.ends[min(transactions, len(self.ends)) - 1]
        piece = bytearray(self.log[self.written:end])
        if self.written == 0:
            piece[4 + 17] |= 1  # in use
        with open(f"{self.folder}/source/binlog.000001", "ab") as log:
            log.write(piece)
        self.written = end
        self.transactions = transactions

    def start(self, *arguments):
        with open(f"{self.folder}/{arguments[0]}.log", "ab") as out:
            process = subprocess.Popen([self.binferry, *arguments], stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        self.processes.append(process)
        return process

    def wait_for_address(self):
        for _ in range(600):
            with open(f"{self.folder}/serve.log") as log:
                for line in log:
                    if "hub at ws://" in line:
                        return line.split("hub at ws://", 1)[1].split(",", 1)[0]
            time.sleep(0.1)
        raise AssertionError("the hub does not start")

    def join(self, name, *options):
        return self.start("join", f"ws://{self.address}", "--into", f"{self.folder}/{name}.db", "--as", name,
                          "--no-snapshot", *options)

    def stop(self):
        for process in self.processes:
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.processes:
            process.wait(60)


def ask(address, path, token=None):
    request = urllib.request.Request(f"http://{address}{path}", headers={"Authorization": f"Bearer {token}"} if token else {})
    with urllib.request.urlopen(request) as answer:
        return answer.read().decode()


def card(name):
    return f"document.querySelector('[data-follower=\"{name}\"]')"


def check_page(page, hub, picture):
    page.open(f"http://{hub.address}/")
    page.wait_for("!document.getElementById('login').hidden", "the page asks for a token")
    page.run("document.getElementById('token').value = 'wrong-0123456789abcdef';"
             "document.getElementById('form').requestSubmit()")
    page.wait_for("document.getElementById('refused').innerText.includes('unknown token')", "a wrong token is refused")
    page.complaints.clear()  # chromium itself notes the answers 401
    page.run(f"document.getElementById('token').value = '{TOKEN}'; document.getElementById('form').requestSubmit()")
    for name in ("berlin", "lagos"):
        page.wait_for(f"{card(name)}?.innerText.includes('up to date')", f"{name} is shown")
    page.wait_for("document.getElementById('state').innerText === 'live'", "the page is live")
    page.wait_for("document.getElementById('source').innerText.includes('binlog.000001:')", "the source is shown")
    assert "any:1, applied" in page.run("document.getElementById('ack').innerText")
    assert "sync" == page.run(f"{card('berlin')}.querySelector('.badge').innerText")

    # A follower stands still while the log grows: its lag comes to the page by itself, the other's does not.
    stopped = hub.joined["lagos"]
    stopped.send_signal(signal.SIGSTOP)
    hub.grow(hub.transactions + 5)
    lag = f"parseFloat({card('lagos')}.querySelector('.lag').innerText)"
    first = page.wait_for(f"/^[0-9.]+ s$/.test({card('lagos')}.querySelector('.lag').innerText) && {lag}", "lagos lags")
    page.wait_for(f"{lag} > {first} + 2", "the lag grows on the page")
    page.wait_for(f"{card('berlin')}.innerText.includes('up to date')", "berlin does not lag")
    path = page.run(f"{card('lagos')}.querySelector('.curve').getAttribute('d')")
    heights = {point.split(" ")[1] for point in path[1:].split("L")}
    assert len(heights) > 2, f"the plot shows no lag: {path}"
    if picture:
        time.sleep(20)
        page.picture(picture)
    stopped.send_signal(signal.SIGCONT)
    page.wait_for(f"{card('lagos')}.innerText.includes('up to date')", "lagos catches up on the page")

    # On a phone nothing stands out of the screen; in the dark nothing is black on black.
    page.call("Emulation.setDeviceMetricsOverride", width=360, height=720, deviceScaleFactor=2, mobile=True)
    assert page.run("document.documentElement.scrollWidth") <= 360, "the page is wider than a phone"
    light = page.run("getComputedStyle(document.body).backgroundColor")
    page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert light != page.run("getComputedStyle(document.body).backgroundColor"), "there is no dark page"

    # Everything came from the hub.
    urls = page.run("performance.getEntriesByType('resource').map(entry => entry.name)")
    assert urls and all(url.startswith(f"http://{hub.address}/") for url in urls), urls
    assert page.complaints == [], page.complaints


def check_text(hub):
    shown = subprocess.run([hub.binferry, "position", "show", f"http://{hub.address}", "--token-env=HUB_TOKEN"],
                           env={**os.environ, "HUB_TOKEN": TOKEN}, check=True, capture_output=True, text=True).stdout
    for words in ("connected", "berlin", "sync, applied binlog.000001:", "lag 0.0 s", "any:1, applied"):
        assert words in shown, shown
    status = json.loads(ask(hub.address, "/status.json", TOKEN))
    place = status["published"]
    answer = json.loads(ask(hub.address, f"/v1/wait?position={place}&replicas=2&timeout_ms=60000", TOKEN))
    assert answer["reached"] and answer["replicas"] == 2, answer
    answer = json.loads(ask(hub.address, f"/v1/wait?gtid_set={status['gtids']}&replicas=2&timeout_ms=60000", TOKEN))
    assert answer["reached"] and answer["position"] == place, answer
    metrics = ask(hub.address, "/metrics", TOKEN)
    for words in ('binferry_hub_followers 2\n', 'binferry_hub_errors_total{kind="token"} ', 'follower="berlin"',
                  'binferry_hub_ack_latency_seconds_bucket{level="applied",le="+Inf"} '):
        assert words in metrics, metrics
    assert ask(hub.address, "/readyz") == "ready\n"
    # What the hub ships, without a replica.
    told = subprocess.run([hub.binferry, "tail", f"ws://{hub.address}", "--from-start", "--stop-at-end", "--format=json",
                           "--token-env=HUB_TOKEN"], env={**os.environ, "HUB_TOKEN": FOLLOW}, check=True,
                          capture_output=True, text=True, timeout=120).stdout
    read = subprocess.run([hub.binferry, "inspect", "--format=json", f"{hub.folder}/store"], check=True,
                          capture_output=True, text=True).stdout
    assert told == read, "tail ws:// and inspect differ"
    with open(f"{hub.folder}/serve.log") as log:
        assert "0123456789abcdef" not in log.read(), "the hub has logged a token"


def main():
    binferry, sources = sys.argv[1:3]
    folder = tempfile.mkdtemp(prefix="binferry-page-")
    hub = page = None
    try:
        with open(os.open(f"{folder}/tokens", os.O_CREAT | os.O_WRONLY, 0o600), "w") as tokens:
            tokens.write(f"page read {TOKEN}\nall follow {FOLLOW}\n")
        os.environ["HUB_TOKEN_FOLLOW"] = FOLLOW
        hub = Hub(binferry, sources, folder, f"--token-file={folder}/tokens", "--ack=any:1", "--seed=off")
        hub.joined = {"berlin": hub.join("berlin", "--sync", "--token-env=HUB_TOKEN_FOLLOW"),
                      "lagos": hub.join("lagos", "--token-env=HUB_TOKEN_FOLLOW")}
        if find_chromium():
            page = Page(folder)
            check_page(page, hub, sys.argv[3] if len(sys.argv) > 3 else None)
        check_text(hub)
    finally:
        if page:
            page.close()
        if hub:
            hub.stop()
        shutil.rmtree(folder, ignore_errors=True)
    if not find_chromium():
        print("skipped: no chromium, so that nobody looked at the page (apt-get install chromium)")
        return 77
    print("the page does what it should")
    return 0


if __name__ == "__main__":
    sys.exit(main())
