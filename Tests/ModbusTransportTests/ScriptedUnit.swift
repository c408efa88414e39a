// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import NIOCore
import Synchronization

/// What the other side of a wire does when a request has arrived.
enum Step: Sendable {
    case send([UInt8])
    /// Lateness that is the subject of a test.
    case pause(milliseconds: Int)
    /// Closes the connection or pulls the plug.
    case hangUp
}

/// A request as the other side sees it, without the parts that belong to the framing.
struct SeenRequest: Sendable {
    /// From 0, over all connections.
    var number: Int
    /// From 1; always 1 on a serial line.
    var connection = 1
    /// 0 on a serial line.
    var transaction: UInt16 = 0
    var unit: UInt8
    var function: UInt8
    var address: UInt16
    var count: UInt16
    /// Monotonic clock when its first byte was read.
    var seenAt: ContinuousClock.Instant

    /// `body` is what follows the unit.
    init(
        number: Int, connection: Int = 1, transaction: UInt16 = 0, unit: UInt8, body: ArraySlice<UInt8>,
        seenAt: ContinuousClock.Instant
    ) {
        let bytes = Array(body)
        (self.number, self.connection, self.transaction, self.unit) = (number, connection, transaction, unit)
        function = bytes[0]
        address = UInt16(bytes[1]) << 8 | UInt16(bytes[2])
        count = UInt16(bytes[3]) << 8 | UInt16(bytes[4])
        self.seenAt = seenAt
    }

    /// Function, byte count and the right registers.
    var rightBody: [UInt8] {
        let words = rightWords(at: address, count: count)
        return [function, UInt8(2 * words.count)] + words.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
    }

    var rightFrame: [UInt8] { frame(rightBody) }

    /// A frame on TCP around `body`, right but for what the caller changes.
    func frame(
        _ body: [UInt8], transaction: UInt16? = nil, protocolIdentifier: UInt16 = 0, length: Int? = nil,
        unit: UInt8? = nil
    ) -> [UInt8] {
        let transaction = transaction ?? self.transaction
        let length = length ?? body.count + 1
        return [
            UInt8(transaction >> 8), UInt8(transaction & 0xFF), UInt8(protocolIdentifier >> 8),
            UInt8(protocolIdentifier & 0xFF), UInt8(length / 256), UInt8(length % 256), unit ?? self.unit,
        ] + body
    }

    var rightSerialFrame: [UInt8] { serialFrame(rightBody) }

    func serialFrame(_ body: [UInt8], unit: UInt8? = nil) -> [UInt8] {
        let bytes = [unit ?? self.unit] + body
        let sum = crc16(bytes)
        return bytes + [UInt8(sum & 0xFF), UInt8(sum >> 8)]
    }
}

typealias Script = @Sendable (SeenRequest) -> [Step]

/// The registers of every scripted unit: each address has a value that no neighbour has.
func rightWords(at address: UInt16, count: UInt16 = 1) -> [UInt16] {
    (0..<count).map { (address &+ $0) &* 40_503 &+ 77 }
}

/// Spans of holding registers.
func holding(_ address: UInt16, _ count: UInt16 = 1) -> RegisterSpan {
    RegisterSpan(.holdingRegister, at: address, count: count)
}

extension SweepAnswer {
    /// Time from `start` to the end of the sweep, whenever the test itself was resumed.
    func duration(since start: NIODeadline) -> Duration {
        .nanoseconds(finishedNanoseconds - Int64(start.uptimeNanoseconds))
    }

    /// The words of a sweep of one span.
    var words: [UInt16]? { try? results.first?.get() }

    var failures: [ReadFailure?] {
        results.map { result in
            switch result {
            case .success: nil
            case .failure(let failure): failure
            }
        }
    }
}

/// Answers that a script holds back.
final class LateAnswers: Sendable {
    private let held = Mutex<[UInt8]>([])
    func keep(_ bytes: [UInt8]) { held.withLock { $0 += bytes } }
    func take() -> [UInt8] {
        held.withLock { bytes in
            defer { bytes = [] }
            return bytes
        }
    }
}
