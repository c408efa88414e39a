// SPDX-License-Identifier: Apache-2.0

import Model

/// What follows from the site's description alone, and the description.
///
/// It never changes, and a view of the site is made for nearly every reading: a reference costs one count, the arrays in
/// it would cost thirty.
final class Layout: Sendable {
    let site: SiteDescription
    /// Meters whose hours close together.
    struct Closing: Sendable {
        /// Data time after the end of an hour, in milliseconds.
        var delay: Int64
        var meters: [Int]

        func deadline(of hour: Int64) -> Int64 { (hour + 1) * 3_600_000 + delay }

        /// The first hour that is not due yet.
        func firstOpenHour(at now: Timestamp) -> Int64 { (now.milliseconds - delay) / 3_600_000 }
    }

    let laws: [RegisterLaw]
    /// For each meter the flows at which its history is cut.
    let levels: [FlowLevels]
    /// The rooms of machines.
    enum Room: Hashable, Sendable { case tanks, pumps, irrigation, lifts, gates, sensors }

    /// Where the value of a signal goes: a room, and the machine's place in it.
    struct SignalPlace: Hashable, Sendable {
        var room: Room
        var place: Int
        var signal: Signal
    }

    /// For each signal of the site where it goes; `nil` when no machine of the site has it.
    let signals: [SignalPlace?]
    /// For each channel whether its stamps move data time.
    let isPacemaker: [Bool]
    let zones: [Zone]
    let tree: MeterTree
    /// For each meter whether no other meter is behind it. What a meter behind it shows is found there, on the lowest
    /// meter that explains it, and a shared meter is the business of its zone's balance.
    let isJudgedAlone: [Bool]
    let devices: Devices
    /// Soonest first.
    let closings: [Closing]
    /// For each zone the delay of the closing in which its last meter's hour closes; `nil` with a meter that is read less
    /// than hourly and so has no hours.
    let closesZone: [Int64?]

    init(_ site: SiteDescription) {
        self.site = site
        let laws = site.meters.map { RegisterLaw($0) }
        self.laws = laws
        devices = Devices(site)
        let fast = laws.map { $0.isUsable && $0.period <= 60 }
        isPacemaker =
            fast.contains(true)
            ? fast + Array(repeating: false, count: site.gates.count + site.signals.count)
            : Array(repeating: true, count: site.channelCount)
        signals = site.signals.map { Self.place(of: $0, in: site) }
        zones = Zone.all(of: site, laws: laws)
        tree = MeterTree(site)
        let isJudgedAlone = site.meters.indices.map { meter in
            !site.meters.indices.contains {
                $0 != meter && laws[$0].isUsable && site.meters[$0].parent == site.meters[meter].asset
            }
        }
        self.isJudgedAlone = isJudgedAlone
        // Most dwellings have the same meter: they share one list of levels.
        var known: [FlowLevels] = []
        levels = site.meters.indices.map { meter in
            // What is behind other meters, and what a schedule opens, has no history of its own.
            guard isJudgedAlone[meter], site.meters[meter].role != .irrigation else { return .none }
            let levels = FlowLevels(laws[meter], of: site.meters[meter].role)
            if let same = known.first(where: { $0 == levels }) { return same }
            known.append(levels)
            return levels
        }
        closesZone = zones.map { zone in
            let meters = [zone.parent] + zone.children
            return meters.allSatisfy { laws[$0].period <= 3600 } ? meters.map { laws[$0].closeDelay }.max() : nil
        }
        closings = Set(laws.map(\.closeDelay)).sorted().map { delay in
            Closing(delay: delay, meters: laws.indices.filter { laws[$0].closeDelay == delay })
        }
    }

    private static func place(of signal: SignalDescription, in site: SiteDescription) -> SignalPlace? {
        func place(_ room: Room, _ assets: [AssetIdentifier], after offset: Int = 0) -> SignalPlace? {
            assets.firstIndex(of: signal.asset).map {
                SignalPlace(room: room, place: offset + $0, signal: signal.signal)
            }
        }
        switch signal.signal {
        case .level:
            return place(.tanks, site.tanks.map(\.asset)) ?? place(.sensors, site.sensors.map(\.asset))
        case .isRunning, .power, .startCount, .runHours, .vibration, .secondVibration, .current, .flow:
            return place(.pumps, site.pumps.map(\.asset))
        case .pressure:
            return place(.pumps, site.pumpSets.map(\.asset), after: site.pumps.count)
                ?? place(.pumps, site.pumps.map(\.asset))
                ?? place(.sensors, site.meters.map(\.asset), after: site.sensors.count)
                ?? place(.sensors, site.sensors.map(\.asset))
        case .rain, .isRaining, .soilMoisture: return place(.irrigation, site.sensors.map(\.asset))
        case .chlorine, .turbidity: return place(.sensors, site.sensors.map(\.asset))
        case .inService, .fault, .faultCode, .maintenance, .entrapment, .trips, .doorCycles, .isMoving, .door,
            .safetyChain:
            return place(.lifts, site.lifts.map(\.asset))
        case .forced, .cycles, .command: return place(.gates, site.gates.map(\.asset))
        }
    }
}

