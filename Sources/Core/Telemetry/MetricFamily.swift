// SPDX-License-Identifier: Apache-2.0

/// Figures of one kind, as a monitoring system takes them: a name, what it means, and one sample for each set of labels.
///
/// Names and units follow Prometheus: base units (seconds, bytes, cubic metres) in the name, `_total` for counters.
public struct MetricFamily: Hashable, Sendable {
    public enum Kind: String, Hashable, Sendable {
        case gauge, counter, histogram, summary
    }

    public struct Sample: Hashable, Sendable {
        /// Beside the family's name, such as `_bucket`; empty for gauges and counters.
        public var suffix: String
        /// Names and values, in the order in which they are written.
        public var labels: [Label]
        public var value: Double
    }

    public struct Label: Hashable, Sendable {
        public var name: String
        /// Any text; it is escaped where it is written.
        public var value: String
        public init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
    }

    /// Lower-case letters, digits and `_`, such as `sluice_outbox_rows`.
    public var name: String
    public var kind: Kind
    /// One sentence.
    public var help: String
    public private(set) var samples: [Sample] = []

    public init(_ name: String, _ kind: Kind, _ help: String) {
        (self.name, self.kind, self.help) = (name, kind, help)
    }

    /// One figure of a gauge or a counter; without a value there is no sample.
    public mutating func add(_ value: Double?, _ labels: [Label] = []) {
        guard let value else { return }
        samples.append(Sample(suffix: "", labels: labels, value: value))
    }

    public mutating func add(_ value: (some BinaryInteger)?, _ labels: [Label] = []) {
        add(value.map { Double($0) }, labels)
    }

    /// The buckets, sum and count of a histogram.
    public mutating func add(_ histogram: DurationHistogram, _ labels: [Label] = []) {
        for (bound, count) in histogram.cumulative {
            let bucket = Label("le", bound.map { MetricsText.text(of: $0) } ?? "+Inf")
            samples.append(Sample(suffix: "_bucket", labels: labels + [bucket], value: Double(count)))
        }
        samples.append(Sample(suffix: "_sum", labels: labels, value: histogram.sum))
        samples.append(Sample(suffix: "_count", labels: labels, value: Double(histogram.count)))
    }

    /// A quantile of a summary, such as 0.99.
    public mutating func add(quantile: Double, _ value: Double?, _ labels: [Label] = []) {
        guard let value else { return }
        let label = Label("quantile", MetricsText.text(of: quantile))
        samples.append(Sample(suffix: "", labels: labels + [label], value: value))
    }
}
