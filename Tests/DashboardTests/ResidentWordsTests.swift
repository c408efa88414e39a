// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import Tickets

@testable import Dashboard

/// Notices to residents, whole texts.
@Suite struct ResidentWordsTests {
    private static let facts: [ResidentSlot: ResidentFact] = [
        .cause: .text(BilingualText(zh: "主管爆裂", en: "a burst main")),
        .place: .text(BilingualText(zh: "1号楼", en: "block 1")),
        .start: .moment(TestEstate.now), .end: .moment(TestEstate.now + .seconds(4 * 3600)),
        .from: .moment(TestEstate.now), .to: .moment(TestEstate.now + .seconds(86_400)),
        .reason: .text(BilingualText(zh: "缺{end}配件", en: "a part that is {end} missing")),
        .owner: .text(BilingualText(zh: "王芳", en: "Wang Fang")), .phone: .text(BilingualText("0571-88880000")),
        .number: .text(BilingualText("lakeside-20261122-001")),
        .company: .text(BilingualText(zh: "湖滨物业", en: "Lakeside Care")),
        .date: .date(CivilDate(year: 2026, month: 11, day: 22)),
    ]

    @Test func `an outage is told in both languages`() throws {
        let text = try #require(try ResidentWords(zone: TestEstate.shanghai).text(of: .waterOutage, Self.facts))
        #expect(
            text.zh == "停水通知：因主管爆裂，1号楼将于2026年11月22日 16:00至2026年11月22日 20:00暂停供水。请提前储水并关闭龙头。"
                + "抢修负责人：王芳，电话：0571-88880000。工单号lakeside-20261122-001。预计恢复时间变化时另行通知。湖滨物业 2026-11-22")
        #expect(
            text.en == "Water outage: because of a burst main, block 1 will be without water from 22 Nov 2026 16:00 to "
                + "22 Nov 2026 20:00. Please store water and close your taps. Contact: Wang Fang, 0571-88880000. "
                + "Ticket lakeside-20261122-001. We will tell you if the time changes. Lakeside Care 2026-11-22")
    }

    @Test(arguments: ResidentNotice.Kind.allCases)
    func `every text names exactly what its kind asks for`(kind: ResidentNotice.Kind) throws {
        let words = try ResidentWords(zone: TestEstate.shanghai)
        let asked = Self.facts.filter { kind.slots.contains($0.key) }
        let text = try #require(words.text(of: kind, asked))
        let zone = TestEstate.shanghai
        for slot in kind.slots {
            var fewer = asked
            fewer[slot] = nil
            #expect(words.text(of: kind, fewer) == nil, "\(slot) in a text of \(zone.name)")
        }
        #expect(text.zh.contains("0571-88880000"))
        // A brace inside a value stays what it is.
        if kind == .postponed { #expect(text.en.contains("that is {end} missing")) }
    }
}
