// SPDX-License-Identifier: Apache-2.0

import Analysis
import Foundation
import Logging
import Model
import Pipeline
import SiteFiles
import Store
import Testing

@testable import Gateway
@testable import sluice

/// What a gateway found is found again from its store, and from the text that it exports.
@Suite struct SiteReplayTests {
    private static let profile = OneMeterSite.profile()
    private static let site = OneMeterSite.text("polling: {normal_seconds: 60}")
    private static let start: Int64 = 1_800_000_000 / 3600 * 3600

    private struct StillClock: ClockSource {
        let boot = BootIdentifier("boot-1")
        func now() -> ClockReading {
            ClockReading(
                instant: MonotonicInstant(nanoseconds: 1),
                wall: Timestamp(seconds: SiteReplayTests.start + 10 * 86_400),
                timeQuality: .synced)
        }
    }

    /// Two days: water runs back in the third hour, and again a day later; one poll of ten has no answer.
    private static func sweeps(_ minutes: Range<Int64>) -> [Sweep] {
        minutes.map { minute in
            let wall = Timestamp(seconds: start + 60 * minute)
            let isBack = { (at: Int64) in (120..<150).contains(at) || (1600..<1640).contains(at) }
            let counts = (0...minute).reduce(Int64(50_000)) { $0 + (isBack($1) ? -2 : $1 % 3 == 0 ? 1 : 0) }
            let reading =
                minute % 10 == 9
                ? Reading(point: PointIndex(0), bad: .timeout, sourceTime: wall)
                : Reading(
                    point: PointIndex(0), good: .number(Double(counts) / 100), raw: UInt64(counts), sourceTime: wall)
            return Sweep(
                asset: AssetIndex(0), receivedAt: MonotonicInstant(nanoseconds: minute * 60_000_000_000),
                receivedWall: wall, timeQuality: .synced, readings: [reading])
        }
    }

    /// Findings by what is kept of them in the end.
    private static func latest(_ changes: [FindingChange]) -> Set<Finding> {
        Set(Dictionary(changes.map { ($0.finding.identifier, $0.finding) }, uniquingKeysWith: { $1 }).values)
    }

