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

    private func recount(
        _ folder: MonthFolder, log: String, alarms: String, report: String, status: Int32 = 0
    ) throws -> String {
        try folder.write("log.jsonl", log)
        try folder.write("alarms.jsonl", alarms)
        try folder.write("report.json", report)
        return try run(
            "/usr/bin/python3",
            ["\(Self.root)/deploy/recount-report"]
                + ["log.jsonl", "report.json", "alarms.jsonl"].map { "\(folder.path)/\($0)" }, status: status)
    }

    /// A month that several tests read.
    fileprivate static let shared = Result {
        atexit { try? FileManager.default.removeItem(atPath: ReportTests.sharedPath) }
        return try MonthFolder.lived(seed: 2, path: sharedPath)
    }
    private static let sharedPath = MonthFolder.place()

    @Test(arguments: [1, 2])
    func `every number of a simulated month is counted again from the logs alone`(seed: Int) throws {
        let folder = seed == 2 ? try Self.shared.get() : try MonthFolder.lived(seed: seed)
        let config = ["--config", "\(folder.path)/month/site.yaml"]
        let log = try sluice(["tickets", "log"] + config)
        let alarms = try sluice(["alarms", "log"] + config)
        #expect(try sluice(["tickets", "verify"] + config).contains("each as it was written"))
        for period in [
            ["monthly", "--month", "2025-10"], ["monthly", "--quarter", "2025-Q4"], ["monthly", "--year", "2025"],
            ["monthly", "--month", "2025-09"], ["weekly", "--from", "2025-09-26", "--to", "2025-10-02"],
            ["kpi", "--from", "2025-10-03", "--to", "2025-10-06"],
        ] {
            let report = try sluice(["reports"] + period + ["--json"] + config)
            let told = try recount(folder, log: log, alarms: alarms, report: report)
            #expect(told.hasSuffix(" 0 differences\n"), "\(period): \(told)")
        }
        // The month has what the figures are about; else the recount would prove little.
        let report = try sluice(["reports", "monthly", "--year", "2025", "--json"] + config)
        let body = try #require(try JSONSerialization.jsonObject(with: Data(report.utf8)) as? [String: Any])
        let figures = try #require(body["figures"] as? [[String: Any]])
        #expect(figures.count == 20)
        let empty = figures.filter { ($0["denominator"] as? Int ?? 0) == 0 }.compactMap { $0["key"] as? String }
        #expect(Set(empty).isSubset(of: ["promisesP1", "satisfaction", "feedback"]), "\(empty)")
        let grounds = try #require(body["follow_ups"] as? [[String: Any]]).compactMap { $0["ground"] as? String }
        #expect(!grounds.isEmpty)
    }

    @Test func `findings of the analyzer became tickets, and repairs ended what was wrong`() throws {
        let folder = try Self.shared.get()
        let state = "\(folder.path)/month/state/sluice.db"
        func count(_ query: String) throws -> Int {
            Int(try run("/usr/bin/sqlite3", [state, query]).split(separator: "\n").first ?? "") ?? -1
        }
        let findings = try count("SELECT count(*) FROM finding")
        let cleared = try count("SELECT count(*) FROM finding WHERE cleared_at IS NOT NULL")
        #expect(findings > 5, "\(findings) findings")
        #expect(cleared * 2 > findings, "\(cleared) of \(findings) cleared")
        let lines = "SELECT count(*) FROM ticket_event WHERE CAST(body AS TEXT)"
        for word in ["accepted", "arrived", "resolved", "verified", "signedOff", "followedUp"] {
            #expect(try count("\(lines) LIKE '%\"\(word)\"%'") > 0, "\(word)")
        }
        let delivered = try count("SELECT count(*) FROM notice WHERE state = 'delivered'")
        let rows = try count("SELECT count(*) FROM notice")
        #expect(delivered * 10 > rows * 8 && rows > 20, "\(delivered) of \(rows) notices were taken")
    }

    @Test func `a line that was changed, and a figure that was, are found`() throws {
        let folder = try Self.shared.get()
        let config = ["--config", "\(folder.path)/month/site.yaml"]
        let log = try sluice(["tickets", "log"] + config)
        let alarms = try sluice(["alarms", "log"] + config)
        let report = try sluice(["reports", "monthly", "--month", "2025-10", "--json"] + config)
        func more(_ pattern: Regex<(Substring, Substring)>) throws -> String {
            let found = try #require(report.firstMatch(of: pattern)).output
            return report.replacing(found.0, with: found.0.dropLast(found.1.count) + "\((Int(found.1) ?? 0) + 1)")
        }
        for pattern in [
            /"key":"timeliness"[^}]*"numerator":(\d+)/, /"mean_seconds_between":(\d+)/, /"mostInTenMinutes":(\d+)/,
            /"standing":\{[^}]*"sum":(\d+)/,
        ] {
            let told = try recount(folder, log: log, alarms: alarms, report: try more(pattern), status: 1)
            #expect(told.contains("COUNTED"))
        }
        let line = try #require(log.firstMatch(of: /"isPassed":true/))
        let forged = log.replacingCharacters(in: line.range, with: "\"isPassed\":false")
        _ = try recount(folder, log: forged, alarms: alarms, report: report, status: 1)
    }

    @Test func `reports are the same every time, in both languages and every form`() throws {
        let folder = try Self.shared.get()
        let second = try MonthFolder.lived(seed: 2)
        #expect(folder.told == second.told && folder.told.contains("Repair timeliness"))
        let config = ["--config", "\(folder.path)/month/site.yaml"]
        let chinese = try sluice(["reports", "monthly", "--month", "2025-10", "--language", "zh-Hans"] + config)
        #expect(chinese.contains("维修及时率"))
        #expect(chinese.contains("按时到场的承诺 / 本期到期的到场承诺"))
        let table = try sluice(["reports", "kpi", "--month", "2025-10", "--csv"] + config)
        #expect(table.hasPrefix("key,name,value,numerator,denominator,pending,target,formula\r\ntimeliness,"))
        let overdue = try sluice(["reports", "overdue", "--month", "2025-10", "--csv"] + config)
        #expect(overdue.hasPrefix("ticket,priority,asset,building,rule,state,owner,assignee,late,due_at\r\n"))
        let calls = try sluice(["reports", "follow-up", "--month", "2025-10"] + config)
        #expect(calls.contains("Tickets to follow up"))
    }

    @Test func `a running gateway tells the same numbers as the command`() throws {
        let folder = try MonthFolder(copying: Self.shared.get())
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
        let folder = try Self.shared.get()
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
    /// What the program told of its month.
    let told: String

    /// - Parameter path: `nil` for a new one.
    init(told: String = "", path: String? = nil) throws {
        (self.told, self.path) = (told, path ?? Self.place())
        try FileManager.default.createDirectory(atPath: self.path, withIntermediateDirectories: true)
    }

    static func place() -> String {
        let memory = "/dev/shm"
        let place = FileManager.default.isWritableFile(atPath: memory) ? memory + "/" : NSTemporaryDirectory()
        return place + "sluice-test-" + UUID().uuidString
    }

    /// A few days of a small estate: everything about a month but its length.
    static func lived(seed: Int, path place: String = MonthFolder.place()) throws -> MonthFolder {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try Programs.sluice)
        process.arguments = ["demo", "--month", "--seed", "\(seed)", "--days", "7", "--dwellings", "8"]
        process.arguments? += ["--folder", place + "/month"]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        return try MonthFolder(told: String(decoding: data, as: UTF8.self), path: place)
    }

    /// A month of its own, for one that changes it.
    convenience init(copying other: MonthFolder) throws {
        try self.init()
        try FileManager.default.copyItem(atPath: other.path + "/month", toPath: path + "/month")
        let file = path + "/month/site.yaml"
        try String(contentsOfFile: file, encoding: .utf8).replacing(other.path, with: path)
            .write(toFile: file, atomically: true, encoding: .utf8)
    }

    func write(_ name: String, _ text: String) throws {
        try text.write(toFile: "\(path)/\(name)", atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}
