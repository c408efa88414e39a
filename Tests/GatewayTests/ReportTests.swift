// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// A simulated month, its reports, and their independent recount.
@Suite struct ReportTests {
    private func run(_ program: String, _ arguments: [String], status: Int32 = 0) throws -> String {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: program)
        process.arguments = arguments
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == status, "\(arguments): \(String(decoding: data, as: UTF8.self))")
        return String(decoding: data, as: UTF8.self)
    }

    private func sluice(_ arguments: [String], status: Int32 = 0) throws -> String {
        try run(try Programs.sluice, arguments, status: status)
    }

    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../..").standardized.path

    private func recount(_ folder: MonthFolder, log: String, report: String, status: Int32 = 0) throws -> String {
        try folder.write("log.jsonl", log)
        try folder.write("report.json", report)
        return try run(
            "/usr/bin/python3",
            ["\(Self.root)/deploy/recount-report", "\(folder.path)/log.jsonl", "\(folder.path)/report.json"],
            status: status)
    }

    @Test(arguments: [1, 2])
    func `every number of a simulated month is counted again from the log alone`(seed: Int) throws {
        let folder = try MonthFolder()
        let text = try sluice(["demo", "--month", "--seed", "\(seed)", "--folder", "\(folder.path)/month"])
        #expect(text.contains("Repair timeliness"))
        let config = ["--config", "\(folder.path)/month/site.yaml"]
        let log = try sluice(["tickets", "log"] + config)
        #expect(try sluice(["tickets", "verify"] + config).contains("each as it was written"))
        for period in [
            ["monthly", "--month", "2025-10"], ["monthly", "--quarter", "2025-Q4"],
            ["kpi", "--from", "2025-10-09", "--to", "2025-10-12"],
        ] {
            let report = try sluice(["reports"] + period + ["--json"] + config)
            let told = try recount(folder, log: log, report: report)
            #expect(told.hasSuffix(" 0 differences\n"), "\(told)")
        }
        // The month has what the figures are about; else the recount would prove little.
        let report = try sluice(["reports", "monthly", "--month", "2025-10", "--json"] + config)
        let body = try #require(try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any])
        let figures = try #require(body["figures"] as? [[String: Any]])
        for figure in figures where figure["key"] as? String != "promisesP4" {
            #expect((figure["denominator"] as? Int ?? 0) > 0, "\(figure)")
        }
        let grounds = try #require(body["follow_ups"] as? [[String: Any]]).compactMap { $0["ground"] as? String }
        #expect(grounds.contains("major") && grounds.contains("drawn"))
    }

    @Test func `a line that was changed, and a figure that was, are found`() throws {
        let folder = try MonthFolder()
        _ = try sluice(["demo", "--month", "--seed", "5", "--folder", "\(folder.path)/month"])
        let config = ["--config", "\(folder.path)/month/site.yaml"]
        let log = try sluice(["tickets", "log"] + config)
        let report = try sluice(["reports", "monthly", "--month", "2025-10", "--json"] + config)
        let numerator = try #require(report.firstMatch(of: /"key":"timeliness"[^}]*"numerator":(\d+)/))
        let more = report.replacing(
            numerator.output.0,
            with: numerator.output.0.dropLast(numerator.output.1.count) + "\((Int(numerator.output.1) ?? 0) + 1)")
        #expect(try recount(folder, log: log, report: more, status: 1).contains("COUNTED"))
        let line = try #require(log.firstMatch(of: /"isPassed":true/))
        let forged = log.replacingCharacters(in: line.range, with: "\"isPassed\":false")
        _ = try recount(folder, log: forged, report: report, status: 1)
    }

    @Test func `reports are the same every time, in both languages and every form`() throws {
        let folder = try MonthFolder()
        let first = try sluice(["demo", "--month", "--seed", "4", "--folder", "\(folder.path)/a"])
        let second = try sluice(["demo", "--month", "--seed", "4", "--folder", "\(folder.path)/b"])
        #expect(first == second)
        let config = ["--config", "\(folder.path)/a/site.yaml"]
        let chinese = try sluice(["reports", "monthly", "--month", "2025-10", "--language", "zh-Hans"] + config)
        #expect(chinese.contains("维修及时率"))
        #expect(chinese.contains("按时到场的承诺 / 本期到期的到场承诺"))
        let table = try sluice(["reports", "kpi", "--month", "2025-10", "--csv"] + config)
        #expect(table.hasPrefix("key,name,value,numerator,denominator,pending,target_percent,formula\r\ntimeliness,"))
        let overdue = try sluice(["reports", "overdue", "--month", "2025-10", "--csv"] + config)
        #expect(overdue.hasPrefix("ticket,priority,asset,building,rule,state,owner,assignee,late,due_at\r\n"))
        let calls = try sluice(["reports", "follow-up", "--month", "2025-10"] + config)
        #expect(calls.contains("Tickets to follow up"))
    }

    @Test func `a running gateway tells the same numbers as the command`() throws {
        let folder = try MonthFolder()
        _ = try sluice(["demo", "--month", "--seed", "6", "--folder", "\(folder.path)/month"])
        let config = ["--config", "\(folder.path)/month/site.yaml"]
        let gateway = try RunningProgram(try Programs.sluice, ["run"] + config)
        defer { gateway.end() }
        try gateway.line(within: 60, "the local socket") { $0.contains("Local socket is open.") }
        func ask(_ uri: String) throws -> String {
            try run(
                "/usr/bin/curl",
                [
                    "--silent", "--fail-with-body", "--unix-socket", "\(folder.path)/month/state/gateway.sock",
                    "http://localhost/api/v1/reports/\(uri)",
                ])
        }
        for kind in ["kpi", "monthly"] {
            let told = try sluice(["reports", kind, "--month", "2025-10", "--json"] + config)
            #expect(try ask("\(kind)?month=2025-10&lang=en") + "\n" == told)
        }
        let table = try sluice(["reports", "weekly", "--from", "2025-10-03", "--to", "2025-10-09", "--csv"] + config)
        #expect(try ask("weekly?from=2025-10-03&to=2025-10-09&format=csv&lang=en") == table)
        let page = try ask("monthly?quarter=2025-Q4&format=html&lang=zh-Hans")
        #expect(page.contains("维修及时率") && page.contains("<table class=\"report\">"))
        let refusal = try run(
            "/usr/bin/curl",
            [
                "--silent", "--unix-socket", "\(folder.path)/month/state/gateway.sock",
                "http://localhost/api/v1/reports/kpi?month=never&lang=en",
            ])
        #expect(
            refusal
                == #"{"detail":"A parameter of the address is not valid; errors says which.","errors":[{"detail":"It must have the form of 2026-11.","parameter":"month"}],"instance":"/api/v1/reports/kpi","status":422,"title":"Parameter not valid","type":"urn:sluice:problem:parameter-invalid"}"#
        )
    }

    @Test func `a period that is none is refused`() throws {
        let folder = try MonthFolder()
        _ = try sluice(["demo", "--month", "--folder", "\(folder.path)/month"])
        let cases: [(words: [String], text: String)] = [
            (["--month", "2025-13"], "month '2025-13' is no month such as 2026-11."),
            (["--quarter", "2025-Q5"], "quarter '2025-Q5' is no quarter such as 2026-Q4."),
            (["--year", "25"], "year '25' is no year such as 2026."),
            (["--from", "2025-10-40"], "from '2025-10-40' is no day such as 2026-11-01."),
            (["--from", "2025-10-02", "--to", "2025-10-01"], "from is after to; exchange them."),
            (
                ["--month", "2025-10", "--year", "2025"],
                "more than one period is named; give one of month, quarter and year, or from and to."
            ),
            (["--year", "9998"], "the period has not begun; name an earlier one."),
        ]
        for (words, text) in cases {
            let program = try RunningProgram(
                try Programs.sluice, ["reports", "kpi", "--config", "\(folder.path)/month/site.yaml"] + words)
            program.closeInput()
            try program.linesToEnd(within: 60)
            program.process.waitUntilExit()
            #expect(program.process.terminationStatus == 64)
            #expect(program.output.contains("Error: " + text), "\(program.output)")
        }
    }
}

/// A folder in memory where there is one: a month is a thousand transactions, each of which waits for the disk.
private final class MonthFolder: Sendable {
    let path: String

    init() throws {
        let memory = "/dev/shm"
        let place = FileManager.default.isWritableFile(atPath: memory) ? memory + "/" : NSTemporaryDirectory()
        path = place + "sluice-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
