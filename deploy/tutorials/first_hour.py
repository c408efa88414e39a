#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Started by deploy/first-hour."""

import argparse
import difflib
import json
import os
import re
import subprocess
import sys

from kit import Broker, Program, WORK, signal
from kit.outcome import wrongs_of
from terminal import Answer, Terminal, masked

SITE = """site: {id: my-estate, name: {zh: 我的小区, en: My estate}, zone: Asia/Shangai, language: en}
storage: {directory: state}
mqtt: {url: "mqtt://127.0.0.1:BROKER"}
dashboard: {address: 127.0.0.1, port: PAGE}
persons: {chen: {name: {zh: 陈, en: Chen}, role: manager}}
duty: {owner: chen}
buses:
  pump-room: {serial: LINE, baud: 9600, parity: none}
  meters: {tcp: 127.0.0.1, port: METERS}
devices:
  tank:
    {profile: qdy30a-level, bus: pumproom, unit: 5, area: pump-room, asset: tank, responsible: propertyCompany}
  inlet-meter:
    {profile: tuf-2000-ultrasonik, bus: meters, unit: 1, area: inlet, asset: inlet-meter, responsible: utility,
     meter: {role: bulk, litres_per_count: 0.001}}
"""
MISTAKES = [("Asia/Shangai", "Asia/Shanghai"), ("pumproom", "pump-room"), ("tuf-2000-ultrasonik", "tuf-2000-ultrasonic")]


