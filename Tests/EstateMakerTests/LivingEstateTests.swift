// SPDX-License-Identifier: Apache-2.0

import Analysis
import Leakbench
import Model
import SiteFiles
import Testing

@testable import EstateMaker

/// An estate that is mended while its readings come.
@Suite struct LivingEstateTests {
    private static let start = CivilDate(year: 2025, month: 9, day: 17)

    private func estate(seed: UInt64, days: Int = 12) -> LivingEstate {
        LivingEstate(seed: seed, start: Self.start, days: days, zone: "Asia/Shanghai", dwellings: 9, trouble: 4)
    }

    /// All rows, after whatever is done at the end of each minute.
    private func rows(_ estate: LivingEstate, _ act: (inout LivingEstate, Timestamp) -> Void = { _, _ in }) -> [[UInt8]]
    {
        var (estate, all) = (estate, [[UInt8]]())
        while let (rows, at) = estate.nextMinute() {
            all.append(rows)
            act(&estate, at)
        }
        return all
    }

    @Test(arguments: [3, 8, 11, 15] as [UInt64])
    func `a repair changes nothing before it, and something after it`(seed: UInt64) throws {
        let whole = rows(estate(seed: seed))
        var mended: Timestamp?
        var minute = 0
        let repaired = rows(estate(seed: seed)) { estate, at in
            guard mended == nil else { return }
            minute += 1
            let troubles = estate.troubles(at: at)
            guard minute > 5 * 1440, !troubles.isEmpty else { return }
            estate.mend(troubles.map(\.identifier), at: at)
            #expect(estate.troubles(at: at + .seconds(60)).allSatisfy { !troubles.contains($0) })
            mended = at
        }
        try #require(mended != nil, "seed \(seed) has no trouble after five days")
        #expect(Array(whole[..<minute]) == Array(repaired[..<minute]))
        #expect(whole != repaired)
    }

    @Test func `what comes back is there again, and each trouble keeps its name`() throws {
        var estate = estate(seed: 8)
        var seen: [LivingEstate.Trouble] = []
        var at = Timestamp(milliseconds: 0)
        while seen.isEmpty, let (_, moment) = estate.nextMinute() {
            at = moment
            seen = estate.troubles(at: at).filter { $0.type == .toiletLeak || $0.type == .slabLeak }
        }
        let one = try #require(seen.first)
        #expect(one.places.first == one.device)
        estate.mend([one.identifier], at: at, comesBack: .seconds(7200))
        #expect(!estate.troubles(at: at + .seconds(120)).contains(one))
        #expect(!estate.troubles(at: at + .seconds(7140)).contains(one))
        #expect(estate.troubles(at: at + .seconds(7320)).contains(one))
    }

    @Test func `its readings are those that a folder of them would give`() throws {
        let made = estate(seed: 3, days: 2)
        let zone = try readZone(named: "Asia/Shanghai")
        var stream = try LeakbenchStream(topology: made.topology, announced: [], zone: zone)
        let readings = rows(made).flatMap { stream.readings(of: $0) }
        #expect(stream.unreadableRows == 0)
        #expect(readings.count > 2 * 1440)
        #expect(stream.site.meters.count == 9 + made.topology.matches(of: /"role": "(riser|bulk|irrigation)"/).count)
    }
}
