// SPDX-License-Identifier: Apache-2.0

import Model
import Testing
import Tickets

@Suite struct LikelyCauseTests {
    /// Raises, repairs and closes a burst on an asset.
    private static func repair(
        _ desk: inout Desk, at start: Int64, asset: String, cause: String, action: String
    ) throws {
        let fault = finding(start, asset: asset)
        desk.raise(fault, at: start)
        let number = try #require(desk.book.tickets.last).number
        try desk.act(.accept, on: number, at: start + 1)
        try desk.act(.arrive, on: number, at: start + 2)
        try desk.order(.resolve, on: number, note: action, at: start + 3) {
            $0.report = RepairReport(cause: cause, action: action)
        }
        desk.clear(fault, at: start + 4)
        desk.tick(at: start + 60)
        try desk.act(.signOff, by: zhou, on: number, at: start + 61)
    }

    @Test func `causes are counted over the estate, those of the asset first`() throws {
        var desk = Desk()
        try Self.repair(&desk, at: 0, asset: "riser-2", cause: "Joint corroded", action: "Joint replaced")
        try Self.repair(&desk, at: 20_000, asset: "riser-2", cause: "joint  corroded", action: "Clamp set")
        try Self.repair(&desk, at: 40_000, asset: "riser-1", cause: "Hit by a drill", action: "Pipe replaced")
        try Self.repair(&desk, at: 60_000, asset: "riser-1", cause: " ", action: "Nothing found")
        desk.raise(finding(80_000), at: 80_000)
        let asked = try #require(desk.book.tickets.last)
        let causes = LikelyCause.ranked(
            of: .burst, on: AssetIdentifier("riser-1"), but: asked.number, from: desk.book.tickets)
        #expect(causes.map(\.cause) == ["Hit by a drill", "Joint corroded"])
        #expect(causes.map(\.count) == [1, 2] && causes.map(\.onAsset) == [1, 0])
        #expect(causes[1].action == "Clamp set" && causes[1].ticket == desk.book.tickets[1].number)
        #expect(
            LikelyCause.ranked(
                of: .burst, on: AssetIdentifier("riser-2"), but: asked.number, from: desk.book.tickets, limit: 1
            ).map(\.cause) == ["Joint corroded"])
        #expect(
            LikelyCause.ranked(
                of: .toiletLeak, on: AssetIdentifier("riser-1"), but: asked.number, from: desk.book.tickets) == [])
    }

    @Test func `what is not closed says nothing`() throws {
        var desk = Desk()
        desk.raise(finding(0), at: 0)
        try desk.act(.accept, at: 1)
        try desk.act(.arrive, at: 2)
        try desk.order(.resolve, note: "x", at: 3) { $0.report = RepairReport(cause: "Joint", action: "x") }
        #expect(
            LikelyCause.ranked(of: .burst, on: AssetIdentifier("riser-1"), but: "other", from: desk.book.tickets) == [])
    }
}

@Suite struct ResponsibilityTests {
    @Test(arguments: ResponsibleParty.allCases)
    func `the contact of a party hears of a new ticket, and the owner stays ours`(_ party: ResponsibleParty) throws {
        var site = policy()
        site.responsible[AssetIdentifier("riser-1")] = Responsibility(party: party, contact: wang)
        var desk = Desk(site)
        let notice = try #require(desk.raise(finding(0), at: 0).notices.first)
        #expect(notice.key == .raised && notice.audience == [zhou, wang])
        #expect(notice.arguments["party"] == party.rawValue)
        #expect(desk.ticket.owner == zhou)
        // Of another asset the contact hears nothing.
        let other = try #require(desk.raise(finding(0, asset: "riser-2"), at: 1).notices.first)
        #expect(other.audience == [zhou] && other.arguments["party"] == nil)
    }
}
