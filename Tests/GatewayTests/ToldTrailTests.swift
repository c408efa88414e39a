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

/// What the analyzer is told by persons lies among its readings: in the store, over restarts, and when it learns anew.
@Suite struct ToldTrailTests {
    private static let profile = OneMeterSite.profile()
    private static let site = OneMeterSite.text()
    private static let start = Timestamp(seconds: 1_800_000_000)
    private static let meter = AssetIdentifier("main-meter")
    private static let wang = PersonIdentifier("wang-fang")

    private struct FixedClock: ClockSource {
        let boot = BootIdentifier("boot-1")
        var seconds: Int64
        func now() -> ClockReading {
            ClockReading(
                instant: MonotonicInstant(nanoseconds: seconds * 1_000_000_000), wall: start + .seconds(seconds),
                timeQuality: .synced)
        }
    }

    private let folder: TestFolder
    private var state: String { "\(folder.path)/state" }

    init() throws {
        folder = try TestFolder()
        try folder.write("profiles/water-meter/acme-wm40/profile.yaml", Self.profile)
        try folder.write("site.yaml", Self.site)
    }

    /// One life of the gateway's store, committer and desk.
    private struct Life {
        let store: SluiceStore
        let configuration: SiteConfiguration
        let catalogue: Catalogue
        let feed: AnalyzerFeed
        let desk: Desk
        let logger = Logger(label: "test")

        private func commit(_ sweeps: [Sweep], told: MeterExchange? = nil) async throws -> MeterExchangeReply? {
            let (desk, feed) = (desk, feed)
            let committer = Committer(
                store: store, catalogue: catalogue, chooser: ReportChooser(configuration),
                counters: CounterBook(
                    configuration, boot: BootIdentifier("boot-1"), stored: try await store.counters()), logger: logger,
                exchanged: { try await desk.exchanged(feed.meter(at: $0), $1) }
            ) { _ in }
            async let running: Void = committer.run(gathering: .zero)
            var reply: MeterExchangeReply?
            if let told { reply = await committer.book(told, of: PointIndex(0), at: start + .seconds(7300)) }
            sweeps.forEach(committer.submit)
            committer.close()
            await running
            return reply
        }

        /// Stores a reading each ten seconds, `counts` growing by one at each, and lets the desk follow.
        func read(_ range: Range<Int64>, from counts: UInt32) async throws {
            let sweeps = range.map { place in
                let wall = start + .seconds(place * 10)
                let count = counts + UInt32(place - range.lowerBound)
                return Sweep(
                    asset: AssetIndex(0), receivedAt: MonotonicInstant(nanoseconds: place * 10_000_000_000),
                    receivedWall: wall, timeQuality: .synced,
                    readings: [
                        Reading(
                            point: PointIndex(0), good: .number(Double(count) / 100), raw: UInt64(count),
                            sourceTime: wall)
                    ])
            }
            _ = try await commit(sweeps)
            try await desk.follow(clock: FixedClock(seconds: range.upperBound * 10))
        }

        func tell(_ exchange: MeterExchange) async throws -> MeterExchangeReply? {
            try await commit([], told: exchange)
        }

