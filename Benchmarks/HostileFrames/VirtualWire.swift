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
    mutating func rest(milliseconds: Int64) { pass(until: now + milliseconds * 1_000_000, serving: nil) }

    mutating func ask(_ request: ReadRequest, number: UInt64, kind: Kind) -> Outcome {
        if !isOpen {
            now += 200_000_000
            // A serial server brings what its line still says on the next connection.
            if device.isSocket { arriving.removeAll() }
            dialogue.opened(at: now, word: UInt16(truncatingIfNeeded: device.random.next()))
            isOpen = true
            connections += 1
        }
        var serving = Serving(request: request, number: number, kind: kind)
        carryOut(dialogue.ask(request, timeout: device.timeout, at: now), serving: &serving)
        if serving.result == nil { pass(until: now + 60_000_000_000, serving: &serving) }
        return switch serving.result {
        case .success(let words): serving.allowed.contains(words) ? .rightValue : .wrongValue
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

    private mutating func pass(until end: Int64, serving: Serving?) {
        var nobody = serving ?? Serving(request: VirtualWire.idleRequest, number: 0, kind: .silence)
        pass(until: end, serving: &nobody, isServing: false)
    }

    private static let idleRequest: ReadRequest = {
        guard let request = ReadRequest(RegisterSpan(.coil, at: 0), of: UnitIdentifier(1)) else {
            fatalError("one coil fits into a request")
        }
        return request
    }()

    private mutating func pass(until end: Int64, serving: inout Serving, isServing: Bool = true) {
        while !isServing || serving.result == nil {
            let next = min(arriving.first?.at ?? .max, wakeAt ?? .max)
            guard next <= end else { break }
            now = max(now, next)
            if let wake = wakeAt, wake <= now, wake <= arriving.first?.at ?? .max {
                wakeAt = nil
                carryOut(dialogue.wake(at: now), serving: &serving)
            } else if !arriving.isEmpty {
                let chunk = arriving.removeFirst()
                frames += 1
                guard isOpen, !chunk.bytes.isEmpty else { continue }
                carryOut(dialogue.received(chunk.bytes[...], at: now), serving: &serving)
            }
            if isServing, !isOpen, serving.result == nil {
                serving.result = .failure(.busDown("closed"))
            }
        }
        if !isServing { now = max(now, end) }
    }

    private mutating func carryOut(_ acts: [WireAct], serving: inout Serving) {
        for act in acts {
            switch act {
            case .send(let bytes):
                // The second request after damage is answered rightly every other time.
                let kind = serving.attempts > 0 && Bool.random(using: &device.random) ? .right : serving.kind
                serving.attempts += 1
                let answer = device.answer(kind, to: serving.request, number: serving.number, sent: bytes)
                serving.allowed.formUnion(answer.allowed)
                arriving += answer.chunks.map { (now + $0.delay, $0.bytes) }
                arriving.sort { $0.at < $1.at }
            case .wake(let moment): wakeAt = min(wakeAt ?? .max, moment)
            case .settled(let settlement): if serving.result == nil { serving.result = settlement.result }
            case .note: break
            case .lose:
                isOpen = false
                wakeAt = nil
            }
        }
    }
}
