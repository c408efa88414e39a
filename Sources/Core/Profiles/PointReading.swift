// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

extension ProfileReader {
    /// The `points:` of the file.
    mutating func readPoints(_ root: Section) {
        if let all = file.section("points", in: root, "points", keys: nil) {
            if all.entries.isEmpty, repetitions.isEmpty {
                file.error(.missingKey, at: all.place, "points: describe at least one register of the device.")
            }
            for entry in all.entries {
                if let point = readPoint(entry) {
                    points.append(point)
                } else {
                    unreadablePoints.insert(entry.key)
                }
            }
        }
        for repetition in repetitions { readPoints(of: repetition) }
        for placed in points { checkDecimals(placed) }
    }

    mutating func readPoint(_ entry: YAMLEntry) -> PlacedPoint? {
        let subject = "point '\(shortened(entry.key))'"
        guard let section = file.section(entry.value, subject, at: entry.keyPlace, keys: ProfileKeys.point.names) else {
            return nil
        }
        if !DeviceIdentifier.isValid(entry.key) { file.error(.profileName, at: entry.keyPlace, nameRule(subject)) }
        file.require("table", in: section, "Name coil, discrete, input or holding.")
        file.require("address", in: section, "Give the zero-based address on the wire.")
        file.require("type", in: section, "Name it, such as uint16 or float32.")
        let table: RegisterTable? = file.word("table", in: section, "register table", code: .unknownTable)
        let address = file.integer("address", in: section, 0...65_535)
        let reference = file.integer("reference", in: section, 0...465_536)
        let type: PointType? = file.word("type", in: section, "type")
        let order: Located<Bound<WordOrder>>? = bound("order", in: section, "order")
        let unit: Located<Bound<UnitOfMeasure>>? = readUnit(section)
        let poll: PollClass? = file.word("poll", in: section, "poll class")
        let source = checkedSource(in: section)
        let confidence: SourceConfidence? = file.word("confidence", in: section, "confidence")
        let plausible = range("plausible", in: section)
        let scale = readScale(section)
        let offset = decimal("offset", in: section) ?? .zero
        let set = file.text("set", in: section)
        let decimals = file.text("decimals", in: section)
        guard let table, let address, let type else { return nil }
        guard fits(type, in: table, at: address, section), checkOrder(type, order, section) else { return nil }
        let (mask, shift, bit) = bits(of: type, section)
        let sentinels = readSentinels(of: type, section)
        checkMeaning(of: type, isBit: bit != nil, section)
        if let set { checkSet(set, of: type, section) }
        if type == .enum16, bit == nil {
            file.require("set", in: section, "An enum16 names a set of values.")
        }
        if case .parameter = scale, let entry = section.entry("offset") {
            file.error(
                .value, at: entry.keyPlace, section.says("'offset' goes with a fixed scale, not with a parameter's."))
        }
        if case .fixed(let scale) = scale, DecimalScale(scale: scale, offset: offset) == nil {
            let place = section.entry("offset")?.value.place ?? section.place
            file.error(.value, at: place, section.says("scale and offset have too many digits together."))
        }
        let point = ProfilePoint(
            name: entry.key, table: table, address: UInt16(clamping: address.value), reference: reference?.value,
            type: type, order: order?.value ?? self.order ?? .fixed(.abcd), scale: scale, offset: offset,
            unit: unit?.value ?? .fixed(.none), hasUnit: unit != nil, set: set?.value, sentinels: sentinels,
            decimals: decimals?.value, bit: bit, mask: mask, shift: shift, poll: poll ?? .normal, source: source,
            confidence: confidence, plausible: plausible, presence: readPresence(section))
        return PlacedPoint(
            point: point, key: entry.keyPlace, address: address.place, reference: reference?.place ?? entry.keyPlace,
            decimals: decimals?.place ?? entry.keyPlace, isUnitKnown: unit != nil || !section.has("unit"))
    }

    /// A unit of measure; people's spellings get the right one named.
    mutating func readUnit(_ section: Section) -> Located<Bound<UnitOfMeasure>>? {
        guard let entry = section.entry("unit") else { return nil }
        guard case .scalar(let text, _) = entry.value.content, UnitOfMeasure(rawValue: text) == nil else {
            return bound("unit", in: section, "unit", code: .unknownUnit)
        }
        let known = UnitOfMeasure.allCases
        let spelt = known.first { $0.symbol.lowercased() == text.lowercased() }?.rawValue ?? Self.spellings[text]
        let near = spelt ?? nearestName(to: text, in: known.map(\.rawValue))
        let help = near.map { "Did you mean '\($0)'?" } ?? "Units are written in UCUM, such as m3/h, kPa or Cel."
        file.error(
            .unknownUnit, at: entry.value.place, section.says("unit '\(shortened(text))' is not known. \(help)"))
        return nil
    }

