// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Pipeline
import Testing

@testable import Dashboard

/// The pages of the estate's water, of devices, of reports and of the gateway itself.
@Suite struct WaterPageTests {
    @Test func `the page balances a day, names what is missing, and says what meters may differ by`() async throws {
        let page = try await withDashboard { try await $0.get("/water?lang=en") }
        #expect(page.status == 200)
        for text in [
            "<title>Water · Lakeside</title>", "Findings account for 700 L to 790 L lost since midnight.",
            "As of 22 Nov 2026 16:00", "<span class=\"zone-volume\">12 m³</span>",
            "<a href=\"/assets/riser-2\">Riser of block 2</a></th><td class=\"count\">8 m³</td><td class=\"count\">67 %",
            "<tr class=\"open\"><th scope=\"row\">Unaccounted for</th><td class=\"count\">4 m³</td><td class=\"count\">33 %",
            "More is missing than meters may differ by: 500 L",
            "<tr class=\"within\"><th scope=\"row\">Unaccounted for</th><td class=\"count\">200 L</td>",
            "Within what meters may differ by: 500 L",
        ] { #expect(page.body.contains(text), "\(text)") }
    }

    @Test func `another time can be chosen, and of what was not read nothing is said`() async throws {
        let (week, today) = try await withDashboard {
            (try await $0.get("/water?period=week&lang=zh-Hans"), try await $0.get("/water?period=today&lang=en"))
        }
        for text in [
            "<a href=\"/water?period=week\" aria-current=\"true\">近 7 天</a>", "其后有 1 块表在时段两端附近没有读数",
            "<td class=\"count\">未读到</td>", "用水",
        ] { #expect(week.body.contains(text), "\(text)") }
        #expect(today.body.contains("This meter was not read near the start or the end of the time"))
        #expect(today.body.contains("data-fragment=\"/fragments/water?period=today\""))
    }

    @Test func `losses have flow, volume and money a day, and lead to finding and ticket`() async throws {
        let page = try await withDashboard { try await $0.get("/water?lang=en") }
        for text in [
            "1,380–1,620 L/h", "33.12 m³–38.88 m³", "132.48–155.52 CNY",
            "href=\"/tickets/20261122-002\">20261122-002</a>", "14 L/h", "336 L",
        ] { #expect(page.body.contains(text), "\(text)") }
        #expect(
            page.body.contains("<a href=\"\(FindingPath.page(of: TestEstate.burst.finding.identifier))\">Burst</a>"))
    }

    @Test func `a night well above the usual one is marked by a word`() async throws {
        let page = try await withDashboard { try await $0.get("/water?lang=en") }
        let rows = page.body.components(separatedBy: "<tr class=\"")
        let inlet = try #require(rows.first { $0.contains("180 L/h") })
        #expect(inlet.hasPrefix("attention") && inlet.contains("44 L/h") && inlet.contains("+136 L/h"))
        let riser = try #require(rows.first { $0.contains("41 L/h") })
        #expect(riser.hasPrefix("normal") && riser.contains("-3 L/h"))
        #expect(page.body.contains("aria-label=\"8 nights, from 41 to 180 L/h\""))
    }

    @Test func `this week stands beside the one before, over the days that both have whole`() async throws {
        let page = try await withDashboard { try await $0.get("/water?meter=riser-2&lang=en") }
        // Sunday the 22nd is not over, and Wednesday the 18th was not read: five days of 13.2 m³ against 12 m³.
        #expect(
            page.body.contains("Over 5 days of this week 66 m³, over the same days of the week before 60 m³: +10 %."))
        #expect(page.body.contains("<option value=\"riser-2\" selected>Riser of block 2</option>"))
        #expect(page.body.contains("Wednesday</th><td class=\"count\">—"))
        // A dwelling that somebody asks for is offered as well.
        let flat = try await withDashboard { try await $0.get("/water?meter=unit-301&lang=en") }
        #expect(flat.body.contains("<option value=\"unit-301\" selected>Meter of flat 301</option>"))
    }

    @Test func `the picture splits the inlet into boxes whose heights are volumes`() throws {
        let wording = Wording(language: .english, texts: try PageResources.catalogue(of: .english))
        let picture = try #require(WaterPicture(TestEstate.waterOfTheDay, .yesterday, wording))
        let boxes = picture.boxes.map { "\($0.boxTone) \($0.boxX) \($0.boxY) \($0.boxHeight)" }
        // 12 m³ in, 8 m³ to the riser, 7.8 m³ to its flats; 260 pixels are all of it.
        #expect(
            boxes == [
                "head 0.0 0.0 260.0", "part 240.0 0.0 173.3", "homes 480.0 0.0 169.0", "within 480.0 169.0 4.3",
                "open 240.0 173.3 86.7",
            ])
        #expect(picture.pictureWidth == "720.0")
        #expect(picture.boxes[2].boxText == "2 dwellings 7.8 m³" && picture.boxes[3].boxText == nil)
        // Nothing is drawn of a time in which a part is not known.
        #expect(WaterPicture(TestEstate.waterOfTheDay, .week, wording) == nil)
    }

    @Test func `without history the page says so and the interface refuses`() async throws {
        try await withDashboard(TestEstate(failsToRead: true)) { dashboard in
            let page = try await dashboard.get("/water?lang=en")
            #expect(page.status == 200 && page.body.contains("The history of meters cannot be read now"))
            for path in ["/api/v1/water", "/fragments/water"] {
                let answer = try await dashboard.get(path)
                #expect(answer.status == 503, "\(path)")
            }
        }
    }

