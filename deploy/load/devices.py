# SPDX-License-Identifier: Apache-2.0
"""Devices that have much to say: Modbus TCP on loopback, every register of every unit another value each time."""

import os
import socketserver
import struct
import threading

PORTS, UNITS, REGISTERS = 10, 5, 40  # 2,000 values a second when each is read once a second


class Conversation(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        turn = 0
        while len(head := self.rfile.read(8)) == 8:
            transaction, _, _, unit, function = struct.unpack(">HHHBB", head)
            first, count = struct.unpack(">HH", self.rfile.read(4))
            turn += 1
            if function == 3 and first + count <= REGISTERS and 1 <= unit <= UNITS:
                words = [(1000 + turn + unit + place) % 5000 for place in range(first, first + count)]
                body = struct.pack(f">BBB{count}H", unit, 3, 2 * count, *words)
            else:
                body = struct.pack(">BBB", unit, function | 0x80, 2)
            self.wfile.write(struct.pack(">HHH", transaction, 0, len(body)) + body)


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = daemon_threads = True


class Devices:
    """Answers until the program ends; writes `site.yaml` and the profile of the devices into `folder`."""

    def __init__(self, folder, broker_port, inside):
        servers = [Server(("127.0.0.1", 0), Conversation) for _ in range(PORTS)]
        for server in servers:
            threading.Thread(target=server.serve_forever, daemon=True).start()
        profile = f"{folder}/profiles/water-meter/busy"
        os.makedirs(profile)
        with open(f"{profile}/profile.yaml", "w", encoding="utf-8") as file:
            file.write("profile: busy\nkind: water-meter\nname: {zh: 负载, en: Busy device}\n"
                       'sources: {S1: {title: "Made for this measurement"}}\norder: ABCD\nsignals: {}\npoints:\n')
            file.writelines(
                f"  r{place}: {{table: holding, address: {place}, type: uint16, scale: 0.1, unit: bar, poll: fast, source: S1, "
                "confidence: A}\n" for place in range(REGISTERS))
        with open(f"{folder}/site.yaml", "w", encoding="utf-8") as file:
            file.write(
                f'site: {{id: busy, name: Busy, language: en}}\nstorage: {{directory: "{inside}/state"}}\n'
                f'mqtt: {{url: "mqtt://127.0.0.1:{broker_port}"}}\ndashboard: {{address: 127.0.0.1, port: 0}}\n'
                "polling: {fast_seconds: 1, normal_seconds: 10, slow_seconds: 60}\n"
                "persons: {chen: {name: Chen, role: manager}}\nduty: {owner: chen}\nbuses:\n")
            file.writelines(f"  bus-{port}: {{tcp: 127.0.0.1, port: {server.server_address[1]}}}\n"
                            for port, server in enumerate(servers))
            file.write("devices:\n")
            file.writelines(
                f"  d-{port}-{unit}: {{profile: busy, bus: bus-{port}, unit: {unit}, area: area, asset: d-{port}-{unit}, "
                "responsible: contractor}\n" for port in range(PORTS) for unit in range(1, UNITS + 1))
