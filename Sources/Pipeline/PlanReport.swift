// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model
public import Polling
import Profiles

/// What polling a site will cost, worked out from its configuration alone.
public struct PlanReport: Hashable, Sendable {
    /// Version of the JSON form.
    public static let schema = 1
    /// Above this a bus has little left for writes, retries and silent units.
    public static let warningLoad = 0.7

    /// One request.
    public struct Request: Hashable, Sendable {
        public var span: RegisterSpan
        /// Runs that nobody wants, read because that is cheaper than another request.
        public var bridged: [RegisterSpan]
        /// Request and answer on the wire.
        public var bytes: Int
        public var time: Duration
    }

    /// What is read of a device at one period.
    public struct Group: Hashable, Sendable {
        /// Zero for what is read once.
        public var period: Duration
        /// None for a read that keeps the connection.
        public var points: [String]
        public var requests: [Request]
    }

    public struct Device: Hashable, Sendable {
        public var identifier: DeviceIdentifier
        public var unit: UnitIdentifier
        public var profile: String
        public var groups: [Group]
        /// The requests when everything of the device is due at once.
        public var together: [Request]
        public var learned: [LearnedFact]
        /// How long it takes to answer, where the gateway has learned it; else the bus's own figure is reckoned with.
        public var turnaround: LearnedTurnaround?
        /// Points that cannot be read because of what was learned.
        public var refusedPoints: [String]

        public var time: Duration { together.reduce(.zero) { $0 + $1.time } }
    }

    /// A point that is not read as often as it should be.
    public struct Miss: Hashable, Sendable {
        public var device: DeviceIdentifier
        public var point: String
        public var period: Duration
    }

    public struct Bus: Hashable, Sendable {
        public var identifier: BusIdentifier
        /// Where it is and what a request costs on it.
        public var wire: String
        public var timeout: Duration
        /// Share of the bus that polling takes.
        public var load: Double
        public var devices: [Device]
        /// One cycle in which everything is due at once and the costliest unit is silent; `nil` without devices.
        public var worst: Worst?
        public var misses: [Miss]
        /// Time for which the schedule was tried out to find the misses.
        public var rehearsed: Duration

        /// The cycle in which everything is due at once.
        public var requests: Int { devices.reduce(0) { $0 + $1.together.count } }
        public var bytes: Int { devices.reduce(0) { $0 + $1.together.reduce(0) { $0 + $1.bytes } } }
        public var time: Duration { devices.reduce(.zero) { $0 + $1.time } }
    }

    public struct Worst: Hashable, Sendable {
        public var time: Duration
        public var silent: DeviceIdentifier
    }

    /// In the order of the file; a bus without devices is left out.
    public var buses: [Bus]
    /// A load above this is too much.
    public var limit: Double
    /// Why what the gateway has learned could not be read; `nil` when it could, or there is nothing.
    public var storeProblem: String?

    public var overloaded: [Bus] { buses.filter { $0.load > limit } }
}

/// What the shell knows of a bus's wire.
public struct BusTerms: Sendable {
    public var cost: CostModel
    public var arrangement: BusSchedule.Arrangement
    public init(cost: CostModel, arrangement: BusSchedule.Arrangement) {
        (self.cost, self.arrangement) = (cost, arrangement)
    }
}

extension PlanReport {
    /// Plans every bus and tries its schedule out.
    ///
    /// - Parameters:
    ///   - limit: Load above which a bus counts as overloaded.
    ///   - learned: What was learned of the devices; the plans steer clear of it.
    ///   - turnarounds: How long devices took to answer; the plans reckon with it.
    ///   - terms: Cost and arrangement of a bus.
    public init(
        of configuration: SiteConfiguration, limit: Double, learned: [LearnedDevice] = [],
        turnarounds: [LearnedTurnaround] = [],
        terms: (BusSettings) -> BusTerms
    ) {
        self.limit = limit
        let catalogue = configuration.makeCatalogue()
        buses = configuration.buses.compactMap { bus in
            let places = configuration.devices.indices.filter { configuration.devices[$0].bus == bus.identifier }
            let devices = places.map {
                (
                    settings: configuration.devices[$0],
                    polled: PolledDevice(
                        configuration.devices[$0], at: $0, in: catalogue, polling: configuration.polling, on: bus)
                )
            }
            guard !devices.isEmpty else { return nil }
            return Bus(
                bus, devices, terms(bus), learned.filter { $0.bus == bus.identifier },
                turnarounds.filter { $0.bus == bus.identifier })
        }
    }
}

extension PlanReport.Bus {
    /// Visits that the try-out makes at most, so that a large estate is planned in seconds.
    private static let visitLimit = 40_000

