// SPDX-License-Identifier: Apache-2.0

import Model

/// Findings as the scorer reads them: one JSON object a line, written once, with what was known when it was raised.
struct FindingLines: ~Copyable {
    private struct Line: Encodable {
        var type: String
        var device: String
        var raisedAt: String
        var startedAt: String
        var clearedAt: String?
        var magnitude: Double?
        var unit: String?

        enum CodingKeys: String, CodingKey {
            case type, device, magnitude, unit
            case raisedAt = "raised_at"
            case startedAt = "started_at"
            case clearedAt = "cleared_at"
        }

        // Every key is written, with null where nothing is known.
        func encode(to encoder: any Encoder) throws {
            var object = encoder.container(keyedBy: CodingKeys.self)
            try object.encode(type, forKey: .type)
            try object.encode(device, forKey: .device)
            try object.encode(raisedAt, forKey: .raisedAt)
            try object.encode(startedAt, forKey: .startedAt)
            try object.encode(clearedAt, forKey: .clearedAt)
            try object.encode(magnitude, forKey: .magnitude)
            try object.encode(unit, forKey: .unit)
        }
    }

    /// Rules about data, under the names by which the scorer knows that they accuse nothing, and rules whose kind of
    /// trouble the labels do not have: neither can be right or wrong there.
    private static let scorerNames: [RuleIdentifier: String] = [
        .balanceUnknown: "no_data", .dropout: "comms_lost", .registerStep: "counter_reset",
        .vacantUse: "info", .excessUse: "info", .unitError: "info",
        .dutyImbalance: "info", .pumpCondition: "info", .irrigationFlow: "info", .waterQuality: "info",
        .sewageLevel: "info", .fireWater: "info",
        .highPressure: "info",
        .nightRise: "leak", .toiletCycling: "toilet_leak", .liftFlapping: "info",
        .liftSilent: "info", .liftDecline: "info", .gateChatter: "info", .gateStuckClosed: "info",
    ]

    private let file: LineFile

    init(path: String) throws(LeakbenchError) { file = try LineFile(path: path) }

    /// The scorer's name of a rule.
    static func scorerName(of rule: RuleIdentifier) -> String { scorerNames[rule] ?? rule.text }

    func write(_ finding: Finding) throws {
        let rate = finding.loss.map { ($0.rateLow.value + $0.rateHigh.value) / 2 }
        let line = Line(
            type: Self.scorerName(of: finding.rule), device: finding.asset.text,
            raisedAt: finding.raisedAt.rfc3339,
            startedAt: finding.startedAt.rfc3339, clearedAt: nil, magnitude: rate ?? finding.size?.value,
            unit: rate != nil ? UnitOfMeasure.litrePerHour.rawValue : finding.size?.unit.rawValue)
        try file.write(line)
    }
}
