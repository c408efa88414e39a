# SPDX-License-Identifier: Apache-2.0
"""The database as SQLite itself sees it, and the ledger of what the gateway said was stored."""

import shutil
import sqlite3

from .outcome import Failed, check


class Store:
    """Reads `sluice.db` of a state directory with Python's SQLite, not with ours."""

    def __init__(self, state):
        self.path = f"{state}/sluice.db"

    def rows(self, statement, *arguments, path=None):
        database = sqlite3.connect(f"file:{path or self.path}?mode=rw", uri=True, timeout=10)
        try:
            return database.execute(statement, arguments).fetchall()
        finally:
            database.close()

    def tables(self, kind, path=None):
        return [name for (name,) in self.rows(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB ? ORDER BY name",
            f"{kind}_[0-9]*", path=path)]

    def numbers(self, path=None):
        """First sequence numbers of all stored sweeps."""
        return {n for table in self.tables("reading", path) for (n,) in self.rows(f"SELECT seq FROM {table}", path=path)}

    def waiting(self):
        """Rows of the outbox without a PUBACK."""
        return self.rows("SELECT coalesce(sum(waiting), 0) FROM outbox_day")[0][0]

    def last(self):
        """The highest number of a stored sweep; 0 when there is none."""
        return max((self.rows(f"SELECT coalesce(max(seq), 0) FROM {table}")[0][0] for table in self.tables("reading")), default=0)

    def has_sent(self, number):
        """Whether no row up to this number waits. While readings come, hardly a moment is without one that does: PUBACKs
        are noted together, once in many seconds."""
        oldest = self.rows("SELECT min(first_waiting) FROM outbox_day WHERE waiting > 0")[0][0]
        return oldest is None or oldest > number

    def sound(self, path=None):
        answer = self.rows("PRAGMA integrity_check", path=path)
        return answer == [("ok",)], answer[:3]

    def check_sound(self, path=None):
        is_sound, answer = self.sound(path)
        check(is_sound, f"integrity_check says {answer}")

    def copy(self, to):
        """A copy with its log, for a look that changes nothing here."""
        for end in ("", "-wal"):
            try:
                shutil.copyfile(self.path + end, f"{to}/sluice.db{end}")
            except FileNotFoundError:
                pass
        return f"{to}/sluice.db"


class Ledger:
    """What gateways said was stored, kept outside of them."""

    def __init__(self):
        self.last = set()
        self.sweeps = 0

    def take(self, accepted):
        for number, sweeps in accepted:
            self.last.add(number)
            self.sweeps += sweeps

    def missing(self, numbers):
        """Accepted rows that are not among `numbers`: those named, and those only counted."""
        named = len(self.last - numbers)
        return max(named, self.sweeps - len(numbers), 0)
