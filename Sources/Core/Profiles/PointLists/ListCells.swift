// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

/// One row of a list, where each part of a point is asked for by its column.
extension PointListReader {
    /// The row as a point; `nil` when a cell could not be read, which has been noted.
    mutating func point(
        _ row: [String], _ number: Int, _ header: ListHeader, _ address: String?, _ reference: String?, _ device: Int?
    ) -> ListedPoint? {
        let before = errorCount
        let written = cell(.point, row, number, header)
        let name = written.flatMap(pointName)
        let count = whole(.count, row, number, header, 1...125)
        let type = type(row, number, header, count)
        let place = place(row, number, header, address, reference, name ?? written.map { oneLine($0) } ?? "-")
        let order = order(row, number, header)
        let measure: UnitOfMeasure? = cell(.measure, row, number, header)
            .flatMap { value(measureNamed($0), .measure, number, header) }
        let poll = poll(row, number, header)
        let scale = decimal(.scale, row, number, header)
        let offset = decimal(.offset, row, number, header)
        let bit = whole(.bit, row, number, header, 0...63)
        let shift = whole(.shift, row, number, header, 0...63)
        let mask = rawNumber(.mask, row, number, header)
        let sentinels = sentinels(row, number, header)
        let plausible = plausible(row, number, header)
        let values = values(row, number, header)
        let confidence: SourceConfidence? = cell(.confidence, row, number, header).flatMap { text in
            let word = SourceConfidence(rawValue: text.uppercased())
            if word == nil {
                refuse(
                    .listValue, .confidence, number, header,
                    "confidence '\(shortened(text))' is not known. Write A, A2, B or C.")
            }
            return word
        }
        let signals = (cell(.signal, row, number, header) ?? "").split { $0 == ";" || $0 == "," || $0.isNewline }
            .map { trimmed(String($0)) }.filter { !$0.isEmpty }
        let decimals = cell(.decimals, row, number, header).map { pointName($0) ?? $0 }
        guard let place, let type, errorCount == before else { return nil }
        if let count, count != type.width {
            refuse(
                .listValue, .count, number, header,
                "\(type.rawValue) takes \(type.width) \(type.width == 1 ? "register" : "registers"), and the row says \(count). "
                    + "Mend the type or the count.")
            return nil
        }
        let fitting = fitting(type, in: place.table, bit: bit, values: values, number, header)
        let own = name ?? "\(place.table.rawValue)_\(place.address)" + (bit.map { "_bit_\($0)" } ?? "")
        if let written, name == nil {
            if foreignNames == nil { foreignNames = (0, number, header.places[.point], oneLine(written), own) }
            foreignNames?.count += 1
        }
        let title = header.places[.name].flatMap { row.indices.contains($0) ? oneLine(row[$0]) : nil } ?? ""
        let remark = header.places[.note].flatMap { row.indices.contains($0) ? oneLine(row[$0]) : nil } ?? ""
        let words = [name == nil ? written.map(oneLine) ?? "" : "", title, remark].filter { !$0.isEmpty }
        return ListedPoint(
            row: number, name: own, remark: words.joined(separator: "; "), table: place.table, address: place.address,
            reference: place.reference, type: fitting, order: order, scale: scale, offset: offset, measure: measure,
            poll: poll, signals: signals, bit: bit, mask: mask, shift: shift, sentinels: sentinels, decimals: decimals,
            plausible: plausible, values: values, confidence: confidence)
    }

    /// A name of the list as a profile may have it: `Forward Total` becomes `forward_total`; `nil` for other letters.
    private func pointName(_ text: String) -> String? {
        let small = String(text.lowercased().map { $0 == " " || $0 == "." || $0 == "/" ? "_" : $0 })
        return DeviceIdentifier.isValid(small) ? small : nil
    }

    /// Bits are Booleans in their tables; names of values make a number an enumeration, a bit makes a Boolean a word.
    private mutating func fitting(
        _ type: PointType, in table: RegisterTable, bit: Int?, values: [ListedValue], _ number: Int,
        _ header: ListHeader
    ) -> PointType {
        if table.isBits, type.width == 1 { return .bool }
        if type == .bool, bit != nil { return .uint16 }
        if !values.isEmpty, [.uint16, .int16].contains(type), bit == nil {
            note(
                .note, nil, row: number, column: header.places[.values],
                "values with names make the \(type.rawValue) an enum16.")
            return .enum16
        }
        return type
    }

    private mutating func type(_ row: [String], _ number: Int, _ header: ListHeader, _ count: Int?) -> PointType? {
        guard let text = cell(.type, row, number, header) else {
            refuse(.listValue, .type, number, header, "the row has no type. Write one such as uint16 or float32.")
            return nil
        }
        return value(typeNamed(text, count: count), .type, number, header)
    }

    private mutating func order(_ row: [String], _ number: Int, _ header: ListHeader) -> WordOrder? {
        guard let text = cell(.order, row, number, header) else { return nil }
        return value(orderNamed(text), .order, number, header) ?? nil
    }

    private mutating func poll(_ row: [String], _ number: Int, _ header: ListHeader) -> PollClass? {
        guard let text = cell(.poll, row, number, header),
            let found = value(pollNamed(text, unit: header.pollUnit), .poll, number, header)
        else { return nil }
        if let seconds = found.seconds, !toldPeriods.contains("period \(text)") {
            toldPeriods.insert("period \(text)")
            note(
                .note, nil, row: number, column: header.places[.poll],
                "a period of \(plain(seconds)) s becomes the class '\(found.poll.rawValue)'; the site's file says how many "
                    + "seconds that is (polling).")
        }
        return found.poll
    }

