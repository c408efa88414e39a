// SPDX-License-Identifier: Apache-2.0

/// Lines that differ between two texts, `-` before those of the first and `+` before those of the second.
///
/// - Returns: Empty when the texts are the same. Long texts that differ widely are told whole.
public func lineDifference(_ old: String, _ new: String) -> [String] {
    let before = old.split(separator: "\n", omittingEmptySubsequences: false)
    let after = new.split(separator: "\n", omittingEmptySubsequences: false)
    let head = zip(before, after).prefix { $0 == $1 }.count
    let tail = zip(before.dropFirst(head).reversed(), after.dropFirst(head).reversed()).prefix { $0 == $1 }.count
    let (removed, added) = (Array(before[head..<before.count - tail]), Array(after[head..<after.count - tail]))
    // The work grows with the product of both numbers.
    guard removed.count * added.count <= 4_000_000 else { return removed.map { "-\($0)" } + added.map { "+\($0)" } }
    let changes = added.difference(from: removed)
    let gone = Set(
        changes.removals.map { change -> Int in
            if case .remove(let offset, _, _) = change { return offset }
            return -1
        })
    let come = Set(
        changes.insertions.map { change -> Int in
            if case .insert(let offset, _, _) = change { return offset }
            return -1
        })
    var lines: [String] = []
    var (i, j) = (0, 0)
    while i < removed.count || j < added.count {
        if i < removed.count, gone.contains(i) {
            lines.append("-\(removed[i])")
            i += 1
        } else if j < added.count, come.contains(j) {
            lines.append("+\(added[j])")
            j += 1
        } else {
            (i, j) = (i + 1, j + 1)
        }
    }
    return lines
}
