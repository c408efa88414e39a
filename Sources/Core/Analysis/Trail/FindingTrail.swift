// SPDX-License-Identifier: Apache-2.0

public import Model

/// Everything that a finding was found with: the analyzer as it stood before, the readings up to the raise, and what the
/// analyzer was told between them.
public struct FindingTrail: Sendable {
    /// What a person said or announced, and its place among the readings.
    public struct Told: Hashable, Codable, Sendable {
        /// Readings that came before it.
        public var place: Int
        /// Data time at which it was told; `nil` before that was known.
        public var at: Timestamp?
        public var intervention: Intervention

        public init(place: Int, at: Timestamp?, _ intervention: Intervention) {
            (self.place, self.at, self.intervention) = (place, at, intervention)
        }
    }

    /// The finding as it was raised.
    public var raised: Finding
    /// As it stood before the first of the readings.
    public var analyzer: Analyzer
    public var readings: [AnalyzerReading]
    /// In the order in which it was told.
    public var told: [Told]

    public init(raised: Finding, analyzer: Analyzer, readings: [AnalyzerReading], told: [Told] = []) {
        (self.raised, self.analyzer, self.readings, self.told) = (raised, analyzer, readings, told)
    }

    /// What a recomputation showed.
    public struct Outcome: Hashable, Sendable {
        /// Readings that the analyzer was given until it decided, or all of them.
        public var readings: Int
        /// What it was told of ``FindingTrail/told`` until then.
        public var told: Int
        /// The finding as it was raised now; `nil` when it was not.
        public var computed: Finding?
        /// In words, what differs; empty when everything is the same to the last bit.
        public var differences: [String]
    }

    /// Gives the readings to the analyzer again, tells it at the same places what it was told, and compares what it finds.
    public func recompute() -> Outcome {
        var analyzer = analyzer
        var (place, told) = (0, 0)
        while place < readings.count || told < self.told.count {
            let changes: [FindingChange]
            if told < self.told.count, self.told[told].place <= place || place == readings.count {
                changes = analyzer.take(self.told[told].intervention, at: self.told[told].at)
                told += 1
            } else {
                changes = analyzer.ingest(readings[place])
                place += 1
            }
            for case .raised(let finding) in changes where finding.identifier == raised.identifier {
                return Outcome(
                    readings: place, told: told, computed: finding, differences: Self.differences(raised, finding))
            }
        }
        return Outcome(readings: place, told: told, computed: nil, differences: ["It is not raised."])
    }

    private static func differences(_ kept: Finding, _ computed: Finding) -> [String] {
        guard kept != computed else { return [] }
        var texts: [String] = []
        func compare<T: Equatable>(_ name: String, _ value: (Finding) -> T) {
            if value(kept) != value(computed) {
                texts.append("\(name): kept \(value(kept)), computed \(value(computed))")
            }
        }
        compare("rule", \.rule)
        compare("rule version", \.ruleVersion)
        compare("severity", \.severity.word)
        compare("asset", \.asset)
        compare("start", \.startedAt.rfc3339)
        compare("raised", \.raisedAt.rfc3339)
        compare("rate low", { $0.loss?.rateLow.value })
        compare("rate high", { $0.loss?.rateHigh.value })
        compare("litres low", { $0.loss?.litresLow.value })
        compare("litres", { $0.loss?.litres.value })
        compare("litres high", { $0.loss?.litresHigh.value })
        compare("size", { $0.size?.value })
        for (place, measure) in kept.evidence.measures.enumerated() {
            let other = computed.evidence.measures
            if !other.indices.contains(place) || other[place] != measure {
                let value = other.indices.contains(place) ? "\(other[place].value)" : "nothing"
                texts.append("\(measure.name): kept \(measure.value), computed \(value)")
            }
        }
        return texts.isEmpty ? ["evidence: kept \(kept.evidence), computed \(computed.evidence)"] : texts
    }
}