class FirstHour:
    def __init__(self, options):
        self.options = options
        self.broker = Broker()
        # Inside a clean Debian what the installer types runs there; otherwise beside the built program.
        self.root = options.root or ""
        prefix = ["chroot", self.root, "env", "-i", "-C", "/root/site", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root",
                  "LC_ALL=C.UTF-8"] if self.root else []
        self.inside = "/root/site" if self.root else f"{WORK}/site"
        self.folder = self.root + self.inside
        os.makedirs(self.folder, exist_ok=True)
        self.prefix = prefix
        self.simulator = Program(
            [*prefix, "sluice", "simulate", "--serve", "--site-file", f"{self.inside}/practice.yaml", "--state",
             f"{self.inside}/unused", "--line-baud", "9600", "--for", 600], name="simulator")
        self.simulator.wait("site's file", 30)
        places = dict(text.split("  ", 1) for text in self.simulator.texts() if "  " in text)
        self.line, self.meters = f"{self.inside}/usb-RS485", places["meters"].rsplit(":", 1)[1]
        os.symlink(places["line-1"], f"{self.folder}/usb-RS485")
        self.terminal = Terminal(self.folder, [
            (self.line, "/dev/serial/by-id/usb-RS485"), (f"127.0.0.1:{self.meters}", "10.0.3.20:502"),
            (f"127.0.0.1:{self.broker.port}", "127.0.0.1:1883"), (f"-p {self.broker.port} ", ""), (WORK, "")], prefix)

    def write(self, text):
        with open(f"{self.folder}/site.yaml", "w", encoding="utf-8") as file:
            file.write(text)

    def run(self):
        t = self.terminal
        t.page += ["# The first hour: from the package to a reading", ""]
        t.say("What an installer types and what the gateway answers, with three mistakes on the way. `deploy/first-hour` types all "
              "of it against a virtual estate, wants of each message that it helps, and compares this page with what came; "
              "`--write docs/first-hour.md` writes it anew. Figures, moments and names of files differ from machine "
              "to machine.")
        self.install()
        self.look()
        self.write_file()
        self.find_devices()
        self.try_out()
        self.go()
        return t

    def install(self):
        t = self.terminal
        t.chapter("Install", "The package brings program, profiles, pages and a service, which waits for its file:")
        if self.options.installed:
            t.page += ["```console", *self.options.installed.rstrip().split("\n"), "```", ""]
        else:
            t.page += ["```console", "# apt-get install ./sluice_*.deb", "```", ""]
        unit = f"{self.root}/lib/systemd/system/sluice.service" if self.root else "deploy/systemd/sluice.service"
        with open(unit) as file:
            t.wants("ConditionPathExists=/etc/sluice/sluice.yaml\n" in file.read(), "the unit does not name the file it waits for")
        t.say("`systemctl status sluice` names the file it waits for (`ConditionPathExists=/etc/sluice/sluice.yaml was not met`).")
        answer = t.type(["sluice", "run", "--config", "site.yaml"], 78, r"site\.yaml.*does not exist", r"one to start from")
        example = answer.found(r"(\S+\.yaml) is one to start from" if self.root else r"in the sources (\S+\.yaml)")
        t.wants(example and os.path.exists(f"{self.root}/{example}" if self.root else example), f"there is no {example} on this box")

    def look(self):
        t = self.terminal
        t.chapter("Look for profiles", "On the pipe is a TUF-2000 flow meter, in the tank a QDY30A level transmitter.")
        t.type(["sluice", "profiles", "list"], 0, r"^\S+ +tuf-2000-ultrasonic .*TUF-2000", r"^\S+ +qdy30a-level .*QDY30A",
               keep="tuf-2000-ultrasonic|qdy30a-level")

    def write_file(self):
        t = self.terminal
        text = SITE.replace("BROKER", str(self.broker.port)).replace("PAGE", "0").replace("LINE", self.line).replace(
            "METERS", self.meters)
        self.write(text)
        shown = t.named(text).replace(f"tcp: 127.0.0.1, port: {self.meters}", "tcp: 10.0.3.20").replace("port: 0}", "port: 8420}")
        t.chapter("Write the site's file", "`site.yaml`, typed by hand:")
        t.page += ["```yaml", *shown.rstrip().split("\n"), "```", ""]
        t.say("Three things in it are wrong:")
        answer = t.type(["sluice", "check", "site.yaml"], 1, r"^3 errors, 0 warnings")
        for word, right in MISTAKES:
            t.wants_mistake(answer, "site.yaml", text, word, f"Did you mean '{right}'?")
        t.say("Each line says where, what, and how to mend it.")
        mending = "sed -i '" + "; ".join(f"s|{word}|{right}|" for word, right in MISTAKES) + "' site.yaml"
        t.type(mending, 0)
        t.type(["sluice", "check", "site.yaml"], 0, r"^0 errors, 0 warnings")

    def find_devices(self):
        t = self.terminal
        t.chapter("Find the devices", "A device file that is not there, and then the line itself. Only registers are read.")
        missing = self.line.replace("RS485", "RS458")
        t.names.insert(0, (missing, "/dev/serial/by-id/usb-RS458"))
        t.type(["sluice", "scan", "--serial", missing, "--baud", "9600", "--unit", "1-8"], 69, r"No such file or directory",
               r"/dev/serial/by-id/?[ '`.]|ls ")
        answer = t.type(["sluice", "scan", "pump-room", "--unit", "1-8", "--config", "site.yaml"], 0, r"^unit 5, [\d.]+ ms: ",
                        r"^2 units of 8 answered\.")
        self.wants_profile(answer, 5, "qdy30a-level")
        answer = t.type(["sluice", "scan", "meters", "--unit", "1", "--config", "site.yaml"], 0, r"^1 unit of 1 answered\.")
        self.wants_profile(answer, 1, "tuf-2000-ultrasonic")

    def wants_profile(self, answer, unit, profile):
        """The profile that it is, or that there are more than are shown."""
        line = answer.found(rf"^(unit {unit}, .*)$") or ""
        self.terminal.wants(profile in line or re.search(r"\d+ more", line),
                            f"unit {unit} is a {profile}: it is not among the profiles named, and nothing says that there are more")

    def try_out(self):
        t = self.terminal
        t.chapter("Try the site out", "What polling will cost, and one reading of each device:")
        t.type(["sluice", "plan", "--config", "site.yaml"], 0, r"^bus pump-room: .*9600 baud", r"every point keeps its rate",
               keep=r"^bus|load|keeps")
        answer = t.type(["sluice", "poll", "--once", "--raw", "--config", "site.yaml"], 0, r"level: [\d.]+ cm good",
                        r"total: [\d.]+ m³ good")
        words = (answer.found(r"holding 0\.\.<16: ((?:[0-9A-F]{4} ?){16})") or "").split()
        total = float(answer.found(r"total: ([\d.]+) m³") or "nan")
        t.say("The display of the meter shows its total with four digits after the point. That the number stands in these "
              "registers, and how, is found without a manual:")
        answer = t.type(["sluice", "decode", *words[6:12], "--at", "6", "--face", f"{total:.4f}", "--unit", "m3"], 0,
                        r"^1\. .*holding 8,.*CDAB", r"One reading agrees", keep=r"agrees|^1\.|^[a-z]|^  ")
        t.chapter("A device that is silent", "Unit 5 answers, unit 6 is the lift; nobody is unit 9:")
        t.type("sed 's/unit: 5/unit: 9/' site.yaml > wrong.yaml", 0)
        t.type(["sluice", "poll", "--once", "--device", "tank", "--config", "wrong.yaml"], 1, r"level: - bad \(timeout\)",
               r"1 device did not answer\. Check wiring, unit, baud and parity")
        self.total = total

    def go(self):
        t = self.terminal
        t.chapter("Run it", "In a service: `cp site.yaml /etc/sluice/sluice.yaml && systemctl start sluice`. By hand:")
        gateway = Program([*self.prefix, "sluice", "run", "--config", "site.yaml"], directory=self.folder, name="gateway")
        gateway.wait("Gateway is running.", 60)
        gateway.wait("Connected to the MQTT broker", 30)
        log = Answer("sluice run --config site.yaml", 0, t.named("\n".join(gateway.texts()) + "\n"))
        t.judge(log, 0, r"Connected to the MQTT broker", r"dashboard=http://127\.0\.0\.1:\d+/.*Gateway is running",
                keep="Gateway is running|Connected")
        t.wants(not re.search(r" (warning|error) ", log.text), "a start that goes well warns")
        t.say("At the other end:")
        topic = "sluice/my-estate/inlet/inlet-meter"
        answer = Answer(f"mosquitto_sub -t {topic} -v -C 1", 0, "")
        done = subprocess.run(["mosquitto_sub", "-h", "127.0.0.1", "-p", str(self.broker.port), "-t", topic, "-v", "-C", "1", "-W", "90"],
                              stdout=subprocess.PIPE, timeout=120)
        answer.code, answer.text = done.returncode, done.stdout.decode()
        t.judge(answer, 0, rf"^{topic} \{{")
        row = json.loads(answer.text.split(" ", 1)[1]) if " {" in answer.text else {}
        value = row.get("total", {}) if "total" in row else row.get("flow", {})
        t.wants(value.get("q") == "good", f"the first reading is not good: {row}")
        t.wants("total" not in row or self.total - 1e-6 <= row["total"]["v"] < self.total + 10, f"the meter showed {self.total}, the message says {row}")
        t.say("A second one beside it is refused, and says why:")
        t.type(["sluice", "run", "--config", "site.yaml"], 75, r"process \d+ already works in this state directory\. Stop it first")
        t.wants(gateway.end(signal.SIGTERM) == 0, "the gateway did not end with 0")
        self.lose_broker()

    def lose_broker(self):
        t = self.terminal
        t.say("Without the broker readings wait; the log says what to look at:")
        self.broker.end()
        gateway = Program([*self.prefix, "sluice", "run", "--config", "site.yaml"], directory=self.folder, name="gateway")
        gateway.wait("No MQTT broker", 60)
        log = Answer("sluice run --config site.yaml", 0, t.named("\n".join(gateway.texts()) + "\n"))
        t.judge(log, 0, r"no connection \(Connection refused\)\. Check that the broker runs there", keep="No MQTT broker")
        t.wants("mqtt.url" in log.text, "the site's file has `mqtt: {url: ...}`, and the message names other settings")
        t.wants(gateway.end(signal.SIGTERM) == 0, "the gateway did not end with 0")


