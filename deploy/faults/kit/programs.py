# SPDX-License-Identifier: Apache-2.0
"""Programs that a row starts, reads line by line and ends by their own process number."""

import os
import signal
import socket
import subprocess
import threading
import time

from .outcome import WORK, Failed

_started = []


def until(condition, seconds, what, pause=0.05):
    """Waits until `condition()` gives something true and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise Failed(f"{what}: not within {seconds:g} s")
        time.sleep(pause)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Program:
    """A child process with the lines it has written; `lines` holds (monotonic time, text)."""

    def __init__(self, arguments, environment=None, name=None, directory=None, keep=True):
        self.name = name or os.path.basename(arguments[0])
        self.lines = []
        self._news = threading.Condition()
        self._keeps = keep
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [str(a) for a in arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})}, cwd=directory)
        _started.append(self)
        self._log = open(f"{WORK}/{self.name}-{self.process.pid}.log", "wb")
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def pid(self):
        return self.process.pid

    def _read(self):
        for raw in self.process.stdout:
            text = raw.decode("utf-8", "replace").rstrip("\n")
            self._log.write(raw)
            self._log.flush()
            with self._news:
                if self._keeps:
                    self.lines.append((time.monotonic(), text))
                self.take(text)
                self._news.notify_all()
        with self._news:
            self._news.notify_all()

    def take(self, text):
        """For those that keep an account of their own."""

    def texts(self, since=0):
        return [text for _, text in self.lines[since:]]

    def count(self, part, since=0):
        return sum(part in text for text in self.texts(since))

    def wait(self, part, seconds, what=None, since=0):
        """The time and text of the first line that holds `part` (or satisfies it), at most `seconds` from now."""
        wants = part if callable(part) else lambda text: part in text
        deadline = time.monotonic() + seconds
        place = since
        with self._news:
            while True:
                while place < len(self.lines):
                    if wants(self.lines[place][1]):
                        return self.lines[place]
                    place += 1
                left = deadline - time.monotonic()
                has_ended = self.process.poll() is not None and not self._reader.is_alive()
                if left <= 0 or has_ended:
                    tail = " / ".join(text for _, text in self.lines[-3:])
                    why = f"ended with {self.process.returncode}" if has_ended else f"not within {seconds:g} s"
                    raise Failed(f"{self.name}: {what or part}: {why}; last lines: {tail}")
                self._news.wait(min(left, 0.2))

    def tell(self, number):
        """Sends a signal."""
        if self.process.poll() is None:
            os.kill(self.process.pid, number)

    def end(self, number=signal.SIGKILL, within=30):
        """Sends a signal and waits for the end; the exit code, negative for a signal."""
        self.tell(number)
        try:
            code = self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.tell(signal.SIGKILL)
            self.process.wait()
            raise Failed(f"{self.name} did not end within {within} s after signal {number}")
        self._reader.join(5)
        return code

    def resident(self):
        """Resident memory in bytes."""
        with open(f"/proc/{self.pid}/statm") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def processor_seconds(self):
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(") ", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def end_all():
    for program in reversed(_started):
        if program.process.poll() is None:
            try:
                os.kill(program.process.pid, signal.SIGKILL)
                program.process.wait(10)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                pass
