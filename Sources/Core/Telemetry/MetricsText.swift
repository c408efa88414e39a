// SPDX-License-Identifier: Apache-2.0

/// Metrics in the text format of Prometheus, version 0.0.4.
public enum MetricsText {
    /// Media type of what ``write(_:limit:)`` gives.
    public static let mediaType = "text/plain; version=0.0.4; charset=utf-8"
    /// Most series that are given out at once; a site of 2,000 devices stays below.
    public static let seriesLimit = 5000

    /// Writes whole families, in their order, as long as their samples fit; those that do not are counted in
    /// `sluice_metrics_series_dropped_total`. A family without a sample is left out.
    public static func write(_ families: [MetricFamily], limit: Int = seriesLimit) -> String {
        var text = ""
        var (written, dropped) = (0, 0)
        for family in families where !family.samples.isEmpty {
            guard written + family.samples.count <= limit else {
                dropped += family.samples.count
                continue
            }
            written += family.samples.count
            write(family, into: &text)
        }
        var loss = MetricFamily(
            "sluice_metrics_series_dropped_total", .counter,
            "Series left out of this answer because there are too many.")
        loss.add(dropped)
        write(loss, into: &text)
        return text
    }

    private static func write(_ family: MetricFamily, into text: inout String) {
        text += "# HELP \(family.name) \(escaped(family.help, quotes: false))\n"
        text += "# TYPE \(family.name) \(family.kind.rawValue)\n"
        for sample in family.samples {
            text += family.name + sample.suffix
            if !sample.labels.isEmpty {
                let pairs = sample.labels.map { "\($0.name)=\"\(escaped($0.value, quotes: true))\"" }
                text += "{" + pairs.joined(separator: ",") + "}"
            }
            text += " \(Self.text(of: sample.value))\n"
        }
    }

    /// A number as the format has it: whole ones without a point, `NaN`, `+Inf` and `-Inf`.
    static func text(of value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        if value == value.rounded(), abs(value) < 1e15 { return String(Int64(value)) }
        return "\(value)"
    }

    private static func escaped(_ text: String, quotes: Bool) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\"" where quotes: result += "\\\""
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
