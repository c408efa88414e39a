// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

extension PointListReader {
    /// The cell in this column, plain; `nil` when it is empty or the list has no such column.
    mutating func cell(_ column: ListColumn, _ row: [String], _ number: Int, _ header: ListHeader) -> String? {
        guard let place = header.places[column], row.indices.contains(place) else { return nil }
        let (text, wasWide) = plainCell(row[place])
        guard !text.isEmpty else { return nil }
        if wasWide, column != .name, column != .note, column != .device {
            if wideCells == nil { wideCells = (0, number, place) }
            wideCells?.count += 1
            if let first = wideCells, first.row == number, place < first.column { wideCells?.column = place }
        }
        // What stands for nothing in many lists.
        return ["-", "--", "—", "/", "\\"].contains(text) && column != .measure ? nil : text
    }

    mutating func refuse(
        _ code: ErrorCode, _ column: ListColumn, _ number: Int, _ header: ListHeader, _ message: String
    ) {
        note(.error, code, row: number, column: header.places[column], message)
    }

    mutating func value<Value>(
        _ reading: CellReading<Value>, _ column: ListColumn, _ number: Int, _ header: ListHeader
    ) -> Value? {
        switch reading {
        case .value(let value): return value
        case .refused(let message):
            refuse(.listValue, column, number, header, message)
            return nil
        }
    }

    mutating func readRow(_ row: [String], _ number: Int, _ header: ListHeader) {
        let filled = row.indices.filter { !trimmed(row[$0]).isEmpty }
        guard let first = filled.first else { return }
        let address = cell(.address, row, number, header)
        let reference = cell(.reference, row, number, header)
        guard address != nil || reference != nil else {
            if filled.count == 1 {
                note(.note, nil, row: number, column: first, "the row has one cell only and is taken for a heading.")
            } else {
                let column: ListColumn = header.places[.address] == nil ? .reference : .address
                refuse(
                    .listValue, column, number, header, "the row has no address. Give it, or leave the whole row empty."
                )
            }
            return
        }
        // What is wrong with the device is told once, at its first row; its points are read all the same.
        let device = device(row, number, header)
        guard let point = point(row, number, header, address, reference, device) else { return }
        guard let device else { return }
        if let twin = devices[device].rows[point.name] {
            let cure = header.places[.point] == nil ? "Give both a name in a column headed 变量名 (point)." : "Rename one."
            note(
                .error, .listName, row: number, column: header.places[.point],
                "point '\(point.name)' of this device is in row \(twin) already. \(cure)")
            return
        }
        devices[device].points.append(point)
        devices[device].rows[point.name] = number
    }

    /// Place of the row's device in `devices`; a cell left empty, as merged cells are, repeats the one above.
    private mutating func device(_ row: [String], _ number: Int, _ header: ListHeader) -> Int? {
        let written = header.places[.device].flatMap { row.indices.contains($0) ? trimmed(row[$0]) : nil } ?? ""
        let title = written.isEmpty ? titleAbove ?? "" : oneLine(written)
        titleAbove = title
        if title.isEmpty, header.places[.device] != nil, options.device == nil {
            refuse(.listValue, .device, number, header, "the row names no device, and there is none above.")
            return nil
        }
        let unit = unit(row, number, header)
        if let known = deviceIndex[title] {
            checkUnit(unit, of: known, number, header)
            return known
        }
        let kind = cell(.kind, row, number, header)?.lowercased() ?? options.kind
        if !DeviceIdentifier.isValid(kind) {
            refuse(
                .listName, .kind, number, header,
                "kind '\(shortened(oneLine(kind)))' must be made of a-z, 0-9, '-' and '_'.")
            return nil
        }
        guard let identifier = identifier(of: title, number, header) else { return nil }
        deviceIndex[title] = devices.count
        devices.append(
            ListedDevice(
                title: title, identifier: identifier, row: number, kind: kind, unit: unit.map { ($0, number) }))
        return devices.count - 1
    }

    /// The name of the profile of a device.
    private mutating func identifier(of title: String, _ number: Int, _ header: ListHeader) -> String? {
        let small = String(plainCell(title).text.lowercased().map { $0 == " " ? "-" : $0 })
        let name = options.names[title] ?? (title.isEmpty ? options.device ?? "" : small)
        guard DeviceIdentifier.isValid(name) else {
            // Told once; the rows below are of the same device.
            guard !toldPeriods.contains("device \(title)") else { return nil }
            toldPeriods.insert("device \(title)")
            refuse(
                .listName, .device, number, header,
                "'\(shortened(title.isEmpty ? name : title))' cannot name a profile, which has 1 to 64 characters of a-z, 0-9, "
                    + "'-' and '_'. Name it: --name '\(shortened(title))=inlet-meter'.")
            return nil
        }
        if let twin = devices.first(where: { $0.identifier == name }) {
            refuse(
                .listName, .device, number, header,
                "device '\(shortened(title))' would have the profile name '\(name)', like '\(shortened(twin.title))' in row "
                    + "\(twin.row). Name one of them: --name '\(shortened(title))=another-name'.")
            return nil
        }
        return name
    }

