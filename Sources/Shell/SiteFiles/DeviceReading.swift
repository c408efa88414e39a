// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Pipeline
import Profiles

/// A device of the file and where its parts stand.
struct PlacedDevice {
    var settings: DeviceSettings
    /// Where its meter names a parent.
    var parent: FilePlace?
    /// Where it names points that tell whether its own should move, by its own points' names.
    var companions: [String: FilePlace] = [:]
}

/// A unit of a bus that a device has taken.
struct TakenUnit {
    var bus: String
    var unit: Int
    var device: String
    var place: FilePlace
}

extension SiteReader {
    /// Topics of the product's own stand beside the areas (`<site>/alarm/...`), so these cannot be areas.
    private static let reservedAreas = ["alarm", "ticket", "cmd"]

    /// The `devices:` of the file.
    mutating func readDevices(_ root: Section) {
        guard let all = file.section("devices", in: root, "devices", keys: nil) else { return }
        if all.entries.isEmpty { file.error(.missingKey, at: all.place, "devices: describe at least one device.") }
        var names = CaseTwins()
        for entry in all.entries {
            let subject = "device '\(entry.key)'"
            let isNamed = isIdentifier(entry.key, subject, at: entry.keyPlace, among: names)
            names.insert(entry.key)
            guard let section = file.section(entry.value, subject, at: entry.keyPlace, keys: SiteKeys.device) else {
                continue
            }
            if let device = readDevice(entry.key, section), isNamed {
                devices.append(device)
            } else if let asset = section.entry("asset"), case .scalar(let text, _) = asset.value.content {
                unreadableAssets.insert(text)
            }
        }
    }

    private mutating func readDevice(_ name: String, _ section: Section) -> PlacedDevice? {
        file.require("profile", in: section, "Name the profile of its model.")
        file.require("bus", in: section, "Name the bus that it is wired to.")
        file.require("unit", in: section, "Give its address on the bus, 1 to 247.")
        file.require("area", in: section, "Name the part of the estate that it stands in.")
        file.require("asset", in: section, "Name the thing that it speaks for, such as riser-2.")
        file.require("responsible", in: section, "Name utility, propertyCompany, contractor or resident.")
        let profile = readProfileName(section)
        let bus = readBusName(section)
        let unit = readUnit(name, bus, section)
        let area = readArea(section)
        let asset = readAsset(name, section)
        let title = file.bilingual("name", in: section)
        if let asset { file.noteDefault("name", in: section, asset) }
        let place = file.text("place", in: section)?.value ?? ""
        let responsible: ResponsibleParty? = file.word("responsible", in: section, "responsible party")
        guard let profile else { return nil }
        let parameters = readParameters(of: profile, section)
        let device = compiled(profile, parameters)
        let meter = readMeter(of: profile, device, section)
        if meter == nil, section.has("meter"), let asset { unreadableAssets.insert(asset) }
        let gate = readGate(of: profile, device, section)
        let machines = readMachines(profile, device, section)
        if machines.pumpSet == nil, section.has("pump_set"), let asset { unreadableAssets.insert(asset) }
        guard let bus, let unit, let area, let asset, let responsible, let value = UInt8(exactly: unit) else {
            return nil
        }
        var settings = DeviceSettings(
            identifier: DeviceIdentifier(name), profile: profile, device: device,
            bus: BusIdentifier(bus), unit: UnitIdentifier(value), area: AreaIdentifier(area),
            asset: AssetIdentifier(asset), name: title ?? BilingualText(asset), place: place,
            responsible: responsible, meter: meter?.settings, gate: gate)
        settings.parameters = parameters
        settings.card = readCard(section)
        machines.give(to: &settings)
        settings.report = readReport(of: settings.device, section)
        let frozen = readFrozen(of: settings, section)
        settings.frozen = frozen.mapValues(\.value)
        return PlacedDevice(settings: settings, parent: meter?.parent, companions: frozen.mapValues(\.place))
    }

    /// The profile with these parameters bound, made once for all devices that choose the same.
    private mutating func compiled(_ profile: DeviceProfile, _ parameters: [String: ParameterValue]) -> CompiledDevice {
        let choice = CompiledChoice(profile: profile.identifier, parameters: parameters)
        if let made = compiledDevices[choice] { return made }
        let made = profile.compile(parameters: parameters)
        compiledDevices[choice] = made
        return made
    }