    private static let spellings = [
        "degC": "Cel", "C": "Cel", "celsius": "Cel", "rpm": "/min", "m^3": "m3", "m^3/h": "m3/h", "litre": "L",
        "m3h": "m3/h", "percent": "%", "hours": "h", "seconds": "s",
    ]

    mutating func decimal(_ key: String, in section: Section) -> DecimalNumber? {
        guard let entry = section.entry(key) else { return nil }
        if case .scalar(let text, isQuoted: false) = entry.value.content, let number = DecimalNumber(text),
            key != "scale" || number.mantissa != 0
        {
            return number
        }
        let what = key == "scale" ? "a decimal number other than 0" : "a decimal number"
        file.error(
            .value, at: entry.value.place,
            section.says("\(key) must be \(what) of at most 18 digits, not \(entry.value.description)."))
        return nil
    }

    private mutating func fits(
        _ type: PointType, in table: RegisterTable, at address: Located<Int>, _ section: Section
    ) -> Bool {
        if table.isBits, type != .bool {
            let place = section.entry("type")?.value.place ?? section.place
            file.error(
                .typeOutsideTable, at: place,
                section.says(
                    "type \(type.rawValue) does not fit into table '\(table.rawValue)', which holds bits. Use bool."))
            return false
        }
        guard address.value + Int(type.width) <= 65_536 else {
            file.error(
                .beyondTable, at: address.place,
                section.says(
                    "\(type.withArticle) at address \(address.value) ends beyond address 65535; "
                        + "the last possible is \(65_536 - Int(type.width))."
                ))
            return false
        }
        let most = table.isBits ? limits.maximumBits : limits.maximumRegisters
        guard type.width <= most else {
            file.error(
                .range, at: address.place,
                section.says("\(type.withArticle) takes \(type.width) registers, but limits allow \(most) in one read.")
            )
            return false
        }
        let span = RegisterSpan(table, at: UInt16(clamping: address.value), count: type.width)
        for forbidden in limits.forbidden where forbidden.table == table && forbidden.range.overlaps(span.range) {
            file.error(.overlap, at: address.place, section.says("\(span) touches \(forbidden), which limits forbid."))
            return false
        }
        return true
    }

    private mutating func checkOrder(_ type: PointType, _ order: Located<Bound<WordOrder>>?, _ section: Section) -> Bool
    {
        guard type.width > 1, order == nil, self.order == nil, !section.has("order") else { return true }
        guard !isOrderReported else { return false }
        isOrderReported = true
        file.error(
            .missingOrder, at: section.place,
            section.says("\(type.withArticle) needs an order: ABCD, CDAB, BADC or DCBA, here or for the whole file."))
        return false
    }

    /// Mask, shift and bit, inside the width of the value.
    private mutating func bits(of type: PointType, _ section: Section) -> (mask: UInt64?, shift: Int, bit: Int?) {
        let width = type == .bool ? 1 : Int(type.width) * 16
        let isUnsigned: Bool =
            switch type {
            case .uint16, .uint32, .uint64, .bitfield16, .bitfield32, .enum16: true
            case .bool, .int16, .int32, .int64, .float32, .float64, .bcd16: false
            }
        for key in ["mask", "shift", "bit"] where !isUnsigned {
            guard let entry = section.entry(key) else { continue }
            file.error(
                .bitOutsideType, at: entry.keyPlace,
                section.says("'\(key)' works on unsigned values and bit fields, not on \(type.withArticle)."))
        }
        guard isUnsigned else { return (nil, 0, nil) }
        var mask: UInt64?
        if let entry = section.entry("mask") {
            let most = width == 64 ? UInt64.max : 1 << UInt64(width) - 1
            if case .scalar(let text, isQuoted: false) = entry.value.content, let (value, _) = unsignedNumber(text),
                value > 0, value <= most
            {
                mask = value
            } else {
                file.error(
                    .bitOutsideType, at: entry.value.place,
                    section.says(
                        "mask must be a number of 1 to \(width) bits other than 0, not \(entry.value.description)."))
            }
        }
        let shift = bitNumber("shift", of: type, width, section) ?? 0
        return (mask, shift, bitNumber("bit", of: type, width, section))
    }