def main():
    parser = argparse.ArgumentParser(prog="deploy/first-hour")
    parser.add_argument("--root", help="a clean Debian in which the package is installed")
    parser.add_argument("--installed", help="what the installation wrote")
    parser.add_argument("--write", metavar="FILE", help="write the page")
    options = parser.parse_args()
    terminal = FirstHour(options).run()
    page = "\n".join(terminal.page).rstrip() + "\n"
    if options.write:
        with open(options.write, "w", encoding="utf-8") as file:
            file.write(page)
    elif not options.root:
        with open("docs/first-hour.md", encoding="utf-8") as file:
            kept = file.read()
        changes = [line for line in difflib.unified_diff(
            masked(kept).split("\n"), masked(page).split("\n"), "docs/first-hour.md", "what came", lineterm="", n=0)]
        if changes:
            terminal.step = "The page"
            terminal.wants(False, "docs/first-hour.md tells something else (--write writes it anew):\n" + "\n".join(changes))
    return terminal.wrongs


if __name__ == "__main__":
    wrongs, code = wrongs_of(main)
    print(f"\n{len(wrongs)} messages did not help." if wrongs else "\nEvery message helped.")
    for wrong in wrongs:
        print(wrong, file=sys.stderr)
    sys.exit(code if wrongs else 0)
