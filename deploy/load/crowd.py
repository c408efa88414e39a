#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A crowd at the door: crowd.py PORT COUNT SECONDS [--deaf]

Opens COUNT connections at once, asks for the page on each that is let in, and holds them all for SECONDS. Where the limit
of descriptors does not allow COUNT at once it comes in waves. With --deaf nobody reads what is answered. Prints one line of
JSON."""

import collections
import json
import resource
import select
import socket
import sys
import time

port, count, seconds = int(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
is_deaf = "--deaf" in sys.argv
_, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, count + 100), hard))
wave_size = min(count, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - 100)
waves = -(-count // wave_size)
seen = collections.Counter()


def wave(size, span):
    # From 127.0.0.1 alone there may not be ports enough.
    poll, open_ones = select.epoll(), {}
    for place in range(size):
        one = socket.socket()
        one.setblocking(False)
        if is_deaf:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        one.bind((f"127.0.0.{2 + place // 5000}", 0))
        one.connect_ex(("127.0.0.1", port))
        open_ones[one.fileno()] = one
        poll.register(one.fileno(), select.EPOLLOUT | select.EPOLLIN)
    request = f"GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode() * (10 if is_deaf else 1)
    connected = set()
    until = time.monotonic() + span
    while (left := until - time.monotonic()) > 0:
        for number, event in poll.poll(min(left, 1)):
            one = open_ones[number]
            if event & (select.EPOLLERR | select.EPOLLHUP) and number not in connected:
                seen["refused"] += 1
                poll.unregister(number)
                continue
            try:
                if number not in connected:
                    connected.add(number)
                    seen["connected"] += 1
                    one.send(request)
                    poll.modify(number, 0 if is_deaf else select.EPOLLIN)
                elif event & (select.EPOLLERR | select.EPOLLHUP):
                    seen["closed"] += 1
                    poll.unregister(number)
                elif event & select.EPOLLIN:
                    data = one.recv(65536)
                    if data.startswith(b"HTTP/1.1 "):
                        seen["answered " + data[9:12].decode()] += 1
                    elif not data:
                        seen["closed"] += 1
                        poll.unregister(number)
            except OSError:
                seen["broken"] += 1
                poll.unregister(number)
    seen["waited"] += size - len(connected) - seen["refused"]
    for one in open_ones.values():
        one.close()


for turn in range(waves):
    wave(min(wave_size, count - turn * wave_size), seconds / waves)
print(json.dumps({"waves": waves, "seen": dict(sorted(seen.items()))}))
