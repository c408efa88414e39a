// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

/// What a person says of a list beside the list itself.
public struct PointListOptions: Sendable {
    /// What addresses are counted from; `nil` takes what the header says, and without that there is no import.
    public var base: AddressBase?
    /// Whether bare addresses are hexadecimal.
    public var isHexadecimal: Bool
    /// Name of the profile of a list without a column of devices.
    public var device: String?
    /// Names of profiles, by the name of the device in the list.
    public var names: [String: String]
    /// Kind of devices whose rows do not say one.
    public var kind: String
    /// Order of values whose rows do not say one.
    public var order: WordOrder?

    public init(
        base: AddressBase? = nil, isHexadecimal: Bool = false, device: String? = nil, names: [String: String] = [:],
        kind: String = "other", order: WordOrder? = nil
    ) {
        (self.base, self.isHexadecimal, self.device, self.names) = (base, isHexadecimal, device, names)
        (self.kind, self.order) = (kind, order)
    }
}

/// A profile made from rows of a list, accepted by the reader of profiles.
public struct ListedProfile: Hashable, Sendable {
    public var identifier: String
    public var kind: String
    /// The device's name in the list; empty when the list does not name it.
    public var title: String
    /// The unit that the list gives the device; a profile has none.
    public var unit: Int?
    public var pointCount: Int
    /// The whole file.
    public var text: String
    /// Below a folder of profiles.
    public var path: String { "\(kind)/\(identifier)/profile.yaml" }
}

/// What a list of points brought.
public struct PointListImport: Sendable {
    /// Empty when there is an error.
    public var profiles: [ListedProfile]
    /// In the order of the list.
    public var problems: [ListProblem]
    /// What addresses were counted from; `nil` when nothing says it, or no address stands in the list.
    public var base: AddressBase?
    /// Up to three points, each read in every way.
    public var samples: [AddressSample]
    /// What separates the cells: `comma`, `semicolon`, `tab`; empty for a text that is no list.
    public var separator: String

    public var hasErrors: Bool { problems.contains { $0.severity == .error } }
}

/// A row of a list as a point.
struct ListedPoint {
    /// From 1.
    var row: Int
    var name: String
    /// Name and note of the list, for the comment.
    var remark: String
    var table: RegisterTable
    var address: UInt16
    var reference: Int?
    var type: PointType
    var order: WordOrder?
    var scale: DecimalNumber?
    var offset: DecimalNumber?
    var measure: UnitOfMeasure?
    var poll: PollClass?
    var signals: [String]
    var bit: Int?
    /// As the list writes them.
    var mask: String?
    var shift: Int?
    var sentinels: [String]
    var decimals: String?
    var plausible: (String, String)?
    var values: [ListedValue]
    var confidence: SourceConfidence?
}

/// A raw value or a bit with its name.
struct ListedValue: Hashable {
    var number: Int
    var name: String
    var severity: BitSeverity?
}

/// The rows of one device.
struct ListedDevice {
    var title: String
    var identifier: String
    /// From 1.
    var row: Int
    var kind: String
    var unit: (number: Int, row: Int)?
    var points: [ListedPoint] = []
    /// Row of each point, by its name.
    var rows: [String: Int] = [:]
}

/// Profiles from a list that a person keeps in a spreadsheet, saved as text with separators.
///
/// - Parameters:
///   - text: The whole file, decoded.
///   - path: Named in problems and in the profiles.
public func importPoints(_ text: String, path: String, options: PointListOptions = .init()) -> PointListImport {
    var reader = PointListReader(path: path, options: options)
    reader.read(text)
    return reader.result()
}

struct PointListReader {
    let path: String
    let options: PointListOptions
    var problems: [ListProblem] = []
    var devices: [ListedDevice] = []
    /// The device of the row above, whether a profile can have its name or not.
    var titleAbove: String?
    /// Place in `devices`, by the name in the list.
    var deviceIndex: [String: Int] = [:]
    var base: AddressBase?
    var samples: [AddressSample] = []
    var separator = ""
    var header: ListHeader?
    /// Cells with full-width characters: how many, and the first.
    var wideCells: (count: Int, row: Int, column: Int)?
    /// Periods that became classes, each told once.
    var toldPeriods: Set<String> = []
    /// Names that a profile cannot have: how many, the first of them and what it became.
    var foreignNames: (count: Int, row: Int, column: Int?, first: String, became: String)?
    /// Whether the missing base has been told.
    var isBaseReported = false
    private(set) var errorCount = 0
    /// The list's file, without its folder.
    var sourceName: String { path.split(separator: "/").last.map(String.init) ?? path }

    init(path: String, options: PointListOptions) { (self.path, self.options) = (path, options) }

    mutating func note(
        _ severity: ListProblem.Severity, _ code: ErrorCode?, row: Int, column: Int? = nil, _ message: String
    ) {
        if severity == .error { errorCount += 1 }
        problems.append(
            ListProblem(
                path: path, row: row, column: column, severity: severity, code: code?.rawValue, message: message))
    }

