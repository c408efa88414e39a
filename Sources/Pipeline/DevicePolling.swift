// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model
public import Polling
public import Profiles

extension PollingSettings {
    /// Time between two polls of a class; zero for what is read once, at the start and after the device came back.
    public func period(of pollClass: PollClass) -> Duration {
        switch pollClass {
        case .fast: fast
        case .normal: normal
        case .slow: slow
        case .once: .zero
        }
    }
}

/// One device as the poller sees it: what is due together, and how an answer becomes readings.
public struct PolledDevice: Sendable {
    public let asset: AssetIndex
    /// What the schedule of the bus is told about this device.
    public let scheduled: ScheduledDevice
    /// Units whose answer counts as this device's.
    public var aliases: [UnitIdentifier] { device.manners.answersAs }
    private let device: CompiledDevice
    private let firstPoint: Int
    /// Values of each poll group, by their place in the compiled profile.
    private let members: [[Int]]

    /// - Parameters:
    ///   - place: The place of the device in the configuration, which is that of its asset.
    ///   - bus: The bus that it is polled on. On a connection that the device would close for want of requests its
    ///     probe is read in good time, in a group without values; `nil` asks for its values alone.
    public init(
        _ settings: DeviceSettings, at place: Int, in catalogue: Catalogue, polling: PollingSettings,
        on bus: BusSettings? = nil
    ) {
        asset = AssetIndex(place)
        device = settings.device
        firstPoint = catalogue[asset].points.lowerBound
        var periods: [Duration] = []
        var members: [[Int]] = []
        for (index, value) in settings.device.values.enumerated() {
            let period = polling.period(of: value.pollClass)
            if let group = periods.firstIndex(of: period) {
                members[group].append(index)
            } else {
                periods.append(period)
                members.append([index])
            }
        }
        var groups = zip(periods, members).map { period, values in
            PollGroup(period: period, items: values.flatMap { settings.device.values[$0].needs })
        }
        if let longest = bus?.longestPause(for: settings.device.manners),
            !periods.contains(where: { $0 > .zero && $0 <= longest })
        {
            groups.append(PollGroup(period: longest, items: [settings.device.probe]))
            members.append([])
        }
        self.members = members
        scheduled = ScheduledDevice(
            unit: settings.unit, groups: groups, limits: settings.device.limits, probe: settings.device.probe,
            startsWithin: settings.device.startsWithin, respondsWithin: settings.device.manners.respondsWithin)
    }

    /// The readings of the points that were due in `visit`, stamped `sourceTime`; none for a probe.
    ///
    /// - Parameter avoidance: What is known not to be readable, and was not asked for.
    public func readings(
        of visit: BusSchedule.Visit, from answer: SweepAnswer, at sourceTime: Timestamp,
        avoiding avoidance: Avoidance = Avoidance()
    ) -> [Reading] {
        guard !visit.isProbe else { return [] }
        var image = RegisterImage()
        for (span, result) in zip(visit.spans, answer.results) { image.store(result, for: span) }
        var readings: [Reading] = []
        readings.reserveCapacity(visit.groups.reduce(0) { $0 + members[$1].count })
        for group in visit.groups {
            for value in members[group] {
                if let refusal = device.values[value].needs.lazy.compactMap({ avoidance.refusal(of: $0) }).first {
                    readings.append(
                        Reading(
                            point: PointIndex(firstPoint + value),
                            bad: refusal == .address ? .address : .exception(1), sourceTime: sourceTime))
                    continue
                }
                readings.append(reading(value, decoded: device.decode(value, from: image), at: sourceTime))
            }
        }
        readings.sort { $0.point < $1.point }
        return readings
    }

    /// A name for what is read of this device and how: facts learned under another name are not about it.
    public var fingerprint: String {
        // FNV-1a over the printed form, which holds every item and every limit.
        let text = "\(scheduled.groups.flatMap(\.items)) \(scheduled.limits) \(scheduled.probe)"
        let hash = text.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        return String(hash, radix: 16)
    }

