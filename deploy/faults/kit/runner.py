# SPDX-License-Identifier: Apache-2.0
"""Runs rows side by side, each in namespaces of its own, and writes the scoreboard."""

import concurrent.futures
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

FOLDER = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ROOT = os.path.dirname(os.path.dirname(FOLDER))


running = {}  # processes and their folders


def end(process):
    """Ends a row and what it started: its namespace goes with it, or its session where it has none."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


def give_up(number, _):
    """Ends the rows that run; their namespaces take all that they started along."""
    for process, folder in list(running.items()):
        end(process)
        shutil.rmtree(folder, ignore_errors=True)
    os._exit(128 + number)


class Row:
    """A file of deploy/faults: its title and what its line `# row:` says."""

    def __init__(self, name):
        self.name = name
        with open(f"{FOLDER}/{name}", encoding="utf-8") as file:
            text = file.read()
        self.title = re.search(r'"""(.+?)"""', text, re.S).group(1).strip().split("\n")[0]
        words = re.search(r"^# row:(.*)$", text, re.M).group(1).split()
        self.is_suite = "suite(" in text and "Estate(" not in text
        self.is_short = "short" in words
        self.is_alone = "alone" in words
        # What is broken on purpose to show that the row notices.
        self.weakness = next((w.split("=", 1)[1] for w in words if w.startswith("prove=")), "")
        self.limit = next((int(w.split("=")[1]) for w in words if w.startswith("seconds=")), 300)

    def run(self, options):
        """(verdict, seconds, text)."""
        folder = tempfile.mkdtemp(prefix=f"sluice-{self.name}-")
        environment = {**os.environ, "SLUICE_FAULT_WORK": folder, "PYTHONPATH": FOLDER, "PYTHONDONTWRITEBYTECODE": "1",
                       "SLUICE_FAULT_SHORT": "1" if options.short else "0",
                       "SLUICE_FAULT_PROVE": self.weakness if options.prove else "",
                       "PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin"}
        command = ["/usr/bin/python3", f"{FOLDER}/{self.name}"]
        if options.isolates:
            # Mounts, ports and processes of a row end with it, however it ends.
            command = ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c",
                       'ip link set lo up && exec "$@"', "sh", *command]
        began = time.monotonic()
        with open(f"{folder}/output", "w+", encoding="utf-8", errors="replace") as output:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, env=environment, cwd=ROOT,
                start_new_session=True)
            running[process] = folder
            try:
                process.wait(self.limit)
            except subprocess.TimeoutExpired:
                end(process)
            running.pop(process, None)
            seconds = time.monotonic() - began
            output.seek(0)
            text = output.read()
        found = re.findall(r"^VERDICT (pass|fail|skipped) ?(.*)$", text, re.M)
        if found:
            verdict, words = found[-1]
        elif seconds >= self.limit - 1:
            verdict, words = "fail", f"not done within {self.limit} s"
        else:
            verdict, words = "fail", f"ended with {process.returncode}: {' / '.join(text.splitlines()[-2:])}"
        if options.keep or (verdict == "fail" and options.keep_failed):
            words += f" [{folder}]"
        else:
            shutil.rmtree(folder, ignore_errors=True)
        return verdict, seconds, words


def rows():
    return [Row(name) for name in sorted(os.listdir(FOLDER)) if re.fullmatch(r"F\d\d", name)]


def can_isolate():
    return os.getuid() == 0 and subprocess.run(
        ["unshare", "--mount", "--net", "--pid", "--fork", "--kill-child", "--mount-proc", "true"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode == 0


def tell_proofs(every, chosen, results, seconds):
    """Which rows were shown to fail, which were not, and which cannot be; the exit code."""
    proved = sorted(name for name, verdict in results.items() if verdict == "fail")
    unproved = sorted(name for name, verdict in results.items() if verdict == "pass")
    skipped = sorted(name for name, verdict in results.items() if verdict == "skipped")
    print(f"\n{len(proved)} of {len(results)} rows noticed what was broken on purpose, {len(unproved)} did not, "
          f"{len(skipped)} skipped in {seconds:.0f} s.")
    if unproved:
        print(f"UNPROVED: {' '.join(unproved)}")
    suites = [row.name for row in every if row.is_suite]
    print(f"Rows of suites, which fail with their tests: {' '.join(suites)}")
    print(f"Without a proof: {' '.join(row.name for row in every if not row.weakness and not row.is_suite)}")
    return 1 if unproved else 0


def run(options):
    every = rows()
    unknown = [name for name in options.rows if name not in {row.name for row in every}]
    if unknown:
        print(f"There is no row {', '.join(unknown)}; --list shows all.", file=sys.stderr)
        return 64
    chosen = [row for row in every if row.name in options.rows] if options.rows else [
        row for row in every if (row.is_short or not options.short) and (row.weakness or not options.prove)]
    if options.list:
        for row in every:
            print(f"{row.name}  {'short' if row.is_short else '     '}  {row.title}")
        return 0
    signal.signal(signal.SIGTERM, give_up)
    signal.signal(signal.SIGINT, give_up)
    options.isolates = can_isolate()
    if not options.isolates:
        print("Rows run without namespaces of their own (root and unshare are needed); many will be skipped.")
    results, mutex, began = {}, threading.Lock(), time.monotonic()

    def carry_out(row):
        verdict, seconds, words = row.run(options)
        with mutex:
            results[row.name] = verdict
            if options.prove:
                # What must fail and does is what is wanted.
                proof = {"fail": "proved", "pass": "UNPROVED", "skipped": "skipped"}[verdict]
                print(f"{row.name} {proof:8} {seconds:5.0f} s  {row.title}, {row.weakness}: {words}", flush=True)
                return
            print(f"{row.name} {verdict:8} {seconds:5.0f} s  {row.title}: {words}", flush=True)

    together = [row for row in chosen if not row.is_alone]
    # The longest first.
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        list(pool.map(carry_out, sorted(together, key=lambda row: -row.limit)))
    for row in chosen:
        if row.is_alone:
            carry_out(row)
    if options.prove:
        return tell_proofs(every, chosen, results, time.monotonic() - began)
    count = {verdict: sorted(n for n, v in results.items() if v == verdict) for verdict in ("pass", "fail", "skipped")}
    print(f"\n{len(count['pass'])} of {len(results)} rows passed, {len(count['fail'])} failed, "
          f"{len(count['skipped'])} skipped in {time.monotonic() - began:.0f} s.")
    for verdict in ("fail", "skipped"):
        if count[verdict]:
            print(f"{verdict}: {' '.join(count[verdict])}")
    return 1 if count["fail"] else 0
