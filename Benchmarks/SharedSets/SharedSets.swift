// SPDX-License-Identifier: Apache-2.0

import Analysis
import ArgumentParser
import FindingScore
import Glibc
import Model

@main
struct SharedSets: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Score the analyzer on recorded sets of single meters, estates and machines.",
        discussion: """
            The sets lie outside of the repository, in a folder with household-injected, riser-injected,
            estate-balance, daiad-hourly, asset-synthetic and skab-pump. Without that folder nothing is scored.
            """)

    @Option(help: "Folder of the sets (default: the environment's SLUICE_SHARED_DATA).")
    var data: String?

    @Option(help: "Sets to score, by the beginning of their names, with commas between.")
    var only = ""

    @Flag(help: "Name each label missed and each false finding.")
    var details = false

    func run() throws {
        guard let folder = data ?? getenv("SLUICE_SHARED_DATA").map({ String(cString: $0) }) else {
            print("SharedSets: skipped: no folder is given, neither by --data nor by SLUICE_SHARED_DATA.")
            return
        }
        let wanted = only.split(separator: ",").map(String.init)
        func path(_ name: String) -> String? {
            guard wanted.isEmpty || wanted.contains(where: { name.hasPrefix($0) }) else { return nil }
            guard access("\(folder)/\(name)", R_OK | X_OK) == 0 else {
                print("\(name): skipped: it is not in \(folder).")
                return nil
            }
            return "\(folder)/\(name)"
        }
        print(SetTable.header)
        if let set = path("household-injected") {
            let series = try MeterSets.labelled(set)
            scoreMeters(
                "household, 1 L", series, .unit, 1,
                ["F1 >= .99, FA <= .01", "p50: leak >= 8 L/h 10, seep 20, burst 2 h"])
            scoreFaults(series)
            scoreMeters("household, 10 L", series, .unit, 10, ["F1 >= .93"])
        }
        if let set = path("riser-injected") {
            scoreMeters("riser, 10 L", try MeterSets.labelled(set), .riser, 10, ["F1 >= .92, FA <= .03"])
        }
        if let set = path("daiad-hourly") {
            scoreMeters("daiad-hourly, raw", try MeterSets.unlabelled(set), .unit, 1, ["<= .04 edges a month"])
        }
        if let set = path("estate-balance") {
            let score = try BalanceSet.score(set)
            SetTable.show(
                "estate-balance, shared meters", score, ["recall 1, FA <= .005, p50 <= 4 h, right zone 100 %"])
            print("    right zone \(score.rightPlaces) of \(score.hits) found")
        }
        if let set = path("asset-synthetic") { try scoreAssets(set) }
        if let set = path("skab-pump") { scorePumpLoop(try PumpLoop.score(set)) }
    }

    private func scoreMeters(
        _ name: String, _ series: [MeterSets.Series], _ role: MeterDescription.Role, _ litres: Double,
        _ target: [String]
    ) {
        var score = EdgeScore()
        for one in series {
            let edges = MeterSets.findings(one, role: role, litresPerCount: litres).filter(\.isAboutLostWater)
            let isLeak = one.expected == "leak" || one.expected == "burst"
            let labels = isLeak ? one.label.map { [$0] } ?? [] : []
            score.add(edges, labels: labels)
            score.meterMonths += one.months
            guard details else { continue }
            for edge in edges {
                let second = edge.raisedAt.milliseconds / 1000
                if labels.contains(where: { second >= $0.onset && second <= $0.end + 86_400 }) { continue }
                print("    false \(one.name) \(one.kind) \(edge.rule) at \(edge.raisedAt.rfc3339)")
            }
            for label in labels
            where !edges.contains(where: {
                let second = $0.raisedAt.milliseconds / 1000
                return second >= label.onset && second <= label.end + 86_400
            }) { print("    missed \(one.name) \(one.kind) \(label.rate) L/h") }
        }
        SetTable.show(name, score, target)
    }

    /// Faults of meters: whether the right name was raised between onset and a day after the end.
    private func scoreFaults(_ series: [MeterSets.Series]) {
        var kinds: [String: (cases: Int, right: Int, leaks: Int)] = [:]
        for one in series {
            guard let names = MeterSets.names(of: one.kind) else { continue }
            let raised = MeterSets.findings(one, role: .unit, litresPerCount: 1)
            let (onset, end) = (one.label?.onset ?? 0, one.label?.end ?? .max / 2000)
            let inside = raised.filter {
                $0.raisedAt >= Timestamp(seconds: onset) && $0.raisedAt <= Timestamp(seconds: end + 86_400)
            }
            var entry = kinds[one.kind] ?? (0, 0, 0)
            entry.cases += 1
            let isRight =
                names.isEmpty
                ? !raised.contains { $0.isAboutMeter } : inside.contains { names.contains($0.rule) }
            if isRight { entry.right += 1 }
            entry.leaks += inside.count(where: \.isAboutLostWater)
            kinds[one.kind] = entry
        }
        let (cases, right) = kinds.values.reduce((0, 0)) { ($0.0 + $1.cases, $0.1 + $1.right) }
        let leaks = kinds.values.reduce(0) { $0 + $1.leaks }
        guard cases > 0 else { return }
        print(
            "household, meter faults: named rightly \(right) of \(cases), leak findings caused \(leaks)   (target >= .98; 0)"
        )
        for (kind, entry) in kinds.sorted(by: { $0.key < $1.key }) {
            print(
                "    \(left(kind, 16)) \(entry.right)/\(entry.cases)"
                    + (entry.leaks > 0 ? ", leak findings \(entry.leaks)" : ""))
        }
    }

    private func scorePumpLoop(_ score: PumpLoop) {
        print(
            "skab-pump, seconds: F1\(figure(score.f1, 3, 6)), told where nothing was\(figure(100 * score.falseShare, 1, 5)) %, "
                + "missed\(figure(100 * score.missedShare, 1, 5)) %   (target F1 >= .85, <= 5 %)")
        guard details else { return }
        for run in score.byRun {
            print("    \(left(run.name, 16)) told \(run.told) of \(run.faulty), false \(run.false)")
        }
    }

    private func scoreAssets(_ folder: String) throws {
        for machine in ["pump", "lift", "gate", "irrigation"] {
            let outcomes = try AssetSets.outcomes(folder, machine: machine)
            let faults = outcomes.filter { $0.kind != "none" }
            let found = faults.reduce(0) { $0 + $1.found }
            let silent = outcomes.first { $0.kind == "none" }?.others ?? 0
            print(
                "asset-synthetic, \(machine): found \(found) of \(faults.reduce(0) { $0 + $1.cases }), on healthy ones "
                    + "\(silent)   (target 100 %; 0)")
            for outcome in outcomes {
                let others =
                    outcome.others > 0
                    ? ", others \(outcome.others): \(outcome.otherRules.sorted().joined(separator: " "))" : ""
                print("    \(left(outcome.kind, 16)) \(outcome.found)/\(outcome.cases)\(others)")
            }
        }
    }
}