    mutating func read(_ text: String) {
        var scalars = text.unicodeScalars
        if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
        let (separator, start) = findSeparator(scalars)
        self.separator = separator.name
        let table: ListTable
        do {
            table = try ListTable(scalars, separator: separator)
        } catch {
            note(.error, .listShape, row: error.row + 1, column: error.column, error.message)
            return
        }
        let rows = start ? [[]] + table.rows.dropFirst() : table.rows
        guard let header = ListHeader(in: rows) else {
            reportHeader(rows)
            return
        }
        self.header = header
        reportColumns(header)
        guard hasNeededColumns(header) else { return }
        settleBase(header)
        for (index, row) in rows.enumerated().dropFirst(header.row + 1) { readRow(row, index + 1, header) }
        if let wideCells {
            note(
                .note, nil, row: wideCells.row, column: wideCells.column,
                "full-width characters are read as plain ones, in \(wideCells.count) "
                    + "\(wideCells.count == 1 ? "cell" : "cells").")
        }
        if let foreignNames {
            note(
                .note, nil, row: foreignNames.row, column: foreignNames.column,
                "'\(shortened(foreignNames.first))' cannot be a point's name, which is of a-z, 0-9, '-' and '_'; it is named "
                    + "'\(foreignNames.became)' for its place"
                    + (foreignNames.count > 1 ? ", and \(foreignNames.count - 1) more like it." : "."))
        }
        if devices.isEmpty, errorCount == 0 {
            note(.error, .listShape, row: header.row + 1, "below the header there is no row with a point.")
        }
    }

    /// The separator under which most headers are known, and whether the first line only names it (`sep=;`).
    private func findSeparator(_ text: String.UnicodeScalarView) -> (ListSeparator, isTold: Bool) {
        let start = String(String.UnicodeScalarView(text.prefix(8))).lowercased()
        if start.hasPrefix("sep="), let mark = start.unicodeScalars.dropFirst(4).first,
            let told = ListSeparator(rawValue: mark)
        {
            return (told, true)
        }
        var best = (separator: ListSeparator.comma, columns: 0)
        for separator in ListSeparator.allCases {
            guard let top = try? ListTable(text, separator: separator, most: ListHeader.lastRow),
                let columns = ListHeader(in: top.rows)?.places.count, columns > best.columns
            else { continue }
            best = (separator, columns)
        }
        return (best.separator, false)
    }

    private mutating func reportHeader(_ rows: [[String]]) {
        let row = rows.firstIndex { $0.contains { !trimmed($0).isEmpty } } ?? 0
        let near = rows.indices.contains(row) ? rows[row].first.map { suggestedHeader($0) } ?? "" : ""
        note(
            .error, .listHeader, row: row + 1,
            "no row of the first \(ListHeader.lastRow) names the columns. Head them, such as 设备, 功能码, 寄存器地址, 数据类型, "
                + "倍率, 单位 or device, function, address, type, scale, unit of measure.\(near)")
    }

    private func suggestedHeader(_ text: String) -> String {
        let known = ListColumn.allCases.flatMap { $0.english + $0.chinese }
        return nearestName(to: trimmed(text), in: known).map { " Did you mean '\($0)'?" } ?? ""
    }

    private mutating func reportColumns(_ header: ListHeader) {
        for (column, text) in header.unknown {
            note(
                .note, nil, row: header.row + 1, column: column,
                "column '\(shortened(oneLine(text)))' is not known and left out.\(suggestedHeader(text))")
        }
        for (column, first, what) in header.twins {
            note(
                .error, .listHeader, row: header.row + 1, column: column,
                "column \(columnLetters(first)) is '\(what.english[0])' already. Head one of them otherwise.")
        }
    }

    private mutating func hasNeededColumns(_ header: ListHeader) -> Bool {
        func has(_ column: ListColumn) -> Bool { header.places[column] != nil }
        var isWhole = true
        func need(_ isThere: Bool, _ message: String) {
            guard !isThere else { return }
            note(.error, .listHeader, row: header.row + 1, message)
            isWhole = false
        }
        need(
            has(.address) || has(.reference),
            "no column says where a point is. Head one 寄存器地址 (address), or 手册编号 (reference) for numbers like 40017.")
        need(
            has(.type),
            "no column says how a value is stored. Head one 数据类型 (type), with words such as uint16 or float32.")
        need(
            has(.device) || options.device != nil,
            "no column names the device. Head one 设备 (device), or name the profile: --device inlet-meter.")
        return isWhole
    }

    private mutating func settleBase(_ header: ListHeader) {
        base = options.base ?? header.base
        guard let given = options.base, let said = header.base, given != said else { return }
        note(
            .error, .addressBase, row: header.row + 1, column: header.places[.address],
            "the header says that addresses are \(said.sentence), and --address-base \(given.rawValue) says otherwise. "
                + "Leave the option out, or mend the header.")
    }

    func result() -> PointListImport {
        var problems = problems
        var profiles: [ListedProfile] = []
        if errorCount == 0 {
            for device in devices {
                let (profile, found) = checkedProfile(of: device)
                problems += found
                if let profile { profiles.append(profile) }
            }
        }
        if problems.contains(where: { $0.severity == .error }) { profiles = [] }
        let order = problems.enumerated().sorted { a, b in
            (a.element.row, a.element.column ?? -1, a.offset) < (b.element.row, b.element.column ?? -1, b.offset)
        }
        return PointListImport(
            profiles: profiles, problems: order.map(\.element), base: base, samples: samples, separator: separator)
    }
}
