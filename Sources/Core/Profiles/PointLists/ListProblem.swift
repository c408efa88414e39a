// SPDX-License-Identifier: Apache-2.0

/// Something about a cell of a list, named as a spreadsheet names it: `点表.csv:R17:D: error: SL-1305: …`.
public struct ListProblem: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Severity: String, Hashable, Sendable { case error, warning, note }

    public var path: String
    /// From 1; 0 for the whole file.
    public var row: Int
    /// From 0, which is column A; `nil` for the whole row.
    public var column: Int?
    public var severity: Severity
    /// `nil` for a note.
    public var code: String?
    public var message: String

    public init(path: String, row: Int, column: Int?, severity: Severity, code: String?, message: String) {
        (self.path, self.row, self.column) = (path, row, column)
        (self.severity, self.code, self.message) = (severity, code, message)
    }

    public var description: String {
        var place = path
        if row > 0 { place += ":R\(row)" }
        if let column { place += ":\(columnLetters(column))" }
        return "\(place): \(severity.rawValue): " + (code.map { "\($0): " } ?? "") + message
    }
}

/// A column as a spreadsheet heads it: `A` for 0, `AA` for 26.
public func columnLetters(_ column: Int) -> String {
    guard (0..<100_000).contains(column) else { return "?" }
    var (rest, letters) = (column, "")
    while true {
        letters = String(UnicodeScalar(UInt8(65 + rest % 26))) + letters
        guard rest >= 26 else { return letters }
        rest = rest / 26 - 1
    }
}
