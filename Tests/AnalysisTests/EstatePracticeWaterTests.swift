// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Analysis

/// One test for each rule of estate practice that the analyzer keeps of water, named by the rule's words.
@Suite struct EstatePracticeWaterTests {
    private static let day = MetersEstate.day

    @Test(
        "announced works and pool fillings are in a calendar and do not alarm",
        arguments: [Announcement.Kind.buildingWorks, .poolFilling])
    func announcedWater(kind: Announcement.Kind) {
        let range = 9 * Self.day..<10 * Self.day
        var estate = MetersEstate(
            days: 12, riserSeconds: 900, homeSeconds: 3600, loss: [SteadyFlow(minutes: range, litresPerHour: 200)])
        #expect(estate.run().changes.raised.map(\.rule) == [.massBalance])
        estate.calendar = AnnouncedCalendar([
            Announcement(
                kind: kind, start: monday + range.lowerBound, end: monday + range.upperBound,
                asset: AssetIdentifier("riser"))
        ])
        #expect(estate.run().changes.raised.isEmpty)
    }

    @Test("vacancies are in a calendar and do not alarm")
    func vacancy() {
        let range = 14 * Self.day..<27 * Self.day
        var estate = MetersEstate(days: 28, away: [(2, range)])
        #expect(estate.run().changes.of(.vacancy).raised.count == 1)
        estate.calendar = AnnouncedCalendar([
            Announcement(
                kind: .vacancy, start: monday + range.lowerBound, end: monday + range.upperBound,
                asset: AssetIdentifier("home-2"))
        ])
        #expect(estate.run().changes.of(.vacancy).isEmpty)
    }

    @Test("consumption per household and per occupant is compared with its peers")
    func peers() throws {
        let occupants: [Int?] = [2, 2, 2, 2, 2, 2, 2, nil]
        let same = MetersEstate(days: 24, occupants: occupants, thirst: 3).run().changes.of(.excessUse)
        #expect(same.raised.map(\.asset.text) == ["home-0"], "three times what a neighbour takes")
        let family = MetersEstate(days: 24, occupants: [6] + occupants.dropFirst(), thirst: 3).run().changes
        #expect(family.of(.excessUse).isEmpty, "by three times the people")
    }
}
