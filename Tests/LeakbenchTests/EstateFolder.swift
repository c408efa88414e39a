// SPDX-License-Identifier: Apache-2.0

import Foundation

/// A small leakbench folder of our own in a temporary place, removed with the last reference to it.
///
/// The labels beside the readings are folders, so that whoever opens them as files fails.
final class EstateFolder {
    let path: String
    var output: String { path + "/findings.jsonl" }

    static let topology = """
        {"estate": "tiny", "timezone": "Etc/UTC", "start": "2026-03-02T00:00:00Z", "end": "2026-03-14T00:00:00Z",
         "devices": [
          {"id": "inlet", "kind": "water_meter", "role": "bulk", "parent": null, "points":
            {"total": {"unit": "count", "litres_per_count": 10, "interval_s": 60, "counter_bits": 32}}},
          {"id": "tank", "kind": "tank", "parent": "inlet", "points": {"level_m": {"unit": "m", "interval_s": 60}}},
          {"id": "home", "kind": "water_meter", "role": "unit", "parent": "tank", "points":
            {"total": {"unit": "count", "litres_per_count": 1, "interval_s": 900, "counter_bits": 32}}},
          {"id": "gate", "kind": "gate", "parent": null, "points": {"open": {"unit": "0/1", "interval_s": 900}}}
         ]}
        """
    static let calendar = """
        kind,start,end,device_id,note
        gate_kept_open,2026-03-05T08:00:00Z,2026-03-05T10:00:00Z,gate,"removal firm, ""gate"" kept open"

        """

    init(
        topology: String = topology, calendar: String? = calendar,
        rows: [String], header: String = "ts,device_id,point,value,quality", lineEnd: String = "\n"
    ) throws {
        path = NSTemporaryDirectory() + "leakbench-" + UUID().uuidString
        let files = FileManager.default
        for name in ["", "/truth.csv", "/context.csv"] {
            try files.createDirectory(atPath: path + name, withIntermediateDirectories: true)
        }
        try write(topology, to: "topology.json")
        if let calendar { try write(calendar, to: "calendar.csv") }
        try write(([header] + rows).map { $0 + lineEnd }.joined(), to: "readings.csv")
        try gzip("readings.csv")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws {
        try Data(text.utf8).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    /// Replaces the file by its packed form, with the system's own gzip.
    func gzip(_ name: String) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "-f", path + "/" + name]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CocoaError(.fileWriteUnknown) }
    }

    var readings: Data {
        get throws { try Data(contentsOf: URL(fileURLWithPath: path + "/readings.csv.gz")) }
    }

    func setReadings(_ data: Data) throws { try data.write(to: URL(fileURLWithPath: path + "/readings.csv.gz")) }

    var findings: [String] {
        get throws {
            String(decoding: try Data(contentsOf: URL(fileURLWithPath: output)), as: UTF8.self)
                .split(separator: "\n").map(String.init)
        }
    }
}
