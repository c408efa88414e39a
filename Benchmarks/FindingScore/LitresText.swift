// SPDX-License-Identifier: Apache-2.0

extension Score {
    /// How well the findings told rate and litres, as a table to read; empty when no litres were written.
    public var litresLines: [String] {
        let known = rows.filter { !$0.litreErrors.isEmpty || !$0.lastSizeErrors.isEmpty }
        guard !known.isEmpty else { return [] }
        var lines = [
            left("litres of", 24) + right("cases", 6) + right("size raised p50 p90", 21) + right("last p50 p90", 16)
                + right("litres p50 p90", 16) + right("low > true", 12) + right("high < true", 13)
                + right("width p50 p90", 15)
        ]
        func pair(_ values: [Double], _ width: Int) -> String {
            figure(percentile(values, 0.5), 3, width - 7) + figure(percentile(values, 0.9), 3, 7)
        }
        func line(_ name: String, _ rows: [Row]) -> String {
            let litres = rows.flatMap(\.litreErrors).sorted()
            return left(name, 24) + right("\(litres.count)", 6) + pair(rows.flatMap(\.sizeErrors).sorted(), 21)
                + pair(rows.flatMap(\.lastSizeErrors).sorted(), 16) + pair(litres, 16)
                + right("\(rows.reduce(0) { $0 + $1.tooHighBounds })", 12)
                + right("\(rows.reduce(0) { $0 + $1.tooLowBounds })", 13) + pair(rows.flatMap(\.widths).sorted(), 15)
        }
        lines += known.map { line($0.type, [$0]) }
        lines.append(line("all", known))
        return lines
    }

    /// The cases of each estate one by one: what was true and what was told.
    public static func cases(_ estates: [ScoredEstate]) -> [String] {
        estates.flatMap { estate in
            estate.outcomes.compactMap { outcome in
                guard let litres = estate.litres(of: outcome) ?? outcome.fault.litres else { return nil }
                let head =
                    "\(left(outcome.fault.identifier, 14)) \(left(outcome.fault.type, 22)) "
                    + "\(left(outcome.fault.device, 12)) \(figure(outcome.fault.magnitude, 1, 8)) "
                    + "\(left(outcome.fault.unit, 4)) true \(figure(litres, 0, 8))"
                guard let loss = outcome.loss else { return head + "  nothing told" }
                return head + "  told \(figure(loss.low, 0, 8)) \(figure(loss.likely, 0, 8)) \(figure(loss.high, 0, 8))"
                    + "  rate \(figure(loss.rate, 1, 7))  error \(figure(loss.likely / litres - 1, 3, 7))"
            }
        }
    }
}
