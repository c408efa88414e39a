// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Synchronization

/// What one line or endpoint has seen since it was made.
public struct TransportCounters: Hashable, Sendable {
    /// Requests sent, repeated ones included.
    public var requests = 0
    /// Answers with values.
    public var answers = 0
    public var timeouts = 0
    /// Answers that stopped in the middle.
    public var tornFrames = 0
    /// Damaged answers on a serial line.
    public var checksumErrors = 0
    /// Answers that did not fit their request.
    public var frameRefusals = 0
    public var exceptions = 0
    /// Answers that came after their deadline, or twice.
    public var lateReplies = 0
    /// Bytes on a serial line that were part of no answer: noise, or a second master.
    public var strayBytes = 0
    /// Whole frames of other units on a serial line, requests of another master among them.
    public var foreignFrames = 0
    /// Own requests read back from a serial line.
    public var echoes = 0
    /// Requests asked a second time after a damaged answer.
    public var retries = 0
    /// Requests not sent because their unit still owed an answer of the same shape.
    public var quarantinedRequests = 0
    /// Times the line or connection was opened again.
    public var reconnects = 0
    /// Descriptors of 1000 and more that were given back unused.
    public var refusedDescriptors = 0

    public init() {}
}

extension TransportCounters {
    mutating func note(_ note: WireNote) {
        switch note {
        case .request: requests += 1
        case .answer: answers += 1
        case .exception: exceptions += 1
        case .timeout: timeouts += 1
        case .torn: tornFrames += 1
        case .badChecksum: checksumErrors += 1
        case .refused: frameRefusals += 1
        case .late: lateReplies += 1
        case .stray(let count): strayBytes += count
        case .foreignAnswer, .foreignRequest: foreignFrames += 1
        case .echo: echoes += 1
        case .retry: retries += 1
        case .quarantined: quarantinedRequests += 1
        }
    }
}

/// The counters of one transport, written where the wire is and read anywhere.
final class CounterBox: Sendable {
    private struct Held {
        var counters = TransportCounters()
        var statistics = LineStatistics()
    }

    private let held = Mutex(Held())
    var snapshot: TransportCounters { held.withLock { $0.counters } }
    var statistics: LineStatistics { held.withLock { $0.statistics } }

    /// Counts what concerns the connection and no unit.
    func count(_ change: (inout TransportCounters) -> Void) { held.withLock { change(&$0.counters) } }

    func note(_ note: WireNote, of unit: UnitIdentifier) {
        held.withLock { held in
            held.counters.note(note)
            held.statistics.note(note, of: unit)
        }
    }
}
