// SPDX-License-Identifier: Apache-2.0

import EstateMaker
import Foundation
import Model
import TestKit
import Testing

@testable import FindingScore

private let start = Timestamp(rfc3339: "2026-05-01T00:00:00Z")!

private func fault(_ type: String, _ device: String, from: Double, to: Double, size: Double = 10) -> Fault {
    Fault(
        identifier: "f", type: type, device: device, start: start + .milliseconds(Int64(from * 3_600_000)),
        end: start + .milliseconds(Int64(to * 3_600_000)), magnitude: size, unit: "L/h")
}

private func alert(_ type: String, _ device: String, at: Double, size: Double? = nil, unit: String? = nil)
    -> RaisedAlert
{
    RaisedAlert(
        type: type, device: device, raisedAt: start + .milliseconds(Int64(at * 3_600_000)), magnitude: size, unit: unit)
}

private func estate(_ faults: [Fault], _ alerts: [RaisedAlert], days: Double = 30) -> ScoredEstate {
    ScoredEstate(
        name: "e", parents: ["riser": "inlet", "home": "riser", "other": "riser"], waterMeters: 4, days: days,
        faults: faults, causes: [HarmlessCause(kind: "party", device: "home", start: start, end: start)],
        alerts: alerts)
}

@Suite struct ScoreTests {
    struct Case: CustomTestStringConvertible, Sendable {
        var name: String
        var alert: RaisedAlert
        var isHit: Bool
        var testDescription: String { name }
    }

    @Test(arguments: [
        Case(name: "same device", alert: alert("toilet_leak", "home", at: 20), isHit: true),
        Case(name: "written otherwise", alert: alert("Toilet-Leak", "home", at: 20), isHit: true),
        Case(name: "parent", alert: alert("leak", "riser", at: 20), isHit: true),
        Case(name: "grandparent", alert: alert("leak", "inlet", at: 20), isHit: false),
        Case(name: "sibling", alert: alert("leak", "other", at: 20), isHit: false),
        Case(name: "another type", alert: alert("stuck_meter", "home", at: 20), isHit: false),
        Case(name: "no type at all", alert: alert("strange", "home", at: 20), isHit: false),
        Case(name: "15 minutes early", alert: alert("leak", "home", at: 9.75), isHit: true),
        Case(name: "earlier", alert: alert("leak", "home", at: 9.74), isHit: false),
        Case(name: "a day after the end", alert: alert("leak", "home", at: 74), isHit: true),
        Case(name: "later", alert: alert("leak", "home", at: 74.01), isHit: false),
    ])
    func `an alert counts by type, place and time`(_ c: Case) {
        let score = Score([estate([fault("toilet_leak", "home", from: 10, to: 50)], [c.alert])])
        #expect(score.found == (c.isHit ? 1 : 0))
        #expect(score.falseAlarms == (c.isHit ? 0 : 1))
    }

    @Test func `delay, place and false alarms make the headline`() throws {
        // Found in time; found at twice the target of 96 h: 0.8; found on the parent: 0.7; missed: 0.
        let score = Score([
            estate(
                [
                    fault("toilet_leak", "home", from: 0, to: 400, size: 20),
                    fault("dripping_tap", "other", from: 0, to: 400),
                    fault("burst", "riser", from: 500, to: 510), fault("backflow", "riser", from: 600, to: 610),
                ],
                [
                    alert("toilet_leak", "home", at: 12, size: 0.5, unit: "l/min"),
                    alert("dripping_tap", "other", at: 192), alert("burst", "inlet", at: 500.2),
                    alert("gate_open", "gate", at: 3), alert("vacancy", "home", at: 3),
                ])
        ])
        let recall = (1 + 0.8 + 0.7 + 0) / 4.0
        let precision = 3.0 / 4
        #expect(abs(score.headline - 200 * recall * precision / (recall + precision)) < 1e-9)
        #expect(score.recall == 0.75)
        #expect(score.precision == 0.75)
        #expect(score.informational == 1)
        #expect(score.falseAlarmsPerEstateMonth == 1)
        #expect(score.medianDelay == 12)
        let toilet = try #require(score.rows.first { $0.type == "toilet_leak" })
        #expect(toilet.medianSizeError == 0.5)
        #expect(score.rows.first { $0.type == "gate_held_open" }?.falseAlarms == 1)
        #expect(score.groups.map(\.name) == ["water"])
    }

