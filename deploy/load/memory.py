#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Memory of a gateway that takes 2,000 readings a second: memory.py [--root FOLDER] [--seconds 60]

Run by deploy/check-deb with the clean Debian in which the package is installed as --root; without it SLUICE_BIN is the program.
Prints one line; ends with 1 when fewer readings came or the unit would not give so much memory (256 MB)."""

import argparse
import os
import sys
import time

from devices import PORTS, REGISTERS, UNITS, Devices
from figures import Figures, Span
from kit import Broker, Failed, Program, WORK, signal
from kit.programs import end_all

MEMORY = 256 * 2**20


def run(options):
    inside = "/root/busy" if options.root else f"{WORK}/busy"
    folder = f"{options.root}{inside}"
    os.makedirs(folder)
    Devices(folder, Broker().port, inside)
    # A program in a clean Debian takes the place of chroot and env: it is this very process.
    prefix = ["chroot", options.root, "env", "-i", "PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", "sluice"] if options.root else [
        os.environ["SLUICE_BIN"]]
    gateway = Program([*prefix, "run", "--config", f"{inside}/site.yaml", "--profiles", f"{inside}/profiles"], name="gateway")
    gateway.wait("Gateway is running.", 60)
    time.sleep(15)
    began, most = Figures(f"{folder}/state/gateway.sock"), 0
    for _ in range(options.seconds * 2):
        time.sleep(0.5)
        most = max(most, gateway.resident())
    span = Span(began, Figures(f"{folder}/state/gateway.sock"))
    if gateway.end(signal.SIGTERM) != 0:
        raise Failed("the gateway did not end with 0")
    words = (f"{most / 2**20:.0f} MB resident at most with {span.rate:,.0f} readings a second for {options.seconds} s, 99 of 100 polls "
             f"within {span.lateness(0.99) * 1000:.0f} ms")
    if span.rate < 0.95 * PORTS * UNITS * REGISTERS or span.wrong or most > MEMORY:
        raise Failed(f"{words}; {span.wrong} readings not good, {span.overruns} reads left out")
    return words


parser = argparse.ArgumentParser(prog="memory.py")
parser.add_argument("--root", default="")
parser.add_argument("--seconds", type=int, default=60)
code = 0
try:
    print(run(parser.parse_args()))
except Failed as reason:
    print(reason)
    code = 1
finally:
    end_all()
sys.exit(code)
