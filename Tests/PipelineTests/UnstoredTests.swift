// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Outbox
import TestKit
import Testing

@testable import Pipeline

/// F18: while nothing can be stored, values go out from memory, and nobody can take them for rows.
@Suite(.serialized) struct UnstoredTests {
    @Test func `what cannot be stored is shown with a mark, and comes again with its number`() async throws {
        let mosquitto = try await Mosquitto()
        let subscriber = try await mosquitto.subscriber()
        let site = Site(port: mosquitto.port)
        try await site.whilePublishing { site in
            let early = site.riser(3, age: .seconds(4))
            let late = site.riser(5)
            await site.commit([site.riser(1, age: .seconds(6))])
            try await subscriber.log.wait(for: "row 1") { Received($0)?.live == [1] }
            // Two of one asset: the newest is enough.
            await site.publisher.refused([early.sweep, late.sweep])
            let lines = try await subscriber.log.wait(for: "the value") { $0.contains("\"unstored\":true") }
            let message = try #require(Received.all(lines).last { $0.payload["unstored"] != nil })
            #expect(message.topic == "sluice/lakeside/b3/riser-2")
            #expect(message.payload["seq"] == nil && message.payload["hist"] == nil)
            #expect((message.payload["total"] as? [String: Any])?["v"] as? Int == 5)
            #expect(await site.publisher.status.acknowledgedRows <= 1)
            await site.commit([early, late])
            let all = try await subscriber.log.wait("both rows", counting: Set<Int64>([3, 5])) { missing, line in
                if let row = Received(line) { missing.subtract(row.live + row.backfilled) }
                return missing.isEmpty
            }
            // The topic never goes back to what is older than it has shown.
            #expect(Received.all(all).flatMap(\.live) == [1, 5])
            #expect(Received.all(all).flatMap(\.backfilled) == [3])
            #expect(Received.all(all).filter { $0.payload["unstored"] != nil }.count == 1)
        }
    }

    @Test func `without a connection nothing waits in memory`() async throws {
        let site = Site(port: try freePort())
        await site.publisher.refused([site.riser(3).sweep])
        #expect(await site.publisher.status.inFlight == 0)
        #expect(await site.publisher.unstored.first == nil)
    }

    @Test func `of each asset the newest waits, the longest waiting asset first`() {
        let clocks = SystemClocks()
        var unstored = UnstoredSweeps()
        func sweep(_ asset: Int, _ second: Int64) -> Sweep {
            Sweep(
                asset: AssetIndex(asset), receivedAt: MonotonicInstant(nanoseconds: second),
                receivedWall: clocks.now().wall,
                timeQuality: .synced,
                readings: [Reading(point: PointIndex(0), good: .number(1), sourceTime: clocks.now().wall)])
        }
        for second in 0..<1000 { unstored.add(sweep(Int(second % 3), Int64(second))) }
        var taken: [Int64] = []
        while let next = unstored.first {
            taken.append(next.receivedAt.nanoseconds)
            unstored.markShown(next)
            unstored.removeFirst()
        }
        #expect(taken == [999, 997, 998])
        #expect(unstored.isPast(sweep(0, 998)) && !unstored.isPast(sweep(0, 999)) && !unstored.isPast(sweep(7, 0)))
    }
}
