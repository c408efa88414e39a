# SPDX-License-Identifier: Apache-2.0
"""Fake receivers of notices: a webhook, three robots and a mail server, which check what comes and keep a book."""

import base64
import hashlib
import hmac
import json
import socketserver
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SECRET = b"practice"


class Entry:
    """A message that came: when on the wall's clock, its key, what was wrong with it, and whether it was answered."""

    def __init__(self, channel, key, wrong):
        self.channel, self.key, self.wrong = channel, key, wrong
        self.at, self.answered = time.time(), None


class Book:
    """What came to all receivers, in order; a receiver that is held takes messages and does not answer."""

    def __init__(self, names):
        self.entries = []
        self.lock = threading.Lock()
        self.gates = {name: threading.Event() for name in names}
        for gate in self.gates.values():
            gate.set()

    def note(self, channel, key, wrong):
        entry = Entry(channel, key, wrong)
        with self.lock:
            self.entries.append(entry)
        return entry

    def of(self, channel):
        with self.lock:
            return [entry for entry in self.entries if entry.channel == channel]

    def hold(self):
        for gate in self.gates.values():
            gate.clear()

    def answer(self):
        for gate in self.gates.values():
            gate.set()


def code(key, text):
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()


def judge(name, query, headers, body):
    """The key of a message: a webhook's own, else the last line of the text; an assertion says what is wrong."""
    message = json.loads(body)
    if name == "hook":
        parts = dict(part.split("=", 1) for part in headers["X-Sluice-Signature"].split(","))
        expected = hmac.new(SECRET, parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        assert parts["v1"] == expected, "signature"
        assert abs(time.time() - int(parts["t"])) < 300, "time"
        assert message["id"] == headers["Idempotency-Key"], "key"
        return message["id"]
    if name == "dingtalk":
        moment = query["timestamp"][0]
        assert query["sign"][0] == code(SECRET, moment.encode() + b"\n" + SECRET), "signature"
    if name == "feishu":
        assert message["sign"] == code(message["timestamp"].encode() + b"\n" + SECRET, b""), "signature"
        text = message["content"]["text"]
    else:
        text = message["text"]["content"]
    assert len(body) <= 20480 and (name != "wecom" or len(text.encode()) <= 2048), "length"
    return text.splitlines()[-1]


class Robots:
    """Webhook, WeCom, DingTalk and Feishu on one port: /hook /wecom /dingtalk /feishu."""

    def __init__(self, book):
        class Robot(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                address = urlsplit(self.path)
                name, key, wrong = address.path.strip("/"), None, None
                try:
                    key = judge(name, parse_qs(address.query), self.headers, body)
                except (AssertionError, KeyError, ValueError) as error:
                    wrong = repr(error)
                entry = book.note(name, key, wrong)
                book.gates[name].wait()
                answer = b'{"code":0}' if name == "feishu" else b'{"errcode":0}'
                entry.answered = time.time()
                self.send_response(200)
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *arguments):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Robot)
        server.daemon_threads = True
        server.handle_error = lambda request, address: None
        self.port = server.server_port
        threading.Thread(target=server.serve_forever, daemon=True).start()


class Mailbox:
    """As much SMTP as one letter needs; the key is the letter's Message-ID."""

    def __init__(self, book, name="letters"):
        class Session(socketserver.StreamRequestHandler):
            def say(self, text):
                self.wfile.write(f"{text}\r\n".encode())

            def handle(self):
                self.say("220 mailbox")
                while line := self.rfile.readline():
                    word = line[:4].upper()
                    if word == b"DATA":
                        self.say("354 Go on")
                        self.letter()
                    elif word == b"QUIT":
                        self.say("221 Bye")
                        return
                    else:
                        self.say("250 Well")

            def letter(self):
                key = None
                while (line := self.rfile.readline()) not in (b".\r\n", b""):
                    if line.lower().startswith(b"message-id:"):
                        key = line.split(b":", 1)[1].strip().decode()
                entry = book.note(name, key, None if key else "no Message-ID")
                book.gates[name].wait()
                entry.answered = time.time()
                self.say("250 Taken")

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request, address):
                pass

        server = Server(("127.0.0.1", 0), Session)
        self.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
