// SPDX-License-Identifier: Apache-2.0

import Analysis
import Counters
import Foundation
import Logging
import Model
import Pipeline
import SiteFiles
import Store
import Testing

@testable import Gateway

/// Lifetime totals on their way from the poller into the store, with a store of its own on disk.
@Suite struct CounterPathTests {
    /// A meter whose 32-bit register has its low word first and counts in hundredths of a cubic metre.
    private static let profile = OneMeterSite.profile(order: "CDAB")
    private static let site = OneMeterSite.text()

    private let folder: TestFolder
    private let configuration: SiteConfiguration

    init() throws {
        folder = try TestFolder()
        try folder.write("profiles/water-meter/acme-wm40/profile.yaml", Self.profile)
        try folder.write("site.yaml", Self.site)
        let loaded = loadSite(at: "\(folder.path)/site.yaml", profileFolders: ["\(folder.path)/profiles"])
        configuration = try #require(loaded.configuration, "\(loaded.problems)")
    }

    private func openStore(boot: String) throws -> SluiceStore {
        let store = try SluiceStore.open(
            directory: "\(folder.path)/state", boot: BootIdentifier(boot),
            now: ClockReading(
                instant: MonotonicInstant(nanoseconds: 0), wall: Timestamp(seconds: 1_800_000_000),
                timeQuality: .synced), logger: Logger(label: "store"))
        try store.bind(catalogue: configuration.makeCatalogue())
        return store
    }

    /// What a poll of the register brings `second` seconds after the start of boot 1.
    private func sweep(_ second: Int64, _ counts: UInt32, sinceBoot: Int64? = nil) -> Sweep {
        let wall = Timestamp(seconds: 1_800_000_000 + second)
        return Sweep(
            asset: AssetIndex(0),
            receivedAt: MonotonicInstant(nanoseconds: (sinceBoot ?? second) * 1_000_000_000), receivedWall: wall,
            timeQuality: .synced,
            readings: [
                Reading(
                    point: PointIndex(0), good: .number(Double(counts) / 100),
                    raw: UInt64(counts & 0xFFFF) << 16 | UInt64(counts >> 16), sourceTime: wall)
            ])
    }

    /// One life of the gateway, which stores `sweeps` one a transaction and leaves `lost` in its queue.
    private func live(boot: String, _ sweeps: [Sweep], lost: [Sweep] = []) async throws {
        let store = try openStore(boot: boot)
        let stored = try await store.counters()
        for (number, sweep) in sweeps.enumerated() {
            let counters = CounterBook(
                configuration, boot: BootIdentifier(boot), stored: number == 0 ? stored : try await store.counters())
            let committer = Committer(
                store: store, catalogue: configuration.makeCatalogue(), chooser: ReportChooser(configuration),
                counters: counters, logger: Logger(label: "test")
            ) { _ in }
            committer.submit(sweep)
            committer.close()
            await committer.run(gathering: .zero)
            lost.forEach(committer.submit)
        }
        try store.close()
    }

    private struct Total: Hashable {
        var cubicMetres: Double?
        var reason: QualityReason?
        init(_ cubicMetres: Double?, _ reason: QualityReason? = nil) {
            (self.cubicMetres, self.reason) = (cubicMetres, reason)
        }
    }

    private func totals() async throws -> (totals: [Total], stored: [StoredSweep]) {
        let store = try openStore(boot: "reader")
        let stored = try await store.sweeps(after: SequenceNumber(0), limit: 100)
        try store.close()
        return (stored.flatMap(\.sweep.readings).map { Total($0.quantity?.asDouble, $0.reason) }, stored)
    }

    /// Register counts as the analyzer is told them.
    private func analyzed(_ stored: [StoredSweep]) -> [AnalyzerReading.Value] {
        let feed = AnalyzerFeed(configuration, catalogue: configuration.makeCatalogue())
        var values: [AnalyzerReading.Value] = []
        for sweep in stored { feed.forEachReading(of: sweep) { values.append($0.value) } }
        return values
    }

