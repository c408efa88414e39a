// SPDX-License-Identifier: Apache-2.0

import ModbusCodec

/// Finds the requests in what a serial line brought.
///
/// A request is known by its length and CRC; bytes before one are noise.
struct RequestSearch {
    /// One request: the function code and what follows it, and the characters it took with unit and checksum.
    struct Request {
        var unit: UInt8
        var body: [UInt8]
        var characters: Int { body.count + 3 }
    }

    private var received: [UInt8] = []
    var isEmpty: Bool { received.isEmpty }

    mutating func add(_ bytes: some Sequence<UInt8>) { received += bytes }

    /// The next whole request; `nil` when there is none yet.
    mutating func next() -> Request? {
        for place in received.indices {
            guard let length = requestLength(at: place), place + length <= received.count else { continue }
            guard crc16(received[place..<place + length]) == 0 else { continue }
            received.removeFirst(place)
            return take(length)
        }
        // The longest frame has 256 characters (Modbus over Serial Line V1.02, section 2.5.1).
        if received.count > 256 { received.removeFirst(received.count - 256) }
        return nil
    }

    /// What is left when the line has been quiet ends there, as silence ends a frame on a real line.
    mutating func endOfFrame() -> Request? {
        defer { received = [] }
        guard received.count >= 4, crc16(received) == 0 else { return nil }
        return take(received.count)
    }

    private mutating func take(_ length: Int) -> Request {
        let request = Request(unit: received[0], body: Array(received[1..<length - 2]))
        received.removeFirst(length)
        return request
    }

    /// Length of a request that begins at `place`; `nil` when it does not follow from the function.
    private func requestLength(at place: Int) -> Int? {
        guard place + 1 < received.count else { return nil }
        switch received[place + 1] {
        case 1...6: return 8
        case 15, 16: return place + 6 < received.count ? 9 + Int(received[place + 6]) : nil
        default: return nil
        }
    }
}

extension WireAnswer {
    /// The answer as it stands on a serial line, with a spoilt checksum where it is to be.
    func serialFrame(of unit: UInt8) -> [UInt8] {
        let frame = [unit] + body
        let checksum = crc16(frame) ^ (isCorrupted ? 0x5A5A : 0)
        return frame + [UInt8(truncatingIfNeeded: checksum), UInt8(truncatingIfNeeded: checksum >> 8)]
    }
}
