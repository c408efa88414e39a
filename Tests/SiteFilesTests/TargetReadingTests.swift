// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import SiteFiles
import Testing
import Tickets

/// `reports: {targets: ...}` of a site's file.
@Suite struct ReportTargetReadingTests {
    private func read(_ targets: String) throws -> (ReportTargets?, [String]) {
        let folder = try SiteFolder(
            site: """
                site: {id: lakeside, zone: Asia/Shanghai}
                mqtt: {url: "mqtt://127.0.0.1:2883/"}
                buses: {t: {tcp: 127.0.0.1}}
                devices:
                  m: {profile: acme-wm40, bus: t, unit: 1, area: a, asset: m, responsible: resident, meter: {role: irrigation, litres_per_count: 0.5}}
                persons:
                  wang: {name: Wang, role: shiftLeader}
                duty: {owner: wang}
                \(targets)
                """)
        let loaded = folder.load()
        return (loaded.configuration?.reportTargets, folder.lines(loaded))
    }

    @Test func `each figure may have one, in per cent or minutes, and the others keep theirs`() throws {
        let (targets, problems) = try read(
            """
            reports:
              targets: {timeliness: 97.5, false_alarms: 5, time_to_site_minutes: 240, promises_p1: 99, least_satisfaction: 88}
            """)
        #expect(problems == [])
        let told = try #require(targets)
        let expected: [FigureKey: Int] = [
            .timeliness: 975, .falseAlarms: 50, .timeToSite: 14_400, .promisesP1: 990, .qualityPass: 950,
            .satisfaction: 920, .followUp: 1000,
        ]
        #expect(told.values == expected && told.leastSatisfaction == 880)
        #expect(try self.read("").0 == ReportTargets())
    }

    @Test func `a figure that is not known and a part above 100 are refused`() throws {
        let (_, problems) = try read("reports: {targets: {timelines: 95, rework: 101}}")
        #expect(problems.count == 2)
        #expect(problems.contains { $0.contains("Did you mean 'timeliness'?") }, "\(problems)")
        #expect(problems.contains { $0.contains("rework") }, "\(problems)")
    }

    @Test func `low figures reach their target from above, and nothing is told of fewer than ten cases`() throws {
        var figure = Figure(.rework, 1, of: 10, target: 100)
        #expect(figure.isTargetReached == true)
        figure.numerator = 2
        #expect(figure.isTargetReached == false)
        figure.denominator = 9
        #expect(figure.isTargetReached == nil)
        #expect(Figure(.timeToSite, 601, of: 2, target: 300).isTargetReached == false)
        #expect(Figure(.timeBetweenFailures, 601, of: 2, target: 300).isTargetReached == true)
    }
}
