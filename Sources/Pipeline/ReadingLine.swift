// SPDX-License-Identifier: Apache-2.0

public import Model

/// One reading as a line of text with commas: what `sluice export readings` writes and `sluice replay` reads.
///
/// `sequence,received,source_time,point,quality,reason,kind,value,raw`. The sequence number is the order of arrival and
/// says which readings are the same; times are UTC; the point is `<area>/<asset>/<point>`. `kind` says how `value` is
/// meant: `number`, `integer`, `boolean` or `state` (the place among the labels of the point). Nothing needs quotes.
public struct ReadingLine: Hashable, Sendable {
    public static let header = "sequence,received,source_time,point,quality,reason,kind,value,raw"

    public var sequence: SequenceNumber
    public var received: Timestamp
    public var reading: Reading

    public init(sequence: SequenceNumber, received: Timestamp, reading: Reading) {
        (self.sequence, self.received, self.reading) = (sequence, received, reading)
    }

    /// The lines of a stored sweep, in the order of its readings.
    public static func lines(of stored: StoredSweep) -> [ReadingLine] {
        stored.sweep.readings.enumerated().map { place, reading in
            ReadingLine(
                sequence: SequenceNumber(stored.firstSequence.value + Int64(place)),
                received: stored.sweep.receivedWall, reading: reading)
        }
    }

    /// The reading as a stored sweep of its own.
    public func sweep(of catalogue: Catalogue) -> StoredSweep {
        StoredSweep(
            firstSequence: sequence,
            sweep: Sweep(
                asset: catalogue[reading.point].asset, receivedAt: MonotonicInstant(nanoseconds: 0),
                receivedWall: received, timeQuality: .synced, readings: [reading]))
    }

    public func text(_ catalogue: Catalogue) -> String {
        let (kind, value) = Self.words(of: reading.quantity)
        return [
            "\(sequence.value)", received.rfc3339, reading.sourceTime.rfc3339, catalogue.path(of: reading.point),
            reading.quality.word, reading.reason?.word ?? "", kind, value, reading.raw.map { "\($0)" } ?? "",
        ].joined(separator: ",")
    }

    /// What makes a line no reading.
    public enum Fault: Error, Hashable, Sendable, CustomStringConvertible {
        case columns(Int)
        case column(String, String)
        case unknownPoint(String)

        public var description: String {
            switch self {
            case .columns(let count): "it has \(count) columns instead of 9"
            case .column(let name, let text): "'\(text)' is no \(name)"
            case .unknownPoint(let path): "the site has no point '\(path)'"
            }
        }
    }

    /// - Parameter points: By their paths.
    public init(_ line: some StringProtocol, points: [String: PointIndex]) throws(Fault) {
        let fields = line.split(separator: ",", omittingEmptySubsequences: false).map { String($0) }
        guard fields.count == 9 else { throw .columns(fields.count) }
        guard let number = Int64(fields[0]), number > 0 else { throw .column("sequence", fields[0]) }
        guard let received = Timestamp(rfc3339: fields[1]) else { throw .column("received", fields[1]) }
        guard let at = Timestamp(rfc3339: fields[2]) else { throw .column("source_time", fields[2]) }
        guard let point = points[fields[3]] else { throw .unknownPoint(fields[3]) }
        guard let quality = Quality.allCases.first(where: { $0.word == fields[4] }) else {
            throw .column("quality", fields[4])
        }
        let raw = UInt64(fields[8])
        guard raw != nil || fields[8].isEmpty else { throw .column("raw", fields[8]) }
        let quantity = try Self.quantity(kind: fields[6], fields[7])
        let reason = QualityReason(word: fields[5])
        switch (quality, quantity, reason) {
        case (.good, let quantity?, nil) where fields[5].isEmpty:
            reading = Reading(point: point, good: quantity, raw: raw, sourceTime: at)
        case (.uncertain, let quantity?, let reason?):
            reading = Reading(point: point, uncertain: quantity, reason: reason, raw: raw, sourceTime: at)
        case (.bad, nil, let reason?):
            reading = Reading(point: point, bad: reason, raw: raw, sourceTime: at)
        default: throw .column("reason of a \(quality.word) reading", fields[5])
        }
        (sequence, self.received) = (SequenceNumber(number), received)
    }

    private static func words(of quantity: Quantity?) -> (kind: String, value: String) {
        switch quantity {
        case .none: ("", "")
        case .number(let value): ("number", "\(value)")
        case .integer(let value): ("integer", "\(value)")
        case .isOn(let value): ("boolean", "\(value)")
        case .state(let place): ("state", "\(place)")
        }
    }

    private static func quantity(kind: String, _ text: String) throws(Fault) -> Quantity? {
        let quantity: Quantity?
        switch kind {
        case "": return nil
        case "number": quantity = Double(text).flatMap { $0.isFinite ? .number($0) : nil }
        case "integer": quantity = Int64(text).map { .integer($0) }
        case "boolean": quantity = Bool(text).map { .isOn($0) }
        case "state": quantity = UInt16(text).map { .state($0) }
        default: throw .column("kind", kind)
        }
        guard let quantity else { throw .column(kind, text) }
        return quantity
    }
}

extension Catalogue {
    /// Every point by its path.
    public var pointsByPath: [String: PointIndex] {
        Dictionary(
            points.indices.map { (path(of: PointIndex($0)), PointIndex($0)) }, uniquingKeysWith: { first, _ in first })
    }
}
