// SPDX-License-Identifier: Apache-2.0

import Gateway
import Logging
import ModbusCodec
import ModbusTransport
import Model
import Pipeline
import Polling
import Profiles
public import SimulatorServer
import Synchronization

/// A paced pseudo-terminal with equal units, polled by the gateway's own transport, schedule and poller.
public final class LineRig: Sendable {
    public struct Setup: Sendable {
        public var pace: LinePace
        /// Units 1 ... this many.
        public var units: Int
        /// Holding registers that each unit is asked for.
        public var registers: [Int]
        /// Time between two polls of a unit.
        public var period: Duration
        public var timeout: Duration

        public init(pace: LinePace, units: Int, registers: [Int], period: Duration, timeout: Duration = .seconds(1)) {
            (self.pace, self.units, self.registers) = (pace, units, registers)
            (self.period, self.timeout) = (period, timeout)
        }
    }

    /// The rig could not be set up.
    public struct Failure: Error, CustomStringConvertible { public var description: String }

    public let setup: Setup
    public let units: PacedUnits
    public let line: PacedLine
    /// What has come of the polls so far.
    public let record = LineRecord()
    /// Requests of one cycle in which every unit is polled once, by the planner with the true turnaround.
    public let requestsPerCycle: Int
    /// Time of that cycle by the cost model: the best that any master can do with these units.
    public let predictedCycle: Duration
    private let poller: BusPoller

    public init(_ setup: Setup) throws {
        self.setup = setup
        units = PacedUnits(1...UInt8(clamping: setup.units))
        line = try PacedLine(units: units, pace: setup.pace)
        let (profile, problems) = readProfile(Self.profileText(setup.registers), path: "line-bench")
        guard let profile, problems.isEmpty else { throw Failure(description: "\(problems)") }
        let (line, record) = (line, record)
        let device = profile.compile(parameters: [:])
        let wire = SerialLine(
            path: line.path, baud: setup.pace.baud, parity: .none, stopBits: setup.pace.bitsPerCharacter - 9)
        let bus = BusSettings(
            identifier: try Self.made(BusIdentifier("wire")), wire: .serial(wire), timeout: setup.timeout,
            turnaround: setup.pace.turnaround)
        let spans = planReads(device.values.flatMap(\.needs), limits: device.limits, cost: bus.cost)
        requestsPerCycle = spans.count * setup.units
        predictedCycle = spans.reduce(.zero) { $0 + bus.cost.duration(of: $1) } * setup.units
        let polling = PollingSettings(fast: setup.period, normal: setup.period, slow: setup.period)
        var catalogue = Catalogue(site: try Self.made(SiteIdentifier("bench")), assets: [], points: [])
        var devices: [DeviceSettings] = []
        for unit in 1...setup.units {
            let name = "unit-\(unit)"
            let first = catalogue.points.count
            for value in device.values {
                catalogue.points.append(
                    Point(
                        asset: AssetIndex(unit - 1), name: value.name, signal: nil, unit: value.unit, stateLabels: [],
                        period: setup.period))
            }
            let settings = DeviceSettings(
                identifier: try Self.made(DeviceIdentifier(name)), profile: profile, device: device,
                bus: bus.identifier, unit: UnitIdentifier(UInt8(clamping: unit)),
                area: try Self.made(AreaIdentifier("area")), asset: try Self.made(AssetIdentifier(name)),
                name: BilingualText(name), place: "", responsible: .contractor, meter: nil, gate: nil)
            catalogue.assets.append(
                Asset(
                    identifier: settings.asset, area: settings.area, device: settings.identifier, profile: "line-bench",
                    name: settings.name, points: first..<catalogue.points.count))
            devices.append(settings)
        }
        var logger = Logger(label: "line-bench")
        logger.logLevel = .error
        poller = BusPoller(
            bus: bus, port: SerialTransport(line: wire, logger: logger),
            devices: devices.enumerated().map { PolledDevice($1, at: $0, in: catalogue, polling: polling) },
            clock: SystemClock(), catalogue: catalogue, logger: logger,
            deliver: { sweep in
                // A line that is asked all the time is late by its own periods: that is what is measured, no failure.
                guard sweep.readings.contains(where: { $0.reason != .stale }) else { return }
                record.note(
                    unit: Int(sweep.asset.value) + 1, isGood: sweep.readings.allSatisfy { $0.quality == .good },
                    at: sweep.receivedAt.nanoseconds)
            },
            availability: { asset, availability, _ in
                record.note(
                    unit: Int(asset.value) + 1, isOnline: availability == .online,
                    at: SystemClock.instant().nanoseconds)
            },
            lateness: { _ in })
    }

    /// Polls while `body` runs, then hangs up.
    public func polling<Result: Sendable>(_ body: @Sendable (LineRig) async throws -> Result) async throws -> Result {
        defer { line.stop() }
        let poller = poller
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await poller.run() }
            let result = try await body(self)
            group.cancelAll()
            return result
        }
    }

    /// Nanoseconds of the clock of the records.
    public static func now() -> Int64 { SystemClock.instant().nanoseconds }

    private static func made<Identifier>(_ identifier: Identifier?) throws -> Identifier {
        guard let identifier else { throw Failure(description: "an identifier is not one") }
        return identifier
    }

    private static func profileText(_ registers: [Int]) -> String {
        let points = registers.map {
            "  r\($0): {table: holding, address: \($0), type: uint16, unit: \"1\", poll: fast, source: S1, confidence: A}"
        }
        return """
            profile: line-bench
            kind: water-meter
            name: {zh: 测试, en: Test}
            sources: {S1: {title: "Made for this benchmark"}}
            order: ABCD
            signals: {}
            points:
            \(points.joined(separator: "\n"))
            """
    }
}