    /// Names of the values whose registers `avoidance` keeps from being read.
    public func names(refusedBy avoidance: Avoidance) -> [String] {
        device.values.filter { $0.needs.contains { avoidance.refusal(of: $0) != nil } }.map(\.name)
    }

    /// Names of the values of one poll group.
    public func names(ofGroup group: Int) -> [String] { members[group].map { device.values[$0].name } }

    /// One bad reading for every point, for the moment at which the device is given up.
    public func readings(bad reason: QualityReason, at sourceTime: Timestamp) -> [Reading] {
        device.values.indices.map { Reading(point: PointIndex(firstPoint + $0), bad: reason, sourceTime: sourceTime) }
    }

    /// One bad reading for every point of a poll group.
    public func readings(bad reason: QualityReason, ofGroup group: Int, at sourceTime: Timestamp) -> [Reading] {
        members[group].sorted().map {
            Reading(point: PointIndex(firstPoint + $0), bad: reason, sourceTime: sourceTime)
        }
    }

    private func reading(_ value: Int, decoded: DecodedValue, at sourceTime: Timestamp) -> Reading {
        let point = PointIndex(firstPoint + value)
        switch decoded {
        case .good(let quantity, let raw):
            return Reading(point: point, good: quantity, raw: raw, sourceTime: sourceTime)
        case .uncertain(let quantity, let reason, let raw):
            return Reading(point: point, uncertain: quantity, reason: reason, raw: raw, sourceTime: sourceTime)
        case .bad(let reason, let raw):
            return Reading(point: point, bad: reason, raw: raw, sourceTime: sourceTime)
        }
    }
}

/// What was learned of one device, as it is kept over a restart.
public struct LearnedDevice: Hashable, Sendable {
    public var bus: BusIdentifier
    public var unit: UnitIdentifier
    /// ``PolledDevice/fingerprint`` of what was read when it was learned.
    public var fingerprint: String
    public var facts: [LearnedFact]

    public init(bus: BusIdentifier, unit: UnitIdentifier, fingerprint: String, facts: [LearnedFact]) {
        (self.bus, self.unit, self.fingerprint, self.facts) = (bus, unit, fingerprint, facts)
    }
}

/// How long one device takes to begin an answer, as it is kept over a restart.
public struct LearnedTurnaround: Hashable, Sendable {
    public var bus: BusIdentifier
    public var unit: UnitIdentifier
    /// ``PolledDevice/fingerprint`` of what was read when it was learned.
    public var fingerprint: String
    /// From the end of a request to the first byte of its answer: half of the answers, and 99 of 100, came no later.
    public var median: Duration
    public var p99: Duration
    public var learnedAt: Timestamp

    public init(
        bus: BusIdentifier, unit: UnitIdentifier, fingerprint: String, median: Duration, p99: Duration,
        learnedAt: Timestamp
    ) {
        (self.bus, self.unit, self.fingerprint) = (bus, unit, fingerprint)
        (self.median, self.p99, self.learnedAt) = (median, p99, learnedAt)
    }
}

extension SweepAnswer {
    /// Whether the device said anything at all; an exception is an answer too, save 10 and 11, by which a gateway
    /// says that the unit behind it did not answer.
    public var isAnswered: Bool {
        results.contains { result in
            switch result {
            case .failure(.exception(10)), .failure(.exception(11)): false
            case .success, .failure(.exception), .failure(.badChecksum), .failure(.refused), .failure(.torn): true
            case .failure(.timeout), .failure(.busDown): false
            }
        }
    }
}

extension BusSettings {
    /// The longest time without a request after which the device surely still has its connection: four fifths of
    /// what it keeps one for. `nil` on a line, which is not closed, and for a device that keeps its connection.
    func longestPause(for manners: DeviceManners) -> Duration? {
        guard case .tcp = wire, let keepAlive = manners.keepAlive else { return nil }
        return keepAlive * 4 / 5
    }
}
