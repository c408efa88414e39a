// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `sluice status` beside a running gateway.
@Suite struct StatusCommandTests {
    private let folder: TestFolder
    private var site: String { "\(folder.path)/site.yaml" }

    init() throws {
        folder = try TestFolder()
        try folder.write(
            "site.yaml",
            OneMeterSite.text(
                """
                storage: {directory: state}
                mqtt: {url: "mqtt://127.0.0.1:1"}
                """))
        try folder.write("profiles/water-meter/acme-wm40/profile.yaml", OneMeterSite.profile())
    }

    private func status(_ options: [String] = []) throws -> (lines: [String], status: Int32) {
        let command = try RunningProgram(
            try Programs.sluice,
            ["status", "--config", site, "--profiles", "\(folder.path)/profiles"] + options)
        command.closeInput()
        try command.linesToEnd(within: 60)
        command.process.waitUntilExit()
        return (command.output, command.process.terminationStatus)
    }

    @Test func `a gateway tells how it is, and nobody tells of one that does not run`() throws {
        let none = try status()
        #expect(none.status == 69)
        #expect(none.lines.contains { $0.contains("sluice status: ") && $0.contains("gateway.sock") }, "\(none.lines)")

        let gateway = try RunningProgram(
            try Programs.sluice, ["run", "--config", site, "--profiles", "\(folder.path)/profiles"],
            environment: ["LC_ALL": "C.UTF-8"])
        _ = try gateway.line(within: 60, "the running gateway") { $0.contains("Gateway is running.") }
        let told = try status()
        #expect(told.status == 0, "\(told.lines)")
        #expect(told.lines.first?.hasSuffix(", does its work") == true, "\(told.lines)")
        for start in [
            "Running    since 20", "Clock      ", "Bus        ", "Broker     not connected, ", "Tickets    none open",
        ] {
            #expect(told.lines.contains { $0.hasPrefix(start) }, "\(start): \(told.lines)")
        }
        let health = try status(["--health"])
        #expect(health.status == 0 && health.lines == ["healthy"])
        let json = try status(["--json"])
        let object = try JSONSerialization.jsonObject(with: Data(json.lines.joined().utf8)) as? [String: Any]
        #expect(object?["schema"] as? Int == 1 && object?["isBrokerConnected"] as? Bool == false)
        #expect((object?["buses"] as? [[String: Any]])?.count == 1)
    }
}