    /// The profile that the device names, read when it is named for the first time.
    private mutating func readProfileName(_ section: Section) -> DeviceProfile? {
        guard let name = file.text("profile", in: section) else { return nil }
        if let used = usedProfiles[name.value] { return used.profile }
        guard let path = profiles.paths[name.value] else {
            let help =
                profiles.paths.isEmpty
                ? " No profile was found at all, in \(profiles.folders.joined(separator: ", ")); name the folder that "
                    + "has them with --profiles."
                : suggestion(for: name.value, in: profiles.paths.keys)
                    + " Profiles of your own are looked for in /etc/sluice/profiles and in each --profiles FOLDER."
            file.error(.unknownProfile, at: name.place, section.says("profile '\(name.value)' is not known.\(help)"))
            return nil
        }
        let (profile, problems, text) = loadProfileText(at: path, in: profiles)
        usedProfiles[name.value] = UsedProfile(path: path, text: text, profile: profile, problems: problems)
        return profile
    }

    private mutating func readBusName(_ section: Section) -> String? {
        guard let name = file.text("bus", in: section) else { return nil }
        let known = buses.map(\.settings.identifier.text)
        if known.contains(name.value) { return name.value }
        if !unreadableBuses.contains(name.value) {
            file.error(
                .unknownBus, at: name.place,
                section.says("bus '\(name.value)' is not under 'buses'.\(suggestion(for: name.value, in: known))"))
        }
        return nil
    }

    private mutating func readUnit(_ device: String, _ busName: String?, _ section: Section) -> Int? {
        guard let unit = file.integer("unit", in: section) else { return nil }
        guard let bus = buses.first(where: { $0.settings.identifier.text == busName })?.settings else {
            return unit.value
        }
        if let line = bus.lineWithUnits, !(1...247).contains(unit.value) {
            file.error(
                .impossibleUnit, at: unit.place,
                section.says("unit \(unit.value) is not possible on \(line) '\(bus.identifier)'; allowed: 1 to 247."))
            return nil
        }
        if let taken = units.first(where: { $0.bus == bus.identifier.text && $0.unit == unit.value }) {
            file.error(
                .duplicateUnit, at: unit.place,
                section.says(
                    "unit \(unit.value) of bus '\(bus.identifier)' is already "
                        + "device '\(taken.device)' (\(file.name(of: taken.place, seenFrom: unit.place)))."
                ))
            return nil
        }
        units.append(
            TakenUnit(bus: bus.identifier.text, unit: unit.value, device: device, place: unit.place))
        return unit.value
    }

    private mutating func readArea(_ section: Section) -> String? {
        guard let area = file.text("area", in: section) else { return nil }
        guard !Self.reservedAreas.contains(area.value), !area.value.hasPrefix("_") else {
            file.error(
                .reservedArea, at: area.place,
                section.says("area '\(area.value)' is reserved for topics of Sluice's own. Choose another name."))
            return nil
        }
        let isValid = isIdentifier(area.value, section.says("area '\(area.value)'"), at: area.place)
        return isValid ? area.value : nil
    }

    private mutating func readAsset(_ device: String, _ section: Section) -> String? {
        guard let asset = file.text("asset", in: section) else { return nil }
        if let first = assetOwners[asset.value] {
            file.error(
                .duplicateAsset, at: asset.place,
                section.says(
                    "asset '\(asset.value)' is already that of device '\(first.device)' "
                        + "(\(file.name(of: first.place, seenFrom: asset.place)))."))
            return nil
        }
        let subject = section.says("asset '\(asset.value)'")
        guard isIdentifier(asset.value, subject, at: asset.place, among: assetNames) else { return nil }
        assetOwners[asset.value] = (device, asset.place)
        assetNames.insert(asset.value)
        return asset.value
    }

    private mutating func readParameters(of profile: DeviceProfile, _ section: Section) -> [String: ParameterValue] {
        let given = file.section("parameters", in: section, section.subject, keys: nil)
        let known = profile.parameters.map(\.name)
        var values: [String: ParameterValue] = [:]
        for entry in given?.entries ?? [] {
            guard let parameter = profile.parameter(named: entry.key) else {
                let help = known.isEmpty ? " It has none." : suggestion(for: entry.key, in: known)
                file.error(
                    .unknownParameter, at: entry.keyPlace,
                    section.says("profile '\(profile.identifier)' has no parameter '\(entry.key)'.\(help)"))
                continue
            }
            values[entry.key] = file.parameterValue(
                entry.value, "parameter '\(entry.key)'", of: parameter, in: section, code: .parameterValue)
        }
        for parameter in profile.parameters where parameter.defaultValue == nil && given?.has(parameter.name) != true {
            file.error(
                .unknownParameter, at: given?.place ?? section.place,
                section.says(
                    "profile '\(profile.identifier)' needs parameter '\(parameter.name)'. Give it under 'parameters'."))
        }
        return values
    }

