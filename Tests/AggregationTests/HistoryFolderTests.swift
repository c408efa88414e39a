// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Model
import TestKit
import Testing

/// A reading as a test makes it up.
struct MadeUpReading: Hashable {
    var point: Int
    var at: Timestamp
    var value: Double?
    var isGood: Bool
}

/// Clocks that change: Berlin in October 2026, at 01:00 UTC on the 25th from two hours ahead to one.
let berlin = ZoneOffsets(
    name: "Europe/Berlin", initialOffsetSeconds: 7200,
    transitions: [.init(at: Timestamp(rfc3339: "2026-10-25T01:00:00Z")!, offsetSeconds: 3600)])

/// Sums up by the plainest means, all readings of a piece at once.
func plainHistory(
    _ readings: [MadeUpReading], point: Int, _ resolution: HistoryResolution, zone: ZoneOffsets
) -> [HistoryBucket] {
    func slot(_ at: Timestamp) -> Int64 {
        switch resolution {
        case .minute: at.floored(to: .seconds(60)).milliseconds / 60_000
        case .quarter: at.floored(to: .seconds(900)).milliseconds / 900_000
        case .hour: at.floored(to: .seconds(3600)).milliseconds / 3_600_000
        case .day: Int64(zone.local(at).date.daysSince1970)
        }
    }
    return Dictionary(grouping: readings.filter { $0.point == point }) { slot($0.at) }
        .map { slot, readings in
            let valued = readings.filter { $0.value != nil }
                .sorted { ($0.at, $0.value ?? 0) < ($1.at, $1.value ?? 0) }
            let values = valued.compactMap(\.value)
            let first = HistoryBucket.End(
                at: (valued.first ?? readings[0]).at.milliseconds, value: values.first ?? 0)
            let last = HistoryBucket.End(at: (valued.last ?? readings[0]).at.milliseconds, value: values.last ?? 0)
            return HistoryBucket(
                slot: slot, count: Int64(readings.count), good: Int64(readings.count(where: \.isGood)),
                valued: Int64(values.count), least: values.min() ?? 0, greatest: values.max() ?? 0,
                sum: values.reduce(0) { $0 + HistoryBucket.whole($1) }, first: first, last: last)
        }.sorted { $0.slot < $1.slot }
}

/// Pieces of one point and resolution merged, rising in their slots. Ends of pieces without a value mean nothing.
func merged(_ pieces: [HistoryPiece], point: Int, _ resolution: HistoryResolution) -> [HistoryBucket] {
    var found: [Int64: HistoryBucket] = [:]
    for piece in pieces where piece.point == point && piece.resolution == resolution {
        found[piece.bucket.slot]?.merge(piece.bucket) ?? { found[piece.bucket.slot] = piece.bucket }()
    }
    return found.values.sorted { $0.slot < $1.slot }
}

/// Without the ends where there is no value.
func whole(_ buckets: [HistoryBucket]) -> [HistoryBucket] { buckets.map { $0.valued > 0 ? $0 : $0.withoutEnds } }

/// Two days of readings of three points, some bad, some doubted, in the order of time.
func makeReadings(using random: inout SeededGenerator) -> [MadeUpReading] {
    let start = Timestamp(rfc3339: "2026-10-24T11:00:00Z")!
    var total = Double(Int.random(in: 0...1_000_000, using: &random)) / 1000
    return (0..<Int.random(in: 1...600, using: &random)).map { _ in
        let at = start + .milliseconds(Int64.random(in: 0..<172_800_000, using: &random))
        total += Double(Int.random(in: 0...50, using: &random)) / 1000
        let isBad = Int.random(in: 0..<10, using: &random) == 0
        return MadeUpReading(
            point: Int.random(in: 0..<3, using: &random), at: at, value: isBad ? nil : total,
            isGood: !isBad && Int.random(in: 0..<8, using: &random) > 0)
    }
}

