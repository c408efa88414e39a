// SPDX-License-Identifier: Apache-2.0

import Synchronization

/// Equal units of one paced line: every register of each can be read and holds its address plus 256 times its unit.
public final class PacedUnits: Sendable {
    public enum Behaviour: Hashable, Sendable {
        case answering
        case dead
        /// Answers this much later.
        case slow(by: Duration)
        /// Every so manieth answer has a spoilt checksum; below 1 counts as 1.
        case noisy(every: Int)
    }

    private struct State {
        var behaviours: [UInt8: Behaviour] = [:]
        var answers: [UInt8: Int] = [:]
    }

    public let units: ClosedRange<UInt8>
    private let state = Mutex(State())

    public init(_ units: ClosedRange<UInt8>) { self.units = units }

    /// From now on `unit` behaves like this.
    public func set(_ behaviour: Behaviour, of unit: UInt8) { state.withLock { $0.behaviours[unit] = behaviour } }

    func answer(_ request: [UInt8], _ unit: UInt8) -> WireAnswer? {
        guard units.contains(unit), let function = request.first else { return nil }
        let (behaviour, number) = state.withLock { state in
            state.answers[unit, default: 0] += 1
            return (state.behaviours[unit] ?? .answering, state.answers[unit, default: 0])
        }
        var answer = WireAnswer(body: body(request, function, unit))
        switch behaviour {
        case .answering: break
        case .dead: return nil
        case .slow(let delay): answer.delay = delay
        case .noisy(let every): answer.isCorrupted = number % max(1, every) == 0
        }
        return answer
    }

    private func body(_ request: [UInt8], _ function: UInt8, _ unit: UInt8) -> [UInt8] {
        guard function == 3 || function == 4, request.count == 5 else { return [function | 0x80, 1] }
        let address = Int(request[1]) << 8 | Int(request[2])
        let count = Int(request[3]) << 8 | Int(request[4])
        guard 1...125 ~= count else { return [function | 0x80, 3] }
        guard address + count <= 65_536 else { return [function | 0x80, 2] }
        var bytes = [function, UInt8(count * 2)]
        for register in address..<address + count {
            let value = UInt16(truncatingIfNeeded: register) &+ UInt16(unit) << 8
            bytes += [UInt8(value >> 8), UInt8(value & 0xFF)]
        }
        return bytes
    }
}
