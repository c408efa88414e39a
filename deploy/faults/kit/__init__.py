# SPDX-License-Identifier: Apache-2.0
"""What the rows of the fault suite share; only the standard library is needed."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

from .broker import Broker, Stub, Witness
from .clock import WallClock
from .disk import Image, tmpfs
from .estate import Estate
from .inject import Injection
from .outcome import Failed, Skipped, check, main, need, rounds, scaled, SHORT, PROVE, WORK
from .programs import Program, free_port, until
from .store import Ledger, Store
from .suites import suite

__all__ = [name for name in dir() if not name.startswith("_")]