    @Test func `from the fourth alert on one fault repeats weigh on the headline`() {
        let alerts = (0..<5).map { alert("leak", "home", at: 11 + Double($0)) }
        let score = Score([estate([fault("toilet_leak", "home", from: 10, to: 50)], alerts)])
        #expect((score.repeats, score.nagging, score.falseAlarms) == (4, 2, 0))
        #expect(abs(score.headline - 100 * 2 * (1.0 / 3) / (1 + 1.0 / 3)) < 1e-9)
    }

    @Test func `an alert goes to a fault not found yet before one found, and to the latest of them`() {
        let faults = [
            fault("toilet_leak", "home", from: 0, to: 90), fault("toilet_leak", "home", from: 5, to: 90),
            fault("toilet_leak", "riser", from: 20, to: 90),
        ]
        let one = estate(faults, [alert("leak", "home", at: 30)])
        #expect(one.missed == [faults[0], faults[2]])
        let two = estate(faults, [alert("leak", "home", at: 30), alert("leak", "home", at: 31)])
        #expect(two.missed == [faults[2]])
    }

    @Test func `without a fault only false alarms count, and their causes are named`() {
        let score = Score([estate([], [alert("leak", "home", at: 2), alert("leak", "home", at: 30)])])
        #expect(score.headline == 50)
        #expect(score.recall == nil)
        #expect(score.causes == ["party": 1, "none known": 1])
    }

    @Test func `findings that are none are refused with their line`() throws {
        let folder = NSTemporaryDirectory() + "score-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Estate(seed: 1, days: 1, dwellings: 2).write(to: folder)
        try Data("{\"type\":\"leak\"}\n".utf8).write(to: URL(fileURLWithPath: folder + "/findings.jsonl"))
        let error = #expect(throws: ScoreFileError.self) {
            try ScoredEstate(folder: folder, findings: folder + "/findings.jsonl")
        }
        #expect(error?.description == "\(folder)/findings.jsonl:1: error: is no finding with type and raised_at.")
    }
}

/// The outside script that the rules come from, where it is at hand.
private let tool = ProcessInfo.processInfo.environment["SLUICE_SCORE_TOOL"]

@Suite struct OutsideScorerTests {
    @Test(
        .enabled(if: tool != nil, "SLUICE_SCORE_TOOL does not name the outside scorer."),
        arguments: 1..<7 as Range<UInt64>)
    func `the outside scorer comes to the same figures`(seed: UInt64) throws {
        let folder = NSTemporaryDirectory() + "score-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let made = Estate(seed: seed, days: 30, dwellings: 12)
        try made.write(to: folder)
        let findings = folder + "/findings.jsonl"
        try Data(Self.alerts(made, seed: seed).joined(separator: "\n").utf8).write(to: URL(fileURLWithPath: findings))
        let ours = Score([try ScoredEstate(folder: folder, findings: findings)])
        let theirs = try Self.outside(folder, findings)
        func number(_ name: String) -> Double? { (theirs[name] as? NSNumber)?.doubleValue }
        #expect(abs(ours.headline - (number("headline") ?? -1)) < 0.006)
        #expect(abs((ours.recall ?? -1) - (number("recall") ?? -1)) < 1e-9)
        #expect(abs((ours.precision ?? -1) - (number("precision") ?? -1)) < 1e-9)
        #expect(Double(ours.repeats) == number("repeats"))
        #expect(Double(ours.nagging) == number("nagging"))
        #expect(Double(ours.falseAlarms) == number("false_alarms"))
        #expect(Double(ours.informational) == number("informational"))
        #expect(abs(ours.falseAlarmsPerHundredMeterMonths - (number("false_alarms_per_100_meters_month") ?? -1)) < 1e-9)
        let types = try #require(theirs["types"] as? [String: [String: Any]])
        #expect(Set(types.keys) == Set(ours.rows.map(\.type)))
        for row in ours.rows {
            func near(_ mine: Double?, _ name: String) -> Bool {
                let other = (types[row.type]?[name] as? NSNumber)?.doubleValue
                guard let mine, let other else { return mine == nil && other == nil }
                return abs(mine - other) < 1e-9
            }
            #expect(near(Double(row.found), "detected"), "\(row.type)")
            #expect(near(Double(row.falseAlarms), "false_alarms"), "\(row.type)")
            #expect(near(row.medianDelay, "median_delay_h"), "\(row.type)")
            #expect(near(row.highDelay, "p90_delay_h"), "\(row.type)")
            #expect(near(row.medianSizeError, "magnitude_error"), "\(row.type)")
            #expect(near(row.credit, "credit"), "\(row.type)")
        }
        let groups = try #require(theirs["groups"] as? [String: [String: Any]])
        for group in ours.groups {
            let other = (groups[group.name]?["headline"] as? NSNumber)?.doubleValue ?? -1
            #expect(abs(group.headline - other) < 1e-9, "\(group.name)")
        }
        let causes = try #require(theirs["false_alarms_near"] as? [String: Int])
        #expect(causes == ours.causes)
    }