/// One line for each set, with the targets beside.
enum SetTable {
    static let header =
        left("set", 32) + right("labels", 7) + right("found", 6) + right("recall", 7) + right("prec", 6)
        + right("F1", 6)
        + right("false", 6) + right("FA/month", 9) + right("p50 h", 7) + right("p90 h", 7) + "  target"

    static func show(_ name: String, _ score: EdgeScore, _ target: [String]) {
        let delays = score.delays.sorted()
        print(
            left(name, 32) + right("\(score.labels)", 7) + right("\(score.hits)", 6) + figure(score.recall, 3, 7)
                + figure(score.precision, 3, 6) + figure(score.f1, 3, 6) + right("\(score.falseEdges)", 6)
                + figure(score.falsePerMonth, 3, 9) + figure(percentile(delays, 0.5), 1, 7)
                + figure(percentile(delays, 0.9), 1, 7) + "  " + target.joined(separator: "; "))
        if !score.falseSpans.isEmpty {
            print("    false within one day each: " + score.falseSpans.map(String.init).joined(separator: ", "))
        }
        for (kind, entry) in score.byKind.sorted(by: { $0.key < $1.key }) {
            print(
                "    \(left(kind, 28))" + right("\(entry.labels)", 7) + right("\(entry.hits)", 6)
                    + figure(Double(entry.hits) / Double(entry.labels), 3, 7) + right("", 27)
                    + figure(percentile(entry.delays.sorted(), 0.5), 1, 7)
                    + figure(percentile(entry.delays.sorted(), 0.9), 1, 7))
        }
        fflush(nil)
    }
}
