// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
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
        .dutyImbalance: "info", .irrigationFlow: "info", .waterQuality: "info", .highPressure: "info",
        .nightRise: "leak", .liftFlapping: "info",
        .liftSilent: "info", .liftDecline: "info", .gateChatter: "info", .gateStuckClosed: "info",
    ]

    private let path: String
    private let descriptor: Int32
    private let encoder = JSONEncoder()

    init(path: String) throws(LeakbenchError) {
        self.path = path
        descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw LeakbenchError(path: path, "cannot be written: \(String(cString: strerror(errno))).")
        }
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    deinit { close(descriptor) }

    func write(_ finding: Finding) throws {
        let rate = finding.loss.map { ($0.rateLow.value + $0.rateHigh.value) / 2 }
        let line = Line(
            type: Self.scorerNames[finding.rule] ?? finding.rule.text, device: finding.asset.text,
            raisedAt: finding.raisedAt.rfc3339,
            startedAt: finding.startedAt.rfc3339, clearedAt: nil, magnitude: rate ?? finding.size?.value,
            unit: rate != nil ? UnitOfMeasure.litrePerHour.rawValue : finding.size?.unit.rawValue)
        var bytes = [UInt8](try encoder.encode(line))
        bytes.append(0x0A)
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw LeakbenchError(path: path, "cannot be written: \(String(cString: strerror(errno))).")
            }
            written += count
        }
    }
}
