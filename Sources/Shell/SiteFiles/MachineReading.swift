// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles

/// An asset that some part of the file names, to be looked up when all devices are known.
struct NamedAsset {
    /// What the asset must be.
    enum Need { case meter, pumpSet, anything }
    var asset: String
    var need: Need
    /// Heads the message.
    var subject: String
    /// The key that names it.
    var key: String
    var place: FilePlace
}

/// Machines of a device, as the file describes them.
struct MachineKeys {
    var tank: TankSettings?
    var pump: PumpSettings?
    var pumpSet: PumpSetSettings?
    var irrigation: IrrigationSettings?
    var limits = QualityLimits()
    var facility: FacilitySettings?

    func give(to device: inout DeviceSettings) {
        (device.tank, device.pump, device.pumpSet) = (tank, pump, pumpSet)
        (device.irrigation, device.limits, device.facility) = (irrigation, limits, facility)
    }
}

extension SiteReader {
    /// What the keys of a device say of machines.
    mutating func readMachines(_ profile: DeviceProfile, _ device: CompiledDevice, _ section: Section) -> MachineKeys {
        var machines = MachineKeys()
        machines.tank = readTank(profile, device, section)
        machines.pump = readPump(profile, device, section)
        machines.pumpSet = readPumpSet(profile, device, section)
        machines.irrigation = readIrrigation(section)
        machines.limits = readLimits(profile, device, section)
        machines.facility = readFacility(profile, device, section)
        return machines
    }

    /// The map at `key`, when the profile offers one of `signals`, without which it can be no such machine.
    private mutating func machine(
        _ key: String, _ signals: [SignalName], _ profile: DeviceProfile, _ device: CompiledDevice,
        _ section: Section, keys: [SchemaKey]
    ) -> Section? {
        guard let entry = section.entry(key) else { return nil }
        guard signals.contains(where: { device.offers($0) }) else {
            file.error(
                .machineWithoutSignal, at: entry.keyPlace,
                section.says(
                    "profile '\(profile.identifier)' offers no "
                        + "\(signals.map(\.text).joined(separator: " and no ")), so it is no \(key). Remove '\(key)'."))
            return nil
        }
        return file.section(entry.value, "\(section.subject): \(key)", at: entry.keyPlace, keys: keys)
    }

    private mutating func readTank(
        _ profile: DeviceProfile, _ device: CompiledDevice, _ section: Section
    ) -> TankSettings? {
        guard
            let tank = machine(
                "tank", ["tank.level"], profile, device, section,
                keys: SiteKeys.tank)
        else { return nil }
        file.require("volume_cubic_metres", in: tank, "Give its volume up to the overflow edge.")
        file.require("overflow_level_metres", in: tank, "Give the height of the overflow edge above the floor.")
        let volume = file.number("volume_cubic_metres", in: tank)?.value
        let level = file.number("overflow_level_metres", in: tank)?.value
        let meter = named("meter", .meter, in: tank)
        guard let volume, let level else { return nil }
        return TankSettings(volume: Litres(volume * 1000), overflowLevel: level, meter: meter)
    }

    private mutating func readPump(
        _ profile: DeviceProfile, _ device: CompiledDevice, _ section: Section
    ) -> PumpSettings? {
        guard
            let pump = machine(
                "pump", ["pump.running", "drive.running"], profile, device, section,
                keys: SiteKeys.pump)
        else { return nil }
        return PumpSettings(
            set: named("set", .pumpSet, in: pump),
            ratedKilowatts: file.number("rated_kilowatts", in: pump)?.value,
            conditionLearning: file.number("condition_learning_hours", in: pump).map {
                .seconds($0.value * 3600)
            })
    }

    private mutating func readPumpSet(
        _ profile: DeviceProfile, _ device: CompiledDevice, _ section: Section
    ) -> PumpSetSettings? {
        guard
            let set = machine(
                "pump_set", ["pump.outlet_pressure", "water.pressure"], profile, device, section,
                keys: SiteKeys.pumpSet)
        else { return nil }
        file.require("control", in: set, "Name variableSpeed, vessel or roofTank.")
        let control: PumpSetSettings.Control? = file.word("control", in: set, "control")
        let pressure = file.number("set_pressure_bar", in: set)?.value
        var boosted: [AssetIdentifier] = []
        for item in file.list("boosted", in: set) ?? [] {
            guard let name = file.text(item, "a meter of 'boosted'", in: set) else { continue }
            boosted.append(AssetIdentifier(name.value))
            namedAssets.append(
                NamedAsset(asset: name.value, need: .meter, subject: set.subject, key: "boosted", place: name.place))
        }
        return control.map { PumpSetSettings(control: $0, setPressure: pressure, boosted: boosted) }
    }

    private mutating func readIrrigation(_ section: Section) -> IrrigationSettings? {
        guard let entry = section.entry("irrigation") else { return nil }
        guard section.has("meter") else {
            file.error(
                .machineWithoutSignal, at: entry.keyPlace,
                section.says("'irrigation' is the schedule of a meter. Add meter: {role: irrigation}."))
            return nil
        }
        guard
            let plan = file.section(
                entry.value, "\(section.subject): irrigation", at: entry.keyPlace, keys: SiteKeys.irrigation)
        else { return nil }
        file.require("start", in: plan, "Give the time of the local day at which a run starts, such as 05:30.")
        file.require("longest_minutes", in: plan, "Give the longest run in minutes.")
        var weekdays: Set<Int> = []
        let days = file.list("weekdays", in: plan)
        for item in days ?? [] {
            if let day = file.integer(item, "a day of 'weekdays'", in: plan, SiteKeys.weekday) {
                weekdays.insert(day.value)
            }
        }
        let start = timeOfDay("start", in: plan)
        let longest = file.integer("longest_minutes", in: plan)?.value
        let rain = file.number("skipped_after_rain_millimetres", in: plan)?.value
        let window = span("rain_window_hours", in: plan, unitMilliseconds: 3_600_000)
        guard let start, let longest else { return nil }
        return IrrigationSettings(
            weekdays: days == nil ? Set(1...7) : weekdays, startMinute: start, longestMinutes: longest,
            skippedAfterRain: rain, rainWindow: window)
    }

