# SPDX-License-Identifier: Apache-2.0
"""A wall clock that a row sets: a small library is compiled when it is needed (kit/shim.c)."""

import mmap
import os
import shutil
import struct
import subprocess
import time

from .outcome import WORK, Skipped


class WallClock:
    """What the gateway takes for the wall clock; the monotonic clock stays what it is."""

    def __init__(self, offset=0.0, synced=True):
        compiler = shutil.which("gcc") or shutil.which("clang")
        if not compiler:
            raise Skipped("a C compiler is missing")
        self.library = f"{WORK}/shim.so"
        source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shim.c")
        built = subprocess.run([compiler, "-O1", "-shared", "-fPIC", "-o", self.library, source],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if built.returncode:
            raise Skipped(f"the shim cannot be built: {built.stdout[-200:]}")
        self.path = f"{WORK}/shim"
        with open(self.path, "wb") as file:
            file.write(bytes(32))
        self._file = open(self.path, "r+b")
        self._map = mmap.mmap(self._file.fileno(), 32)
        self.set(offset, synced=synced)

    def set(self, offset=0.0, slope_ppm=0, synced=True):
        """Shows `offset` seconds more than the machine, gaining `slope_ppm` from now on."""
        self._map[:] = struct.pack("=qqqq", int(offset * 1e9), slope_ppm, time.monotonic_ns(), int(synced))

    @property
    def environment(self):
        return {"LD_PRELOAD": self.library, "SLUICE_SHIM": self.path}
