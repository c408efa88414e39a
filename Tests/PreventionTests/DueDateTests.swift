// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Prevention

/// When planned work is due, against an oracle that walks from day to day.
@Suite struct DueDateTests {
    static let first = CivilDate(year: 2026, month: 1, day: 31)

    /// All times of a grid up to `last`, found one after another.
    static func grid(of work: PlannedWork, upTo last: CivilDate) -> [CivilDate] {
        var dates: [CivilDate] = []
        var day = work.firstDue
        while day <= last {
            let isTime: Bool
            switch work.interval {
            case .days(let days): isTime = (day.daysSince1970 - work.firstDue.daysSince1970) % days == 0
            case .months(let months):
                let apart = (day.year - work.firstDue.year) * 12 + day.month - work.firstDue.month
                let tomorrow = CivilDate(daysSince1970: day.daysSince1970 + 1)
                let isLastOfMonth = tomorrow.month != day.month
                isTime =
                    apart % months == 0
                    && (day.day == work.firstDue.day || isLastOfMonth && day.day < work.firstDue.day)
            case .runHours, .beforeHolidays: isTime = false
            }
            if isTime { dates.append(day) }
            day = CivilDate(daysSince1970: day.daysSince1970 + 1)
        }
        return dates
    }

    @Test(arguments: 0..<200)
    func `the grid is that of an oracle`(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let start = CivilDate(daysSince1970: 20_000 + Int.random(in: 0..<800, using: &random))
        let interval: PlannedWork.Interval =
            Bool.random(using: &random)
            ? .days(Int.random(in: 1...400, using: &random)) : .months(Int.random(in: 1...14, using: &random))
        let work = PlannedWork("w", asset: AssetIdentifier("tank-1"), interval, from: start)
        let after = CivilDate(daysSince1970: start.daysSince1970 + Int.random(in: -30..<900, using: &random))
        let horizon = CivilDate(daysSince1970: after.daysSince1970 + 900)
        #expect(work.gridDate(after: after) == Self.grid(of: work, upTo: horizon).first { $0 > after })
    }

    @Test func `a day that a month does not have is its last one, and does not move the others`() {
        let work = PlannedWork("w", asset: AssetIdentifier("tank-1"), .months(1), from: Self.first)
        let february = CivilDate(year: 2026, month: 2, day: 28)
        #expect(work.gridDate(after: Self.first) == february)
        #expect(work.gridDate(after: february) == CivilDate(year: 2026, month: 3, day: 31))
    }
}

extension PlannedWork {
    /// Work that asks for nothing beside itself.
    init(
        _ name: String, asset: AssetIdentifier, _ interval: Interval, from first: CivilDate, basis: Basis = .lastDue
    ) {
        self.init(
            WorkIdentifier(name), asset: asset, kind: .other, interval: interval, basis: basis, firstDue: first)
    }
}
