// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
import Model
public import Pipeline
import Polling
public import Profiles

/// Which units a scan asks, and what.
public struct ScanPlan: Sendable {
    public var units: [UnitIdentifier]
    /// The first one tells whether a unit is there; the others tell its profile.
    public var reads: [RegisterSpan]
    public var timeout: Duration
    /// Longest time while nobody answers.
    public var silentDuration: Duration
    /// Time that each unit adds which answers.
    public var durationOfAnswer: Duration

    /// - Parameter bus: For the time that requests and answers take on it.
    public init(units: [UnitIdentifier], profiles: [DeviceProfile], timeout: Duration, bus: BusSettings) {
        self.units = units
        self.timeout = timeout
        reads = scanReads(of: profiles)
        let cost = bus.cost
        let first = reads.first.map(cost.duration) ?? .zero
        silentDuration = (first + timeout) * units.count
        durationOfAnswer = reads.dropFirst().reduce(.zero) { $0 + cost.duration(of: $1) }
    }
}

/// A unit that answered a scan.
public struct ScannedUnit: Sendable {
    public var unit: UnitIdentifier
    public var answers: [(span: RegisterSpan, result: Result<[UInt16], ReadFailure>)]
    public var matches: [ScanMatch]
    public var turnaround: Duration?
}

/// Why a scan ended before its last unit.
public struct ScanFailure: Error, CustomStringConvertible {
    public let description: String
}

/// Asks each unit for the probes of the profiles and the registers that tell a model, one read at a time, and nothing else.
///
/// - Throws: ``ScanFailure`` when the bus itself is down.
public func scan(
    _ plan: ScanPlan, _ profiles: [DeviceProfile], on port: any ModbusPort, _ found: (ScannedUnit) -> Void
) async throws {
    for unit in plan.units {
        var answers: [(span: RegisterSpan, result: Result<[UInt16], ReadFailure>)] = []
        var image = RegisterImage()
        var turnaround: Duration?
        for span in plan.reads {
            let answer = await port.sweep([span], of: unit, timeout: plan.timeout)
            let result = answer.results.first ?? .failure(.timeout)
            if case .failure(.busDown(let reason)) = result { throw ScanFailure(description: reason) }
            if turnaround == nil, let time = answer.turnarounds.first ?? nil { turnaround = .nanoseconds(time) }
            if case .failure(.timeout) = result, answers.isEmpty { break }
            answers.append((span, result))
            image.store(result, for: span)
        }
        guard !answers.isEmpty else { continue }
        found(
            ScannedUnit(unit: unit, answers: answers, matches: match(image, against: profiles), turnaround: turnaround))
    }
}
