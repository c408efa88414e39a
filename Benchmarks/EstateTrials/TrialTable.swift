// SPDX-License-Identifier: Apache-2.0

import FindingScore
import Model

/// The figures of trials as lines of text.
enum TrialTable {
    static let header =
        right("seed", 5) + right("head", 8) + right("faults", 7) + right("found", 6) + right("recall", 7)
        + right("prec", 6) + right("false", 6) + right("FA/month", 9) + right("rows", 9) + right("s", 6) + "  estate"

    static func line(_ result: Trial.Result) -> String {
        let score = result.score
        return right("\(result.seed)", 5) + figure(score.headline, 1, 8) + right("\(score.faults)", 7)
            + right("\(score.found)", 6) + figure(score.recall, 2, 7) + figure(score.precision, 2, 6)
            + right("\(score.falseAlarms)", 6) + figure(score.falseAlarmsPerEstateMonth, 2, 9)
            + right("\(result.readings)", 9) + figure(result.seconds, 1, 6) + "  " + result.summary
    }

    /// Each missed fault and each false alarm.
    static func details(_ result: Trial.Result) -> [String] {
        let estate = result.estate
        return estate.missed.map {
            "      missed \($0.type) \($0.device) \($0.magnitude) \($0.unit) from \($0.start.rfc3339) to \($0.end.rfc3339)"
        }
            + estate.falseAlarms.map { alarm in
                let size = alarm.magnitude.map { figure($0, 1, 1) } ?? "-"
                return "      false  \(alarm.type) \(alarm.device ?? "-") \(size) \(alarm.unit ?? "") at "
                    + "\(alarm.raisedAt.rfc3339) near \(estate.likelyCause(of: alarm) ?? "nothing known")"
            }
    }

    static func spread(_ results: [Trial.Result]) -> [String] {
        func line(_ name: String, _ values: [Double], _ digits: Int) -> String {
            let sorted = values.sorted()
            let figures = [0, 0.1, 0.5, 0.9, 1].map { figure(percentile(sorted, $0), digits, 9) }.joined()
            return left(name, 32) + figures
        }
        return [
            "",
            left("over \(results.count) estates", 32)
                + ["min", "p10", "median", "p90", "max"].map { right($0, 9) }.joined(),
            line("headline", results.map(\.score.headline), 1),
            line("recall", results.compactMap(\.score.recall), 2),
            line("precision", results.compactMap(\.score.precision), 2),
            line("false alarms per estate-month", results.map(\.score.falseAlarmsPerEstateMonth), 2),
        ]
    }

    static let ablationHeader =
        left("without the rule", 26) + right("all", 8) + right("worst", 8) + right("found", 7) + right("false", 7)
        + "  what changes (headline of all, of the worst estate; faults found, false alarms)"

    static func ablation(_ rule: String, whole: [Trial.Result], without: [Trial.Result]) -> String {
        let (before, after) = (Score(whole.map(\.estate)), Score(without.map(\.estate)))
        func worst(_ results: [Trial.Result]) -> Double { results.map(\.score.headline).min() ?? 0 }
        func signed(_ value: Double, _ digits: Int, _ width: Int) -> String {
            let text = figure(value, digits, 1)
            return right(value >= 0 ? "+\(text)" : text, width)
        }
        var changes: [String] = []
        for row in before.rows {
            let found = after.rows.first { $0.type == row.type }?.found ?? 0
            if found != row.found { changes.append("\(row.type) \(row.found) -> \(found)") }
        }
        return left(rule, 26) + signed(after.headline - before.headline, 2, 8)
            + signed(worst(without) - worst(whole), 2, 8) + signed(Double(after.found - before.found), 0, 7)
            + signed(Double(after.falseAlarms - before.falseAlarms), 0, 7) + "  " + changes.joined(separator: ", ")
    }
}
