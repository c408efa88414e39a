// SPDX-License-Identifier: Apache-2.0

import Model

extension ProfileReader {
    /// The `signals:` of the file.
    mutating func readSignals(_ root: Section) {
        for (name, section) in members("signals", in: root, "signal", keys: ProfileKeys.signal.names) {
            readSignal(name, section)
        }
        for repetition in repetitions { readSignals(of: repetition) }
    }

    mutating func readSignal(_ name: String, _ section: Section, presence: [Presence] = []) {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ DeviceIdentifier.isValid(String($0)) }) else {
            file.error(
                .profileName, at: section.place,
                "\(section.subject): a signal is a kind and a quantity with a dot between, such as water.total.")
            return
        }
        let frozen = readFrozen(section)
        guard let form = form(of: section) else {
            unreadableNames.insert(name)
            return
        }
        let unit = readUnit(section)
        let signal = ProfileSignal(
            name: SignalName(name), form: form.value, unit: unit?.value, presence: readPresence(section) + presence,
            frozen: frozen?.value)
        signals.append(PlacedSignal(signal: signal, key: section.place, form: form.place, frozen: frozen))
        checkUnit(of: signal, section)
        checkTotal(of: signal, section)
    }

    private mutating func form(of section: Section) -> Located<ProfileSignal.Form>? {
        let given = ProfileKeys.combiners.filter(section.has)
        guard given.count == 1 else {
            let all = ProfileKeys.combiners.dropLast().map { "'\($0)'" }.joined(separator: ", ")
            file.error(
                .shape, at: section.place, section.says("give one of \(all) and '\(ProfileKeys.combiners.last ?? "")'.")
            )
            return nil
        }
        let owners = [
            ("bit", "from"), ("any", "from"), ("bits", "from"), ("values", "from"), ("states", "pair_to_state"),
            ("base", "high_low_unit"), ("modulus", "overflow_counter"),
        ]
        for (key, owner) in owners {
            guard let entry = section.entry(key), given[0] != owner else { continue }
            file.error(.shape, at: entry.keyPlace, section.says("'\(key)' goes with '\(owner)'."))
        }
        switch given[0] {
        case "from": return single(section)
        case "sum_parts": return sum(section)
        case "mantissa_exponent": return power(section)
        case "high_low_unit", "overflow_counter": return joined(given[0], section)
        default: return pair(section)
        }
    }

    private mutating func single(_ section: Section) -> Located<ProfileSignal.Form>? {
        guard let name = file.text("from", in: section),
            let point = point(named: name.value, at: name.place, section.subject)?.point
        else { return nil }
        let views = ["bit", "any", "bits", "values"].compactMap(section.entry)
        if views.count > 1 {
            file.error(
                .shape, at: views[0].keyPlace, section.says("give either '\(views[0].key)' or '\(views[1].key)'."))
            return nil
        }
        if section.has("bits") { return anyBit(of: point, name, section) }
        if section.has("values") { return states(of: point, name, section) }
        if let entry = section.entry("bit") {
            guard [.uint16, .uint32, .uint64, .bitfield16, .bitfield32].contains(point.type), point.bit == nil else {
                file.error(
                    .bitOutsideType, at: entry.keyPlace,
                    section.says("'bit' works on unsigned values and bit fields, not on point '\(point.name)'."))
                return nil
            }
            guard let number = bitNumber("bit", of: point.type, Int(point.type.width) * 16, section) else { return nil }
            return Located(.bit(of: name.value, number: number), name.place)
        }
        if section.has("any") {
            guard let severity: BitSeverity = file.word("any", in: section, "severity") else { return nil }
            guard case .bits(let bits) = sets.first(where: { $0.name == point.set })?.content else {
                // A bit field that names a set of another kind has been refused at the point.
                guard point.set == nil || !point.type.isBitfield else { return nil }
                file.error(
                    .unknownSet, at: name.place,
                    section.says("'any' needs a set of bits, and point '\(point.name)' has none."))
                return nil
            }
            guard bits.contains(where: { $0.severity == severity }) else {
                file.error(
                    .unknownSet, at: name.place,
                    section.says("no bit of point '\(point.name)' has the severity '\(severity.rawValue)'."))
                return nil
            }
            return Located(.any(of: name.value, severity: severity), name.place)
        }
        return Located(.point(name.value), name.place)
    }

    /// The points of a list, all of them in the file and in one table.
    mutating func parts(_ key: String, in section: Section) -> Located<[PlacedPoint]>? {
        guard let nodes = file.list(key, in: section), let place = section.entry(key)?.value.place else { return nil }
        let names = nodes.compactMap { file.text($0, "a part", in: section) }
        let found = names.compactMap { point(named: $0.value, at: $0.place, section.subject) }
        guard found.count == nodes.count else { return nil }
        guard Set(found.map(\.point.table)).count == 1, Set(found.map(\.point.name)).count == found.count else {
            file.error(
                .combinerParts, at: place, section.says("the parts must be different points of one register table."))
            return nil
        }
        return Located(found, place)
    }

    private mutating func sum(_ section: Section) -> Located<ProfileSignal.Form>? {
        guard let parts = parts("sum_parts", in: section) else { return nil }
        let points = parts.value.map(\.point)
        guard points.count >= 2, points.count <= 8 else {
            file.error(.combinerParts, at: parts.place, section.says("sum_parts adds 2 to 8 points."))
            return nil
        }
        for point in points
        where point.bit != nil || point.type == .bool || point.type == .enum16 || point.type.isBitfield {
            file.error(.combinerParts, at: parts.place, section.says("point '\(point.name)' is not a number."))
            return nil
        }
        guard Set(points.map(\.unit)).count == 1 || !parts.value.allSatisfy(\.isUnitKnown) else {
            file.error(.combinerParts, at: parts.place, section.says("the parts must have one unit."))
            return nil
        }
        return Located(.sumParts(points.map(\.name)), parts.place)
    }

    private mutating func pair(_ section: Section) -> Located<ProfileSignal.Form>? {
        file.require("states", in: section, "Name three: for (1,0), for (0,1) and for (0,0).")
        guard let parts = parts("pair_to_state", in: section) else { return nil }
        let states = (file.list("states", in: section) ?? []).compactMap { label($0, "a state", in: section)?.value }
        guard parts.value.count == 2, parts.value.allSatisfy({ $0.point.type == .bool || $0.point.bit != nil }) else {
            file.error(
                .combinerParts, at: parts.place, section.says("pair_to_state takes two contacts: bool points or bits."))
            return nil
        }
        guard states.count == 3, Set(states).count == 3 else {
            if let entry = section.entry("states") {
                file.error(
                    .combinerParts, at: entry.value.place,
                    section.says("states must be three different names: for (1,0), for (0,1) and for (0,0)."))
            }
            return nil
        }
        let form = ProfileSignal.Form.pairToState(
            first: parts.value[0].point.name, second: parts.value[1].point.name, states: states)
        return Located(form, parts.place)
    }

    /// A signal has one unit, and one of its quantity.
    private mutating func checkUnit(of signal: ProfileSignal, _ section: Section) {
        let names = signal.form.points
        let placed = points.filter { names.contains($0.point.name) }
        guard placed.allSatisfy(\.isUnitKnown), let first = placed.first(where: { $0.point.name == names.first })?.point
        else { return }
        let isNumber: Bool =
            switch signal.form {
            case .point: first.bit == nil && first.type != .bool && first.type != .enum16
            case .sumParts, .mantissaExponent, .highLow: true
            case .bit, .any, .anyBit, .values, .pairToState: false
            }
        let place = section.entry("unit")?.value.place ?? section.place
        if let own = signal.unit {
            if !isNumber {
                file.error(.signalUnit, at: place, section.says("a state has no unit; remove 'unit'."))
                return
            }
            if first.hasUnit, own != first.unit {
                file.error(
                    .signalUnit, at: place,
                    section.says("point '\(first.name)' has another unit, and units are not converted; remove 'unit'."))
                return
            }
        }
        guard let known = KnownSignal.named(signal.name) else {
            let names = KnownSignal.all.map(\.name.text)
            if let near = nearestName(to: signal.name.text, in: names), near.first == signal.name.text.first,
                near.hasPrefix(String(signal.name.text.prefix { $0 != "." }))
            {
                file.warn(
                    .signalName, at: section.place,
                    section.says("no rule knows this signal. Did you mean '\(near)'?"))
            }
            return
        }
        guard isNumber || known.units.isEmpty else {
            file.error(.signalUnit, at: place, section.says("it must be a number, and point '\(first.name)' is not."))
            return
        }
        guard isNumber, !known.units.isEmpty else { return }
        let units: [UnitOfMeasure] =
            switch signal.unit ?? first.unit {
            case .fixed(let unit): [unit]
            case .parameter(let name):
                (parameters.first { $0.name == name }?.allowed ?? []).compactMap(UnitOfMeasure.init(rawValue:))
            }
        for unit in units where !known.units.contains(unit) {
            let allowed = known.units.map(\.rawValue).joined(separator: ", ")
            file.error(
                .signalUnit, at: place,
                section.says("unit '\(unit.rawValue)' does not measure it. Allowed: \(allowed)."))
            return
        }
    }

    private mutating func checkTotal(of signal: ProfileSignal, _ section: Section) {
        guard KnownSignal.isLifetimeTotal(signal.name), case .point(let name) = signal.form,
            points.first(where: { $0.point.name == name })?.point.type == .float32
        else { return }
        file.warn(
            .floatTotal, at: section.place,
            section.says(
                "a lifetime total in float32 loses its small steps as it grows: "
                    + "above 16777 a step of 0.001 is not seen."
            ))
    }
}
