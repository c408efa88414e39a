// SPDX-License-Identifier: Apache-2.0

public import Model

/// Everything that a finding was found with: the analyzer as it stood before, and the readings up to the raise.
public struct FindingTrail: Sendable {
    /// The finding as it was raised.
    public var raised: Finding
    /// As it stood before the first of the readings.
    public var analyzer: Analyzer
    public var readings: [AnalyzerReading]

    public init(raised: Finding, analyzer: Analyzer, readings: [AnalyzerReading]) {
        (self.raised, self.analyzer, self.readings) = (raised, analyzer, readings)
    }

    /// What a recomputation showed.
    public struct Outcome: Hashable, Sendable {
        /// Readings that the analyzer was given until it decided, or all of them.
        public var readings: Int
        /// The finding as it was raised now; `nil` when it was not.
        public var computed: Finding?
        /// In words, what differs; empty when everything is the same to the last bit.
        public var differences: [String]
    }

    /// Gives the readings to the analyzer again and compares what it finds.
    public func recompute() -> Outcome {
        var analyzer = analyzer
        for (place, reading) in readings.enumerated() {
            for case .raised(let finding) in analyzer.ingest(reading) where finding.identifier == raised.identifier {
                return Outcome(
                    readings: place + 1, computed: finding, differences: Self.differences(raised, finding))
            }
        }
        return Outcome(readings: readings.count, computed: nil, differences: ["It is not raised."])
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
