# SPDX-License-Identifier: Apache-2.0
"""A webhook and three robots that check what comes and keep a book, each message as one line of JSON.

Paths: /hook /wecom /dingtalk /feishu. Lines of the input: `hold NAME` (what comes is booked and not answered),
`answer NAME` (what is held is answered, and what comes too).
"""
import base64, hashlib, hmac, json, sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

SECRET = b"practice"
gates = {name: threading.Event() for name in ("hook", "wecom", "dingtalk", "feishu")}
for gate in gates.values():
    gate.set()
books = {name: set() for name in gates}
lock = threading.Lock()

def code(key, text):
    return base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()

def judge(name, query, headers, body):
    """The key of a message and its text; an assertion says what is wrong."""
    message = json.loads(body)
    if name == "hook":
        parts = dict(part.split("=", 1) for part in headers["X-Sluice-Signature"].split(","))
        expected = hmac.new(SECRET, parts["t"].encode() + b"." + body, hashlib.sha256).hexdigest()
        assert parts["v1"] == expected, "signature"
        assert abs(time.time() - int(parts["t"])) < 300, "time"
        assert message["id"] == headers["Idempotency-Key"], "key"
        return message["id"], message["data"]["title"]
    if name == "dingtalk":
        moment = query["timestamp"][0]
        assert query["sign"][0] == code(SECRET, moment.encode() + b"\n" + SECRET), "signature"
    if name == "feishu":
        assert message["sign"] == code(message["timestamp"].encode() + b"\n" + SECRET, b""), "signature"
        assert message["msg_type"] == "text", "kind"
        text = message["content"]["text"]
    else:
        assert message["msgtype"] == "text", "kind"
        text = message["text"]["content"]
    assert len(body) <= 20480 and (name != "wecom" or len(text.encode()) <= 2048), "length"
    return text.splitlines()[-1], text

class Robot(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        address = urlsplit(self.path)
        name, wrong, key, text = address.path.strip("/"), None, None, None
        try:
            key, text = judge(name, parse_qs(address.query), self.headers, body)
        except (AssertionError, KeyError, ValueError) as error:
            wrong = repr(error)
        with lock:
            is_new = key not in books[name]
            books[name].add(key)
            print(json.dumps({"channel": name, "key": key, "new": is_new, "wrong": wrong, "text": text}), flush=True)
        gates[name].wait()
        answer = b'{"code":0}' if name == "feishu" else b'{"errcode":0}'
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass

def obey():
    for line in sys.stdin:
        order, name = line.split()
        (gates[name].clear if order == "hold" else gates[name].set)()
        print("does", order, name, flush=True)

server = ThreadingHTTPServer(("127.0.0.1", 0), Robot)
server.daemon_threads = True
server.handle_error = lambda request, address: None
threading.Thread(target=obey, daemon=True).start()
print("port", server.server_port, flush=True)
server.serve_forever()
