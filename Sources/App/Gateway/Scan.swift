// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
import Model
public import Pipeline
import Polling
public import Profiles

/// Which units a scan asks, and what.
public struct ScanPlan: Sendable {
    public var units: [UnitIdentifier]
    /// What tells profiles apart; a unit that is not there is asked ``presence`` alone.
    public var reads: [RegisterSpan]
    /// Reads that tell whether a unit is there, tried in turn until one is answered.
    public var presence: [RegisterSpan]
    public var timeout: Duration
    /// Longest time while nobody answers.
    public var silentDuration: Duration
    /// Time that each unit adds which answers.
    public var durationOfAnswer: Duration
    /// Profiles of devices that may answer as other units, and have to be asked once more for it.
    let aliased: [DeviceProfile]

    /// - Parameters:
    ///   - triesAllProbes: Whether a silent unit is asked the probe of each profile, and not only the read that most
    ///     profiles share: some devices do not answer a read of registers that they do not have.
    ///   - bus: For the time that requests and answers take on it.
    public init(
        units: [UnitIdentifier], profiles: [DeviceProfile], timeout: Duration, bus: BusSettings,
        triesAllProbes: Bool = false
    ) {
        self.units = units
        self.timeout = timeout
        reads = scanReads(of: profiles)
        presence = triesAllProbes ? scanProbes(of: profiles) : Array(reads.prefix(1))
        aliased = profiles.filter { !$0.manners.answersAs.isEmpty }
        let cost = bus.cost
        let silent = presence + aliased.compactMap(\.scanSpans.first)
        silentDuration = silent.reduce(.zero) { $0 + cost.duration(of: $1) + timeout } * units.count
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
    var session = ScanSession(port: port, timeout: plan.timeout)
    for unit in plan.units {
        var answers = ScanAnswers()
        for span in plan.presence {
            answers.note(try await session.read(span, of: unit), for: span)
            if !answers.isEmpty { break }
        }
        // Somebody answered for the unit; who, only the profiles of such devices tell.
        let isItself = !answers.isEmpty && !answers.isForeign
        for span in plan.reads where isItself && !answers.covers(span) {
            answers.note(try await session.read(span, of: unit), for: span)
        }
        var matches = answers.isEmpty ? [] : match(answers.image, against: profiles)
        for profile in plan.aliased where !matches.contains(where: { $0.profile == profile.identifier }) {
            var others = ScanAnswers()
            for span in profile.scanSpans {
                others.note(try await session.read(span, of: unit, answeringAs: profile.manners.answersAs), for: span)
                if others.isEmpty { break }
            }
            // What another unit says fits no other profile.
            matches += others.isEmpty ? [] : match(others.image, against: [profile])
            answers.all += others.all
            answers.turnaround = answers.turnaround ?? others.turnaround
        }
        guard !answers.isEmpty else { continue }
        found(ScannedUnit(unit: unit, answers: answers.all, matches: matches, turnaround: answers.turnaround))
    }
}

/// What one unit has answered so far.
private struct ScanAnswers {
    var all: [(span: RegisterSpan, result: Result<[UInt16], ReadFailure>)] = []
    var image = RegisterImage()
    var turnaround: Duration?

    var isEmpty: Bool { all.isEmpty }

    /// Whether the first answer came from another unit.
    var isForeign: Bool {
        if case .failure(.refused(.unit)) = all.first?.result { true } else { false }
    }

    func covers(_ span: RegisterSpan) -> Bool { all.contains { $0.span == span } }

    /// Silence counts only behind an answer.
    mutating func note(
        _ read: (result: Result<[UInt16], ReadFailure>, turnaround: Duration?), for span: RegisterSpan
    ) {
        if case .failure(.timeout) = read.result, isEmpty { return }
        all.append((span, read.result))
        image.store(read.result, for: span)
        turnaround = turnaround ?? read.turnaround
    }
}

/// Reads one span after another.
private struct ScanSession {
    /// A socket that heard nothing for long, or what it does not understand, is closed and opened again soon after.
    static let pauses: [Duration] = [.milliseconds(300), .seconds(1), .seconds(2)]

    let port: any ModbusPort
    let timeout: Duration
    private var hasReached = false

    init(port: any ModbusPort, timeout: Duration) { (self.port, self.timeout) = (port, timeout) }

    mutating func read(
        _ span: RegisterSpan, of unit: UnitIdentifier, answeringAs aliases: [UnitIdentifier] = []
    ) async throws -> (result: Result<[UInt16], ReadFailure>, turnaround: Duration?) {
        var pauses = Self.pauses[...]
        while true {
            let answer = await port.sweep([span], of: unit, answeringAs: aliases, timeout: timeout)
            let result = answer.results.first ?? .failure(.timeout)
            guard case .failure(.busDown(let reason)) = result else {
                hasReached = true
                return (result, (answer.turnarounds.first ?? nil).map { .nanoseconds($0) })
            }
            guard hasReached, let pause = pauses.popFirst() else { throw ScanFailure(description: reason) }
            try await Task.sleep(for: pause)
        }
    }
}
