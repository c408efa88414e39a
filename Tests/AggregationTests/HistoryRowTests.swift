// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Model
import TestKit
import Testing

@Suite struct HistoryRowTests {
    private let start = Timestamp(rfc3339: "2026-10-24T10:00:00Z")!

    private func buckets(_ totals: [(minute: Int, total: Double?)]) -> [HistoryBucket] {
        var folder = HistoryFolder(zone: .utc)
        for (minute, total) in totals {
            folder.fold(point: 0, at: start + .seconds(60 * minute + 5), value: total, isGood: total != nil)
        }
        return merged(folder.take(), point: 0, .minute)
    }

    private func consumptions(
        _ totals: [(minute: Int, total: Double?)], before: Double? = nil
    ) -> [HistoryRow] {
        historyRows(
            buckets(totals), .minute, isTotal: true, before: before, in: HistoryCalendar(zone: .utc))
    }

    @Test func `what flowed between two readings belongs to the piece of the second`() {
        let rows = consumptions([(0, 100), (1, 103), (2, 103), (3, 110)], before: 98)
        #expect(rows.map(\.consumption) == [2, 3, 0, 7])
        #expect(rows.map(\.isOverGap) == [false, false, false, false])
        #expect(consumptions([(0, 100), (0, 101), (1, 103)]).map(\.consumption) == [1, 2])
    }

    @Test func `over a gap the whole rise stands in the piece that ends it, and is marked`() {
        let rows = consumptions([(0, 100), (1, nil), (5, 112), (6, 113)], before: 100)
        #expect(rows.map(\.consumption) == [0, nil, 12, 1])
        #expect(rows.map(\.isOverGap) == [false, false, true, false])
    }

    @Test func `a total that begins anew tells no consumption there`() {
        #expect(consumptions([(0, 100), (1, 5), (2, 7)]).map(\.consumption) == [0, nil, 2])
        #expect(consumptions([(0, 100), (1, 5), (1, 101), (2, 102)]).map(\.consumption) == [0, nil, 1])
    }

    @Test func `a level has no consumption`() {
        let rows = historyRows(
            buckets([(0, 3), (1, 4)]), .minute, isTotal: false, before: 1, in: HistoryCalendar(zone: .utc))
        #expect(rows.map(\.consumption) == [nil, nil])
        #expect(rows.map(\.start) == [start, start + .seconds(60)])
        #expect(rows.map(\.end) == [start + .seconds(60), start + .seconds(120)])
    }

    @Test(arguments: 0..<60 as Range<UInt64>)
    func `consumptions of all pieces are the rise of the whole time`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var total = 0
        let totals = (0..<200).compactMap { minute -> (Int, Double?)? in
            total += Int.random(in: 0...9, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: return nil
            case 1: return (minute, nil)
            default: return (minute, Double(total))
            }
        }
        let values = totals.compactMap(\.1)
        let told = consumptions(totals.map { (minute: $0.0, total: $0.1) }).compactMap(\.consumption)
        #expect(told.reduce(0, +) == (values.last ?? 0) - (values.first ?? 0))
    }

    @Test func `the finest resolution within a limit is taken`() {
        let day = Duration.seconds(86_400)
        #expect(HistoryResolution.finest(for: day, limit: 3000) == .minute)
        #expect(HistoryResolution.finest(for: day * 7, limit: 3000) == .quarter)
        #expect(HistoryResolution.finest(for: day * 31, limit: 3000) == .quarter)
        #expect(HistoryResolution.finest(for: day * 32, limit: 3000) == .hour)
        #expect(HistoryResolution.finest(for: day * 366, limit: 3000) == .day)
        #expect(HistoryResolution.finest(for: day * 4000, limit: 3000) == .day)
        #expect(HistoryResolution.finest(for: .milliseconds(60_000 * 3000), limit: 3000) == .minute)
        #expect(HistoryResolution.finest(for: .milliseconds(60_000 * 3000 + 1), limit: 3000) == .quarter)
    }
}
