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

    @Test func `the page and other programs see planned work, record it and tell residents`() throws {
        let folder = try TestFolder()
        let site = try TankSite.write(in: folder)
        let gateway = try RunningProgram(try Programs.sluice, ["run"] + site)
        defer { gateway.end(SIGTERM) }
        try gateway.line(within: 30, "the ticket of the work") {
            $0.contains("Ticket changed") && $0.contains("raised")
        }
        func ask(_ path: String, _ more: [String] = []) throws -> String {
            let curl = try RunningProgram(
                "/usr/bin/curl",
                [
                    "--silent", "--write-out", "\n", "--unix-socket", "\(folder.path)/state/gateway.sock", "--header",
                    "accept-language: en", "http://localhost\(path)",
                ] + more)
            try curl.linesToEnd(within: 20)
            return curl.output.joined(separator: "\n")
        }
        func post(_ path: String, _ body: String) throws -> String {
            try ask(path, ["--header", "content-type: application/json", "--data", body])
        }
        let listed = try ask("/api/v1/planned-work")
        #expect(listed.contains(#""identifier":"clean-roof-tank""#) && listed.contains(#""isOverdue":true"#))
        let number = try #require(listed.firstMatch(of: /"ticket":"(lab-[0-9-]+)"/)?.output.1)
        let page = try ask("/planned-work?lang=zh-Hans")
        #expect(page.contains("应提前 24 小时通知住户，尚未通知") && page.contains("水箱清洗") && page.contains(number))

        let notices = "/api/v1/tickets/\(number)/resident-notices"
        let gap = try post(notices, #"{"kind":"water-outage"}"#)
        #expect(gap.contains("urn:sluice:problem:notice-not-taken") && gap.contains("cause (cause)"), "\(gap)")
        let chinese = try ask("/resident-notice?lang=zh-Hans", ["--data", "ticket=\(number)&kind=water-outage"])
        #expect(chinese.contains("未通知住户：缺少：原因 (cause)"), "\(chinese)")
        let facts = """
            "kind":"water-outage","cause":"水箱清洗","cause_en":"tank cleaning","phone":"0571-1",\
            "start":"2027-12-01T09:00:00Z","end":"2027-12-01T12:00:00Z"
            """
        let draft = try post(notices, "{\(facts)}")
        #expect(draft.contains("停水通知：因水箱清洗") && draft.contains(#""approved":[]"#), "\(draft)")
        let approved = try post(notices, #"{"approver":"wang-fang",\#(facts)}"#)
        #expect(approved.contains(#""by":"wang-fang""#), "\(approved)")
        #expect(try ask("/planned-work?lang=en").contains("Residents were told on"))

        let records = "/api/v1/planned-work/clean-roof-tank/records"
        let refused = try post(records, #"{"person":"wang-fang","witnesses":"Zhao"}"#)
        #expect(refused.contains("urn:sluice:problem:work-not-taken") && refused.contains("2 witnesses"), "\(refused)")
        let form = try ask(
            "/planned-work?lang=zh-Hans", ["--data", "work=clean-roof-tank&person=wang-fang&witnesses=Zhao"])
        #expect(form.contains("未能登记：除执行人外需要 2 名见证人，只填写了 1 名。"), "\(form)")
        let early = try post(records, #"{"person":"wang-fang","witnesses":"Zhao; Qian","water_test":"W-118"}"#)
        #expect(early.contains("residents are told 24 h before, and were told at"), "the cleaning waits: \(early)")
        #expect(try !ask("/planned-work?lang=en").contains("witnesses: Qian, Zhao"))
    }

    @Test func `overdue work has a ticket, a record needs its witnesses, and a restart knows both`() throws {
        let folder = try TestFolder()
        let site = try TankSite.write(in: folder, notice: 0)
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
        let page = try RunningProgram(
            "/usr/bin/curl",
            [
                "--silent", "--unix-socket", "\(folder.path)/state/gateway.sock",
                "http://localhost/planned-work?lang=en",
            ])
        try page.linesToEnd(within: 20)
        #expect(page.output.contains { $0.contains("witnesses: Qian, Zhao") })
    }
}
