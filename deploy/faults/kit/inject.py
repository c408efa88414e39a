# SPDX-License-Identifier: Apache-2.0
"""System calls of a running process that fail, by strace; they fail for the files named only."""

import signal
import subprocess
import time

from .outcome import Failed, Skipped, need
from .programs import Program


class Injection:
    """`calls` (a strace set such as "fdatasync,fsync") return `error` from now until `end()`."""

    def __init__(self, pid, calls, error, paths=()):
        need("strace")
        arguments = ["strace", "-f", "-q", "-p", str(pid)]
        for path in paths:
            arguments += ["-P", path]
        arguments += ["-e", f"trace={calls}", "-e", f"inject={calls}:error={error}"]
        self.program = Program(arguments, name="strace")
        time.sleep(1)
        if self.program.process.poll() is not None:
            # It tells so when what it watched has ended.
            if ends := [text for text in self.program.texts() if "+++" in text]:
                raise Failed(f"the program did not outlive the first second of failures: {ends[-1]}")
            raise Skipped(f"strace cannot attach: {self.program.texts()[-1:]}")

    @property
    def count(self):
        return self.program.count("(INJECTED)")

    def end(self):
        # It lets go of the process by itself.
        self.program.end(signal.SIGINT)