@Suite struct HistoryFolderTests {
    @Test(arguments: 0..<120 as Range<UInt64>)
    func `sums are those of all readings at once, in any order and with stops anywhere`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let readings = makeReadings(using: &random)
        var pieces: [HistoryPiece] = []
        var folder = HistoryFolder(zone: berlin)
        for reading in readings.shuffled(using: &random) {
            folder.fold(point: reading.point, at: reading.at, value: reading.value, isGood: reading.isGood)
            guard Int.random(in: 0..<40, using: &random) == 0 else { continue }
            pieces += folder.take()
            if Bool.random(using: &random) { folder = HistoryFolder(zone: berlin) }
        }
        let held = (0..<3).flatMap { folder.held(of: $0) }
        let rest = folder.take()
        for point in 0..<3 {
            for resolution in HistoryResolution.allCases {
                let expected = whole(plainHistory(readings, point: point, resolution, zone: berlin))
                #expect(whole(merged(pieces + rest, point: point, resolution)) == expected)
                #expect(whole(merged(pieces + held, point: point, resolution)) == expected)
            }
        }
    }

    @Test func `a day is one of the site's calendar, of 25 hours where the clock is set back`() {
        var calendar = HistoryCalendar(zone: berlin)
        let day = calendar.slot(of: Timestamp(rfc3339: "2026-10-25T12:00:00Z")!, .day)
        #expect(CivilDate(daysSince1970: Int(day)) == CivilDate(year: 2026, month: 10, day: 25))
        #expect(calendar.start(of: day, .day).rfc3339 == "2026-10-24T22:00:00.000Z")
        #expect(calendar.start(of: day + 1, .day).rfc3339 == "2026-10-25T23:00:00.000Z")
        #expect(calendar.slot(of: Timestamp(rfc3339: "2026-10-25T22:59:59Z")!, .day) == day)
        #expect(calendar.slot(of: Timestamp(rfc3339: "2026-10-24T21:59:59Z")!, .day) == day - 1)
        // Minutes, quarters and hours do not know of it.
        #expect(
            calendar.start(of: calendar.slot(of: Timestamp(milliseconds: 3_599_999), .hour), .hour).milliseconds == 0)
        #expect(calendar.slot(of: Timestamp(milliseconds: -1), .minute) == -1)
    }

    @Test func `a night without midnight begins its day where the clock was set on`() {
        // Beirut, 27 March 2022: from 24:00 of the 26th straight to 01:00.
        let beirut = ZoneOffsets(
            name: "Asia/Beirut", initialOffsetSeconds: 7200,
            transitions: [.init(at: Timestamp(rfc3339: "2022-03-26T22:00:00Z")!, offsetSeconds: 10_800)])
        var calendar = HistoryCalendar(zone: beirut)
        let day = calendar.slot(of: Timestamp(rfc3339: "2022-03-27T10:00:00Z")!, .day)
        #expect(calendar.start(of: day, .day).rfc3339 == "2022-03-26T22:00:00.000Z")
        #expect(calendar.start(of: day + 1, .day).rfc3339 == "2022-03-27T21:00:00.000Z")
    }

    @Test func `pieces that begin before the floor are not made again`() {
        var folder = HistoryFolder(zone: .utc)
        let start = Timestamp(rfc3339: "2026-10-24T10:20:30Z")!
        folder.floor = start
        for minute in 0..<120 {
            folder.fold(point: 0, at: start + .seconds(60 * minute - 1800), value: 1, isGood: true)
        }
        let pieces = folder.take()
        #expect(merged(pieces, point: 0, .minute).first?.slot == start.milliseconds / 60_000 + 1)
        #expect(merged(pieces, point: 0, .quarter).first?.slot == start.milliseconds / 900_000 + 1)
        #expect(merged(pieces, point: 0, .hour).map(\.slot) == [start.milliseconds / 3_600_000 + 1])
        #expect(merged(pieces, point: 0, .day).isEmpty)
    }

    @Test func `absurd values and moments are summed up without a trap`() {
        var folder = HistoryFolder(zone: berlin)
        for at in [Int64.min, -1, 0, Int64.max] {
            for value: Double in [1e300, -1e300, 0] {
                folder.fold(point: 1, at: Timestamp(milliseconds: at), value: value, isGood: true)
            }
        }
        let minutes = merged(folder.take(), point: 1, .minute)
        #expect(minutes.count == 4)
        #expect(minutes.allSatisfy { $0.count == 3 && $0.mean == 0 })
    }
}
