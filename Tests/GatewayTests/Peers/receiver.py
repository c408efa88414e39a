# SPDX-License-Identifier: Apache-2.0
"""A receiver of messages that behaves as its path says and prints every request as one line of JSON."""
import base64, json, sys, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        print(json.dumps({"path": self.path, "headers": dict(self.headers.items()),
                          "body": base64.b64encode(body).decode()}), flush=True)
        mood = self.path.split("?")[0].strip("/")
        if mood == "closed":
            self.close_connection = True
            return
        if mood == "slow":
            time.sleep(5)
        status, answer = {
            "ok": (200, b'{"errcode":0,"errmsg":"ok"}'), "slow": (200, b'{"errcode":0}'),
            "error": (500, b"broken"), "limit": (200, b'{"errcode":45009}'),
            "block": (200, b'{"errcode":130101}'), "page": (200, b"<html>"), "moved": (302, b""),
            "large": (200, b"x" * 100000),
        }.get(mood, (404, b""))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/ok")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *arguments):
        pass

server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
# A client that hangs up is part of the trial: its traceback would fall into the lines of requests.
server.handle_error = lambda request, address: None
print("port", server.server_port, flush=True)
server.serve_forever()
