# SPDX-License-Identifier: Apache-2.0
"""A Modbus TCP device with manners of its own: PORT UNIT ANSWERS_AS FIRST COUNT.

Asked as UNIT for holding registers inside FIRST ... FIRST + COUNT - 1 it answers each with its address, under the unit
ANSWERS_AS. Everything else it leaves without an answer. Prints READY once it listens; ends with standard input.
"""
import os
import socketserver
import struct
import sys
import threading

port, unit, answers_as, first, count = (int(word) for word in sys.argv[1:6])


class Device(socketserver.BaseRequestHandler):
    def handle(self):
        while True:
            request = self.request.recv(12, 0x100)  # MSG_WAITALL
            if len(request) < 12:
                return
            transaction, _, _, asked, function, address, words = struct.unpack(">HHHBBHH", request)
            if asked == unit and function == 3 and first <= address and address + words <= first + count:
                data = b"".join(struct.pack(">H", address + place) for place in range(words))
                head = struct.pack(">HHHBBB", transaction, 0, 3 + len(data), answers_as, function, len(data))
                self.request.sendall(head + data)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
server = Server(("127.0.0.1", port), Device)
print("READY", flush=True)
server.serve_forever()
