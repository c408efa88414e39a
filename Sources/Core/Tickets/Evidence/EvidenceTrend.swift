// SPDX-License-Identifier: Apache-2.0

public import Model

/// What one point showed around the moment a rule fired: 24 h before to 1 h after.
public struct EvidenceTrend: Hashable, Sendable {
    /// One value at one moment.
    public struct Sample: Hashable, Sendable {
        public var at: Timestamp
        /// In the unit of the trend; `nil` when the reading had none.
        public var value: Double?
        public var quality: Quality

        public init(at: Timestamp, value: Double?, quality: Quality = .good) {
            (self.at, self.value, self.quality) = (at, value, quality)
        }

        /// Whether the curve may pass through here: a finite value that is not known to be wrong.
        var isDrawn: Bool { value?.isFinite == true && quality != .bad }
    }

    public static let before = Duration.seconds(24 * 3600)
    public static let after = Duration.seconds(3600)

    /// The name of the point as people read it, such as `riser-3/flow`.
    public var point: String
    /// Such as `L/h`; empty for a bare number.
    public var unit: String
    public var firedAt: Timestamp
    /// The rule's limit when it fired, in `unit`; `nil` when the rule has none on this point.
    public var threshold: Double?
    /// By time; those outside the window are left out, of two at one moment the later given stays.
    public let samples: [Sample]
    /// Longest distance between two samples that a line may bridge.
    public var longestStep: Duration

    /// - Parameters:
    ///   - samples: In any order.
    ///   - period: Time between two readings of the point; three periods without one are a gap. Longer than zero.
    public init(
        point: String, unit: String, firedAt: Timestamp, threshold: Double? = nil, samples: [Sample], period: Duration
    ) {
        precondition(period > .zero, "a period is longer than zero")
        (self.point, self.unit, self.firedAt) = (point, unit, firedAt)
        (self.threshold, longestStep) = (threshold?.isFinite == true ? threshold : nil, period * 3)
        let (first, last) = (firedAt - Self.before, firedAt + Self.after)
        var byTime: [Timestamp: Sample] = [:]
        for sample in samples where sample.at >= first && sample.at <= last { byTime[sample.at] = sample }
        self.samples = byTime.values.sorted { $0.at < $1.at }
    }

    /// The curve's unbroken pieces, by time. A sample without value, a bad one and a silence longer than
    /// `longestStep` end a piece; nothing is drawn across.
    public var pieces: [[Sample]] {
        var pieces: [[Sample]] = []
        var piece: [Sample] = []
        for sample in samples {
            let isCut = piece.last.map { sample.at - $0.at > longestStep } ?? false
            if (isCut || !sample.isDrawn) && !piece.isEmpty {
                pieces.append(piece)
                piece = []
            }
            if sample.isDrawn { piece.append(sample) }
        }
        return piece.isEmpty ? pieces : pieces + [piece]
    }

    /// Of a total: what flowed in an hour, by the difference of the last totals of each quarter of an hour. A quarter
    /// without a total, after one without, or with a total that went back leaves the curve open.
    public var flow: EvidenceTrend {
        let quarter: Int64 = 900_000
        var last: [Int64: Double] = [:]
        for sample in samples where sample.isDrawn { last[sample.at.milliseconds / quarter] = sample.value }
        let places = last.keys.sorted()
        let flows = places.compactMap { place -> Sample? in
            guard let now = last[place], let before = last[place - 1], now >= before else { return nil }
            return Sample(at: Timestamp(milliseconds: (place + 1) * quarter), value: (now - before) * 4)
        }
        return EvidenceTrend(
            point: point, unit: unit.isEmpty ? "" : unit + "/h", firedAt: firedAt, samples: flows,
            period: .seconds(300))
    }

    /// Comma-separated values with a heading line (RFC 4180): UTC time, value, unit, quality. A reading without value
    /// keeps its line with an empty field.
    public var csv: String {
        let lines = samples.map { sample in
            let value = sample.value.flatMap { $0.isFinite ? "\($0)" : nil } ?? ""
            return "\(sample.at.rfc3339),\(value),\(Self.field(unit)),\(sample.quality.word)\r\n"
        }
        return "time,value,unit,quality\r\n" + lines.joined()
    }

    private static func field(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { ",\"\r\n".unicodeScalars.contains($0) }) else { return text }
        return "\"" + text.split(separator: "\"", omittingEmptySubsequences: false).joined(separator: "\"\"") + "\""
    }
}
