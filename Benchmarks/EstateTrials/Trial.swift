// SPDX-License-Identifier: Apache-2.0

import Analysis
import EstateMaker
import FindingScore
import Foundation
import Leakbench
import Model

/// One made-up estate that goes through the analyzer.
struct Trial {
    /// What came of it.
    struct Result {
        var seed: UInt64
        var summary: String
        var estate: ScoredEstate
        var score: Score
        var readings: Int
        /// Time of the replay, with reading and unpacking the file.
        var seconds: Double
        /// Findings raised, by rule.
        var raised: [RuleIdentifier: Int]
    }

    var seed: UInt64
    var days: Int
    var dwellings: Int?
    var isHealthy: Bool
    /// Folder of an estate that was recorded, which is not made then.
    var recorded: String?
    /// Folder in which findings and litres are kept.
    var keep: String?

    /// Makes the estate in a temporary folder and replays it once for each set of disabled rules.
    ///
    /// The first set is the whole of what is judged. A set that takes away a rule which raised nothing there is not
    /// replayed: its result is the same.
    func run(_ disabled: [Set<RuleIdentifier>], each: (Int, Result) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "estate-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var summary = recorded ?? ""
        if recorded == nil {
            let made = Estate(seed: seed, days: days, dwellings: dwellings, isHealthy: isHealthy)
            try made.write(to: folder)
            summary = made.summary
        } else {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        }
        var whole: Result?
        for (place, rules) in disabled.enumerated() {
            if let same = whole, rules.subtracting(disabled[0]).allSatisfy({ same.raised[$0] == nil }) {
                try each(place, same)
                continue
            }
            let result = try replay(folder, summary: summary, without: rules)
            if whole == nil { whole = result }
            try each(place, result)
        }
    }

    private func replay(_ folder: String, summary: String, without: Set<RuleIdentifier>) throws -> Result {
        let (findings, litres) = (folder + "/findings.jsonl", folder + "/litres.jsonl")
        let estateFolder = recorded ?? folder
        let start = ContinuousClock.now
        let report = try replayLeakbench(
            folder: estateFolder, findings: findings, losses: litres, settings: AnalyzerSettings(disabledRules: without)
        ) { name in
            guard let zone = estateZone(named: name) else {
                throw LeakbenchError(path: estateFolder, "zone '\(name)' is not one of the made-up estates.")
            }
            return zone
        }
        let seconds = (ContinuousClock.now - start).inSeconds
        let estate = try ScoredEstate(folder: estateFolder, findings: findings, litres: litres)
        if let keep {
            for (file, kept) in [(findings, "findings"), (litres, "litres")] {
                let path = "\(keep)/\(estate.name)-\(kept).jsonl"
                try? FileManager.default.removeItem(atPath: path)
                try FileManager.default.moveItem(atPath: file, toPath: path)
            }
        }
        return Result(
            seed: seed, summary: summary, estate: estate, score: Score([estate]), readings: report.rows,
            seconds: seconds, raised: report.findings)
    }
}
