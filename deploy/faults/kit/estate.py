# SPDX-License-Identifier: Apache-2.0
"""The simulated estate, its site's file, and the gateway under test."""

import os
import re

from .outcome import PROVE, WORK, Failed, need
from .programs import Program, free_port

SLUICE = os.environ.get("SLUICE_BIN", "sluice")
STORED = re.compile(r"sequence=(\d+) sweeps=(\d+).*Readings stored\.|sweeps=(\d+).*sequence=(\d+).*Readings stored\.")


class Gateway(Program):
    """`sluice run`; `accepted` is the ledger of what it said was stored: (last number, sweeps) of each transaction."""

    def __init__(self, *arguments, **more):
        self.accepted = []
        super().__init__(*arguments, **more)

    def take(self, text):
        if "Readings stored." in text:
            found = STORED.search(text)
            if found:
                a = found.groups()
                self.accepted.append((int(a[0]), int(a[1])) if a[0] else (int(a[3]), int(a[2])))

    def wait_stored(self, transactions=1, seconds=30):
        """When the nth transaction from the start of this process was told, in seconds since it was started."""
        from .programs import until

        def enough():
            if self.process.poll() is not None:
                tail = " / ".join(self.texts()[-3:])
                raise Failed(f"the gateway ended with {self.process.returncode} before it stored anything: {tail}")
            return len(self.accepted) >= transactions

        until(enough, seconds, f"{transactions} transactions of readings", pause=0.01)
        stored = [at for at, text in self.lines if "Readings stored." in text]
        return stored[transactions - 1] - self.began

    def wait_running(self, seconds=30):
        return self.wait("Gateway is running.", seconds, "the start")[0] - self.began


class Estate:
    """`sluice simulate --serve` and the site's file it wrote, with `replace` carried out on it."""

    def __init__(self, broker_port, folder=WORK, options=(), replace=(), state=None, append=""):
        os.makedirs(folder, exist_ok=True)
        self.folder = folder
        self.state = state or f"{folder}/state"
        self.file = f"{folder}/site.yaml"
        self.simulator = Program(
            [SLUICE, "simulate", "--serve", "--site-file", self.file, "--state", self.state, "--mqtt",
             f"mqtt://127.0.0.1:{broker_port}", *options], name="simulator")
        self.simulator.wait("site's file", 30)
        self.edit([("port: 8420", "port: 0"), *replace], append)

    def edit(self, replace, append=""):
        with open(self.file, encoding="utf-8") as file:
            text = file.read()
        for old, new in replace:
            if old not in text:
                raise Failed(f"the site's file has no '{old}'")
            text = text.replace(old, new)
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text + append)

    def storage(self, **settings):
        """Puts settings of the store into the site's file; those that stand there already are replaced."""
        with open(self.file, encoding="utf-8") as file:
            text = file.read()
        found = re.search(r"storage: \{([^}]*)\}", text)
        if not found:
            raise Failed("the site's file has no storage: {...}")
        inside = [part.strip() for part in found[1].split(", ") if part.split(":")[0].strip() not in settings]
        inside += [f"{key}: {value}" for key, value in settings.items()]
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text[:found.start()] + "storage: {" + ", ".join(inside) + "}" + text[found.end():])

    def log_in(self, name, password_file):
        """Lets the gateway say a name and the password of a file to the broker."""
        with open(self.file, encoding="utf-8") as file:
            text = file.read()
        text, count = re.subn(
            r'(mqtt: \{url: "[^"]*")', rf'\1, user_name: "{name}", password_file: "{password_file}"', text)
        if count != 1:
            raise Failed("the site's file has no mqtt: {url: ...}")
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)

    def multiply(self, copies):
        """Adds so many buses with the dwellings' meters again, read from the same simulated bus; their number."""
        with open(self.file, encoding="utf-8") as file:
            text = file.read()
        port = re.search(r'meters: \{tcp: "127.0.0.1", port: (\d+)', text).group(1)
        devices = re.findall(r"  (u\d+):\n((?:    .*\n)+)", text)
        need("socat")
        buses, more = "", ""
        for copy in range(copies):
            # Two buses may not have one address.
            door = free_port()
            Program(["socat", f"TCP-LISTEN:{door},bind=127.0.0.1,reuseaddr,fork", f"TCP:127.0.0.1:{port}"], name="socat")
            buses += f'  more-{copy}: {{tcp: "127.0.0.1", port: {door}, timeout_milliseconds: 1000}}\n'
            for name, body in devices:
                body = body.replace(f"asset: {name}", f"asset: {name}-{copy}").replace("bus: meters", f"bus: more-{copy}")
                more += f"  {name}-{copy}:\n{body}"
        text = text.replace("devices:\n", buses + "devices:\n", 1).replace("tariff:\n", more + "tariff:\n", 1)
        with open(self.file, "w", encoding="utf-8") as file:
            file.write(text)
        return copies * len(devices)

    def gateway(self, prefix=(), environment=None, log="debug", file=None):
        environment = dict(environment or {})
        if PROVE == "eatmydata":
            need("eatmydata")
            prefix = [*prefix, "eatmydata"]
        elif "." in PROVE:
            points = [p for p in (environment.get("SLUICE_FAILPOINT"), PROVE) if p]
            environment["SLUICE_FAILPOINT"] = ",".join(points)
        return Gateway([*prefix, SLUICE, "run", "--config", file or self.file, "--log-level", log],
                       environment=environment, name="gateway")