/// The newest value of a signal, to tell what is older, the same again, or in conflict.
struct NewestSignal: Hashable, Codable, Sendable {
    var at: Timestamp?
    var value: Double?
}

/// Everything that is saved with the cursor.
struct AnalyzerState: Codable, Sendable {
    var clock = DataClock()
    var statistics = AnalyzerStatistics()
    var meters: [MeterState]
    var zones: [ZoneState]
    var zoneHours: [ZoneHours]
    var silence: Silence
    var excessUse: ExcessUse
    var gates: [GateHeldOpen]
    /// The newest value of each signal.
    var newestSignals: [NewestSignal]
    var tankRoom: TankRoom
    var pumpRoom: PumpRoom
    var irrigationRoom: IrrigationRoom
    var liftRoom: LiftRoom
    var gateRoom: GateRoom
    var sensorRoom: SensorRoom
    var book = FindingBook()
    var milestones = SequenceMilestones()
    /// Exchanges of meters that were told, the newest of each meter.
    var exchanges: [Announcement]?
    /// The next hour to close, for each of the layout's closings; empty before data time is known.
    var nextHours: [Int64] = []
    var lastMinute: Int64 = -1
    /// Data time in milliseconds before which nothing is due.
    var nextEvent: Int64 = 0

    init(_ layout: Layout, _ site: SiteDescription) {
        meters = zip(layout.laws, layout.levels).map { MeterState($0, $1) }
        zones = layout.zones.map { ZoneState($0) }
        zoneHours = layout.zones.map { _ in ZoneHours() }
        silence = Silence(layout.devices)
        excessUse = ExcessUse(site)
        gates = Array(repeating: GateHeldOpen(), count: site.gates.count)
        newestSignals = Array(repeating: NewestSignal(), count: site.signals.count)
        tankRoom = TankRoom(site)
        pumpRoom = PumpRoom(site)
        irrigationRoom = IrrigationRoom(site)
        liftRoom = LiftRoom(site)
        gateRoom = GateRoom(site)
        sensorRoom = SensorRoom(site)
    }

    /// Whether the state fits the layout and can be used without trapping, whatever file it came from.
    func fits(_ layout: Layout, _ site: SiteDescription) -> Bool {
        meters.count == layout.laws.count && zones.count == layout.zones.count
            && silence.fits(layout.devices) && excessUse.fits(site)
            && zoneHours.count == layout.zones.count && zoneHours.allSatisfy(\.isWellFormed)
            && gates.count == site.gates.count && newestSignals.count == site.signals.count
            && tankRoom.fits(site) && pumpRoom.fits(site) && irrigationRoom.fits(site) && liftRoom.fits(site)
            && gateRoom.fits(site) && sensorRoom.fits(site)
            && (nextHours.isEmpty || nextHours.count == layout.closings.count)
            && nextHours.allSatisfy { (0...1_200_000).contains($0) }
            && (clock.now.map { DataClock.believable.contains($0) } ?? true)
            && zip(meters, layout.levels).allSatisfy { $0.fits($1) }
            && zip(zones, layout.zones).allSatisfy { $0.fits($1) }
            && gates.allSatisfy(\.isWellFormed) && milestones.isWellFormed && book.isWellFormed
    }
}

extension Analyzer {
    private enum CodingKeys: String, CodingKey { case version, site, settings, calendar, state }

    /// Loads a saved state.
    ///
    /// - Throws: `DecodingError.dataCorrupted` when another version saved it or when it is damaged. Then the analyzer
    ///   begins anew and learns from the stored readings.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let saved = try container.decode(Int.self, forKey: .version)
        guard saved == Self.version else {
            throw DecodingError.dataCorruptedError(
                forKey: .version, in: container,
                debugDescription:
                    "The analyzer's state is of version \(saved); this build reads version \(Self.version). "
                    + "Start with a new state and replay the stored readings.")
        }
        site = try container.decode(SiteDescription.self, forKey: .site)
        settings = try container.decode(AnalyzerSettings.self, forKey: .settings)
        announced = try container.decode(AnnouncedCalendar.self, forKey: .calendar)
        layout = Layout(site)
        state = try container.decode(AnalyzerState.self, forKey: .state)
        calendar = announced.adding(state.exchanges)
        guard state.fits(layout, site) else {
            throw DecodingError.dataCorruptedError(
                forKey: .state, in: container,
                debugDescription: "The analyzer's state does not fit its site. "
                    + "Start with a new state and replay the stored readings.")
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.version, forKey: .version)
        try container.encode(site, forKey: .site)
        try container.encode(settings, forKey: .settings)
        try container.encode(announced, forKey: .calendar)
        try container.encode(state, forKey: .state)
    }
}
