// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

/// Checks over the file as a whole.
extension ProfileReader {
    /// Points of one table share registers wholly or not at all, and their printed numbers follow one rule.
    mutating func checkPoints() {
        for table in RegisterTable.allCases {
            let placed = points.filter { $0.point.table == table }
            checkOverlaps(placed)
            checkReferences(placed)
        }
    }

    private mutating func checkOverlaps(_ placed: [PlacedPoint]) {
        let sorted = placed.sorted { ($0.point.address, $0.key) < ($1.point.address, $1.key) }
        for (index, point) in sorted.enumerated() {
            // Values are at most four registers wide, so only near neighbours can reach into each other.
            for other in sorted[..<index].reversed() {
                guard Int(other.point.address) + 4 > Int(point.point.address) else { break }
                guard other.point.span != point.point.span, other.point.span.range.overlaps(point.point.span.range)
                else { continue }
                let (later, earlier) = point.key < other.key ? (other, point) : (point, other)
                file.error(
                    .overlap, at: later.address,
                    "point '\(later.point.name)': \(later.point.span) "
                        + "overlaps point '\(earlier.point.name)' (\(earlier.point.span))."
                )
                break
            }
        }
    }

    private mutating func checkReferences(_ placed: [PlacedPoint]) {
        var counts: [Int: Int] = [:]
        for point in placed {
            if let reference = point.point.reference { counts[reference - Int(point.point.address), default: 0] += 1 }
        }
        guard counts.count > 1,
            let usual = counts.max(by: { ($0.value, -$0.key) < ($1.value, -$1.key) })?.key
        else { return }
        for point in placed {
            guard let reference = point.point.reference, reference - Int(point.point.address) != usual else { continue }
            file.error(
                .referenceRelation, at: point.reference,
                "point '\(point.point.name)': reference \(reference) belongs to address \(reference - usual) "
                    + "by the rule of the other points, not to \(point.point.address)."
            )
        }
    }

    /// Every value of the device has a name of its own on the wire.
    mutating func checkNames() {
        var owners: [String: [PlacedSignal]] = [:]
        for placed in signals {
            let name = placed.signal.name.quantityName
            let owner = "signal '\(placed.signal.name)'"
            checkReserved(name, of: owner, at: placed.key)
            // Of two that never exist together, each may have the name.
            let first = owners[name]?.first { !excludes(placed.signal, $0.signal) }
            if let first {
                file.error(
                    .duplicateName, at: placed.key,
                    "\(owner): its name on the wire is '\(name)', like that of signal '\(first.signal.name)'.")
            } else {
                owners[name, default: []].append(placed)
            }
        }
        // A signal that could not be read may have referred to a point; then nothing is known about its name.
        let referred = Set(signals.flatMap(\.signal.form.points))
        for placed in points where !referred.contains(placed.point.name) {
            checkReserved(placed.point.name, of: "point '\(placed.point.name)'", at: placed.key)
            guard let first = owners[placed.point.name]?.first else { continue }
            file.error(
                .duplicateName, at: placed.key,
                "point '\(placed.point.name)': its name on the wire is also that of signal '\(first.signal.name)'. Rename the point."
            )
        }
    }

    /// Keys of an asset's message beside its values.
    private static let messageKeys: Set<String> = ["ts", "seq", "ep", "tq", "rev", "hist", "asset"]

    private mutating func checkReserved(_ name: String, of owner: String, at place: FilePlace) {
        guard Self.messageKeys.contains(name) else { return }
        file.error(
            .reservedName, at: place,
            "\(owner): '\(name)' is a key of the message that carries the value. Choose another name.")
    }

    /// Whether no choice of the site lets both exist.
    private func excludes(_ a: ProfileSignal, _ b: ProfileSignal) -> Bool {
        let (mine, theirs) = (conditions(of: a), conditions(of: b))
        return mine.contains { one in theirs.contains { one.excludes($0) } }
    }

    private func conditions(of signal: ProfileSignal) -> [Presence] {
        let names = signal.form.points
        return signal.presence + points.filter { names.contains($0.point.name) }.flatMap(\.point.presence)
    }
}
