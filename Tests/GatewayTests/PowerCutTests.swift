// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Model
import Notices
import Pipeline
import Store
import Synchronization
import Testing

@testable import Gateway

/// The courier on a real database, with a machine that loses power and a robot that counts.
@Suite struct PowerCutTests {
    /// Clocks that only the test moves.
    private final class Clocks: ClockSource, Sendable {
        private let state = Mutex((now: Int64(0), bootedAt: Int64(-100_000), boots: 0))
        var boot: BootIdentifier { BootIdentifier("boot-\(state.withLock { $0.boots })") }
        func now() -> ClockReading {
            state.withLock {
                ClockReading(
                    instant: MonotonicInstant(nanoseconds: ($0.now - $0.bootedAt) * 1_000_000),
                    wall: Timestamp(milliseconds: 1_800_000_000_000 + $0.now), timeQuality: .synced)
            }
        }
        func set(_ now: Int64) { state.withLock { $0.now = now } }
        func reboot() { state.withLock { ($0.bootedAt, $0.boots) = ($0.now, $0.boots + 1) } }
    }

    private struct Way {
        var job: Courier.Job
        var arrival: Int64
        var hasArrived = false
    }

    private static let robot = ChannelIdentifier("duty-robot")

    private func notice(_ place: Int) -> Notice {
        let severity: Severity = place % 10 == 3 ? .p1 : place % 10 == 7 ? .p2 : place % 2 == 0 ? .p3 : .p4
        return Notice(
            ticket: "lakeside-20270115-\(place)", sequence: 0, severity: severity, kind: .raised,
            title: "Ticket \(place)", text: "", site: SiteIdentifier("lakeside"), asset: AssetIdentifier("a-\(place)"),
            rule: RuleIdentifier("burst"), at: Timestamp(milliseconds: 0), channels: [Self.robot])
    }

    @Test func `200 tickets in a minute and a power cut: limits hold, the urgent are fast, nothing is lost or twice`()
        async throws
    {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-cut-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        let clocks = Clocks()
        func open() async throws -> (SluiceStore, Courier) {
            let store = try SluiceStore.open(
                directory: folder.path, boot: clocks.boot, now: clocks.now(), logger: Logger(label: "cut"))
            let courier = Courier(
                store: store, channels: [ChannelPlan(Self.robot, .wecom)], clock: clocks, logger: Logger(label: "cut"),
                random: { 0.5 })
            return (store, courier)
        }
        var (store, courier) = try await open()
        var ways: [Way] = []
        var arrivals: [Int64] = []
        var counted: [Int64] = []  // ends of attempts, that of the power cut as late as it may have been
        var book: [String: [String]] = [:]  // key to members, each key once
        var repeats = 0
        var urgentStored: [Int: Int64] = [:]
        var urgentPossible: [Int: Int64] = [:]
        var slowest: Int64 = 0
        var stored = 0
        var downUntil: Int64?
        var cuts = 0
        var now: Int64 = 0
        while now < 1_800_000 {
            now += 100
            clocks.set(now)
            for place in ways.indices where !ways[place].hasArrived && now >= ways[place].arrival {
                ways[place].hasArrived = true
                arrivals.append(now)
                let job = ways[place].job
                if book[job.dispatch.key] == nil {
                    book[job.dispatch.key] = job.dispatch.rows.map(\.notice.key)
                    for row in job.dispatch.rows {
                        let number = Int(row.notice.ticket.split(separator: "-").last ?? "") ?? -1
                        guard urgentStored.removeValue(forKey: number) != nil else { continue }
                        slowest = max(slowest, now - (urgentPossible[number] ?? now))
                    }
                } else {
                    repeats += 1
                }
            }
            if let until = downUntil {
                guard now >= until else { continue }
                downUntil = nil
                clocks.reboot()
                clocks.set(now + 2000)
                now += 2000
                (store, courier) = try await open()
            }
            // The power goes with a message under way that the robot will still get.
            if now >= 31_000, cuts == 0, let way = ways.first, !way.hasArrived {
                cuts += 1
                counted.append(now + 30_000)
                try store.close()
                downUntil = now + 4000
                arrivals.append(way.arrival)
                book[way.job.dispatch.key] = way.job.dispatch.rows.map(\.notice.key)
                for row in way.job.dispatch.rows {
                    urgentStored[Int(row.notice.ticket.split(separator: "-").last ?? "") ?? -1] = nil
                }
                ways = []
                continue
            }
            while stored < 200, Int64(stored) * 300 <= now {
                var judgement = Judgement()
                let told = notice(stored)
                judgement.notices = [
                    .init(notice: told, channel: Self.robot, at: ClockMark(clocks.now(), boot: clocks.boot))
                ]
                try await store.save(judgement)
                if told.severity == .p1 { urgentStored[stored] = now }
                stored += 1
                await courier.note(ended: [])
            }
            while let way = ways.first, way.hasArrived, now >= way.arrival + 200 {
                ways.removeFirst()
                counted.append(now)
                await courier.report(.delivered, of: way.job)
            }
            for job in try await courier.turn() { ways.append(Way(job: job, arrival: now + 300)) }
            if let first = urgentStored.keys.min(), urgentPossible[first] == nil,
                counted.count(where: { now - $0 <= 60_000 }) < 18
            {
                urgentPossible[first] = now
            }
            if stored == 200, ways.isEmpty, try await store.waitingNotices(after: 0, limit: 1).isEmpty { break }
        }
        try store.close()
        var densest = 0
        let sorted = arrivals.sorted()
        for (place, at) in sorted.enumerated() {
            densest = max(densest, sorted[place...].prefix { $0 - at <= 60_000 }.count)
        }
        let members = book.values.flatMap { $0 }
        print(
            """
            200 tickets, 1 power cut: \(arrivals.count) messages (\(book.count) in the robot's book, \(repeats) repeats), \
            at most \(densest) in 60 s, slowest P1 \(Double(slowest) / 1000) s after it was first possible, \
            \(Set(members).count) notices told, all within \(now / 1000) s
            """)
        #expect(cuts == 1)
        #expect(densest <= 20)
        #expect(slowest <= 30_000)
        #expect(members.count == 200 && Set(members).count == 200)
        #expect(repeats >= 1 || arrivals.count == book.count)
    }
}