    fileprivate init(
        _ bus: BusSettings, _ devices: [(settings: DeviceSettings, polled: PolledDevice)], _ terms: BusTerms,
        _ learned: [LearnedDevice], _ turnarounds: [LearnedTurnaround]
    ) {
        identifier = bus.identifier
        timeout = bus.timeout
        wire =
            switch bus.wire {
            case .tcp(let host, let port): "tcp \(host):\(port), \(terms.cost)"
            case .serial(let line): "serial \(line.path), \(terms.cost)"
            }
        var rehearsal = BusRehearsal(
            devices: devices.map(\.polled.scheduled), cost: terms.cost, timeout: bus.timeout,
            arrangement: terms.arrangement)
        self.devices = devices.enumerated().map { place, device in
            let facts =
                learned.first {
                    $0.unit == device.settings.unit && $0.fingerprint == device.polled.fingerprint
                }?.facts ?? []
            let avoidance = LearnedRegisters(facts: facts).avoidance
            rehearsal.learn(avoidance, of: place)
            let turnaround = turnarounds.first {
                $0.unit == device.settings.unit && $0.fingerprint == device.polled.fingerprint
            }
            var terms = terms
            if let turnaround {
                let own = terms.cost.turnaround(measured: turnaround.median)
                terms.cost = terms.cost.with(turnaround: own)
                rehearsal.learn(turnaround: own, of: place)
            }
            return PlanReport.Device(
                device.settings, device.polled, facts, turnaround, avoidance,
                requests: { groups in
                    let items = groups.flatMap { device.polled.scheduled.groups[$0].items }
                    return rehearsal.plan(device: place, groups: groups).map {
                        PlanReport.Request($0, wanted: items, terms)
                    }
                })
        }
        load = rehearsal.schedule.load
        let all = self.devices.reduce(Duration.zero) { $0 + $1.time }
        let wait = bus.timeout
        worst = self.devices.map { device in
            PlanReport.Worst(
                time: all - device.time + (device.together.first?.time ?? .zero) + wait, silent: device.identifier)
        }.max { $0.time < $1.time }
        (misses, rehearsed) = Self.misses(&rehearsal, devices)
    }

    /// Runs through the longest period once, for everything is due at the start, and counts what is left out after.
    private static func misses(
        _ rehearsal: inout BusRehearsal, _ devices: [(settings: DeviceSettings, polled: PolledDevice)]
    ) -> ([PlanReport.Miss], Duration) {
        let periods = devices.flatMap { $0.polled.scheduled.groups.map(\.period) }
        let longest = max(periods.max() ?? .zero, .seconds(10))
        rehearsal.run(to: longest, atMost: visitLimit / 2)
        func overruns(_ place: Int, _ group: Int) -> Int { rehearsal.schedule.overruns(device: place, group: group) }
        let groups = devices.indices.flatMap { place in
            devices[place].polled.scheduled.groups.indices.map { (place, $0) }
        }
        let before = groups.map { overruns($0.0, $0.1) }
        rehearsal.run(to: rehearsal.elapsed + longest * 2, atMost: visitLimit / 2)
        var misses: [PlanReport.Miss] = []
        for ((place, group), before) in zip(groups, before) where overruns(place, group) > before {
            let device = devices[place]
            misses += device.polled.names(ofGroup: group).map {
                PlanReport.Miss(
                    device: device.settings.identifier, point: $0,
                    period: device.polled.scheduled.groups[group].period)
            }
        }
        return (misses, rehearsal.elapsed)
    }
}

extension PlanReport.Device {
    fileprivate init(
        _ settings: DeviceSettings, _ polled: PolledDevice, _ facts: [LearnedFact], _ turnaround: LearnedTurnaround?,
        _ avoidance: Avoidance,
        requests: ([Int]) -> [PlanReport.Request]
    ) {
        identifier = settings.identifier
        unit = settings.unit
        profile = settings.profile.identifier
        learned = facts
        self.turnaround = turnaround
        refusedPoints = polled.names(refusedBy: avoidance)
        let scheduled = polled.scheduled.groups
        groups = scheduled.indices.map { group in
            PlanReport.Group(
                period: scheduled[group].period, points: polled.names(ofGroup: group), requests: requests([group]))
        }
        together = requests(Array(scheduled.indices))
    }
}

extension PlanReport.Request {
    fileprivate init(_ span: RegisterSpan, wanted items: [RegisterSpan], _ terms: BusTerms) {
        self.span = span
        bridged = gaps(in: span, between: items)
        // 8 and 5 bytes with a checksum on a line, 12 and 9 with a header on a socket
        // (Modbus over Serial Line V1.02, section 2.5.1; Modbus Messaging on TCP/IP V1.0b, section 3.1.3).
        bytes = (terms.arrangement == .serial ? 13 : 21) + span.dataBytes
        time = terms.cost.duration(of: span)
    }
}

/// The runs of `span` that none of `items` covers.
func gaps(in span: RegisterSpan, between items: [RegisterSpan]) -> [RegisterSpan] {
    var gaps: [RegisterSpan] = []
    var end = span.range.lowerBound
    let inside = items.filter { span.covers($0) }.map(\.range).sorted { $0.lowerBound < $1.lowerBound }
    for item in inside + [span.range.upperBound..<span.range.upperBound] {
        if item.lowerBound > end {
            gaps.append(RegisterSpan(span.table, at: UInt16(end), count: UInt16(item.lowerBound - end)))
        }
        end = max(end, item.upperBound)
    }
    return gaps
}