    private mutating func unit(_ row: [String], _ number: Int, _ header: ListHeader) -> Int? {
        guard let text = cell(.unit, row, number, header) else { return nil }
        guard let unit = listNumber(text), (1...255).contains(unit) else {
            refuse(
                .listValue, .unit, number, header,
                "'\(shortened(text))' is no unit of a bus. Units are 1 to 247, and up to 255 behind TCP.")
            return nil
        }
        return unit
    }

    private mutating func checkUnit(_ unit: Int?, of device: Int, _ number: Int, _ header: ListHeader) {
        guard let unit else { return }
        guard let first = devices[device].unit else {
            devices[device].unit = (unit, number)
            return
        }
        guard first.number != unit else { return }
        refuse(
            .listValue, .unit, number, header,
            "device '\(shortened(devices[device].title))' has unit \(unit) here and unit \(first.number) in row \(first.row). "
                + "Devices of one kind with several units share one profile: list its points once, and name each unit in "
                + "the site's file.")
    }

    /// What the row says of its place: the address column counted from the base, or the manual's number.
    mutating func place(
        _ row: [String], _ number: Int, _ header: ListHeader, _ address: String?, _ reference: String?, _ name: String
    ) -> (table: RegisterTable, address: UInt16, reference: Int?)? {
        let (named, isTableSound) = namedTable(row, number, header)
        var found: ListAddress?
        var column = ListColumn.address
        if let address {
            if samples.count < 3 {
                let sample = addressSample(
                    row: number, point: name, text: address, table: named,
                    isHexadecimal: options.isHexadecimal || header.isHexadecimal, chosen: base)
                if !sample.ways.isEmpty { samples.append(sample) }
            }
            guard let base else {
                reportBase(header)
                return nil
            }
            found = value(
                addressNamed(
                    address, base: base, table: named, isHexadecimal: options.isHexadecimal || header.isHexadecimal),
                column, number, header)
        } else if let reference {
            column = .reference
            found = referenced(reference, named, number, header)
        }
        guard isTableSound, var found else { return nil }
        if address != nil, let reference { found.reference = printed(reference, number, header) }
        if let named, let told = found.table, named != told {
            refuse(
                .listValue, column, number, header,
                "the number is one of table '\(told.rawValue)', and the row says '\(named.rawValue)'. Mend one of them."
            )
            return nil
        }
        guard let table = named ?? found.table else {
            refuse(
                .listValue, column, number, header,
                "nothing says in which table the point is. Add a column 功能码 (function) with 1, 2, 3 or 4, or 区 (area).")
            return nil
        }
        return (table, UInt16(clamping: found.address), found.reference)
    }

    private mutating func namedTable(
        _ row: [String], _ number: Int, _ header: ListHeader
    ) -> (table: RegisterTable?, isSound: Bool) {
        var table: RegisterTable?
        for column in [ListColumn.function, .table] {
            guard let text = cell(column, row, number, header) else { continue }
            let digits = column == .function ? .functions : header.tableDigits
            guard let named = value(tableNamed(text, digits: digits), column, number, header) else {
                return (nil, false)
            }
            if let table, table != named {
                refuse(
                    .listValue, column, number, header,
                    "the row names table '\(table.rawValue)' and table '\(named.rawValue)'. Mend one of them.")
                return (nil, false)
            }
            table = named
        }
        return (table, true)
    }

    /// The number of a manual that stands alone: it tells its table, or counts from one in the table of the row.
    private mutating func referenced(
        _ text: String, _ table: RegisterTable?, _ number: Int, _ header: ListHeader
    ) -> ListAddress? {
        guard let printed = printed(text, number, header) else { return nil }
        if let found = referencedAddress(printed) { return found }
        if table != nil, (1...9999).contains(printed) { return ListAddress(address: printed - 1, reference: printed) }
        refuse(
            .listValue, .reference, number, header,
            "\(printed) tells no table. Write it like 40017 or 30001, or name the table in a column 功能码 (function).")
        return nil
    }

    private mutating func printed(_ text: String, _ number: Int, _ header: ListHeader) -> Int? {
        guard let printed = listNumber(text), (0...465_536).contains(printed) else {
            refuse(
                .listValue, .reference, number, header, "'\(shortened(text))' is no number of a manual, such as 40017.")
            return nil
        }
        return printed
    }

    /// Says once that nothing tells what addresses are counted from.
    private mutating func reportBase(_ header: ListHeader) {
        guard !isBaseReported else { return }
        isBaseReported = true
        let example = samples.last.map { " \($0)." } ?? ""
        refuse(
            .addressBase, .address, header.row + 1, header,
            "nothing says what these addresses are counted from.\(example) Look at a frame that the manual prints: bytes 3 "
                + "and 4 of a request are the address counted from 0. Then say --address-base 0, 1 or 4xxxx, or head the "
                + "column 'address (base 0)'.")
    }
}