    @Test func `programs get the same figures`() async throws {
        struct Water: Decodable {
            struct Zone: Decodable {
                struct Balance: Decodable {
                    var period: String
                    var delivered: Double?
                    var uncertainty: Double
                }
                var asset: String
                var balances: [Balance]
            }
            var schema: Int
            var zones: [Zone]
            var lostToday: [String: Double]
        }
        let answer = try await withDashboard { try await $0.get("/api/v1/water") }
        let water = try JSONDecoder().decode(Water.self, from: Data(answer.body.utf8))
        #expect(water.schema == 1 && water.lostToday == ["low": 700, "high": 790])
        #expect(water.zones.map(\.asset) == ["main-meter", "riser-2"])
        #expect(water.zones[0].balances[1].delivered == 12_000 && water.zones[1].balances[0].delivered == nil)
    }

    @Test func `the overview and the large screen tell what is lost today`() async throws {
        try await withDashboard { dashboard in
            for path in ["/?lang=en", "/wall?lang=en", "/fragments/findings?lang=en"] {
                let answer = try await dashboard.get(path)
                #expect(answer.body.contains("Findings account for 700 L to 790 L lost since midnight."), "\(path)")
            }
            let wall = try await dashboard.get("/wall?lang=zh-Hans")
            #expect(wall.body.contains("<body class=\"wall\"") && wall.body.contains("疑似爆管"))
            #expect(!wall.body.contains("<nav class=\"places\""))
        }
    }

    // MARK: Devices

    @Test func `devices are listed by system with the worst of their values, and can be sought`() async throws {
        let (all, found, none) = try await withDashboard {
            (
                try await $0.get("/assets?lang=en"), try await $0.get("/assets?filter=GATE&lang=en"),
                try await $0.get("/assets?filter=%3Cb%3E&lang=en")
            )
        }
        #expect(all.body.contains("9 devices") && all.body.contains("<a href=\"/assets/roof-tank\">Roof tank</a>"))
        let rows = all.body.components(separatedBy: "<tr>")
        #expect(try #require(rows.first { $0.contains("/assets/unit-303\"") }).contains("bad (1)"))
        #expect(try #require(rows.first { $0.contains("/assets/riser-2\"") }).contains("1 open ticket"))
        #expect(
            found.body.contains("1 device<") && found.body.contains("East gate") && !found.body.contains("Roof tank"))
        #expect(none.body.contains("No device fits.") && none.body.contains("value=\"&lt;b&gt;\""))
    }

    @Test func `a device shows registers and raw values beside what was decoded from them`() async throws {
        var overview = TestEstate.lakeside
        overview.assets[1].points[1].raw = 0x0001_C0DE
        let page = try await withDashboard(TestEstate(overview: overview)) {
            try await $0.get("/assets/riser-2?lang=en")
        }
        for text in [
            "<h1>Riser of block 2</h1>", "holding register 8–9", "<code>0001 C0DE</code>", "<code>—</code>",
            "9,120.3", "uncertain", "block-2, unit 7", "Inlet meter", "utility up to the riser",
            "href=\"/tickets/20261122-002\">20261122-002</a>", "Burst · new", "<a href=\"/assets/riser-2/label\">",
            "href=\"/history?point=x%2Friser-2%2Ftotal\"", "2026-11-21</th><td class=\"count\">13.2 m³",
            "2026-11-18</th><td class=\"count\">not read",
        ] { #expect(page.body.contains(text), "\(text)") }
        #expect(page.body.contains("data-fragment=\"/fragments/asset-values/riser-2\""))
    }

    @Test func `a device that is none is told as such, also by its part`() async throws {
        try await withDashboard { dashboard in
            for path in ["/assets/nobody", "/fragments/asset-values/nobody"] {
                let answer = try await dashboard.get(path)
                #expect(answer.status == 404, "\(path)")
            }
            let part = try await dashboard.get("/fragments/asset-values/lift-1?lang=en")
            #expect(part.body.contains("Alarm button"))
        }
    }

    // MARK: The gateway, reports

    @Test func `the gateway tells what it sends, stores and polls, and what is wrong`() async throws {
        let estate = TestEstate()
        try await withDashboard(estate) { dashboard in
            let well = try await dashboard.get("/system?lang=en")
            #expect(well.body.contains("The gateway works") && well.body.contains("sluice line BUS --config FILE"))
            await estate.complain("store does not get on")
            let ill = try await dashboard.get("/fragments/system?lang=zh-Hans")
            #expect(ill.body.contains("网关工作异常") && ill.body.contains("store does not get on"))
        }
    }

    @Test(arguments: [
        (0, "0 B"), (999, "999 B"), (1_000, "1 kB"), (14_700_000, "14.7 MB"), (69_800_000_000, "69.8 GB"),
        (Int64.max, "9,223,372 TB"),
    ])
    func `sizes are told in steps of a thousand`(count: Int64, text: String) {
        #expect(SystemParts.bytes(count) == text)
    }

    @Test func `reports lead to weeks, months, quarters and years that have begun`() async throws {
        try await withDashboard { dashboard in
            let page = try await dashboard.get("/reports?lang=en")
            let hrefs = page.body.matches(of: /href="(\/api\/v1\/reports\/[^"]*)"/).map {
                String($0.output.1).replacing("&amp;", with: "&")
            }
            // A page and a table of 8 weeks, 13 months, 5 quarters and 3 years.
            #expect(hrefs.count == 58)
            #expect(hrefs.contains("/api/v1/reports/monthly?month=2025-11&lang=en&format=html"))
            #expect(hrefs.contains("/api/v1/reports/kpi?quarter=2026-Q4&lang=en&format=csv"))
            #expect(hrefs.contains("/api/v1/reports/weekly?from=2026-11-07&to=2026-11-13&lang=en&format=html"))
            #expect(hrefs.contains("/api/v1/reports/weekly?lang=en&format=html"))
        }
    }
}
