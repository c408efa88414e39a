// SPDX-License-Identifier: Apache-2.0

public import Analysis
public import Model
import Profiles

/// Which stored readings the analyzer looks at, and in which form.
public struct AnalyzerFeed: Sendable {
    private enum Source: Sendable {
        /// A totaliser: the factor turns the point's unit into register counts. The analyzer judges the register itself,
        /// so it is told what ``RegisterCounting`` reads in it and not the corrected total.
        case counter(channel: Int, countsPerUnit: Double, RegisterCounting?)
        /// A gate: places of the state labels that mean closed.
        case gate(channel: Int, closed: Set<UInt16>)
        case signal(channel: Int, AnalyzerSignal.Form)
    }

    /// One entry a point of the catalogue; `nil` for points that the analyzer does not use.
    private let sources: [Source?]
    /// What the analyzer is told about the estate: everything in the order of the file.
    public let site: SiteDescription
    /// What was announced.
    public let calendar: AnnouncedCalendar
    /// What of it takes alarms out of service.
    public let works: [AnnouncementSettings]
    public let places: WorkPlaces
    /// What one cause can silence together.
    public let devices: WatchedDevices

    public init(_ configuration: SiteConfiguration, catalogue: Catalogue) {
        var sources = [Source?](repeating: nil, count: catalogue.points.count)
        var meters: [MeterDescription] = []
        var gates: [GateDescription] = []
        for (place, device) in configuration.devices.enumerated() {
            guard let meter = device.meter, let total = catalogue.point(of: AssetIndex(place), carrying: "water.total"),
                let litresPerUnit = catalogue[total].unit.litresPerUnit
            else { continue }
            let value = Int(total.value) - catalogue[AssetIndex(place)].points.lowerBound
            sources[Int(total.value)] = .counter(
                channel: meters.count, countsPerUnit: litresPerUnit / meter.litresPerCount,
                device.device.values[value].counting)
            meters.append(
                MeterDescription(
                    asset: device.asset, role: .init(meter.role), parent: meter.parent,
                    litresPerCount: meter.litresPerCount, counterModulus: meter.counterModulus,
                    nominalFlow: meter.nominalFlow,
                    period: max(catalogue[total].period, meter.longestInterval ?? .zero)))
        }
        for (place, device) in configuration.devices.enumerated() {
            guard let gate = device.gate,
                let position = catalogue.point(of: AssetIndex(place), carrying: "gate.position")
            else { continue }
            let closed = catalogue[position].stateLabels.indices.filter {
                catalogue[position].stateLabels[$0] == "closed"
            }
            sources[Int(position.value)] = .gate(
                channel: meters.count + gates.count, closed: Set(closed.map(UInt16.init)))
            gates.append(
                GateDescription(
                    asset: device.asset, heldOpenAfter: gate.heldOpenAfter,
                    heldOpenAfterInPeak: gate.heldOpenAfterInPeak))
        }
        var site = SiteDescription(zone: configuration.site.zone, meters: meters, gates: gates)
        for device in configuration.devices { site.add(machineOf: device) }
        for (place, device) in configuration.devices.enumerated() {
            for point in catalogue[AssetIndex(place)].points where sources[point] == nil {
                guard let signal = AnalyzerSignal(catalogue.points[point], of: device) else { continue }
                sources[point] = .signal(channel: site.channelCount, signal.form)
                site.signals.append(
                    SignalDescription(
                        asset: device.asset, signal: signal.signal, period: catalogue.points[point].period))
            }
        }
        self.sources = sources
        self.site = site
        calendar = AnnouncedCalendar(configuration.announcements.compactMap { Announcement($0) })
        works = configuration.announcements.filter { WorkPlaces.concerns($0.kind) }
        places = WorkPlaces(configuration.devices, topology: site.topology)
        devices = WatchedDevices(configuration.devices)
    }

    /// The meter whose register the analyzer follows at this point.
    public func meter(at point: PointIndex) -> AssetIdentifier? {
        guard sources.indices.contains(Int(point.value)), case .counter(let channel, _, _)? = sources[Int(point.value)]
        else { return nil }
        return site.meters[channel].asset
    }

    /// Hands the readings of a stored sweep that concern the analyzer to `body`, in their order.
    public func forEachReading(of stored: StoredSweep, _ body: (AnalyzerReading) -> Void) {
        for (offset, reading) in stored.sweep.readings.enumerated() {
            guard let source = sources[Int(reading.point.value)] else { continue }
            let sequence = SequenceNumber(stored.firstSequence.value + Int64(offset))
            switch source {
            case .counter(let channel, let countsPerUnit, let counting):
                body(
                    AnalyzerReading(
                        channel: channel, value: Self.count(reading, countsPerUnit, counting), at: reading.sourceTime,
                        sequence: sequence))
            case .gate(let channel, let closed):
                body(
                    AnalyzerReading(
                        channel: channel, value: Self.position(reading, closed), at: reading.sourceTime,
                        sequence: sequence))
            case .signal(let channel, let form):
                body(
                    AnalyzerReading(
                        channel: channel, value: AnalyzerSignal.value(of: reading, form), at: reading.sourceTime,
                        sequence: sequence))
            }
        }
    }