        func analyzer() async throws -> [UInt8] {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys]
            return Array(try encoder.encode(await desk.judge.analyzer))
        }
    }

    private func begin(at seconds: Int64) async throws -> Life {
        let loaded = loadSite(at: "\(folder.path)/site.yaml", profileFolders: ["\(folder.path)/profiles"])
        let configuration = try #require(loaded.configuration, "\(loaded.problems)")
        let now = FixedClock(seconds: seconds).now()
        let store = try SluiceStore.open(
            directory: state, boot: BootIdentifier("boot-1"), now: now, logger: Logger(label: "store"))
        let catalogue = configuration.makeCatalogue()
        try store.bind(catalogue: catalogue)
        let feed = AnalyzerFeed(configuration, catalogue: catalogue)
        let desk = try await Desk(
            store: store, feed: feed, policy: configuration.ticketPolicy,
            messages: BookMessages(catalogue: catalogue, costing: nil), boot: BootIdentifier("boot-1"), startedAt: now,
            logger: Logger(label: "desk")
        ) { _ in }
        return Life(store: store, configuration: configuration, catalogue: catalogue, feed: feed, desk: desk)
    }

    private func sqlite(_ statement: String) throws -> [String] {
        let shell = try RunningProgram("/usr/bin/sqlite3", ["\(state)/sluice.db", statement])
        shell.closeInput()
        try shell.linesToEnd(within: 20)
        shell.process.waitUntilExit()
        return shell.output
    }

    private static let works = AnnouncementDraft(
        .poolFilling, from: start + .seconds(3600), to: start + .seconds(10_000), asset: meter, note: "Pool",
        person: wang)

    @Test func `an exchange and an announcement are told at their places, over a restart and when all is learned anew`()
        async throws
    {
        var life = try await begin(at: 0)
        try await life.read(0..<720, from: 1_000_000)
        let line = try await life.desk.announce(Self.works, at: FixedClock(seconds: 7200).now()).get()
        #expect(line.number == 1)
        let reply = try await life.tell(
            MeterExchange(
                point: "inlet/main-meter/total", oldReading: 10_007.25, newReading: 0.02, person: Self.wang))
        #expect(reply?.booked != nil, "\(String(describing: reply?.refusal))")
        let told = try await life.analyzer()
        try life.store.close()

        // A restart forgets nothing and tells nothing again.
        life = try await begin(at: 7300)
        #expect(try await life.analyzer() == told)
        #expect(
            try sqlite("SELECT kind, subject FROM intervention ORDER BY seq") == [
                "announce|1", "meter-exchanged|main-meter",
            ])
        #expect(await life.desk.calendar.lines == [line])
        try await life.read(730..<1500, from: 3)
        let rules = await life.desk.findings.map(\.rule)
        #expect(rules == [.meterReplaced])
        let finding = try #require(await life.desk.findings.first)
        #expect(finding.evidence.announced?.contains("Pool") == true)
        // Found again with what was told, and not without.
        var trail = try readTrail(of: finding.identifier, directory: state)
        #expect(trail.told.map(\.place) == [0, 0])
        #expect(trail.told.last?.intervention == .verdict(.meterExchanged(Self.meter)))
        #expect(trail.recompute().differences == [])
        trail.told = []
        #expect(trail.recompute().differences == ["It is not raised."])
        try await life.desk.saveState()
        let live = try await life.analyzer()
        try life.store.close()

        // An analyzer of another version learns anew, and is told at the same places what it was told.
        _ = try sqlite("UPDATE analyzer SET version = 1")
        life = try await begin(at: 15_000)
        try await life.desk.follow(clock: FixedClock(seconds: 15_000))
        #expect(try await life.analyzer() == live)
        trail = try readTrail(of: finding.identifier, directory: state)
        #expect(trail.told.count == 2)
        #expect(trail.told.allSatisfy { $0.place == 720 })
        #expect(trail.recompute().differences == [])
        #expect(try sqlite("SELECT count(*) FROM intervention") == ["2"])
        try life.store.close()
    }

    @Test func `the calendar is the file's and what was announced, and taking back takes out`() async throws {
        var life = try await begin(at: 0)
        try await life.read(0..<30, from: 1000)
        _ = try await life.desk.announce(Self.works, at: FixedClock(seconds: 300).now()).get()
        try life.store.close()
        try folder.write(
            "site.yaml",
            Self.site + "announcements: [{kind: publicHoliday, start: 2027-02-06 00:00, end: 2027-02-12 23:59}]\n")
        life = try await begin(at: 400)
        #expect(
            Set(await life.desk.judge.analyzer.calendar.entries.map(\.kind)) == [.publicHoliday, .poolFilling])
        let kinds = try sqlite("SELECT kind FROM intervention ORDER BY seq")
        #expect(kinds == ["announce", "calendar"])
        let again = await life.desk.withdraw(
            announcement: 1, by: Self.wang, reason: "Put off.", at: FixedClock(seconds: 400).now())
        #expect(try again.get().withdrawal?.person == Self.wang)
        let refused = await life.desk.withdraw(
            announcement: 1, by: Self.wang, reason: "Put off.", at: FixedClock(seconds: 400).now())
        #expect(refused == .failure(.alreadyOver(number: 1)))
        try life.store.close()
        life = try await begin(at: 500)
        #expect(await life.desk.judge.analyzer.calendar.entries.map(\.kind) == [.publicHoliday])
        #expect(try sqlite("SELECT count(*) FROM intervention") == ["3"])
        #expect(await life.desk.calendar.lines.map { $0.state(at: Self.start) } == [.withdrawn])
        try life.store.close()
    }
}
