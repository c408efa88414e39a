# SPDX-License-Identifier: Apache-2.0
"""A Modbus server on pymodbus: tcp PORT | serial PATH, then the registers as JSON on standard input.

{"1": {"holding": {"16": [17, 42]}, "input": {...}, "coil": {...}, "discrete": {...}}, "2": ...}, one entry a unit;
every other address is refused with an exception, every other unit is silent. Prints READY once it listens. Ends when standard input is closed.
"""
import asyncio
import json
import sys
import threading
import os

from pymodbus.datastore import ModbusServerContext, ModbusSlaveContext, ModbusSparseDataBlock
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer


def block(cells):
    # With zero_mode the context hands the address over as it came on the wire.
    return ModbusSparseDataBlock({int(k): v for k, v in cells.items()} or {65535: [0]})


async def main():
    kind, place = sys.argv[1], sys.argv[2]
    tables = json.loads(sys.stdin.readline())
    units = {}
    for unit, cells in tables.items():
        units[int(unit)] = ModbusSlaveContext(
            di=block(cells.get("discrete", {})), co=block(cells.get("coil", {})),
            ir=block(cells.get("input", {})), hr=block(cells.get("holding", {})), zero_mode=True)
    context = ModbusServerContext(slaves=units, single=False)

    def until_closed():
        sys.stdin.read()
        os._exit(0)

    threading.Thread(target=until_closed, daemon=True).start()
    print("READY", flush=True)
    if kind == "tcp":
        await StartAsyncTcpServer(context=context, address=("127.0.0.1", int(place)), ignore_missing_slaves=True)
    else:
        await StartAsyncSerialServer(
            context=context, framer=ModbusRtuFramer, port=place, baudrate=9600, stopbits=1, bytesize=8, parity="N",
            ignore_missing_slaves=True)


asyncio.run(main())
