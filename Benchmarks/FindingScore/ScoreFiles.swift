// SPDX-License-Identifier: Apache-2.0

import Foundation
import Leakbench
import Model

/// Why an estate or its findings cannot be scored.
public struct ScoreFileError: Error, CustomStringConvertible {
    public var path: String
    public var line: Int?
    public var reason: String
    public var description: String { line.map { "\(path):\($0): error: \(reason)" } ?? "\(path): error: \(reason)" }
}

extension ScoredEstate {
    /// Reads topology, labels and harmless events of a leakbench folder, and findings as `sluice replay` writes them.
    ///
    /// - Parameter litres: What the findings said last of their water; `nil` when that was not written.
    /// - Throws: `ScoreFileError` for a file that is missing or cannot be understood.
    public init(folder: String, findings path: String, litres: String? = nil) throws(ScoreFileError) {
        let topology = try Topology.read("\(folder)/topology.json")
        guard let start = Timestamp(rfc3339: topology.start), let end = Timestamp(rfc3339: topology.end), start < end
        else {
            throw ScoreFileError(
                path: "\(folder)/topology.json", reason: "'start' and 'end' must be times, in this order.")
        }
        let faults = try Table.read("\(folder)/truth.csv").map { row throws(ScoreFileError) in
            var fault = Fault(
                identifier: row["fault_id"], type: row["type"], device: row["device_id"], start: try row.time("start"),
                end: try row.time("end"), magnitude: Double(row["magnitude"]) ?? 0, unit: row["unit"])
            fault.litres = Double(row["litres"]) ?? fault.litres(byNote: row["note"])
            return fault
        }
        var causes: [HarmlessCause] = []
        for name in ["context.csv", "calendar.csv"] where FileManager.default.fileExists(atPath: "\(folder)/\(name)") {
            for row in try Table.read("\(folder)/\(name)") {
                causes.append(
                    HarmlessCause(
                        kind: row["kind"], device: row["device_id"], start: try row.time("start"),
                        end: try row.time("end")))
            }
        }
        let parents = topology.devices.compactMap { device in device.parent.map { (device.id, $0) } }
        self.init(
            name: topology.estate, parents: Dictionary(parents) { first, _ in first },
            waterMeters: topology.devices.count { $0.kind == "water_meter" }, days: (end - start).inHours / 24,
            faults: faults, causes: causes,
            alerts: try AlertLine.read(path, losses: try litres.map(LossLine.read) ?? [:]))
    }
}

private func text(of path: String) throws(ScoreFileError) -> String {
    guard let data = FileManager.default.contents(atPath: path) else {
        throw ScoreFileError(path: path, reason: "cannot be read.")
    }
    return String(decoding: data, as: UTF8.self)
}

private struct Topology: Decodable {
    struct Device: Decodable {
        var id, kind: String
        var parent: String?
    }
    var estate, start, end: String
    var devices: [Device]

    static func read(_ path: String) throws(ScoreFileError) -> Topology {
        let bytes = Data(try text(of: path).utf8)
        do { return try JSONDecoder().decode(Topology.self, from: bytes) } catch {
            throw ScoreFileError(path: path, reason: "\(error)")
        }
    }
}

private struct AlertLine: Decodable {
    var type: String
    var device: String?
    var raised_at: String
    var magnitude: Double?
    var unit: String?

    static func read(_ path: String, losses: [String: ToldLoss]) throws(ScoreFileError) -> [RaisedAlert] {
        var alerts: [RaisedAlert] = []
        let lines = try text(of: path).split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() where !line.isEmpty {
            guard let alert = try? JSONDecoder().decode(AlertLine.self, from: Data(line.utf8)),
                let raised = Timestamp(rfc3339: alert.raised_at)
            else { throw ScoreFileError(path: path, line: index + 1, reason: "is no finding with type and raised_at.") }
            alerts.append(
                RaisedAlert(
                    type: alert.type, device: alert.device, raisedAt: raised, magnitude: alert.magnitude,
                    unit: alert.unit,
                    loss: losses[LossLine.key(alert.type, alert.device ?? "", alert.raised_at)]))
        }
        return alerts
    }
}

/// What a finding said last of its water, under its type, device and moment as it was raised.
private struct LossLine: Decodable {
    var type, device, raised_at: String
    var cleared_at: String?
    var rate_low, rate_high, litres_low, litres, litres_high: Double

    static func key(_ type: String, _ device: String, _ raised: String) -> String { "\(type)|\(device)|\(raised)" }

    static func read(_ path: String) throws(ScoreFileError) -> [String: ToldLoss] {
        var losses: [String: ToldLoss] = [:]
        let lines = try text(of: path).split(omittingEmptySubsequences: false) { $0.isNewline }
        for (index, line) in lines.enumerated() where !line.isEmpty {
            guard let loss = try? JSONDecoder().decode(LossLine.self, from: Data(line.utf8)) else {
                throw ScoreFileError(path: path, line: index + 1, reason: "is no line of litres.")
            }
            losses[key(loss.type, loss.device, loss.raised_at)] = ToldLoss(
                rate: (loss.rate_low + loss.rate_high) / 2, low: loss.litres_low, likely: loss.litres,
                high: loss.litres_high, end: loss.cleared_at.flatMap { Timestamp(rfc3339: $0) })
        }
        return losses
    }
}

/// Rows of a CSV file by the names of its first line.
private struct Table {
    struct Row {
        var path: String
        var line: Int
        var fields: [String: String]
        subscript(_ column: String) -> String { fields[column] ?? "" }

        func time(_ column: String) throws(ScoreFileError) -> Timestamp {
            guard let time = Timestamp(rfc3339: self[column]) else {
                throw ScoreFileError(path: path, line: line, reason: "'\(column)' is no time: '\(self[column])'.")
            }
            return time
        }
    }

    static func read(_ path: String) throws(ScoreFileError) -> [Row] {
        let lines = try text(of: path).split(omittingEmptySubsequences: false) { $0.isNewline }
        guard let header = lines.first.map(commaSeparatedFields) else { return [] }
        return lines.enumerated().dropFirst().compactMap { index, line in
            line.isEmpty
                ? nil
                : Row(
                    path: path, line: index + 1,
                    fields: Dictionary(zip(header, commaSeparatedFields(line))) { first, _ in first })
        }
    }
}
