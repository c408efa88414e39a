// SPDX-License-Identifier: Apache-2.0

import Analysis
import Foundation
import Model
import Testing

@testable import Leakbench

/// The zones of a place that knows one.
private func utcAlone(_ name: String) throws -> ZoneOffsets {
    struct UnknownZone: Error, CustomStringConvertible { var description: String }
    guard name == "Etc/UTC" else { throw UnknownZone(description: "zone '\(name)' is not known.") }
    return ZoneOffsets(name: name, initialOffsetSeconds: 0, transitions: [])
}

@Suite struct ReplayTests {
    /// Twelve days of one home that leaks 20 L/h from the tenth on, and a gate that stays open on the eleventh.
    private static func rows() -> [String] {
        let start = Timestamp(rfc3339: "2026-03-02T00:00:00Z")!
        func text(_ minute: Int, _ second: Int = 0) -> String {
            String((start + .seconds(minute * 60 + second)).rfc3339.dropLast(5)) + "Z"
        }
        var rows: [String] = []
        var litres = 0.0
        for minute in 0..<12 * 1440 {
            let hour = minute / 60 % 24
            if hour >= 7, hour < 22, minute % 37 < 3 { litres += 8 }
            if minute >= 9 * 1440 + 60 { litres += 20.0 / 60 }
            rows.append("\(text(minute, 2)),inlet,total,\((4_294_967_000 + Int(litres / 10)) & 0xFFFF_FFFF),good")
            if minute % 15 == 0 { rows.append("\(text(minute, 5)),home,total,\(500 + Int(litres)),good") }
            if minute % 5 == 0 {
                rows += ["\(text(minute)),tank,level_m,1.635,good", "\(text(minute)),tank,colour,7,good"]
            }
            if minute % 15 == 0 {
                let isOpen = (10 * 1440 + 600..<10 * 1440 + 690).contains(minute)
                rows.append("\(text(minute, 9)),gate,open,\(isOpen ? 1 : 0),good")
            }
        }
        return rows
    }

    @Test func `an estate is replayed without its labels`() throws {
        let rows = Self.rows()
        let folder = try EstateFolder(rows: rows)
        let report = try replayLeakbench(folder: folder.path, findings: folder.output, zone: utcAlone)
        #expect(report.estate == "tiny")
        #expect(report.rows == rows.count)
        #expect(report.otherRows == 12 * 288)
        #expect(report.readings == rows.count - report.otherRows)
        #expect(report.unreadableRows == 0)
        #expect(report.problems.isEmpty)
        // The tap runs from the tenth day on: too early for what is learned by the hour, so a day without a standstill
        // names it.
        #expect(report.findings == [.continuousFlow: 1, .gateHeldOpen: 1])
        #expect(report.announcedEvents.map(\.note) == ["removal firm, \"gate\" kept open"])
        #expect(report.statistics.evaluations.continuousFlow > 250)
        #expect(report.statistics.evaluations.burst > 0)
        #expect(report.dataTime == Timestamp(rfc3339: "2026-03-13T23:59:02Z"))
        let lines = try folder.findings
        #expect(lines.count == 2)
        let gate = try #require(lines.last)
        // Judged at the inlet's stamp of each minute.
        #expect(
            gate == #"{"cleared_at":null,"device":"gate","magnitude":20.883333333333333,"#
                + #""raised_at":"2026-03-12T10:21:02.000Z","started_at":"2026-03-12T10:00:09.000Z","#
                + #""type":"gate_held_open","unit":"min"}"#)
        #expect(lines[0].contains(#""device":"home""#))
        #expect(lines[0].contains(#""type":"continuous_flow","unit":"L/h""#))
    }

    @Test func `a second replay writes the same and replaces the file`() throws {
        let folder = try EstateFolder(rows: Self.rows(), lineEnd: "\r\n")
        _ = try replayLeakbench(folder: folder.path, findings: folder.output, zone: utcAlone)
        let first = try folder.findings
        _ = try replayLeakbench(folder: folder.path, findings: folder.output, zone: utcAlone)
        #expect(try folder.findings == first)
        #expect(first.count == 2)
    }

