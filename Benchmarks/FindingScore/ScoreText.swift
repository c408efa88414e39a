// SPDX-License-Identifier: Apache-2.0

import Foundation

extension Score {
    /// The figures as a table to read.
    public var lines: [String] {
        var lines = [
            "estates: \(estates.joined(separator: ", "))",
            left("type", 24) + right("faults", 7) + right("found", 6) + right("recall", 7) + right("false", 6)
                + right("p50 h", 8) + right("p90 h", 8) + right("size err", 9) + right("credit", 7),
        ]
        for row in rows {
            lines.append(
                left(row.type, 24) + right("\(row.faults)", 7) + right("\(row.found)", 6) + figure(row.recall, 2, 7)
                    + right("\(row.falseAlarms)", 6) + figure(row.medianDelay, 1, 8) + figure(row.highDelay, 1, 8)
                    + figure(row.medianSizeError, 2, 9) + figure(row.credit, 2, 7))
        }
        for (type, count) in otherFalseAlarms.sorted(by: { $0.key < $1.key }) {
            lines.append(left("\(type) (alarms only)", 44) + right("\(count)", 6))
        }
        lines.append(
            "faults \(faults), found \(found), alerts \(alerts) (repeats \(repeats), nagging \(nagging), informational "
                + "\(informational), false \(falseAlarms))")
        lines.append(
            "recall \(figure(recall, 2, 1))  precision \(figure(precision, 2, 1))  F1 \(figure(f1, 2, 1))  "
                + "delay p50 \(figure(medianDelay, 1, 1)) h, p90 \(figure(highDelay, 1, 1)) h")
        lines.append(
            "false alarms per estate-month \(figure(falseAlarmsPerEstateMonth, 2, 1)), per 100 meters and month "
                + figure(falseAlarmsPerHundredMeterMonths, 2, 1))
        if !causes.isEmpty {
            let sorted = causes.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
            lines.append("false alarms near: " + sorted.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
        }
        for group in groups {
            lines.append(
                "  \(left(group.name, 16)) faults \(group.faults), found \(group.found), false \(group.falseAlarms), "
                    + "headline \(figure(group.headline, 2, 1))")
        }
        return lines + ["HEADLINE \(figure(headline, 2, 1))"]
    }
}

/// `value` with some digits after the point, to the right of a column; a dash for nothing.
public func figure(_ value: Double?, _ digits: Int, _ width: Int) -> String {
    right(value.map { String(format: "%.\(digits)f", $0) } ?? "-", width)
}

public func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

public func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}