    @Test func `a total goes on over a rollover and a momentary zero, and its register is kept`() async throws {
        let registers: [UInt32] = [4_294_967_290, 4_294_967_295, 0, 0, 3, 0, 7]
        try await live(boot: "boot-1", registers.enumerated().map { sweep(Int64($0.offset) * 10, $0.element) })
        let (totals, stored) = try await totals()
        #expect(
            totals == [
                Total(42_949_672.90), Total(42_949_672.95),
                // A register that falls to exactly 0 is doubted until it goes on from there.
                Total(42_949_672.95, .suspectStep), Total(42_949_672.95, .suspectStep), Total(42_949_672.99),
                Total(42_949_672.99, .suspectStep), Total(42_949_673.03),
            ])
        #expect(analyzed(stored) == registers.map { .count(Int64($0)) })
    }

    @Test func `a gateway that ends between two transactions repeats and loses nothing`() async throws {
        try await live(
            boot: "boot-1", [sweep(0, 1000), sweep(10, 1005), sweep(20, 1008)],
            lost: [sweep(30, 1010), sweep(40, 1012)])
        try await live(boot: "boot-1", [sweep(50, 1015)])
        // The meter was exchanged, then the machine started again: its clock counts from zero.
        try await live(
            boot: "boot-2",
            [
                sweep(90, 1020, sinceBoot: 5), sweep(100, 2, sinceBoot: 15), sweep(110, 3, sinceBoot: 25),
                sweep(120, 4, sinceBoot: 35), sweep(130, 6, sinceBoot: 45),
            ])
        let (totals, _) = try await totals()
        #expect(
            totals == [
                Total(10.00), Total(10.05), Total(10.08), Total(10.15), Total(10.20, .gap), Total(10.20, .suspectStep),
                Total(10.20, .suspectStep), Total(10.20, .gap), Total(10.22),
            ])
    }

    @Test func `what a failed transaction has counted is taken back`() throws {
        var book = CounterBook(configuration, boot: BootIdentifier("boot-1"), stored: [])
        _ = book.take([sweep(0, 1000)])
        let first = book.take([sweep(10, 1004), sweep(20, 1009)])
        book.undo(first)
        let again = book.take([sweep(10, 1004), sweep(20, 1009)])
        #expect(first.sweeps == again.sweeps)
        #expect(first.changed == again.changed)
        #expect(again.changed.map(\.state.counter.total) == [1009])
    }

    @Test func `a counter of another register starts anew`() throws {
        var book = CounterBook(configuration, boot: BootIdentifier("boot-1"), stored: [])
        var changed = book.take([sweep(0, 1000)]).changed
        changed[0].state.unitsPerCount = 1
        var next = CounterBook(configuration, boot: BootIdentifier("boot-1"), stored: changed)
        #expect(next.take([sweep(10, 5)]).sweeps[0].readings[0].quantity == .number(0.05))
        #expect(next.take([sweep(10, 5)]).changed.count == 1)
    }

    @Test func `an exchange is booked once, audited and goes on after a restart`() async throws {
        var store = try openStore(boot: "boot-1")
        let catalogue = configuration.makeCatalogue()
        func life(_ sweeps: [Sweep], told: [MeterExchange]) async throws -> [MeterExchangeReply] {
            let committer = Committer(
                store: store, catalogue: catalogue, chooser: ReportChooser(configuration),
                counters: CounterBook(
                    configuration, boot: BootIdentifier("boot-1"), stored: try await store.counters()),
                logger: Logger(label: "test")
            ) { _ in }
            async let running: Void = committer.run(gathering: .zero)
            var replies: [MeterExchangeReply] = []
            for told in told {
                replies.append(await committer.book(told, of: PointIndex(0), at: Timestamp(seconds: 1_800_000_500)))
            }
            sweeps.forEach(committer.submit)
            committer.close()
            await running
            return replies
        }
        func told(_ old: Double, _ new: Double) -> MeterExchange {
            MeterExchange(
                point: "inlet/main-meter/total", oldReading: old, newReading: new, person: PersonIdentifier("wang-fang")
            )
        }
        #expect(try await life([sweep(0, 1000), sweep(10, 1004)], told: [told(10.5, 0.2)])[0].booked == nil)
        // Told before the new meter is read: 10.04 to 10.50 of the old one, then 0.20 to 0.23 of the new one.
        let replies = try await life([sweep(20, 23)], told: [told(9, 0), told(10.5, 0.2), told(10.5, 0.2)])
        #expect(replies.map(\.booked) == [nil, 0.46, nil])
        #expect(replies.map(\.total) == [nil, 10.5, nil])
        #expect(replies[2].refusal == "this exchange is booked already")
        try store.close()
        store = try openStore(boot: "boot-1")
        // Seen as a reset before it was told.
        _ = try await life([sweep(30, 24), sweep(40, 2), sweep(50, 3), sweep(60, 4)], told: [])
        let late = try await life([sweep(70, 6)], told: [told(0.30, 0.01)])
        #expect(late[0].booked == 0.09)
        try store.close()
        let (totals, _) = try await totals()
        #expect(totals.map(\.cubicMetres) == [10.00, 10.04, 10.53, 10.54, 10.54, 10.54, 10.54, 10.65])
        let lines = try sqlite("SELECT at, actor, action, subject, result FROM audit ORDER BY seq")
        #expect(
            lines == [
                "1800000500000|wang-fang|meter exchange|inlet/main-meter/total|"
                    + "old reading 10.5, new reading 0.2, booked 0.46, total 10.5",
                "1800000500000|wang-fang|meter exchange|inlet/main-meter/total|"
                    + "old reading 0.3, new reading 0.01, booked 0.09, total 10.63",
            ])
        #expect(try sqlite("DELETE FROM audit").contains { $0.contains("append-only") })
        #expect(try sqlite("SELECT count(*) FROM audit") == ["2"])
    }

    @Test func `what a register showed is kept for ever, and a gap is told on MQTT`() async throws {
        let registers: [UInt32] = [1000, 1004, 0, 1005, 2_000_000_000, 2_000_000_000, 2_000_000_000, 3, 3, 3]
        let outage = sweep(500, 7)
        try await live(
            boot: "boot-1", registers.enumerated().map { sweep(Int64($0.offset) * 10, $0.element) } + [outage])
        let events = try sqlite(
            "SELECT path, (from_at - 1800000000000) / 1000, (at - 1800000000000) / 1000, kind, from_counts, to_counts, "
                + "counts FROM counter_event JOIN point ON point.id = counter_event.point ORDER BY counter_event.id")
        #expect(
            events == [
                "inlet/main-meter/total|10|30|glitch|||1",
                "inlet/main-meter/total|30|60|counter_jump|1005|2000000000|",
                "inlet/main-meter/total|60|90|counter_reset|2000000000|3|",
                "inlet/main-meter/total|90|500|not_read|||4",
            ])
        let gaps = try sqlite("SELECT path, (to_at - from_at) / 1000, cause FROM gap ORDER BY id")
        #expect(
            gaps == [
                "inlet/main-meter/total|30|counter_jump", "inlet/main-meter/total|30|counter_reset",
                "inlet/main-meter/total|410|not_read",
            ])
        let day = try #require(try sqlite("SELECT name FROM sqlite_master WHERE name GLOB 'outbox_[0-9]*'").first)
        let told = try sqlite("SELECT topic, retained, CAST(payload AS TEXT) FROM \(day) WHERE lane = 0 ORDER BY seq")
        #expect(told.count == 3)
        #expect(
            told.first
                == #"sluice/lakeside/_gap|0|{"what":"inlet/main-meter/total","from":"2027-01-15T08:00:30.000Z","#
                + #""to":"2027-01-15T08:01:00.000Z","cause":"counter_jump","ep":1}"#)
        #expect(try sqlite("DELETE FROM counter_event").contains { $0.contains("append-only") })
        #expect(try sqlite("SELECT count(*) FROM counter_event") == ["4"])
    }

    @Test func `a register that goes on being wrong is told once, and slips once an hour`() throws {
        var book = CounterBook(configuration, boot: BootIdentifier("boot-1"), stored: [])
        var words: [String] = []
        for second in 0..<(2 * 360) {
            let counts = UInt32(1000 + second / 2)
            let outcome = book.take([sweep(Int64(second) * 10, second % 2 == 1 ? 0 : counts)])
            words += outcome.notes.map { "\($0.event)" }
        }
        #expect(words == ["glitch(reads: 1)", "glitch(reads: 180)"])
    }

    @Test func `without a nominal flow a dwelling's meter is believed as far as its size goes`() throws {
        func book(_ meter: String) throws -> CounterBook {
            let text = Self.site.replacing(", nominal_flow_cubic_metres_per_hour: 25", with: "")
                .replacing("role: bulk", with: meter)
            try folder.write("other.yaml", text)
            let loaded = loadSite(at: "\(folder.path)/other.yaml", profileFolders: ["\(folder.path)/profiles"])
            let configuration = try #require(loaded.configuration, "\(loaded.problems)")
            return CounterBook(configuration, boot: BootIdentifier("boot-1"), stored: [])
        }
        /// Hundredths of a cubic metre that come within ten seconds.
        func isBelieved(_ step: UInt32, _ meter: String) throws -> Bool {
            var book = try book(meter)
            let sweeps = book.take([sweep(0, 1000), sweep(10, 1000 + step)]).sweeps
            return sweeps[1].readings[0].quality == .good
        }
        // 20 m3 an hour are a third of a cubic metre a minute.
        #expect(try isBelieved(39, "role: unit"))
        #expect(try !isBelieved(50, "role: unit"))
        #expect(try isBelieved(200, "role: riser"))
        #expect(try !isBelieved(300, "role: riser"))
        #expect(try isBelieved(1900, "role: bulk"))
    }

    /// What an independent shell says to a statement.
    private func sqlite(_ statement: String) throws -> [String] {
        let shell = try RunningProgram("/usr/bin/sqlite3", ["\(folder.path)/state/sluice.db", statement])
        shell.closeInput()
        try shell.linesToEnd(within: 20)
        shell.process.waitUntilExit()
        return shell.output
    }
}