    private static func count(
        _ reading: Reading, _ countsPerUnit: Double, _ counting: RegisterCounting?
    ) -> AnalyzerReading.Value {
        guard let quantity = quantity(of: reading, counting) else { return .none }
        return Int64(exactly: (quantity.asDouble * countsPerUnit).rounded()).map { .count($0) } ?? .none
    }

    /// What the register said, whatever the counter thought of it; `nil` where nothing good was read.
    private static func quantity(of reading: Reading, _ counting: RegisterCounting?) -> Quantity? {
        if let counting, let raw = reading.raw {
            switch reading.reason {
            case nil, .suspectStep, .gap, .range: return counting.counts(ofRaw: raw).map(counting.quantity)
            default: return nil
            }
        }
        return reading.quality == .good ? reading.quantity : nil
    }

    private static func position(_ reading: Reading, _ closed: Set<UInt16>) -> AnalyzerReading.Value {
        guard reading.quality == .good, let quantity = reading.quantity else { return .none }
        switch quantity {
        case .isOn(let isOpen): return .isOpen(isOpen)
        case .state(let index): return .isOpen(!closed.contains(index))
        case .number, .integer: return .isOpen(quantity.asDouble != 0)
        }
    }
}

extension MeterDescription.Role {
    init(_ role: MeterRole) {
        switch role {
        case .bulk: self = .bulk
        case .riser: self = .riser
        case .unit: self = .unit
        case .irrigation: self = .irrigation
        }
    }
}

extension SiteDescription {
    /// Adds what a device is beside a meter or a gate.
    fileprivate mutating func add(machineOf device: DeviceSettings) {
        let asset = device.asset
        if let tank = device.tank {
            tanks.append(
                TankDescription(
                    asset: asset, meter: tank.meter, volume: tank.volume, overflowLevel: tank.overflowLevel))
        }
        if let set = device.pumpSet {
            pumpSets.append(
                PumpSetDescription(
                    asset: asset, control: .init(set.control), setPressure: set.setPressure, boosted: set.boosted))
        }
        if device.isPump {
            pumps.append(
                PumpDescription(
                    asset: asset, set: device.pump?.set, ratedPower: device.pump?.ratedKilowatts,
                    conditionLearning: device.pump?.conditionLearning ?? PumpDescription.usualConditionLearning))
        }
        if let plan = device.irrigation {
            irrigation.append(
                IrrigationSchedule(
                    meter: asset, weekdays: plan.weekdays, startMinute: plan.startMinute,
                    longestMinutes: plan.longestMinutes, skippedAfterRain: plan.skippedAfterRain,
                    rainWindow: plan.rainWindow))
        }
        if device.isLift { lifts.append(LiftDescription(asset: asset)) }
        if device.isSensor {
            let quality = [(Signal.chlorine, device.limits.chlorine), (.turbidity, device.limits.turbidity)]
            var sensor = SensorDescription(
                asset: asset,
                limits: quality.compactMap { signal, range in
                    range.map { SignalLimits(signal: signal, lowest: $0.lowerBound, highest: $0.upperBound) }
                })
            if let facility = device.facility {
                sensor.facility = facility.kind
                sensor.limits += [
                    SignalLimits(signal: .level, lowest: facility.lowestLevel, highest: facility.highestLevel),
                    SignalLimits(signal: .pressure, lowest: facility.lowestPressure),
                ]
            }
            sensors.append(sensor)
        }
        if let meter = device.meter, meter.role == .unit {
            dwellings.append(
                DwellingDescription(meter: asset, occupants: meter.occupants, floorArea: meter.floorArea))
        }
    }
}

extension PumpSetDescription.Control {
    init(_ control: PumpSetSettings.Control) {
        switch control {
        case .variableSpeed: self = .variableSpeed
        case .vessel: self = .vessel
        case .roofTank: self = .roofTank
        }
    }
}

extension Announcement {
    /// `nil` for what the analyzer need not know.
    public init?(_ settings: AnnouncementSettings) {
        let kind: Kind? =
            switch settings.kind {
            case .publicHoliday: .publicHoliday
            case .vacancy: .vacancy
            case .buildingWorks: .buildingWorks
            case .poolFilling: .poolFilling
            case .liftService: .liftService
            case .gateKeptOpen: .gateKeptOpen
            case .manualIrrigation: .manualIrrigation
            case .meterExchange: .meterExchange
            case .maintenance: nil
            }
        guard let kind else { return nil }
        self.init(
            kind: kind, start: settings.start, end: settings.end, asset: settings.asset, note: settings.note)
    }
}
