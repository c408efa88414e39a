// SPDX-License-Identifier: Apache-2.0

/// A mistake in a file that a person wrote: where it is, what is wrong and how to mend it.
///
/// Loaders gather all problems before they stop. Its description is one line that editors understand:
/// `profile.yaml:23:12: error: SL-1206: point 'total': register table 'holdng' is not known. Did you mean 'holding'?`
public struct FileProblem: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Severity: String, Hashable, Sendable {
        case error
        case warning
    }

    public var path: String
    /// From 1.
    public var line: Int
    /// From 1, in characters.
    public var column: Int
    public var severity: Severity
    /// `SL-` and four digits: the same in every language, with a line in the reference of error codes.
    public var code: String
    public var message: String

    public init(
        path: String, line: Int, column: Int, severity: Severity = .error, code: String, message: String
    ) {
        self.path = path
        self.line = line
        self.column = column
        self.severity = severity
        self.code = code
        self.message = message
    }

    public var description: String { "\(path):\(line):\(column): \(severity.rawValue): \(code): \(message)" }
}

/// The name of `known` that is most like `text`; `nil` when none is near enough to be meant.
///
/// Near enough is an edit distance of at most a third of the longer name, and at least one.
public func nearestName(to text: String, in known: some Sequence<String>) -> String? {
    var best: (name: String, distance: Int)?
    for name in known {
        let distance = editDistance(Array(text.lowercased().unicodeScalars), Array(name.lowercased().unicodeScalars))
        guard distance <= max(1, max(text.count, name.count) / 3) else { continue }
        if best.map({ distance < $0.distance || (distance == $0.distance && name < $0.name) }) ?? true {
            best = (name, distance)
        }
    }
    return best?.name
}

/// ` Did you mean 'x'?` for the nearest of `known`, else the list of what is allowed when it is short, else nothing.
public func suggestion(for text: String, in known: some Collection<String>) -> String {
    if let name = nearestName(to: text, in: known) { return " Did you mean '\(name)'?" }
    guard !known.isEmpty, known.count <= 12 else { return "" }
    return " Allowed: \(known.sorted().joined(separator: ", "))."
}

/// Least number of insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`.
private func editDistance(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...b.count)
    for (i, x) in a.enumerated() {
        var row = [i + 1]
        for (j, y) in b.enumerated() {
            var cost = min(last[j] + (x == y ? 0 : 1), last[j + 1] + 1, row[j] + 1)
            if i > 0, j > 0, x == b[j - 1], a[i - 1] == y { cost = min(cost, beforeLast[j - 1] + 1) }
            row.append(cost)
        }
        (beforeLast, last) = (last, row)
    }
    return last[b.count]
}
