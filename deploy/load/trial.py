#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Started by deploy/check-load."""

import argparse
import http.client
import json
import os
import re
import shutil
import sys
import threading
import time

from figures import Figures, Span
from kit import Broker, Estate, Failed, Program, Skipped, signal
from kit.outcome import wrongs_of

# s within which 99 of 100 visits begin: a fifth of the shortest period of the estate, and half of it while somebody means harm.
LATE, LATE_UNDER_ATTACK = 0.2, 0.5
MEMORY = 256 * 2**20  # what the unit gives (MemoryMax)
GROWTH = 8 * 2**20  # what 64 readers may add after their first minute
SLOWEST = 15.0  # s: the longest period of the estate
BACK = 15.0  # s after which the page answers again
PATIENCE = 5.0  # s after which a page takes the gateway for lost
LET_GO = 75.0  # s after which those who do not read have lost their places
READERS, HELD, CROWD = 64, 600, 10_000
HERE = os.path.dirname(os.path.abspath(__file__))


class Probe:
    """Somebody who asks for the page once a second."""

    def __init__(self, port):
        self.port, self.asked, self.answers, self.is_over = port, 0, [], threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.is_over.wait(1):
            self.asked += 1
            if (seconds := page(self.port)) is not None:
                self.answers.append(seconds)

    def end(self):
        self.is_over.set()
        self.thread.join()
        return f"{len(self.answers)} of {self.asked}" + (f", slowest {max(self.answers):.2f} s" if self.answers else "")


def page(port, limit=PATIENCE):
    """Seconds that the whole page took; None without it."""
    began, connection = time.monotonic(), http.client.HTTPConnection("127.0.0.1", port, timeout=limit)
    try:
        connection.request("GET", "/")
        answer = connection.getresponse()
        return time.monotonic() - began if answer.read() and answer.status == 200 else None
    except (OSError, http.client.HTTPException):
        return None
    finally:
        connection.close()


class Trial:
    def __init__(self):
        broker = Broker()
        estate = Estate(broker.port, options=["--line-baud", "9600"])
        self.socket = f"{estate.state}/gateway.sock"
        self.gateway = estate.gateway(prefix=["prlimit", "--nofile=1024:1024"], log="info")
        _, text = self.gateway.wait("Gateway is running.", 60)
        self.port = int(re.search(r"http://127\.0\.0\.1:(\d+)", text)[1])
        self.rest = None
        self.wrongs = []
        print(f"{'':<13}{'values/s':>9}{'late p50':>10}{'late p99':>10}{'latest':>9}{'overruns':>9}{'MB begin':>9}{'MB end':>8}  page during, and what was seen")

    def stage(self, name, work, is_attack=True):
        """Runs `work` and judges what polling and memory did meanwhile; `work` gives words for the table."""
        late = LATE_UNDER_ATTACK if is_attack else LATE
        began, memory, peak = Figures(self.socket), self.gateway.resident(), Peak(self.gateway)
        probe = Probe(self.port)
        words = work()
        during = probe.end()
        if self.gateway.process.poll() is not None:
            raise Failed(f"{name}: the gateway ended with {self.gateway.process.returncode}: {self.gateway.texts()[-2:]}")
        if is_attack:
            asked = time.monotonic()
            while page(self.port) is None and time.monotonic() - asked < 90:
                time.sleep(0.2)
            away = time.monotonic() - asked
            words += f"; page back after {away:.1f} s"
            self.demand(away <= BACK, f"{name}: the page was back after {away:.1f} s, and {BACK:g} s are allowed")
        else:
            self.demand(len(probe.answers) == probe.asked, f"{name}: somebody else got the page {during}")
        # Over whole rounds of the slowest period each span brings as many values as another.
        time.sleep(-(time.monotonic() - began.at) % SLOWEST)
        span = Span(began, Figures(self.socket))
        end, most = self.gateway.resident(), peak.end()
        print(f"{name:<13}{span.rate:>9.2f}{span.lateness(0.5) * 1000:>7.1f} ms{span.lateness(0.99) * 1000:>7.1f} ms"
              f"{span.worst:>7g} s{span.overruns:>9}{memory / 2**20:>9.1f}{end / 2**20:>8.1f}  {during}; {words}", flush=True)
        self.demand(span.lateness(0.99) <= late, f"{name}: one visit in a hundred began {span.lateness(0.99):.3f} s late, {late} s are allowed")
        self.demand(span.overruns == 0 and span.wrong == 0, f"{name}: {span.overruns} reads left out, {span.wrong} readings not good")
        self.demand(most <= MEMORY, f"{name}: {most / 2**20:.0f} MB of memory, the unit gives {MEMORY / 2**20:.0f}")
        if self.rest:
            self.demand(span.rate > self.rest.rate * 0.9, f"{name}: {span.rate:.2f} good values a second, {self.rest.rate:.2f} at rest")
        return span, during

    def demand(self, holds, words):
        if not holds:
            self.wrongs.append(words)

    def readers(self, minutes):
        crowd = Program(["python3", f"{HERE}/readers.py", self.port, READERS, minutes * 60 + 60], name="readers")
        crowd.wait("open", 120)
        # The first minute fills what is kept between requests.
        time.sleep(30)
        last = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            last.request("GET", "/events")
            answer = last.getresponse()
            word = f"{answer.status}, Retry-After {answer.getheader('Retry-After')}"
            self.demand(answer.status == 503 and answer.getheader("Retry-After"), f"readers: a 65th stream got {word}")
        except OSError as error:
            word = f"no answer ({error})"
            self.demand(False, f"readers: a 65th stream got {word}")
        last.close()
        time.sleep(30)
        before = self.gateway.resident()

        def work():
            time.sleep(minutes * 60 - 5)
            growth = self.gateway.resident() - before
            self.demand(growth <= GROWTH, f"readers: memory grew by {growth / 2**20:.1f} MB, {GROWTH / 2**20:.0f} are allowed")
            return f"65th: {word}"

        self.stage("64 readers", work, is_attack=False)
        code = crowd.process.wait(60)
        crowd.end()
        told = json.loads(crowd.texts()[-1]) if code == 0 else {}
        print(f"{'':<13}{told.get('streams')} streams, {told.get('events')} events, {told.get('fetches')} fetches, half within "
              f"{told.get('half')} s, 99 of 100 within {told.get('most')} s, {told.get('failed')} failures {told.get('failures') or ''}")
        self.demand(told.get("streams") == READERS and told.get("failed") == 0, f"readers: {told or crowd.texts()[-2:]}")

    def slow(self, name, options, path="/", seconds=40):
        """slowhttptest with more connections than the page takes."""
        def work():
            attack = Program(["slowhttptest", *options, "-c", HELD, "-r", 50, "-l", seconds, "-p", 3,
                              "-u", f"http://127.0.0.1:{self.port}{path}"], name="slowhttptest")
            attack.process.wait(seconds + 60)
            attack.end()
            text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", "\n".join(attack.texts()))
            told = {key: (re.findall(rf"^{key}:\s+(\S+)", text, re.M) or ["?"])[-1]
                    for key in ("connected", "error", "closed")}
            self.demand("Exit status" in text, f"{name}: slowhttptest did not get to its end: {attack.texts()[-3:]}")
            return "at the end " + ", ".join(f"{value} {key}" for key, value in told.items())

        self.stage(name, work)

    def deaf(self):
        """Connections that ask for the page and never read it."""
        def work():
            crowd = Program(["python3", f"{HERE}/crowd.py", self.port, HELD, LET_GO + 15, "--deaf"], name="crowd")
            time.sleep(5)
            began = time.monotonic()
            while page(self.port) is None and crowd.process.poll() is None:
                time.sleep(0.2)
            kept = crowd.process.poll() is not None
            away = time.monotonic() - began + 5
            self.demand(not kept and away <= LET_GO, f"deaf: nobody else was let in for {away:.0f} s, until the deaf left by themselves")
            crowd.process.wait(120)
            crowd.end()
            told = json.loads(crowd.texts()[-1])
            return ", ".join(f"{count} {what}" for what, count in told["seen"].items()) + f"; others let in after {away:.0f} s"

        self.stage("never read", work)

    def crowd(self, seconds=40):
        def work():
            crowd = Program(["python3", f"{HERE}/crowd.py", self.port, CROWD, seconds], name="crowd")
            code = crowd.process.wait(seconds + 120)
            crowd.end()
            if code != 0:
                raise Failed(f"crowd: {crowd.texts()[-2:]}")
            told = json.loads(crowd.texts()[-1])
            return f"{told['waves']} waves, " + ", ".join(f"{count} {what}" for what, count in told["seen"].items())

        self.stage("10,000 at once", work)