    private mutating func readMeter(
        of profile: DeviceProfile, _ device: CompiledDevice, _ section: Section
    ) -> (settings: MeterSettings, parent: FilePlace?)? {
        guard let entry = section.entry("meter") else {
            if device.offers("water.total") {
                file.warn(
                    .meterSettings, at: section.place,
                    section.says(
                        "it counts water, but without 'meter' no leak rule watches it. Add meter: {role: unit}."))
            }
            return nil
        }
        guard device.offers("water.total") else {
            file.error(
                .meterWithoutTotal, at: entry.keyPlace,
                section.says(
                    "profile '\(profile.identifier)' offers no water.total, so it is no meter. Remove 'meter'."))
            return nil
        }
        let subject = "\(section.subject): meter"
        guard let meter = file.section(entry.value, subject, at: entry.keyPlace, keys: SiteKeys.meter) else {
            return nil
        }
        file.require("role", in: meter, "Name bulk, riser, unit or irrigation.")
        if profile.litresPerCount == nil {
            file.require("litres_per_count", in: meter, "Give the smallest step of its register, in litres.")
        }
        let role: MeterRole? = file.word("role", in: meter, "role")
        let parent = identifier("parent", in: meter)
        if let step = profile.litresPerCount { file.noteDefault("litres_per_count", in: meter, "\(step)") }
        let litres = file.number("litres_per_count", in: meter)?.value ?? profile.litresPerCount
        let modulus = file.integer("counter_modulus", in: meter)?.value
        let nominal = file.number("nominal_flow_cubic_metres_per_hour", in: meter)?.value
        let interval = file.number("longest_interval_minutes", in: meter)?.value
        let occupants = file.integer("occupants", in: meter)?.value
        let floorArea = file.number("floor_area_square_metres", in: meter)?.value
        guard let role, let litres else { return nil }
        var settings = MeterSettings(
            role: role, parent: parent.map { AssetIdentifier($0.value) }, litresPerCount: litres,
            counterModulus: modulus.map { UInt64($0) }, nominalFlow: nominal.map { LitresPerHour($0 * 1000) },
            longestInterval: interval.map { .milliseconds(Int64($0 * 60_000)) })
        (settings.occupants, settings.floorArea) = (occupants, floorArea)
        return (settings, parent?.place)
    }

    private mutating func readGate(
        of profile: DeviceProfile, _ device: CompiledDevice, _ section: Section
    ) -> GateSettings? {
        let isGate = device.offers("gate.position")
        if let entry = section.entry("gate"), !isGate {
            file.error(
                .gateWithoutPosition, at: entry.keyPlace,
                section.says(
                    "profile '\(profile.identifier)' offers no gate.position, so it is no gate. Remove 'gate'."))
        }
        guard isGate else { return nil }
        let gate = file.settings("gate", in: section, "\(section.subject): gate", keys: SiteKeys.gate)
        return GateSettings(
            heldOpenAfter: span("held_open_after_minutes", in: gate, unitMilliseconds: 60_000),
            heldOpenAfterInPeak: span("held_open_after_in_peak_minutes", in: gate, unitMilliseconds: 60_000))
    }

    /// Parents exist, are meters, and lead up to the inlet.
    mutating func checkMeters() {
        var parents: [String: String] = [:]
        let meters = devices.filter { $0.settings.meter != nil }.map(\.settings.asset.text)
        for device in devices {
            guard let parent = device.settings.meter?.parent?.text, let place = device.parent else { continue }
            let subject = "device '\(device.settings.identifier)': meter"
            if meters.contains(parent) {
                parents[device.settings.asset.text] = parent
            } else if !unreadableAssets.contains(parent) {
                file.error(
                    .unknownParent, at: place,
                    "\(subject): parent '\(parent)' is not an asset with a meter.\(suggestion(for: parent, in: meters + unreadableAssets.sorted()))"
                )
            }
        }
        var reported: Set<String> = []
        for device in devices {
            guard let place = device.parent, !reported.contains(device.settings.asset.text) else { continue }
            var way = [device.settings.asset.text]
            while let last = way.last, let next = parents[last], !way.contains(next) { way.append(next) }
            guard let last = way.last, let back = parents[last], back == way.first else { continue }
            reported.formUnion(way)
            file.error(
                .cyclicParents, at: place,
                "device '\(device.settings.identifier)': meter: it is its own parent: "
                    + "\((way + [back]).joined(separator: " -> "))."
            )
        }
    }
}

extension BusSettings {
    /// What the bus is called where only the units of a serial line are possible; `nil` where any byte is.
    fileprivate var lineWithUnits: String? {
        switch wire {
        case .serial: "serial line"
        case .tcp: framing == .rtu ? "RTU endpoint" : nil
        }
    }
}

/// A profile and what a site chose for its parameters.
struct CompiledChoice: Hashable {
    var profile: String
    var parameters: [String: ParameterValue]
}
