// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The preventive calendar of a running gateway, through its commands.
@Suite(.serialized) struct PlannedWorkCommandTests {
    private func work(_ arguments: [String]) throws -> (lines: [String], status: Int32) {
        let command = try RunningProgram(try Programs.sluice, ["work"] + arguments)
        try command.linesToEnd(within: 20)
        command.process.waitUntilExit()
        return (command.output, command.process.terminationStatus)
    }

    @Test func `overdue work has a ticket, a record needs its witnesses, and a restart knows both`() throws {
        let folder = try TestFolder()
        let site = try TankSite.write(in: folder)
        let gateway = try RunningProgram(try Programs.sluice, ["run"] + site)
        try gateway.line(within: 30, "the ticket of the work") {
            $0.contains("Ticket changed") && $0.contains("raised")
        }
        let listed = try work(["list"] + site)
        #expect(
            listed.lines.first?.contains("clean-roof-tank  roof-tank  tank_cleaning  due 2026-01-15  overdue") == true)
        #expect(listed.lines.first?.contains("  ticket lab-") == true)

        let refused = try work(["done", "clean-roof-tank", "--by", "wang-fang", "--witness", "Zhao"] + site)
        #expect(refused.status == 1)
        #expect(refused.lines.contains { $0.contains("it needs 2 witnesses") && $0.contains("--witness") })
        let done = try work(
            [
                "done", "clean-roof-tank", "--by", "wang-fang", "--witness", "Zhao", "--witness", "Qian",
                "--water-test", "W-118", "--note", "=1+1",
            ] + site)
        #expect(done.status == 0, "\(done.lines)")
        #expect(done.lines.contains { $0.contains("next due 20") })
        gateway.end(SIGTERM)

        let again = try RunningProgram(try Programs.sluice, ["run"] + site)
        defer { again.end(SIGTERM) }
        try again.line(within: 30, "the gateway's start") { $0.contains("Gateway is running") }
        let records = try work(["records", "--csv"] + site)
        #expect(records.lines.count == 2)
        #expect(records.lines.last?.contains(",Qian; Zhao,W-118,,'=1+1,lab-") == true, "\(records.lines)")
        #expect(try work(["list"] + site).lines.first?.contains("last done") == true)
    }
}
