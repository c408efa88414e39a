// SPDX-License-Identifier: Apache-2.0

/// Bounds of a list of points; no list that people keep comes near them.
public enum ListLimits {
    /// Bytes of the file.
    public static let bytes = 16 * 1_048_576
    /// Rows, blank ones and those above the header included.
    public static let rows = 20_000
    public static let columns = 256
    /// Unicode scalars of one cell.
    public static let cell = 4000
}

/// What separates the cells of a list.
enum ListSeparator: Unicode.Scalar, CaseIterable {
    case comma = ","
    case semicolon = ";"
    case tab = "\t"
    // Typed by hand with a Chinese keyboard.
    case wideComma = "，"
    case wideSemicolon = "；"

    var name: String {
        switch self {
        case .comma: "comma"
        case .semicolon: "semicolon"
        case .tab: "tab"
        case .wideComma: "full-width comma"
        case .wideSemicolon: "full-width semicolon"
        }
    }
}

/// Why a text is no table, at the cell where that shows; both numbers count from 0.
struct ListShapeMistake: Error, Hashable {
    var row: Int
    var column: Int
    var message: String
}

/// The cells of a text, row by row as a spreadsheet counts them: a row is a record, however many lines its quoted
/// cells take, and a blank line is a row.
struct ListTable {
    var rows: [[String]]

    /// - Parameter most: Rows after which reading stops, for a look at the beginning.
    init(
        _ text: String.UnicodeScalarView, separator: ListSeparator, most: Int = .max
    ) throws(ListShapeMistake) {
        var reader = ListTableReader(separator: separator.rawValue, most: most)
        try reader.read(text)
        rows = reader.rows
    }
}

private struct ListTableReader {
    let separator: Unicode.Scalar
    let most: Int
    var rows: [[String]] = []
    private var row: [String] = []
    private var cell = String.UnicodeScalarView()
    private var cellLength = 0
    private var state = State.start

    private enum State {
        /// Nothing of the cell has been read.
        case start
        case plain
        /// Between quotes.
        case quoted
        /// A quote came between quotes: the first of two, or the end of the cell.
        case quoteInQuotes
    }

    init(separator: Unicode.Scalar, most: Int) { (self.separator, self.most) = (separator, most) }

    mutating func read(_ text: String.UnicodeScalarView) throws(ListShapeMistake) {
        var last: Unicode.Scalar?
        for scalar in text {
            defer { last = scalar }
            if state == .quoted {
                if scalar == "\"" { state = .quoteInQuotes } else { try add(scalar) }
                continue
            }
            switch scalar {
            case "\n" where last == "\r" && state == .start && row.isEmpty: continue
            case "\"" where state == .start: state = .quoted
            case "\"" where state == .quoteInQuotes:
                try add(scalar)
                state = .quoted
            case separator: try endCell()
            case "\n", "\r":
                try endCell()
                try endRow()
                if rows.count >= most { return }
            case " " where state == .quoteInQuotes: continue
            case _ where state == .quoteInQuotes:
                throw mistake("a quote ends before the cell does. Write a quote inside quotes twice.")
            default:
                try add(scalar)
                state = .plain
            }
        }
        if state == .quoted { throw mistake("the quote that begins here never ends. Close it, or remove it.") }
        guard state != .start || !row.isEmpty else { return }
        try endCell()
        try endRow()
    }

    private mutating func add(_ scalar: Unicode.Scalar) throws(ListShapeMistake) {
        guard cellLength < ListLimits.cell else {
            let cure = state == .quoted ? " A quote that never ends swallows the rows below it." : ""
            throw mistake("the cell has more than \(ListLimits.cell) characters.\(cure)")
        }
        cell.append(scalar)
        cellLength += 1
    }

    private mutating func endCell() throws(ListShapeMistake) {
        guard row.count < ListLimits.columns else {
            throw mistake("the row has more than \(ListLimits.columns) cells.")
        }
        row.append(String(cell))
        cell = String.UnicodeScalarView()
        (cellLength, state) = (0, .start)
    }

    private mutating func endRow() throws(ListShapeMistake) {
        guard rows.count < ListLimits.rows else {
            throw ListShapeMistake(
                row: rows.count, column: 0, message: "the list has more than \(ListLimits.rows) rows. Split it.")
        }
        rows.append(row)
        row = []
    }

    private func mistake(_ message: String) -> ListShapeMistake {
        ListShapeMistake(row: rows.count, column: row.count, message: message)
    }
}