class Peak:
    """The most memory that a process had, looked at five times a second."""

    def __init__(self, program):
        self.program, self.most, self.is_over = program, program.resident(), threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.is_over.wait(0.2) and self.program.process.poll() is None:
            self.most = max(self.most, self.program.resident())

    def end(self):
        self.is_over.set()
        self.thread.join()
        return self.most


def run():
    parser = argparse.ArgumentParser(prog="deploy/check-load")
    parser.add_argument("minutes", nargs="?", type=float, default=10)
    parser.add_argument("--only", default="readers,headers,body,read,deaf,crowd")
    options = parser.parse_args()
    if not shutil.which("slowhttptest"):
        raise Skipped("slowhttptest is missing (apt-get install slowhttptest)")
    chosen = options.only.split(",")
    trial = Trial()
    time.sleep(5)
    trial.rest, _ = trial.stage("at rest", lambda: time.sleep(60) or "baseline", is_attack=False)
    if "readers" in chosen:
        trial.readers(options.minutes)
    # Seconds between two pieces are fewer than the page waits for one.
    if "headers" in chosen:
        trial.slow("slow headers", ["-H", "-i", 5])
    if "body" in chosen:
        # Without the page's own origin nobody would wait for the body; the tool has no option for it.
        origin = f"*/*\r\nOrigin: http://127.0.0.1:{trial.port}"
        trial.slow("slow body", ["-B", "-i", 5, "-s", 65536, "-m", origin], "/report")
    if "read" in chosen:
        trial.slow("slow read", ["-X", "-w", 512, "-y", 1024, "-n", 5, "-z", 32, "-k", 3])
    if "deaf" in chosen:
        trial.deaf()
    if "crowd" in chosen:
        trial.crowd()
    trial.demand(trial.gateway.end(signal.SIGTERM) == 0, "the gateway did not end with 0")
    return trial.wrongs


if __name__ == "__main__":
    wrongs, code = wrongs_of(run)
    for wrong in wrongs:
        print(wrong, file=sys.stderr)
    sys.exit(code if wrongs else 0)
