// SPDX-License-Identifier: Apache-2.0

import ModbusCodec

/// A dialogue and a hostile device on one wire, in virtual time.
struct VirtualWire {
    enum Outcome: Equatable {
        case rightValue
        case wrongValue
        case refused
        /// Nothing was said about the request within 60 virtual seconds.
        case stuck
    }

    /// A dialogue sent a request while none was open.
    struct UnaskedRequest: Error, CustomStringConvertible {
        var bytes: [UInt8]
        var description: String { "the dialogue sent \(bytes) although nothing was asked" }
    }

    private var dialogue: any WireDialogue
    private var device: HostileDevice
    private var now: Int64 = 0
    private var arriving: [(at: Int64, bytes: [UInt8])] = []
    private var wakeAt: Int64?
    private var isOpen = false
    /// Chunks that have arrived.
    private(set) var frames = 0
    private(set) var connections = 0

    init(_ dialogue: any WireDialogue, _ device: HostileDevice) {
        self.dialogue = dialogue
        self.device = device
    }

    /// Lets everything on its way arrive.
    mutating func rest(milliseconds: Int64) throws {
        var nothing: Serving?
        try pass(until: now + milliseconds * 1_000_000, serving: &nothing)
    }

    mutating func ask(_ request: ReadRequest, number: UInt64, kind: Kind) throws -> Outcome {
        if !isOpen {
            now += 200_000_000
            // A serial server brings what its line still says on the next connection.
            if device.isSocket { arriving.removeAll() }
            dialogue.opened(at: now, word: UInt16(truncatingIfNeeded: device.random.next()))
            isOpen = true
            connections += 1
        }
        var serving: Serving? = Serving(request: request, number: number, kind: kind)
        try carryOut(dialogue.ask(request, timeout: device.timeout, at: now), serving: &serving)
        if serving?.result == nil { try pass(until: now + 60_000_000_000, serving: &serving) }
        return switch serving?.result {
        case .success(let words): serving?.allowed.contains(words) == true ? .rightValue : .wrongValue
        case .failure: .refused
        case nil: .stuck
        }
    }

    /// The request that is open, and what may be taken for its answer.
    private struct Serving {
        var request: ReadRequest
        var number: UInt64
        var kind: Kind
        var allowed: Set<[UInt16]> = []
        var attempts = 0
        var result: Result<[UInt16], ReadFailure>?
    }

    /// Runs to `end`, or until the open request has its result.
    private mutating func pass(until end: Int64, serving: inout Serving?) throws {
        while serving?.result == nil {
            let next = min(arriving.first?.at ?? .max, wakeAt ?? .max)
            guard next <= end else { break }
            now = max(now, next)
            if let wake = wakeAt, wake <= now, wake <= arriving.first?.at ?? .max {
                wakeAt = nil
                try carryOut(dialogue.wake(at: now), serving: &serving)
            } else if !arriving.isEmpty {
                let chunk = arriving.removeFirst()
                frames += 1
                guard isOpen, !chunk.bytes.isEmpty else { continue }
                try carryOut(dialogue.received(chunk.bytes[...], at: now), serving: &serving)
            }
            if !isOpen, serving?.result == nil { serving?.result = .failure(.busDown("closed")) }
        }
        if serving == nil { now = max(now, end) }
    }

    private mutating func carryOut(_ acts: [WireAct], serving: inout Serving?) throws {
        for act in acts {
            switch act {
            case .send(let bytes):
                guard var open = serving else { throw UnaskedRequest(bytes: bytes) }
                // The second request after damage is answered rightly every other time.
                let kind = open.attempts > 0 && Bool.random(using: &device.random) ? .right : open.kind
                open.attempts += 1
                let answer = device.answer(kind, to: open.request, number: open.number, sent: bytes)
                open.allowed.formUnion(answer.allowed)
                serving = open
                arriving += answer.chunks.map { (now + $0.delay, $0.bytes) }
                arriving.sort { $0.at < $1.at }
            case .wake(let moment): wakeAt = min(wakeAt ?? .max, moment)
            case .settled(let settlement): if serving?.result == nil { serving?.result = settlement.result }
            case .note: break
            case .lose:
                isOpen = false
                wakeAt = nil
            }
        }
    }
}
