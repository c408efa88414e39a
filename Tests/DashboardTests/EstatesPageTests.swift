// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Testing

@testable import Dashboard

/// From one estate of the box to the others.
@Suite struct EstatesPageTests {
    private func estate(_ name: String, area: String?, address: String? = nil) -> Neighbourhood.Estate {
        .init(site: SiteIdentifier(name), name: BilingualText(name), area: area, publicAddress: address)
    }

    @Test func `an alone estate has no choice and no page of estates`() async throws {
        let (page, list) = try await withDashboard { dashboard in
            (try await dashboard.get("/tickets"), try await dashboard.get("/estates"))
        }
        #expect(!page.body.contains("estate-choice") && list.status == 404)
    }

    @Test func `links lead to the public address, else to the port under the name by which the reader came`() {
        let hood = Neighbourhood([
            estate("east", area: "a"), estate("west", area: "a", address: "https://west.example"),
            estate("north", area: nil),
        ])
        hood.open(SiteIdentifier("east"), TestEstate(), port: 8421)
        hood.open(SiteIdentifier("west"), TestEstate(), port: 8422)
        #expect(
            hood.all.map { $0.address(seenFrom: "localhost:8422") } == [
                "http://localhost:8421/", "https://west.example/", nil,
            ])
        #expect(hood.all[0].address(seenFrom: "[::1]:9") == "http://[::1]:8421/")
        hood.close(SiteIdentifier("east"))
        #expect(hood.all[0].address(seenFrom: "localhost") == nil && hood.isShown)
    }

    @Test func `figures count what is open, urgent, overdue, active and silent, and areas add them up`() throws {
        let tickets = TestEstate.tickets.map(\.ticket)
        let figures = EstatesPage.Figures(tickets, [], TestEstate.lakeside.assets, at: TestEstate.now)
        let open = tickets.filter { !TicketQuery.closedStates.contains($0.state) }
        #expect(figures.open == open.count && figures.open > 0)
        #expect(figures.urgent == open.count { $0.severity <= .p2 } && figures.urgent > 0)
        #expect(figures.overdue > 0 && figures.silent == 1)
        let wording = Wording(language: .chinese, texts: try PageResources.catalogue(of: .chinese))
        let hood = Neighbourhood([estate("east", area: "河滨"), estate("west", area: nil), estate("south", area: "河滨")])
        hood.open(SiteIdentifier("east"), TestEstate(), port: 1)
        let all = hood.all
        let page = EstatesPage(
            frame: PageFrame(wording: wording, title: "", siteName: "", path: "/estates"), wording: wording,
            authority: "localhost", found: [(all[0], figures), (all[1], nil), (all[2], figures)])
        #expect(page.areas.map(\.areaName) == ["河滨", "未分片区"])
        #expect(page.areas[0].rows.map(\.estateName) == ["east", "south"])
        #expect(page.areas[0].sum.map(\.open) == ["\(2 * figures.open)"])
        #expect(page.areas[1].sum.isEmpty && page.areas[1].rows.map(\.isRunning) == [false])
        #expect(page.areas[1].rows[0].open == "—")
    }
}
