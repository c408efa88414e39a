// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import ModbusCodec

/// An answer without its transport's header: function code and what follows it.
struct WireAnswer {
    var body: [UInt8]
    var delay: Duration
    var isCorrupted: Bool

    init(body: [UInt8]) { (self.body, delay, isCorrupted) = (body, .zero, false) }

    /// What the estate answers to `request`, the function code and what follows it; `nil` for silence.
    init?(request: [UInt8], unit: UInt8, bus: String, estate: EstateSimulator) {
        let unit = UnitIdentifier(unit)
        self.init(
            request: request, read: { estate.read($0, of: unit, on: bus) },
            refuse: { estate.refuse(code: $0, unit: unit, on: bus) })
    }

    /// What the device of `map` answers; `nil` for silence.
    init?(request: [UInt8], map: RegisterMap) {
        self.init(request: request, read: map.read, refuse: { SimulatedReply(.exception($0)) })
    }

    /// Functions 1 to 4 read. Any other one is answered with exception 1, a count that no request may name with
    /// exception 3 (Modbus Application Protocol V1.1b3, sections 6.1 to 6.4).
    private init?(
        request: [UInt8], read: (RegisterSpan) -> SimulatedReply, refuse: (_ code: UInt8) -> SimulatedReply
    ) {
        guard let function = request.first else { return nil }
        let reply: SimulatedReply
        var isBits = false
        if let table = RegisterTable.allCases.first(where: { $0.readFunction == function }), request.count == 5 {
            isBits = table.isBits
            let address = UInt16(request[1]) << 8 | UInt16(request[2])
            let count = UInt16(request[3]) << 8 | UInt16(request[4])
            if count == 0 || count > table.maximumRead {
                reply = refuse(3)
            } else if Int(address) + Int(count) > 65_536 {
                reply = refuse(2)
            } else {
                reply = read(RegisterSpan(table, at: address, count: count))
            }
        } else {
            reply = refuse(1)
        }
        (delay, isCorrupted) = (reply.delay, reply.isCorrupted)
        switch reply.content {
        case .silence: return nil
        case .exception(let code): body = [function | 0x80, code]
        case .words(let words): body = [function] + (isBits ? WireAnswer.bits(words) : WireAnswer.registers(words))
        }
    }

    private static func registers(_ words: [UInt16]) -> [UInt8] {
        [UInt8(truncatingIfNeeded: words.count * 2)]
            + words.flatMap { [UInt8(truncatingIfNeeded: $0 >> 8), UInt8(truncatingIfNeeded: $0)] }
    }

    private static func bits(_ words: [UInt16]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: (words.count + 7) / 8)
        for (place, word) in words.enumerated() where word != 0 { bytes[place / 8] |= 1 << UInt8(place % 8) }
        return [UInt8(truncatingIfNeeded: bytes.count)] + bytes
    }
}
