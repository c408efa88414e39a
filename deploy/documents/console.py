# SPDX-License-Identifier: Apache-2.0
"""Types the commands of a page and compares what comes with what the page shows.

A block of the kind `console` is tried:

    $ sluice check site.yaml                  typed; `> ` goes on with the line before
    0 errors, 0 warnings in … files           what has to come; … stands for what changes, alone on a line for any lines
    $ sluice run --config site.yaml           # runs on: open a second terminal
    …                                         has to come within some time; the command goes on
    ^C                                        ends the command that began last; then what it still prints

A command that ends with another code than 0 fails the page unless `$ echo $?` follows or what is shown of it is an
error. `# runs on` is `# 一直运行` in Chinese. A block of another kind whose first line is `# NAME.yaml` (or .conf, .acl, .csv,
.txt, .py) is saved under that name. A block without a kind is not tried: commands for a machine that is not here."""

import fcntl
import os
import pty
import re
import select
import shutil
import signal
import struct
import subprocess
import tempfile
import termios
import time

RUNS_ON = re.compile(r"\s+# (runs on|一直运行).*")
COMMAND_SECONDS, START_SECONDS, END_SECONDS = 60, 180, 30
MARK = "\x1e"


class Mismatch(Exception):
    pass


class Step:
    def __init__(self, line, text):
        self.line, self.text, self.expected = line, text, []


def steps_of(block):
    steps = []
    for offset, line in enumerate(block.lines):
        if line.startswith("$ "):
            steps.append(Step(block.line + offset, line[2:]))
        elif line.startswith("> ") and steps and not steps[-1].expected:
            steps[-1].text += "\n" + line[2:]
        elif line == "^C" or line.startswith("^C "):
            steps.append(Step(block.line + offset, None))
        elif steps:
            steps[-1].expected.append(line)
        elif line:
            raise Mismatch(f"{block.line + offset}: a console begins with a command: $ COMMAND.")
    return steps


def pattern_of(expected, whole):
    """A pattern of the expected lines; `whole` when nothing else may follow."""
    text = ""
    for line in expected:
        if line.strip() == "…":
            text += r"(?:[^\n]*\n)*?"
        else:
            text += "[^\n]*".join(map(re.escape, line.rstrip().split("…"))) + r"[ \t]*\n"
    return re.compile(text + (r"\Z" if whole else ""))


def compare(step, output, whole=True):
    output = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", output).replace("\r", "")
    if output and not output.endswith("\n"):
        output += "\n"
    if not pattern_of(step.expected, whole).match(output):
        came = output.splitlines()
        # Where the first difference is: the longest beginning that still fits.
        fits = max(count for count in range(len(step.expected) + 1) if pattern_of(step.expected[:count], False).match(output))
        missing = f"“{step.expected[fits]}”" if fits < len(step.expected) else "nothing more"
        shown = "\n".join("      " + line for line in came[:40]) or "      (nothing)"
        raise Mismatch(f"{step.line + fits + 1}: {missing} was to come of “{step.text or '^C'}”. What came:\n{shown}")