    private mutating func whole(
        _ column: ListColumn, _ row: [String], _ number: Int, _ header: ListHeader, _ range: ClosedRange<Int>
    ) -> Int? {
        guard let text = cell(column, row, number, header) else { return nil }
        guard let found = listNumber(text), range.contains(found) else {
            refuse(
                .listValue, column, number, header,
                "\(column.english[0]) '\(shortened(text))' is no whole number of \(range.lowerBound) to \(range.upperBound)."
            )
            return nil
        }
        return found
    }

    /// A number as the profile will write it.
    private mutating func rawNumber(
        _ column: ListColumn, _ row: [String], _ number: Int, _ header: ListHeader
    ) -> String? {
        guard let text = cell(column, row, number, header) else { return nil }
        guard let found = profileNumber(text) else {
            refuse(.listValue, column, number, header, "\(column.english[0]) '\(shortened(text))' is no number.")
            return nil
        }
        return found
    }

    private func profileNumber(_ text: String) -> String? {
        let small = text.lowercased()
        if small.hasPrefix("0x") || small.hasSuffix("h") {
            return listNumber(text).map { "0x" + String($0, radix: 16, uppercase: true) }
                ?? (unsignedNumber("0x" + small.dropFirst(2)).map {
                    "0x" + String($0.value, radix: 16, uppercase: true)
                })
        }
        return realNumber(text) == nil ? nil : text
    }

    private mutating func decimal(
        _ column: ListColumn, _ row: [String], _ number: Int, _ header: ListHeader
    ) -> DecimalNumber? {
        guard let text = cell(column, row, number, header) else { return nil }
        if let found = DecimalNumber(text), column != .scale || found.mantissa != 0 { return found }
        // Where cells are separated otherwise, a comma may be the mark of a fraction.
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        if parts.count == 2, let found = DecimalNumber(parts.joined(separator: ".")),
            column != .scale || found.mantissa != 0
        {
            note(
                .note, nil, row: number, column: header.places[column],
                "'\(shortened(text))' is read as \(found.text): a comma before a fraction.")
            return found
        }
        refuse(
            .listValue, column, number, header,
            "\(column.english[0]) '\(shortened(text))' is no decimal number\(column == .scale ? " other than 0" : ""), such as 0.1."
        )
        return nil
    }

    private mutating func sentinels(_ row: [String], _ number: Int, _ header: ListHeader) -> [String] {
        guard let text = cell(.sentinel, row, number, header) else { return [] }
        var found: [String] = []
        for part in text.split(whereSeparator: { $0 == ";" || $0 == "," || $0.isNewline }) {
            guard let one = profileNumber(trimmed(String(part))) else {
                refuse(.listValue, .sentinel, number, header, "sentinel '\(shortened(text))' is no number.")
                return []
            }
            found.append(one)
        }
        return found
    }

    /// `0 ~ 100`, `0..100` or `0 to 100`.
    private mutating func plausible(_ row: [String], _ number: Int, _ header: ListHeader) -> (String, String)? {
        guard let text = cell(.plausible, row, number, header) else { return nil }
        for mark in ["~", "〜", "～", "..", " to ", "至", "—"] {
            let parts = text.split(separator: mark, maxSplits: 1).map { trimmed(String($0)) }
            guard parts.count == 2, let low = realNumber(parts[0]), let high = realNumber(parts[1]), low <= high else {
                continue
            }
            return (parts[0], parts[1])
        }
        refuse(
            .listValue, .plausible, number, header,
            "'\(shortened(text))' is no range. Write the lowest and the highest value: 0 ~ 100.")
        return nil
    }

    /// `0=closed; 1=open`, and for bits `3=overload(fault)`.
    private mutating func values(_ row: [String], _ number: Int, _ header: ListHeader) -> [ListedValue] {
        guard let text = cell(.values, row, number, header) else { return [] }
        var found: [ListedValue] = []
        for part in text.split(whereSeparator: { $0 == ";" || $0 == "," || $0.isNewline }) {
            let sides = part.split(maxSplits: 1, whereSeparator: { $0 == "=" || $0 == ":" }).map { trimmed(String($0)) }
            guard sides.count == 2, let raw = listNumber(sides[0]), raw <= 65_535 else {
                refuse(
                    .listValue, .values, number, header,
                    "'\(shortened(oneLine(String(part))))' names no value. Write a number and its name: 0=closed; 1=open."
                )
                return []
            }
            var (word, severity) = (sides[1], BitSeverity?.none)
            for each in BitSeverity.allCases where word.hasSuffix("(\(each.rawValue))") {
                severity = each
                word = trimmed(String(word.dropLast(each.rawValue.count + 2)))
            }
            if let name = pointName(word) {
                found.append(ListedValue(number: raw, name: name, severity: severity))
            } else {
                note(
                    .note, nil, row: number, column: header.places[.values],
                    "'\(shortened(oneLine(word)))' cannot be the name of a value, which is of a-z, 0-9, '-' and '_'; it is named "
                        + "'value_\(raw)'.")
                found.append(ListedValue(number: raw, name: "value_\(raw)", severity: severity))
            }
        }
        return found
    }
}
