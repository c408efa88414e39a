# SPDX-License-Identifier: Apache-2.0
"""A mosquitto of our own, an independent subscriber, and a broker that misbehaves on purpose."""

import json
import os
import socket
import struct
import threading
import time

from .outcome import WORK, need
from .programs import Program, free_port, until


class Broker:
    """mosquitto on a free port with a folder of its own; `more` goes into its configuration."""

    def __init__(self, folder=None, port=None, more="", persistence=True, anonymous=True):
        need("mosquitto", "mosquitto_sub", "mosquitto_pub")
        self.port = port or free_port()
        self.folder = folder or f"{WORK}/broker-{self.port}"
        os.makedirs(self.folder, exist_ok=True)
        self.configuration = f"{WORK}/broker-{self.port}.conf"
        with open(self.configuration, "w") as file:
            file.write(
                f"listener {self.port} 127.0.0.1\nallow_anonymous {str(anonymous).lower()}\npersistence {str(persistence).lower()}\n"
                f"persistence_location {self.folder}/\nmax_queued_messages 1000000\nmax_queued_bytes 0\n"
                f"autosave_on_changes true\nautosave_interval 1\n")
            if os.getuid() == 0:
                file.write("user root\n")
            file.write(more)
        self.program = None
        self.start()

    # Name and password that clients need, if any.
    login = None

    def start(self):
        self.program = Program(["mosquitto", "-v", "-c", self.configuration], name="mosquitto")
        self.program.wait(" running", 20)

    def end(self, number=9):
        return self.program.end(number)

    def witness(self, topic="sluice/#", identifier=None, session=False):
        witness = Witness(self.port, topic, identifier, session, self.login)
        witness.wait("Subscribed", 20)
        return witness

    def publish(self, topic, payload=None, retained=False, file=None):
        arguments = ["mosquitto_pub", "-h", "127.0.0.1", "-p", self.port, "-q", "1", "-t", topic]
        arguments += ["-f", file] if file else ["-m", payload]
        return Program(arguments + (["-r"] if retained else []), name="publisher").process.wait(120)


class Witness(Program):
    """mosquitto_sub: each message as (retained, topic, payload bytes as text, time); rows by (epoch, number)."""

    def __init__(self, port, topic, identifier=None, session=False, login=None):
        self.messages = []
        arguments = ["stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", port, "-V", "mqttv311", "-q", "1", "-d",
                     "-F", "MSG %r %t %p", "-t", topic]
        if login:
            arguments += ["-u", login[0], "-P", login[1]]
        if session:
            arguments += ["-c"]
        if identifier or session:
            arguments += ["-i", identifier or f"witness-{port}"]
        super().__init__(arguments, name="witness")

    def take(self, text):
        if text.startswith("MSG "):
            _, retained, topic, payload = (text.split(" ", 3) + [""])[:4]
            self.messages.append((retained == "1", topic, payload, time.monotonic()))

    def rows(self, since=0):
        """(number, topic, row, time) of every reading row that came, in the order of arrival."""
        found = []
        for retained, topic, payload, at in self.messages[since:]:
            levels = topic.split("/")
            if retained or not payload.startswith("{"):
                continue
            if levels[-1] == "_backfill":
                try:
                    message = json.loads(payload)
                except ValueError:
                    continue
                for row in message.get("rows", []):
                    found.append((row.get("seq"), topic, row, at))
            elif len(levels) == 4 and not any(level.startswith("_") for level in levels) \
                    and levels[2] not in ("alarm", "ticket", "cmd"):
                try:
                    row = json.loads(payload)
                except ValueError:
                    continue
                found.append((row.get("seq"), topic, row, at))
        return found

    def numbers(self):
        return {number for number, _, _, _ in self.rows() if number is not None}

    def of(self, part):
        return [(topic, payload, at) for _, topic, payload, at in self.messages if part in topic]

    def wait_message(self, wants, seconds, what):
        return until(lambda: next((m for m in list(self.messages) if wants(m[1], m[2])), None), seconds, what)


class Stub:
    """A broker that speaks just enough MQTT 3.1.1, with manners that a row chooses.

    `manner` is "silent" (no CONNACK), "mute" (no PUBACK), "kick" (ends each session at once) or "good".
    """

    def __init__(self, manner):
        self.manner = manner
        self.listener = socket.socket()
        self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(50)
        self.port = self.listener.getsockname()[1]
        self.connects = []  # monotonic times
        self.closed = []  # how long each connection lasted, seconds
        self.published = []  # (connection, topic, payload, DUP)
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            connection, _ = self.listener.accept()
            self.connects.append(time.monotonic())
            threading.Thread(target=self._serve, args=(connection, len(self.connects)), daemon=True).start()

    def _serve(self, connection, number):
        began = time.monotonic()
        try:
            self._speak(connection, number)
        except OSError:
            pass
        self.closed.append(time.monotonic() - began)
        connection.close()

    def _speak(self, connection, number):
        data = b""
        while True:
            piece = connection.recv(65536)
            if not piece:
                return
            data += piece
            if self.manner == "silent":
                continue
            while True:
                packet, data = self._cut(data)
                if packet is None:
                    break
                kind, flags, body = packet
                if kind == 1:
                    connection.sendall(b"\x20\x02\x00\x00")
                    if self.manner == "kick":
                        return
                elif kind == 3:
                    length = struct.unpack(">H", body[:2])[0]
                    topic, rest = body[2:2 + length].decode(), body[2 + length:]
                    quality = flags >> 1 & 3
                    identifier, payload = (rest[:2], rest[2:]) if quality else (b"", rest)
                    self.published.append((number, topic, payload, bool(flags & 8)))
                    if quality and self.manner != "mute":
                        connection.sendall(b"\x40\x02" + identifier)
                elif kind == 8:
                    count, rest = 0, body[2:]
                    while rest:
                        length = struct.unpack(">H", rest[:2])[0]
                        rest = rest[3 + length:]
                        count += 1
                    connection.sendall(bytes([0x90, 2 + count]) + body[:2] + b"\x01" * count)
                elif kind == 12:
                    connection.sendall(b"\xd0\x00")
                elif kind == 14:
                    return

    @staticmethod
    def _cut(data):
        """The first whole packet (kind, flags, body) and what follows it."""
        length, shift, place = 0, 0, 1
        while True:
            if place >= len(data):
                return None, data
            byte = data[place]
            length |= (byte & 127) << shift
            shift += 7
            place += 1
            if not byte & 128:
                break
        if len(data) < place + length:
            return None, data
        return (data[0] >> 4, data[0] & 15, data[place:place + length]), data[place + length:]