class Console:
    """A shell with a terminal of its own, in a folder of its own."""

    def __init__(self, folder, programs, alone, start_seconds):
        self.folder, self.temporary, self.jobs = folder, folder + "-tmp", []
        self.start_seconds = start_seconds
        os.makedirs(self.temporary)
        os.makedirs(folder)
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 250, 0, 0))
        settings = termios.tcgetattr(slave)
        settings[1] &= ~termios.OPOST
        settings[3] &= ~termios.ECHO
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        commands, self.writer = os.pipe()
        shell = f"exec bash --noprofile --norc /dev/fd/{commands}"
        # Whoever is started in the background ignores SIGINT, and so would all that is typed here.
        arguments = ["env", "--default-signal=INT"]
        if alone:
            arguments += ["unshare", "--net", "bash", "-c", "ip link set lo up; " + shell]
        else:
            arguments += ["bash", "-c", shell]
        environment = {
            "PATH": f"{programs}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin", "HOME": folder,
            "TMPDIR": self.temporary, "LC_ALL": "C.UTF-8", "TERM": "dumb"}
        self.shell = subprocess.Popen(
            arguments, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=slave, stderr=slave,
            pass_fds=[commands], start_new_session=True)
        os.close(commands)
        os.close(slave)
        # Each command is a group of processes of its own, so that ^C reaches it alone.
        self.send("set -m", COMMAND_SECONDS)

    def send(self, text, seconds):
        """What the command printed, and the code with which it ended."""
        line = f"{text}\ncode=$?; printf '{MARK}%d {MARK}' $code; (exit $code)\n"
        os.write(self.writer, line.encode())
        output, until = b"", time.monotonic() + seconds
        while not (match := re.search(rf"{MARK}(\d+) {MARK}".encode(), output)):
            rest = until - time.monotonic()
            if rest <= 0:
                raise Mismatch(f"“{text}” did not end within {seconds} s. It printed:\n{output.decode(errors='replace')}")
            if select.select([self.master], [], [], min(rest, 1))[0]:
                try:
                    output += os.read(self.master, 65536)
                except OSError:
                    raise Mismatch(f"“{text}” ended the shell.") from None
            elif self.shell.poll() is not None:
                raise Mismatch(f"“{text}” ended the shell.")
        return output[:match.start()].decode(errors="replace"), int(match.group(1))

    def type(self, step, code_is_asked):
        if step.text is None:
            return self.interrupt(step)
        if RUNS_ON.search(step.text):
            return self.leave_running(step)
        output, code = self.send(step.text, COMMAND_SECONDS)
        compare(step, output)
        if code != 0 and not code_is_asked and not any("error" in line for line in step.expected):
            raise Mismatch(f"{step.line}: “{step.text}” ended with {code}, and no “$ echo $?” follows.")

    def leave_running(self, step):
        text = RUNS_ON.sub("", step.text)
        log = os.path.join(self.temporary, f"output-{step.line}")
        open(log, "w").close()
        output, _ = self.send(f"{{ {text}; }} >{log} 2>&1 & printf %d $!", COMMAND_SECONDS)
        pid = int(re.search(r"\d+$", output).group())
        self.jobs.append([pid, log, 0])
        until = time.monotonic() + self.start_seconds
        while True:
            with open(log, encoding="utf-8", errors="replace") as file:
                came = file.read()
            try:
                compare(step, came, whole=False)
                break
            except Mismatch:
                if time.monotonic() > until or not is_running(pid):
                    raise
            time.sleep(0.2)
        # What it says from now on is what ^C shows.
        self.jobs[-1][2] = len(came)

    def interrupt(self, step):
        if not self.jobs:
            raise Mismatch(f"{step.line}: ^C, and nothing runs on.")
        pid, log, seen = self.jobs.pop()
        self.end(pid, step.line)
        with open(log, encoding="utf-8", errors="replace") as file:
            compare(step, file.read()[seen:])

    def end(self, pid, line):
        signal_group(pid, signal.SIGINT)
        until = time.monotonic() + END_SECONDS
        while is_running(pid):
            if time.monotonic() > until:
                signal_group(pid, signal.SIGKILL)
                raise Mismatch(f"{line}: what runs on did not end within {END_SECONDS} s of ^C.")
            time.sleep(0.1)

    def close(self):
        """Ends everything that the page began; says what did not end by itself, or left files behind."""
        left = []
        while self.jobs:
            try:
                self.end(self.jobs.pop()[0], 0)
            except Mismatch as mismatch:
                left.append(str(mismatch))
        os.close(self.writer)
        try:
            self.shell.wait(10)
        except subprocess.TimeoutExpired:
            left.append("0: the shell did not end.")
        for pid in members(self.shell.pid):
            if is_running(pid):
                left.append(f"0: process {pid} was left behind.")
            os.kill(pid, signal.SIGKILL)
        self.shell.wait()
        os.close(self.master)
        left += [f"0: the folder {name} was left behind." for name in os.listdir(self.temporary)
                 if name.startswith("sluice-")]
        return left


def state_of(pid):
    """State and session of a process; `None` when it is gone."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            words = file.read().rpartition(")")[2].split()
        return words[0], int(words[3])
    except OSError:
        return None


def is_running(pid):
    state = state_of(pid)
    return state is not None and state[0] != "Z"


def members(session):
    """Processes of a session but for the one that leads it."""
    pids = [int(name) for name in os.listdir("/proc") if name.isdigit() and int(name) != session]
    return [pid for pid in pids if (state := state_of(pid)) and state[1] == session]


def signal_group(pid, number):
    try:
        os.killpg(pid, number)
    except ProcessLookupError:
        pass


def try_page(page, sluice, alone, start_seconds=START_SECONDS):
    """Problems, the number of commands that were typed, and the seconds that they took."""
    began = time.monotonic()
    folder = tempfile.mkdtemp(prefix="documents-")
    programs = os.path.join(folder, "programs")
    os.mkdir(programs)
    with open(os.path.join(programs, "sluice"), "w") as file:
        file.write(f"#!/bin/sh\nexec '{sluice}' \"$@\"\n")
    os.chmod(os.path.join(programs, "sluice"), 0o755)
    console, problems, count = Console(os.path.join(folder, "here"), programs, alone, start_seconds), [], 0
    try:
        for block in page.blocks:
            if block.file:
                path = os.path.join(console.folder, block.file)
                os.makedirs(os.path.dirname(path), exist_ok=True)
                with open(path, "w", encoding="utf-8") as file:
                    file.write("\n".join(block.lines) + "\n")
            if block.kind == "console":
                steps = steps_of(block)
                for step, following in zip(steps, [*steps[1:], None]):
                    console.type(step, following is not None and following.text == "echo $?")
                    count += 1
    except Mismatch as mismatch:
        problems.append(f"{page.path}:{mismatch}")
    finally:
        problems += [f"{page.path}:{what}" for what in console.close()]
        shutil.rmtree(folder, ignore_errors=True)
    return problems, count, time.monotonic() - began
