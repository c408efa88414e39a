# SPDX-License-Identifier: Apache-2.0
"""File systems that a row may fill, cut and break: all inside its own mount namespace."""

import os
import shutil
import subprocess

from .outcome import Skipped


def _run(*arguments):
    done = subprocess.run([str(a) for a in arguments], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        raise Skipped(f"{' '.join(map(str, arguments))}: {done.stdout.strip()}")


def tmpfs(folder, options):
    os.makedirs(folder, exist_ok=True)
    _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder)
    return folder


class Image:
    """An ext4 file system in a file, mounted by a loop device.

    A copy of the file while it is mounted is what a power cut would leave: what the system still holds in memory is
    not in it.
    """

    def __init__(self, path, folder, megabytes=64):
        self.path, self.folder = path, folder
        os.makedirs(folder, exist_ok=True)
        with open(path, "wb") as file:
            file.truncate(megabytes << 20)
        _run("mkfs.ext4", "-q", "-F", path)
        self.mount(path, folder)

    @staticmethod
    def mount(path, folder, options="loop"):
        os.makedirs(folder, exist_ok=True)
        _run("mount", "-o", options, path, folder)

    @staticmethod
    def unmount(folder):
        _run("umount", folder)

    def cut(self, path):
        """The image as a power cut at this moment leaves it."""
        subprocess.run(["cp", "--sparse=always", self.path, path], check=True)
        return path
