// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline
import SiteFiles
import Testing

/// `alarms: suppress_when` and announced maintenance, as the site's file says them.
@Suite struct SuppressionReadingTests {
    @Test func `a condition is read and knows its points`() throws {
        let loaded = try SiteFolder(
            site: SiteRefusalTests.good + """
                alarms:
                  suppress_when:
                    - {asset: riser-1, rule: burst, when: "main-gate/position is closed or main-meter/total < 5 m3"}
                announcements:
                  - {kind: maintenance, bus: line-1, start: 2026-12-01 08:00, end: 2026-12-01 12:00, note: Cable}

                """
        ).load()
        let site = try #require(loaded.configuration)
        let rule = try #require(site.alarms.suppressions.first)
        #expect(rule.alarm == "riser-1/burst" && rule.text.hasPrefix("main-gate/position is closed"))
        let catalogue = site.makeCatalogue()
        let names = rule.condition.points.map { catalogue.path(of: PointIndex($0)) }.sorted()
        #expect(names == ["entrance/main-gate/position", "inlet/main-meter/total"])
        #expect(site.alarms.suppressionPeriods.keys.sorted() == rule.condition.points.sorted())
        #expect(site.announcements.map(\.bus?.text) == ["line-1"])
    }

    @Test(
        arguments: Refusal.table(
            """
            ## a point that is not there
            - duty: {owner: wang-fang}⏎
            + duty: {owner: wang-fang}⏎alarms: {suppress_when: [{asset: riser-1, rule: burst, when: "main-gate/positon is closed"}]}⏎
            36:63: error: SL-1108: suppress_when 1: when: there is no point 'main-gate/positon'; write asset/point. Did you \
            mean 'main-gate/position'?
            ## a number without its unit
            - duty: {owner: wang-fang}⏎
            + duty: {owner: wang-fang}⏎alarms: {suppress_when: [{asset: riser-1, rule: burst, when: main-meter/total < 5}]}⏎
            36:82: error: SL-1108: suppress_when 1: when: 'main-meter/total' is in m3; write '5 m3'.
            ## an alarm of no asset
            - duty: {owner: wang-fang}⏎
            + duty: {owner: wang-fang}⏎alarms: {suppress_when: [{asset: riser-9, rule: burst, when: main-gate/position is closed}]}⏎
            36:34: error: SL-1137: suppress_when 1: there is no asset 'riser-9'. Did you mean 'riser-1'?
            ## an alarm of no rule
            - duty: {owner: wang-fang}⏎
            + duty: {owner: wang-fang}⏎alarms: {suppress_when: [{asset: riser-1, rule: brust, when: main-gate/position is closed}]}⏎
            36:49: error: SL-1108: suppress_when 1: there is no rule 'brust'. Did you mean 'burst'?
            ## no condition
            - duty: {owner: wang-fang}⏎
            + duty: {owner: wang-fang}⏎alarms: {suppress_when: [{asset: riser-1, rule: burst}]}⏎
            36:26: error: SL-1105: suppress_when 1: key 'when' is missing. Say what explains it, such as pump-1/running is \
            off.
            ## maintenance of a bus that is not there
            - duty: {owner: wang-fang}⏎
            + duty: {owner: wang-fang}⏎announcements: [{kind: maintenance, bus: lin-1, start: 2026-12-01 08:00, end: 2026-12-01 12:00}]⏎
            36:42: error: SL-1112: announcement 1: there is no bus 'lin-1'. Did you mean 'line-1'?
            ## a bus of another kind
            - duty: {owner: wang-fang}⏎
            + duty: {owner: wang-fang}⏎announcements: [{kind: liftService, bus: line-1, start: 2026-12-01 08:00, end: 2026-12-01 12:00}]⏎
            36:42: error: SL-1108: announcement 1: bus is for maintenance. Leave it out, or name an asset.
            """))
    func `a mistake is told with place, cause and cure`(_ refusal: Refusal) throws {
        let text = try #require(refusal.applied(to: SiteRefusalTests.good))
        let folder = try SiteFolder(site: text)
        let loaded = folder.load()
        #expect(folder.lines(loaded) == refusal.lines)
        #expect(loaded.configuration == nil)
    }
}
