// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Model
import NIOHTTP1
import Pipeline

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "How the running gateway is, on one screen.",
        discussion: """
            Examples:
              sluice status --config site.yaml
              sluice status --health --config site.yaml || echo look at it

            Exit codes: 0 it does its work, 1 it does not and says why, 69 no gateway answers.
            A broker that is away and devices that are silent are told and do not count: what was read is kept.
            """)

    @OptionGroup var gateway: GatewayOptions
    @Flag(help: "Say only whether it does its work.") var health = false
    @Flag(help: "Print JSON, one object.") var json = false

    func run() throws {
        let body = try gateway.ask(.GET, "/api/v1/status", for: "status")
        let status = try gateway.decode(GatewayStatus.self, from: body)
        if json {
            tell(String(decoding: body, as: UTF8.self))
        } else if health {
            tell(status.complaints.isEmpty ? "healthy" : status.complaints.joined(separator: "\n"))
        } else {
            let zone = try gateway.site.load().site.zone
            for line in StatusText.lines(of: status, zone: zone) { tell(line) }
        }
        guard status.complaints.isEmpty else { throw ExitStatus.problemsFound }
    }
}

/// The screen of `sluice status`.
enum StatusText {
    static func lines(of status: GatewayStatus, zone: ZoneOffsets) -> [String] {
        var lines: [String] = []
        func line(_ name: String, _ text: String) {
            lines.append(name + String(repeating: " ", count: max(1, 11 - name.count)) + text)
        }
        line("Gateway", "\(status.site), " + (status.complaints.isEmpty ? "does its work" : "does not do its work"))
        for complaint in status.complaints { line("", complaint) }
        let since = status.startedAt.map { "since \(zone.local($0).minuteText), " } ?? ""
        line("Running", "\(since)version \(status.version), memory \(bytes(status.memoryBytes))")
        line("Clock", status.isTimeSynced ? "synchronised" : "not synchronised")
        for bus in status.buses {
            let load = bus.load.map { ", load \(percent($0))" } ?? ""
            line("Bus", "\(bus.name): \(bus.units - bus.down) of \(counted(bus.units, "device")) answer\(load)")
        }
        line("Broker", broker(status))
        line("Findings", "\(status.openFindings) open")
        line("Alarms", "\(status.activeAlarms) active")
        line("Tickets", tickets(status))
        line("Storage", "database \(bytes(status.databaseBytes)), \(bytes(status.diskFreeBytes)) free on the disk")
        return lines
    }

    private static func broker(_ status: GatewayStatus) -> String {
        var text = status.isBrokerConnected ? "connected" : "not connected"
        if status.isBrokerForbidding { text += ", and lets nothing through: check its ACL" }
        text += ", \(counted(status.outboxRows, "message")) waiting"
        if let oldest = status.oldestRow {
            text += " for \(max(0, Int((status.asOf - oldest).inSeconds))) s at most"
        }
        if status.refusedRows > 0 { text += ", \(status.refusedRows) refused for good" }
        return text
    }

    private static func tickets(_ status: GatewayStatus) -> String {
        let open = status.openTickets.reduce(0, +)
        guard open > 0 else { return "none open" }
        let parts = status.openTickets.enumerated().filter { $0.element > 0 }.map { "\($0.element) p\($0.offset + 1)" }
        let overdue = status.overdueTickets > 0 ? "; a promise of \(status.overdueTickets) is over" : ""
        return "\(open) open: \(parts.joined(separator: ", "))\(overdue)"
    }

    private static func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }

    private static func bytes(_ count: Int64?) -> String {
        guard let count else { return "unknown" }
        let megabytes = Double(count) / 1e6
        return megabytes < 1000
            ? "\((megabytes * 10).rounded() / 10) MB" : "\((megabytes / 100).rounded() / 10) GB"
    }
}
