// SPDX-License-Identifier: Apache-2.0

import Logging
import ModbusTransport
import Model
import NIOCore
package import Pipeline
package import Polling

/// The transport of a bus: libmodbus on a serial line, a socket channel else.
func makeModbusPort(_ bus: BusSettings, _ loop: any EventLoopGroup, _ logger: Logger) -> any ModbusPort {
    switch bus.wire {
    case .tcp(let host, let port):
        // Buses that fall silent together shall not knock together again: the seed is the bus's own name.
        let seed = bus.identifier.text.utf8.reduce(into: UInt64(5381)) { $0 = $0 &* 33 &+ UInt64($1) }
        return SocketTransport(
            host: host, port: port, framing: bus.framing, line: bus.lineBehind, eventLoopGroup: loop, logger: logger,
            reopenJitterSeed: seed)
    case .serial(let line):
        return SerialTransport(line: line, logger: logger)
    }
}

extension BusSettings {
    /// What a request costs on this bus.
    package var cost: CostModel {
        switch wire {
        case .tcp:
            if let line = lineSeen {
                .serial(
                    baud: line.baud, bitsPerCharacter: line.bitsPerCharacter, turnaround: turnaround,
                    extraGap: line.extraGap)
            } else {
                .socket(roundTrip: turnaround)
            }
        case .serial(let line):
            .serial(
                baud: line.baud, bitsPerCharacter: line.bitsPerCharacter, turnaround: turnaround,
                extraGap: line.extraGap)
        }
    }

    var arrangement: BusSchedule.Arrangement {
        switch wire {
        case .tcp: lineSeen == nil ? .socket : .serial
        case .serial: .serial
        }
    }

    /// The serial line behind a TCP endpoint, named or taken for granted.
    private var lineSeen: LineSettings? { lineBehind ?? (framing == .rtu ? .usual : nil) }
}