    /// Alerts of which some are right, some late, some misplaced and some nonsense.
    private static func alerts(_ made: Estate, seed: UInt64) -> [String] {
        var random = SeededGenerator(seed: seed)
        let types = FaultType.allCases.map(\.rawValue) + ["leak", "mass_balance", "meter_fault", "vacancy", "strange"]
        let units = ["L/h", "m3/h", "l/min", "min", "h", "%", "L"]
        var lines: [String] = []
        for label in made.labels {
            for _ in 0..<Int.random(in: 0...5, using: &random) {
                let other = made.labels.randomElement(using: &random)?.device ?? label.device
                let type =
                    Bool.random(using: &random) ? label.type.rawValue : types.randomElement(using: &random) ?? "leak"
                let device = Int.random(in: 0..<4, using: &random) > 0 ? label.device : other
                let at = label.start + .seconds(Int64.random(in: -3600...900_000, using: &random))
                let size = Double.random(in: 0...2, using: &random) * label.magnitude
                let unit = Bool.random(using: &random) ? label.unit : units.randomElement(using: &random) ?? ""
                lines.append(
                    "{\"type\":\"\(type)\",\"device\":\"\(device)\",\"raised_at\":\"\(at.rfc3339)\",\"magnitude\":\(size),"
                        + "\"unit\":\"\(unit)\"}")
            }
        }
        return lines
    }

    private static func outside(_ folder: String, _ findings: String) throws -> [String: Any] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", try #require(tool), "--estate", "\(folder)=\(findings)", "--json"]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }
}

@Suite struct LitresScoreTests {
    private static let start = Timestamp(rfc3339: "2026-03-01T00:00:00Z")!

    private static func fault(_ type: String, _ magnitude: Double, _ unit: String = "L/h", day: Double = 0) -> Fault {
        Fault(
            identifier: "\(type)-\(day)", type: type, device: "u1", start: start + .seconds(86_400 * day),
            end: start + .seconds(86_400 * (day + 2)), magnitude: magnitude, unit: unit)
    }

    @Test(arguments: [
        ("toilet_leak", 20.0, "L/h", "continuous", 960.0 as Double?),
        ("toilet_leak", 20, "L/h", "intermittent, running 25% of the time; magnitude is the rate while running", 240),
        ("tank_overflow", 30, "L/h", "float valve passes 471 L/h; 4.9 m3 spilled; magnitude is the mean", 4900),
        ("backflow", 600, "L/h", "reverse flow while the supply pressure dips, 90 min in all", 900),
        ("irrigation_in_rain", 3333, "L", "2 scheduled runs although it rained", 3333),
        ("under_registration", 30, "%", "share of the flow not counted", nil),
    ])
    func `the true litres follow from the label`(
        _ c: (type: String, magnitude: Double, unit: String, note: String, litres: Double?)
    ) {
        #expect(Self.fault(c.type, c.magnitude, c.unit).litres(byNote: c.note).map { $0.rounded() } == c.litres)
    }

    @Test func `litres of all findings on a fault count together, and bounds on the wrong side are seen`() {
        var faults = [Self.fault("toilet_leak", 20), Self.fault("toilet_leak", 20, day: 10)]
        for place in faults.indices { faults[place].litres = 960 }
        func alert(_ day: Double, _ low: Double, _ likely: Double) -> RaisedAlert {
            RaisedAlert(
                type: "toilet_leak", device: "u1", raisedAt: Self.start + .seconds(86_400 * day), magnitude: 18,
                unit: "L/h", loss: ToldLoss(rate: 20, low: low, likely: likely, high: likely + 100, end: Self.start))
        }
        let estate = ScoredEstate(
            name: "e", parents: [:], waterMeters: 1, days: 30, faults: faults, causes: [],
            alerts: [alert(1, 300, 400), alert(2, 300, 500), alert(11, 1000, 1200)])
        let score = Score([estate])
        let row = score.rows.first { $0.type == "toilet_leak" }
        #expect(row?.litreErrors.map { ($0 * 1000).rounded() } == [63, 250])
        #expect(row?.tooHighBounds == 1 && row?.tooLowBounds == 0)
        #expect(row?.lastSizeErrors == [0, 0])
        #expect(score.litresLines.count == 3)
    }
}