    private mutating func readFacility(
        _ profile: DeviceProfile, _ device: CompiledDevice, _ section: Section
    ) -> FacilitySettings? {
        guard
            let map = machine(
                "facility", ["tank.level", "water.pressure"], profile, device, section,
                keys: SiteKeys.facility)
        else { return nil }
        if let entry = section.entry("tank") {
            file.error(
                .value, at: entry.keyPlace,
                section.says(
                    "a level is that of a 'tank' or of a 'facility'. Give one of them, or the facility a device of its own."
                ))
        }
        let isPercent = device.values.contains { $0.signal?.text == "tank.level" && $0.unit == .percent }
        if isPercent, let entry = section.entry("facility") {
            file.error(
                .machineWithoutSignal, at: entry.keyPlace,
                section.says(
                    "profile '\(profile.identifier)' tells the level in per cent, and limits are metres. "
                        + "Use a profile that tells metres or a pressure."))
        }
        file.require("kind", in: map, "Name drain or fire_water.")
        let kind: Facility? = file.word("kind", in: map, "kind")
        let lowest = file.number("lowest_level_metres", in: map)?.value
        let highest = file.number("highest_level_metres", in: map)?.value
        let pressure = file.number("lowest_pressure_bar", in: map)?.value
        if lowest == nil, highest == nil, pressure == nil, let entry = section.entry("facility") {
            file.error(
                .value, at: entry.keyPlace,
                map.says(
                    "it has no limit. Give lowest_level_metres, highest_level_metres or lowest_pressure_bar."))
        }
        return kind.map {
            FacilitySettings(kind: $0, lowestLevel: lowest, highestLevel: highest, lowestPressure: pressure)
        }
    }

    private mutating func readLimits(
        _ profile: DeviceProfile, _ device: CompiledDevice, _ section: Section
    ) -> QualityLimits {
        guard
            let limits = machine(
                "limits", ["water.chlorine", "water.turbidity"], profile, device, section,
                keys: SiteKeys.limits)
        else { return QualityLimits() }
        return QualityLimits(
            chlorine: range("chlorine", in: limits), turbidity: range("turbidity", in: limits))
    }

    private mutating func range(_ key: String, in section: Section) -> ClosedRange<Double>? {
        guard let items = file.list(key, in: section), let entry = section.entry(key) else { return nil }
        let numbers = items.compactMap { file.number($0, "a limit of '\(key)'", in: section, SiteKeys.limit)?.value }
        guard items.count == 2, numbers.count == items.count, numbers[0] <= numbers[1] else {
            if numbers.count == items.count {
                file.error(
                    .value, at: entry.value.place,
                    section.says("'\(key)' must be the lowest and the highest value, such as [0.2, 0.5]."))
            }
            return nil
        }
        return numbers[0]...numbers[1]
    }

    /// Minutes since local midnight at `key`.
    private mutating func timeOfDay(_ key: String, in section: Section) -> Int? {
        guard let text = file.text(key, in: section) else { return nil }
        let parts = text.value.split(separator: ":", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { $0.count == 2 ? wholeDecimal($0) : nil }
        guard parts.count == 2, numbers.count == 2, numbers[0] < 24, numbers[1] < 60 else {
            file.error(
                .value, at: text.place, section.says("\(key) '\(text.value)' is no time of the day such as 05:30."))
            return nil
        }
        return numbers[0] * 60 + numbers[1]
    }

    /// The asset that `key` names; it is looked up by ``checkNamedAssets()``.
    mutating func named(_ key: String, _ need: NamedAsset.Need, in section: Section) -> AssetIdentifier? {
        guard let name = file.text(key, in: section) else { return nil }
        namedAssets.append(
            NamedAsset(asset: name.value, need: need, subject: section.subject, key: key, place: name.place))
        return AssetIdentifier(name.value)
    }

    /// Assets that the file names are there, and what they must be.
    mutating func checkNamedAssets() {
        for name in namedAssets where !unreadableAssets.contains(name.asset) {
            let fitting = devices.map(\.settings).filter { device in
                switch name.need {
                case .meter: device.meter != nil
                case .pumpSet: device.pumpSet != nil
                case .anything: true
                }
            }.map(\.asset.text)
            guard !fitting.contains(name.asset) else { continue }
            let noun =
                switch name.need {
                case .meter: "an asset with a meter"
                case .pumpSet: "an asset with a pump_set"
                case .anything: "the asset of a device"
                }
            file.error(
                .unknownAsset, at: name.place,
                "\(name.subject): \(name.key) '\(name.asset)' is not \(noun)."
                    + suggestion(for: name.asset, in: fitting + unreadableAssets.sorted()))
        }
    }
}

/// The number that `digits` write; `nil` for anything but decimal digits, four at most.
func wholeDecimal(_ digits: some StringProtocol) -> Int? {
    guard (1...4).contains(digits.utf8.count), digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else {
        return nil
    }
    return digits.utf8.reduce(0) { $0 * 10 + Int($1 - 0x30) }
}
