// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Notices to residents of a running gateway, through the command.
@Suite(.serialized) struct ResidentNoticeCommandTests {
    private func sluice(_ arguments: [String]) throws -> (lines: [String], status: Int32) {
        let command = try RunningProgram(try Programs.sluice, arguments)
        try command.linesToEnd(within: 20)
        command.process.waitUntilExit()
        return (command.output, command.process.terminationStatus)
    }

    @Test func `a notice is refused while it has a gap, approved by the owner alone, and kept`() throws {
        let folder = try TestFolder()
        let site = try TankSite.write(
            in: folder,
            """
            channels:
              board: {kind: webhook, url: "http://127.0.0.1:\(try freePort())/board", allow_private: true}

            """)
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

        // What was approved waits for its channel, to the letter and with the phone number.
        let told = try RunningProgram(
            "/usr/bin/sqlite3",
            [
                "\(folder.path)/state/sluice.db",
                "SELECT CAST(body AS TEXT) FROM notice WHERE CAST(body AS TEXT) LIKE '%residentsTold%'",
            ])
        try told.linesToEnd(within: 20)
        #expect(told.output.contains { $0.contains("停水通知：因水箱清洗，") && $0.contains("0571-1") }, "\(told.output)")

        let again = try RunningProgram(try Programs.sluice, ["run"] + site)
        defer { again.end(SIGTERM) }
        try again.line(within: 30, "the gateway's start") { $0.contains("Gateway is running") }
        let kept = try sluice(["tickets", "notice", number] + site)
        #expect(kept.lines.first?.hasSuffix("water-outage  wang-fang") == true, "\(kept.lines)")
        #expect(kept.lines.contains { $0.contains("停水通知：因水箱清洗，") })
    }
}