    mutating func bitNumber(_ key: String, of type: PointType, _ width: Int, _ section: Section) -> Int? {
        guard let number = file.integer(key, in: section, 0...63) else { return nil }
        guard number.value < width else {
            file.error(
                .bitOutsideType, at: number.place,
                section.says("\(key) \(number.value) is outside \(type.withArticle); bits are 0 to \(width - 1)."))
            return nil
        }
        return number.value
    }

    private mutating func readSentinels(of type: PointType, _ section: Section) -> [Sentinel] {
        var nodes: [YAMLNode] = []
        if let entry = section.entry("sentinel") { nodes.append(entry.value) }
        nodes += file.list("sentinels", in: section) ?? []
        return nodes.compactMap { sentinel($0, of: type, section) }
    }

    private mutating func sentinel(_ node: YAMLNode, of type: PointType, _ section: Section) -> Sentinel? {
        let width = UInt64(type.width) * 16
        let most = width == 64 ? UInt64.max : 1 << width - 1
        if case .scalar(let text, isQuoted: false) = node.content {
            if let (value, isHexadecimal) = unsignedNumber(text), value <= most, !type.isFloat || isHexadecimal {
                return .bits(value)
            }
            if type.isFloat, let number = realNumber(text) { return .number(number) }
            // A negative one of a signed type, as its bits.
            if [.int16, .int32, .int64].contains(type), let value = wholeNumber(text), value < 0,
                width == 64 || value >= -(1 << Int(width - 1))
            {
                return .bits(UInt64(bitPattern: Int64(value)) & most)
            }
        }
        file.error(
            .range, at: node.place, section.says("sentinel \(node.description) cannot come from \(type.withArticle)."))
        return nil
    }

    /// Refuses keys that a value of this type has no use for.
    private mutating func checkMeaning(of type: PointType, isBit: Bool, _ section: Section) {
        guard isBit || type == .bool || type == .enum16 || type.isBitfield else { return }
        for key in ["scale", "offset", "decimals", "plausible", "unit"] {
            guard let entry = section.entry(key) else { continue }
            let what = isBit ? "a bit" : type.withArticle
            file.error(.value, at: entry.keyPlace, section.says("'\(key)' has no meaning for \(what); remove it."))
        }
    }

    private mutating func checkSet(_ name: Located<String>, of type: PointType, _ section: Section) {
        guard !unreadableNames.contains(name.value) else { return }
        guard let set = sets.first(where: { $0.name == name.value }) else {
            file.error(
                .unknownSet, at: name.place,
                section.says(
                    "set '\(shortened(name.value))' is not under 'sets'."
                        + "\(suggestion(for: name.value, in: sets.map(\.name)))"
                ))
            return
        }
        switch set.content {
        case .values where type == .enum16: break
        case .bits(let bits) where type.isBitfield:
            for bit in bits where bit.number >= Int(type.width) * 16 {
                file.error(
                    .bitOutsideType, at: name.place,
                    section.says("set '\(set.name)' names bit \(bit.number), which \(type.withArticle) does not have."))
            }
        case .values:
            file.error(
                .unknownSet, at: name.place,
                section.says("set '\(set.name)' names values, which only an enum16 takes."))
        case .bits:
            file.error(
                .unknownSet, at: name.place,
                section.says("set '\(set.name)' names bits, which only a bit field takes."))
        }
    }

    /// The point of decimals is a whole number of its own.
    private mutating func checkDecimals(_ placed: PlacedPoint) {
        guard let name = placed.point.decimals else { return }
        let subject = "point '\(placed.point.name)'"
        guard let other = point(named: name, at: placed.decimals, subject)?.point else { return }
        guard [.uint16, .int16, .uint32, .int32].contains(other.type), other.scale == .fixed(.one),
            other.offset == .zero,
            other.decimals == nil, other.bit == nil, name != placed.point.name
        else {
            file.error(
                .combinerParts, at: placed.decimals,
                "\(subject): decimals come from a plain whole number; point '\(name)' is not one.")
            return
        }
    }
}

extension PointType {
    /// The type as a sentence names one: `a float32`, `an int16`.
    fileprivate var withArticle: String { (["e", "i"].contains(rawValue.prefix(1)) ? "an " : "a ") + rawValue }
}