    @Test func `rows that cannot be read are counted and named, and the others count`() throws {
        let folder = try EstateFolder(
            calendar: "kind,start,end,device_id,note\nvacancy,yesterday,2026-03-05T10:00:00Z,home,\n",
            rows: [
                "2026-03-02T00:00:02Z,home,total,12,good",
                "2026-03-02T00:15:02Z,home,total,,bad",
                "2026-03-02,home,total,12,good",
                "2026-02-30T00:00:00Z,home,total,12,good",
                "2026-03-02T00:00:02Z,home,total,12",
                "2026-03-02T00:00:02Z,home,total,12,good,very",
                "2026-03-02T00:00:02Z,home,total,12.5,good",
                "2026-03-02T00:00:02Z,home,total,99999999999999999999,good",
                "2026-03-02T00:00:02Z,home,total,12,fine",
                "2026-03-02T00:00:02Z,gate,open,2,good",
                "2026-03-02T00:00:02Z,nobody,open,1,good",
                "",
                "2026-03-02T00:30:02.250Z,home,total,13,good",
            ])
        let report = try replayLeakbench(folder: folder.path, findings: folder.output, zone: utcAlone)
        #expect(report.rows == 12)
        #expect(report.readings == 3)
        #expect(report.otherRows == 1)
        #expect(report.unreadableRows == 8)
        #expect(report.statistics.bad == 1)
        let path = folder.path + "/readings.csv.gz"
        #expect(
            report.problems.map(\.description) == [
                "\(folder.path)/calendar.csv:2: error: an announcement has kind, start, end, device and note, with times "
                    + "in ISO 8601.",
                "\(path):4: error: the time is not ISO 8601 in UTC; the row is left out.",
                "\(path):5: error: the time is not ISO 8601 in UTC; the row is left out.",
                "\(path):6: error: fewer than five fields; the row is left out.",
                "\(path):7: error: more than five fields; the row is left out.",
                "\(path):8: error: the value is not a whole number; the row is left out.",
                "\(path):9: error: the value is not a whole number; the row is left out.",
                "\(path):10: error: the quality is neither good nor bad; the row is left out.",
                "\(path):11: error: a gate is 0 or 1; the row is left out.",
            ])
    }

    @Test func `several gzip members are one file`() throws {
        let folder = try EstateFolder(rows: ["2026-03-02T00:00:02Z,home,total,12,good"])
        var data = try folder.readings
        try folder.write("2026-03-02T00:15:02Z,home,total,13,good\n2026-03-02T00:30:02Z,home,to", to: "more")
        try folder.gzip("more")
        try folder.write("tal,14,good", to: "last")
        try folder.gzip("last")
        data += try Data(contentsOf: URL(fileURLWithPath: folder.path + "/more.gz"))
        data += try Data(contentsOf: URL(fileURLWithPath: folder.path + "/last.gz"))
        try folder.setReadings(data)
        #expect(try replayLeakbench(folder: folder.path, findings: folder.output, zone: utcAlone).readings == 3)
    }
}

@Suite struct RefusalTests {
    private static func message(_ folder: String, findings: String = "/dev/null") -> String {
        do {
            _ = try replayLeakbench(folder: folder, findings: findings, zone: utcAlone)
            return ""
        } catch {
            return "\(error)"
        }
    }

    private static let rows = (0..<3000).map { "2026-03-02T00:00:02Z,home,total,\($0 &* 7919 % 100_003),good" }

