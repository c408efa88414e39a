// SPDX-License-Identifier: Apache-2.0

import Testing
import Tickets

@Suite struct FigureSumTests {
    @Test func `cases are added, shares are not averaged`() throws {
        let small = Figure(.timeliness, 1, of: 2, target: 950)
        let large = Figure(.timeliness, 97, of: 98, target: 950, pending: 3)
        let sum = try #require(Figure.sum(of: [small, large]))
        #expect(sum == Figure(.timeliness, 98, of: 100, target: 950, pending: 3))
        #expect(sum.permille == 980 && sum.isTargetReached == true)
    }

    @Test func `of targets that differ the mildest is kept, of a time the longest`() {
        let shares = [Figure(.timeliness, 9, of: 10, target: 950), Figure(.timeliness, 9, of: 10, target: 900)]
        #expect(Figure.sum(of: shares)?.target == 900)
        let times = [Figure(.timeToSite, 60, of: 1, target: 900), Figure(.timeToSite, 120, of: 1, target: 1800)]
        #expect(Figure.sum(of: times)?.target == 1800 && Figure.sum(of: times)?.meanSeconds == 90)
        #expect(Figure.sum(of: [shares[0], Figure(.timeliness, 1, of: 1)])?.target == nil)
        #expect(Figure.sum(of: []) == nil && Figure.sum(of: [shares[0], times[0]]) == nil)
    }

    @Test func `an area holds its estates and their sum, and does not overflow`() {
        let most = Figure(.rework, .max, of: .max)
        let area = AreaFigures([
            .init(site: "east", figures: [most, Figure(.timeliness, 1, of: 2)]), .init(site: "west", figures: [most]),
        ])
        #expect(area.whole == [most, Figure(.timeliness, 1, of: 2)])
        #expect(area.estates.map(\.site) == ["east", "west"])
    }
}
