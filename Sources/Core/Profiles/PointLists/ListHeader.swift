// SPDX-License-Identifier: Apache-2.0

/// The row that names the columns of a list.
struct ListHeader {
    /// From 0.
    var row: Int
    var places: [ListColumn: Int] = [:]
    /// Columns whose header is not known, which are left out.
    var unknown: [(column: Int, text: String)] = []
    /// Columns that say what another one says.
    var twins: [(column: Int, first: Int, what: ListColumn)] = []
    /// Said in the header's brackets: `address (base 0)`, `寄存器地址（从1开始）`.
    var base: AddressBase?
    var isHexadecimal = false
    /// Seconds of one unit of the poll column: `采集周期(ms)`.
    var pollUnit = 1.0
    /// What a bare digit of the table column means; `nil` when its header does not tell.
    var tableDigits: TableDigits?

    enum TableDigits { case functions, areas }

    /// Rows that are looked at; above the header a list may have a title.
    static let lastRow = 10

    /// The header among the first rows: the first one with two columns that are known.
    init?(in rows: [[String]]) {
        for (index, row) in rows.prefix(Self.lastRow).enumerated() {
            let header = ListHeader(row, at: index)
            guard header.places.count >= 2 else { continue }
            self = header
            return
        }
        return nil
    }

    private init(_ cells: [String], at row: Int) {
        self.row = row
        for (index, cell) in cells.enumerated() {
            let (words, brackets) = Self.parts(of: plainCell(cell).text)
            guard !words.isEmpty else { continue }
            guard let column = Self.column(of: words) else {
                unknown.append((index, trimmed(cell)))
                continue
            }
            if let first = places[column] {
                twins.append((index, first, column))
                continue
            }
            places[column] = index
            note(brackets, of: column)
            guard column == .table || column == .function else { continue }
            let digits: TableDigits? =
                words.count > 1
                ? nil : column == .function ? .functions : ["区", "area"].contains(words[0]) ? .areas : nil
            if column == .table { tableDigits = digits }
        }
    }

    /// The words of a header and what stands in its brackets: `功能码 / 区` has two, `采集周期(ms)` one and `ms`.
    private static func parts(of text: String) -> (words: [String], brackets: String) {
        var (outside, inside, depth) = ("", "", 0)
        for character in text {
            switch character {
            case "(", "[", "【", "〔": depth += 1
            case ")", "]", "】", "〕": depth = max(0, depth - 1)
            default: if depth > 0 { inside.append(character) } else { outside.append(character) }
            }
        }
        let words = outside.split { $0 == "/" || $0 == "|" || $0 == "\n" || $0 == "\r\n" }.map {
            comparable(String($0))
        }
        return (words.filter { !$0.isEmpty }, comparable(inside))
    }

    /// What all words mean; a code of function and an area are two ways to name a table.
    private static func column(of words: [String]) -> ListColumn? {
        let columns = Set(words.compactMap { ListColumn.byHeader[$0] })
        guard words.allSatisfy({ ListColumn.byHeader[$0] != nil }) else { return nil }
        if columns == [.function, .table] { return .table }
        return columns.count == 1 ? columns.first : nil
    }

    private mutating func note(_ brackets: String, of column: ListColumn) {
        switch column {
        case .address:
            if brackets.contains("hex") || brackets.contains("16进制") || brackets.contains("十六进制") {
                isHexadecimal = true
            }
            if ["base0", "0base", "0基", "从0", "zerobased", "0based", "以0"].contains(where: brackets.contains) {
                base = .zero
            } else if ["base1", "1base", "1基", "从1", "onebased", "1based", "以1"].contains(where: brackets.contains) {
                base = .one
            } else if brackets.contains("4xxxx") {
                base = .reference
            }
        case .poll: pollUnit = secondsPerUnit[brackets] ?? 1
        default: break
        }
    }
}

/// Seconds of the units that lists give periods in.
let secondsPerUnit: [String: Double] = [
    "ms": 0.001, "毫秒": 0.001, "s": 1, "sec": 1, "second": 1, "seconds": 1, "秒": 1, "秒钟": 1, "min": 60, "m": 60,
    "minute": 60, "minutes": 60, "分": 60, "分钟": 60, "h": 3600, "hour": 3600, "hours": 3600, "时": 3600, "小时": 3600,
    "d": 86_400, "day": 86_400, "days": 86_400, "天": 86_400, "日": 86_400,
]
