// SPDX-License-Identifier: Apache-2.0

import ModbusCodec

/// What bytes legally say, worked out from the standard and not by way of the codec.
enum Oracle {
    /// The checksum as the standard words it, bit by bit.
    static func checksum(_ bytes: some Sequence<UInt8>) -> [UInt8] {
        var register = 0xFFFF
        for byte in bytes {
            register ^= Int(byte)
            for _ in 0..<8 {
                let carry = register % 2
                register /= 2
                if carry == 1 { register ^= 0xA001 }
            }
        }
        return [UInt8(register % 256), UInt8(register / 256)]
    }

    /// The words in the answer `body`, function code and all behind it, if it is one to `request`.
    static func words(_ body: ArraySlice<UInt8>, to request: ReadRequest) -> [UInt16]? {
        let body = Array(body)
        let function: UInt8 = ["coil": 1, "discrete": 2, "holding": 3, "input": 4][request.span.table.rawValue] ?? 0
        let count = Int(request.span.count)
        guard body.count >= 2, body[0] == function, Int(body[1]) == body.count - 2 else { return nil }
        let data = body[2...]
        if function >= 3 {
            guard data.count == count * 2 else { return nil }
            return (0..<count).map { UInt16(data[2 + 2 * $0]) * 256 + UInt16(data[3 + 2 * $0]) }
        }
        guard data.count == (count + 7) / 8 else { return nil }
        return (0..<count).map { place in
            var byte = Int(data[2 + place / 8])
            for _ in 0..<(place % 8) { byte /= 2 }
            return UInt16(byte % 2)
        }
    }

    /// All words that a legal answer anywhere within `bytes` of a serial line says.
    static func serialWords(_ bytes: [UInt8], to request: ReadRequest) -> Set<[UInt16]> {
        let count = Int(request.span.count)
        let isBits = request.span.table == .coil || request.span.table == .discreteInput
        let length = 5 + (isBits ? (count + 7) / 8 : 2 * count)
        var found: Set<[UInt16]> = []
        for start in bytes.indices where bytes[start] == request.unit.value && start + length <= bytes.count {
            let frame = bytes[start..<start + length]
            guard let words = words(frame.dropFirst().dropLast(2), to: request),
                Array(frame.suffix(2)) == checksum(frame.dropLast(2))
            else { continue }
            found.insert(words)
        }
        return found
    }

    /// The words of the first frame of `stream` that carries `transaction`, if all before it and itself are legal.
    static func socketWords(_ stream: [UInt8], transaction: ArraySlice<UInt8>, to request: ReadRequest) -> Set<[UInt16]>
    {
        var rest = stream[...]
        while rest.count >= 9 {
            let head = Array(rest.prefix(7))
            let length = Int(head[4]) * 256 + Int(head[5])
            guard head[2] == 0, head[3] == 0, 3...254 ~= length, rest.count >= 6 + length else { return [] }
            if head[0..<2] == transaction {
                guard head[6] == request.unit.value,
                    let words = words(rest.dropFirst(7).prefix(length - 1), to: request)
                else { return [] }
                return [words]
            }
            rest = rest.dropFirst(6 + length)
        }
        return []
    }
}

/// A repeatable source of numbers (SplitMix64, public domain).
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
