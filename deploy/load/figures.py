# SPDX-License-Identifier: Apache-2.0
"""What a gateway says of itself by its local socket, which has room when the page's port has none."""

import http.client
import re
import socket
import time


class LocalSocket(http.client.HTTPConnection):
    """HTTP over the Unix domain socket of a state directory."""

    def __init__(self, path, timeout=20):
        super().__init__("localhost", timeout=timeout)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


class Figures:
    """`/metrics` at one moment: lateness of polls over all buses, overruns, readings that are good and that are not."""

    def __init__(self, path):
        connection = LocalSocket(path)
        connection.request("GET", "/metrics")
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status != 200:
            raise OSError(f"/metrics answered {answer.status} on the local socket")
        self.at = time.monotonic()
        self.late = {}
        self.overruns = self.good = self.wrong = 0
        for name, labels, value in re.findall(r"^(\w+)\{([^}]*)\} (\S+)$", text, re.M):
            if name == "sluice_poll_lateness_seconds_bucket":
                bound = float(re.search(r'le="([^"]+)"', labels)[1].replace("+Inf", "inf"))
                self.late[bound] = self.late.get(bound, 0) + int(value)
            elif name == "sluice_poll_overruns_total":
                self.overruns += int(value)
            elif name == "sluice_readings_total" and labels == 'quality="good"':
                self.good += int(value)
            elif name == "sluice_readings_total":
                self.wrong += int(value)
        if not self.late:
            raise OSError("/metrics has no sluice_poll_lateness_seconds")


class Span:
    """What happened between two moments."""

    def __init__(self, first, last):
        self.seconds = last.at - first.at
        self.late = [(bound, last.late[bound] - first.late.get(bound, 0)) for bound in sorted(last.late)]
        self.visits = self.late[-1][1]
        # Visits of devices fall together by chance, what they bring does not.
        self.rate = (last.good - first.good) / self.seconds
        self.overruns = last.overruns - first.overruns
        self.wrong = last.wrong - first.wrong

    def lateness(self, share):
        """The lateness in seconds that `share` of the visits kept; evenly within a class of the histogram."""
        wanted, floor, below = share * self.visits, 0.0, 0
        for bound, count in self.late:
            if count >= wanted and count > below:
                return floor if bound == float("inf") else floor + (bound - floor) * (wanted - below) / (count - below)
            floor, below = bound, count
        return floor

    @property
    def worst(self):
        """Upper end of the class in which the latest visit lies."""
        return next(bound for bound, count in self.late if count == self.visits)