    @Test func `a missing folder or file is named`() throws {
        #expect(
            Self.message("/nowhere/at/all")
                == "/nowhere/at/all/topology.json: error: cannot be opened: No such file or directory.")
        let folder = try EstateFolder(calendar: nil, rows: [])
        #expect(
            Self.message(folder.path)
                == "\(folder.path)/calendar.csv: error: cannot be opened: No such file or directory.")
        let other = try EstateFolder(rows: [])
        try FileManager.default.removeItem(atPath: other.path + "/readings.csv.gz")
        #expect(
            Self.message(other.path)
                == "\(other.path)/readings.csv.gz: error: cannot be opened: No such file or directory.")
    }

    @Test func `broken gzip is refused with the line where it breaks`() throws {
        let folder = try EstateFolder(rows: Self.rows)
        let path = folder.path + "/readings.csv.gz"
        let whole = try folder.readings
        try folder.setReadings(whole.prefix(whole.count / 2))
        let short = Self.message(folder.path)
        #expect(short.hasPrefix(path + ":"))
        #expect(short.hasSuffix(": error: the gzip data end too soon after this line. Fetch the file again."))
        var damaged = whole
        for place in whole.count / 2..<whole.count / 2 + 40 { damaged[place] = 0xA5 }
        try folder.setReadings(damaged)
        let wrong = Self.message(folder.path)
        #expect(wrong.hasPrefix(path + ":"))
        #expect(wrong.contains(": error: the gzip data are damaged after this line: "))
        try folder.setReadings(Data("no gzip at all".utf8))
        #expect(
            Self.message(folder.path)
                == path + ":1: error: the gzip data are damaged after this line: incorrect header check. "
                + "Fetch the file again.")
        try folder.setReadings(Data())
        #expect(
            Self.message(folder.path)
                == path + ":1: error: the gzip data end too soon after this line. Fetch the file again.")
    }

    @Test func `other headers and endless lines are refused`() throws {
        let folder = try EstateFolder(rows: [], header: "time,device")
        #expect(
            Self.message(folder.path) == folder.path
                + "/readings.csv.gz:1: error: the header must be 'ts,device_id,point,value,quality'.")
        let endless = try EstateFolder(rows: [String(repeating: "x", count: 700_000)])
        #expect(
            Self.message(endless.path) == endless.path
                + "/readings.csv.gz:2: error: is longer than 65536 bytes; that is no row of readings.")
        let calendar = try EstateFolder(calendar: "when,what\n", rows: [])
        #expect(
            Self.message(calendar.path) == calendar.path
                + "/calendar.csv:1: error: the header must be 'kind,start,end,device_id,note'.")
    }

    struct Mistake {
        var from: String
        var to: String
        var message: String
    }

    @Test(arguments: [
        Mistake(from: #""timezone": "Etc/UTC", "#, to: "", message: "timezone is missing."),
        Mistake(from: "Etc/UTC", to: "Etc/UTX", message: "timezone: zone 'Etc/UTX' is not known."),
        Mistake(
            from: #""litres_per_count": 10"#, to: #""litres_per_count": "ten""#,
            message: "devices[0].points.total.litres_per_count: "),
        Mistake(
            from: #""litres_per_count": 10"#, to: #""litres_per_count": 0"#,
            message: "device 'inlet': 'litres_per_count' must be a number above zero."),
        Mistake(
            from: #""litres_per_count": 1, "interval_s": 900"#, to: #""litres_per_count": 1, "interval_s": -1"#,
            message: "device 'home': 'interval_s' must be above 0 and at most 86400."),
        Mistake(
            from: #""role": "unit""#, to: #""role": "flat""#,
            message: "device 'home': role 'flat' is not known. Allowed: bulk, riser, unit, irrigation."),
        Mistake(from: #""id": "gate""#, to: #""id": "home""#, message: "device 'home' is listed twice."),
        Mistake(from: "]}", to: "]", message: "is not JSON that can be read: "),
    ])
    func `a topology with a mistake is refused`(_ mistake: Mistake) throws {
        let text = EstateFolder.topology.replacingOccurrences(of: mistake.from, with: mistake.to)
        #expect(text != EstateFolder.topology)
        let folder = try EstateFolder(topology: text, rows: [])
        let message = Self.message(folder.path)
        #expect(message.hasPrefix("\(folder.path)/topology.json: error: \(mistake.message)"), "\(message)")
    }

    @Test func `an output that cannot be written is refused`() throws {
        let folder = try EstateFolder(rows: [])
        #expect(
            Self.message(folder.path, findings: folder.path)
                == "\(folder.path): error: cannot be written: Is a directory.")
    }
}
