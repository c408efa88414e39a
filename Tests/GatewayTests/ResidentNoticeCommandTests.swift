// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Notices to residents of a running gateway, through the command.
@Suite(.serialized) struct ResidentNoticeCommandTests {
    private static let profile = """
        profile: acme-p1
        kind: level
        name: {zh: 水箱, en: Tank}
        points:
          level: {table: holding, address: 0, type: uint16, poll: normal}

        """

    private func site(in folder: TestFolder) throws -> [String] {
        try folder.write("profiles/level/acme-p1/profile.yaml", Self.profile)
        try folder.write(
            "site.yaml",
            """
            site: {id: lab, name: Lab, language: en, company: {zh: 湖滨物业, en: Lakeside Care}}
            storage: {directory: "\(folder.path)/state"}
            mqtt: {url: "mqtt://127.0.0.1:\(try freePort())"}
            dashboard: {port: 0}
            buses: {t: {tcp: 127.0.0.1, port: \(try freePort())}}
            devices:
              tank: {profile: acme-p1, bus: t, unit: 1, area: roof, asset: roof-tank, responsible: propertyCompany}
            persons:
              wang-fang: {name: {zh: 王芳, en: Wang Fang}, role: receiver}
              li-wei: {name: Li Wei, role: technician}
            duty: {owner: wang-fang}
            preventive:
              - {id: clean-roof-tank, asset: roof-tank, kind: tank_cleaning, first_due: 2026-01-15}

            """)
        return ["--config", "\(folder.path)/site.yaml", "--profiles", "\(folder.path)/profiles"]
    }

    private func sluice(_ arguments: [String]) throws -> (lines: [String], status: Int32) {
        let command = try RunningProgram(try Programs.sluice, arguments)
        try command.linesToEnd(within: 20)
        command.process.waitUntilExit()
        return (command.output, command.process.terminationStatus)
    }

    @Test func `a notice is refused while it has a gap, approved by the owner alone, and kept`() throws {
        let folder = try TestFolder()
        let site = try site(in: folder)
        let gateway = try RunningProgram(try Programs.sluice, ["run"] + site)
        try gateway.line(within: 30, "the ticket of the work") {
            $0.contains("Ticket changed") && $0.contains("raised")
        }
        let listed = try sluice(["tickets", "list"] + site)
        let number = try #require(listed.lines.first?.split(separator: " ").first.map(String.init))
        let ask = ["tickets", "notice", number, "--kind", "water-outage"] + site
        let refused = try sluice(ask)
        #expect(refused.status == 1)
        #expect(
            refused.lines.contains {
                $0.contains("'cause' (--cause") && $0.contains("'start' (--start") && $0.contains("'phone' (--phone")
                    && !$0.contains("'company'")
            }, "\(refused.lines)")
        let whole =
            ask + [
                "--cause", "水箱清洗", "--cause-en", "tank cleaning", "--phone", "0571-1", "--start",
                "2026-12-01T09:00:00Z", "--end", "2026-12-01T12:00:00Z",
            ]
        let draft = try sluice(whole)
        #expect(draft.status == 0, "\(draft.lines)")
        #expect(draft.lines.contains { $0.hasPrefix("停水通知：因水箱清洗，") && $0.contains("湖滨物业") })
        #expect(draft.lines.contains { $0.hasPrefix("Water outage: because of tank cleaning, ") })
        #expect(try sluice(["tickets", "notice", number] + site).lines.contains { $0.contains("not told anything") })

        let foreign = try sluice(whole + ["--approve", "--by", "li-wei"])
        #expect(foreign.status == 1)
        #expect(foreign.lines.contains { $0.contains("wang-fang answers for ticket \(number)") })
        let approved = try sluice(whole + ["--approve", "--by", "wang-fang"])
        #expect(approved.status == 0, "\(approved.lines)")
        gateway.end(SIGTERM)

        let again = try RunningProgram(try Programs.sluice, ["run"] + site)
        defer { again.end(SIGTERM) }
        try again.line(within: 30, "the gateway's start") { $0.contains("Gateway is running") }
        let kept = try sluice(["tickets", "notice", number] + site)
        #expect(kept.lines.first?.hasSuffix("water-outage  wang-fang") == true, "\(kept.lines)")
        #expect(kept.lines.contains { $0.contains("停水通知：因水箱清洗，") })
    }
}
