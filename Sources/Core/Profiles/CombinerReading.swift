// SPDX-License-Identifier: Apache-2.0

import Model

/// Signals that look at one point in another way, or put two together.
extension ProfileReader {
    /// `{from: POINT, bits: [1, 3]}`: whether one of the bits is set.
    mutating func anyBit(
        of point: ProfilePoint, _ name: Located<String>, _ section: Section
    ) -> Located<ProfileSignal.Form>? {
        guard let nodes = file.list("bits", in: section), let entry = section.entry("bits") else { return nil }
        guard [.uint16, .uint32, .uint64, .bitfield16, .bitfield32].contains(point.type), point.bit == nil else {
            file.error(
                .bitOutsideType, at: entry.keyPlace,
                section.says("'bits' works on unsigned values and bit fields, not on point '\(point.name)'."))
            return nil
        }
        guard !nodes.isEmpty else {
            file.error(.combinerParts, at: entry.value.place, section.says("'bits' names at least one bit."))
            return nil
        }
        let numbers = nodes.compactMap {
            file.integer($0, "bit", in: section, 0...Int(point.type.width) * 16 - 1)?.value
        }
        guard numbers.count == nodes.count else { return nil }
        return Located(.anyBit(of: name.value, numbers: numbers), name.place)
    }

    /// `{from: POINT, values: {2: open, 4: closed}}`: raw values as states, of which several may be one.
    mutating func states(
        of point: ProfilePoint, _ name: Located<String>, _ section: Section
    ) -> Located<ProfileSignal.Form>? {
        guard let entry = section.entry("values"),
            let values = file.section(entry.value, section.subject, at: entry.keyPlace, keys: nil)
        else { return nil }
        guard [.uint16, .bitfield16, .enum16].contains(point.type), point.bit == nil else {
            file.error(
                .combinerParts, at: entry.keyPlace,
                section.says("'values' works on unsigned values of one register, not on point '\(point.name)'."))
            return nil
        }
        var labels: [ProfileSet.Label] = []
        for value in values.entries {
            let key = YAMLNode(content: .scalar(value.key, isQuoted: false), place: value.keyPlace)
            guard let raw = file.integer(key, "raw value", in: section, 0...65_535)?.value,
                let state = label(value.value, "the state of \(raw)", in: section)?.value
            else { continue }
            labels.append(ProfileSet.Label(raw: UInt16(clamping: raw), name: state))
        }
        guard !labels.isEmpty else {
            if values.entries.isEmpty {
                file.error(.combinerParts, at: entry.value.place, section.says("'values' names at least one state."))
            }
            return nil
        }
        return Located(.values(of: name.value, labels), name.place)
    }

    /// `mantissa_exponent: [MANTISSA, EXPONENT]`.
    mutating func power(_ section: Section) -> Located<ProfileSignal.Form>? {
        guard let parts = parts("mantissa_exponent", in: section) else { return nil }
        let points = parts.value.map(\.point)
        guard points.count == 2, isNumber(points[0]), isWhole(points[1]), points[1].scale == .fixed(.one) else {
            file.error(
                .combinerParts, at: parts.place,
                section.says("mantissa_exponent takes two points: a number, and a whole number without scale."))
            return nil
        }
        return Located(.mantissaExponent(mantissa: points[0].name, exponent: points[1].name), parts.place)
    }

    /// `high_low_unit: [HIGH, LOW]` with a base, or `overflow_counter: [COUNT, OVERFLOWS]` with a modulus.
    mutating func joined(_ key: String, _ section: Section) -> Located<ProfileSignal.Form>? {
        let isCounter = key == "overflow_counter"
        let base = file.integer(isCounter ? "modulus" : "base", in: section, 2...4_294_967_296)
        guard let parts = parts(key, in: section) else { return nil }
        let points = parts.value.map(\.point)
        guard points.count == 2, points.allSatisfy({ isWhole($0) }) else {
            file.error(
                .combinerParts, at: parts.place,
                section.says("\(key) takes two points, both whole numbers without offset and decimals."))
            return nil
        }
        let (high, low) = isCounter ? (points[1], points[0]) : (points[0], points[1])
        guard high.scale == .fixed(.one) || high.scale == low.scale, !high.hasUnit || high.unit == low.unit else {
            file.error(
                .combinerParts, at: parts.place,
                section.says("point '\(high.name)' must have the scale and unit of point '\(low.name)', or none."))
            return nil
        }
        return Located(
            .highLow(high: high.name, low: low.name, base: Int64(base?.value ?? 65_536)), parts.place)
    }

    private func isNumber(_ point: ProfilePoint) -> Bool {
        point.bit == nil && point.type != .bool && point.type != .enum16 && !point.type.isBitfield
    }

    private func isWhole(_ point: ProfilePoint) -> Bool {
        isNumber(point) && !point.type.isFloat && point.offset == .zero && point.decimals == nil
    }
}