    @Test func `store and export give what the gateway found, with what it was told`() async throws {
        let folder = try TestFolder()
        try folder.write("profiles/water-meter/acme-wm40/profile.yaml", Self.profile)
        try folder.write("site.yaml", Self.site)
        let loaded = loadSite(at: "\(folder.path)/site.yaml", profileFolders: ["\(folder.path)/profiles"])
        let site = try #require(loaded.configuration, "\(loaded.problems)")
        let (directory, catalogue) = ("\(folder.path)/state", site.makeCatalogue())
        let store = try SluiceStore.open(
            directory: directory, boot: BootIdentifier("boot-1"), now: StillClock().now(), logger: Logger(label: "t"))
        try store.bind(catalogue: catalogue)
        let desk = try await Desk(
            store: store, feed: AnalyzerFeed(site, catalogue: catalogue), policy: site.ticketPolicy,
            messages: BookMessages(catalogue: catalogue), boot: BootIdentifier("boot-1"),
            startedAt: StillClock().now(), logger: Logger(label: "t")
        ) { _ in }
        _ = try await store.append(Self.sweeps(0..<900), publishes: false)
        try await desk.follow(clock: StillClock())
        let reverse = try #require(await desk.findings.first { $0.rule == .reverseFlow })
        let refusal = await desk.take(
            FindingVerdict(
                .expected, of: reverse.identifier, person: PersonIdentifier("wang-fang"), reason: "A test.",
                until: Timestamp(seconds: Self.start + 20 * 86_400)), at: StillClock().now())
        #expect(refusal == nil)
        _ = try await store.append(Self.sweeps(900..<2880), publishes: false)
        try await desk.follow(clock: StillClock())
        let kept = Set(await desk.findings)
        try store.close()
        #expect(kept.contains { $0.rule == .reverseFlow })
        // What was told shows in what was found: without it this test would prove less.
        #expect(kept.first { $0.rule == .reverseFlow }?.clearedAt != nil)

        let told = try readTold(directory: directory)
        #expect(told.count == 1)
        var replay = SiteReplay(site, told: told)
        var lines: [String] = []
        var changes: [FindingChange] = []
        try SluiceStore.forEachSweep(
            in: directory, catalogue: catalogue, from: Timestamp(seconds: 0), logger: Logger(label: "t")
        ) { stored in
            changes += replay.take(stored)
            lines += ReadingLine.lines(of: stored).map { $0.text(catalogue) }
        }
        changes += replay.finish()
        #expect(Self.latest(changes) == kept)
        #expect(lines.count == 2880)
        // Without what was told it is another course of things.
        var deaf = SiteReplay(site)
        var deafChanges: [FindingChange] = []
        try SluiceStore.forEachSweep(
            in: directory, catalogue: catalogue, from: Timestamp(seconds: 0), logger: Logger(label: "t")
        ) { deafChanges += deaf.take($0) }
        #expect(Self.latest(deafChanges) != kept)

        // The commands, which find the profiles by their option.
        let from = ["--config", "\(folder.path)/site.yaml", "--profiles", "\(folder.path)/profiles"]
        let export = try RunningProgram(
            try Programs.sluice, ["export", "readings", "--state", directory] + from, mergesErrors: false)
        try export.linesToEnd(within: 60)
        export.process.waitUntilExit()
        #expect(export.process.terminationStatus == 0)
        #expect(export.output.count == 2882)
        #expect(export.output.first == ReadingLine.header)
        #expect(export.output.contains { ToldLine($0) != nil })
        #expect(export.output.filter { ToldLine($0) == nil }.dropFirst() == lines[...])
        try folder.write("readings.csv", export.output.joined(separator: "\n") + "\n")
        var found: [String] = []
        for (format, recording) in [("store", directory), ("export", "\(folder.path)/readings.csv")] {
            let (findings, litres) = ("\(folder.path)/\(format).jsonl", "\(folder.path)/\(format)-litres.jsonl")
            let answer = try VerdictCommandTests.run(
                ["replay", "--format", format, recording, "--findings", findings, "--litres", litres] + from)
            #expect(answer.status == 0, "\(answer.lines)")
            #expect(answer.lines.contains { $0.hasPrefix("2880 readings for the analyzer, ") }, "\(answer.lines)")
            found.append(try String(contentsOfFile: findings, encoding: .utf8))
            let last = try String(contentsOfFile: litres, encoding: .utf8)
            #expect(last.contains(reverse.identifier.text))
        }
        #expect(found[0] == found[1])
        #expect(found[0].split(separator: "\n").count == kept.count)
    }

    @Test(arguments: [
        "", "1,2,3", "0,2027-01-15T08:00:00.000Z,2027-01-15T08:00:00.000Z,inlet/main-meter/count,good,,number,1,",
        "1,2027-01-15T08:00:00.000Z,2027-01-15T08:00:00.000Z,inlet/main-meter/none,good,,number,1,",
        "1,2027-01-15T08:00:00.000Z,2027-01-15T08:00:00.000Z,inlet/main-meter/count,good,,number,nan,",
        "1,2027-01-15T08:00:00.000Z,2027-01-15T08:00:00.000Z,inlet/main-meter/count,good,timeout,number,1,",
        "1,2027-01-15T08:00:00.000Z,2027-01-15T08:00:00.000Z,inlet/main-meter/count,bad,timeout,number,1,",
        "1,2027-01-15T08:00:00.000Z,yesterday,inlet/main-meter/count,bad,timeout,,,",
    ])
    func `a line that is no reading is refused`(line: String) {
        #expect(throws: ReadingLine.Fault.self) {
            try ReadingLine(line, points: ["inlet/main-meter/count": PointIndex(0)])
        }
    }
}
