// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Pipeline
import Testing

@testable import Dashboard

/// The pages in a real browser.
@Suite(.serialized, .enabled(if: Browser.isInstalled, "chromium and chromium-driver are not installed"))
struct BrowserTests {
    @Test func `pages load without a word on the console and fit a phone`() async throws {
        try await withDashboard { dashboard in
            try await Browser.run { browser in
                try await browser.becomePhone(width: 360)
                for path in [
                    "/?lang=en", "/?lang=zh-Hans", "/tickets?lang=en", "/tickets/20261122-002?lang=zh-Hans",
                    "/alarms?lang=en", "/alarms?lang=zh-Hans", "/alarms/riser-2/burst?lang=en",
                    "/alarms/booster-1/pump_short_cycling?lang=zh-Hans", "/report?lang=en", "/report?lang=zh-Hans",
                    "/planned-work?lang=en", "/planned-work?lang=zh-Hans",
                    "/resident-notice?ticket=20261122-002&lang=en", "/history?lang=en",
                    "/history?period=year&lang=zh-Hans",
                    "/history?point=inlet%2Fmain-meter%2Fflow&period=day&lang=zh-Hans",
                ] {
                    try await browser.open("http://127.0.0.1:\(dashboard.port)\(path)")
                    #expect(try await browser.evaluate("document.getElementById('banner').hidden") == "true")
                    #expect(try await browser.evaluate("document.documentElement.scrollWidth") == "360", "\(path)")
                    #expect(try await browser.console() == [], "\(path)")
                }
            }
        }
    }

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: RunningDashboard.chartLibraryFolder + "/dygraph.min.js"),
            "libjs-dygraphs is not installed"))
    func `the chart is drawn, and drawn again for another range`() async throws {
        try await withDashboard { dashboard in
            try await Browser.run { browser in
                try await browser.open("http://127.0.0.1:\(dashboard.port)/?lang=en")
                #expect(try await browser.wait(until: "document.querySelector('.dygraph-axis-label')"))
                _ = try await browser.evaluate(
                    "(document.querySelector('[name=range]').value = '7d', document.getElementById('trend-form').dispatchEvent(new Event('change')))"
                )
                #expect(try await browser.wait(until: "document.querySelector('#chart').dataset.range === '7d'"))
                #expect(try await browser.wait(until: "document.querySelector('.dygraph-axis-label')"))
                #expect(try await browser.evaluate("location.search") == "?point=inlet%2Fmain-meter%2Fflow&range=7d")
                #expect(try await browser.console() == [])
            }
        }
    }

    @Test(
        .enabled(
            if: FileManager.default.fileExists(atPath: RunningDashboard.chartLibraryFolder + "/dygraph.min.js"),
            "libjs-dygraphs is not installed"), arguments: ["total", "flow"])
    func `a month of history is drawn, and drawn again for another period`(name: String) async throws {
        try await withDashboard { dashboard in
            try await Browser.run { browser in
                let point = "inlet%2Fmain-meter%2F\(name)"
                try await browser.open("http://127.0.0.1:\(dashboard.port)/history?point=\(point)&period=month&lang=en")
                #expect(try await browser.wait(until: "document.getElementById('history').dataset.pieces"))
                let pieces = try await browser.evaluate("document.getElementById('history').dataset.pieces")
                // 21 days without the 10th, a bar each; or a mean each quarter of an hour until four in the afternoon.
                #expect(pieces == (name == "total" ? "21" : "\(20 * 96 + 64)"))
                _ = try await browser.evaluate(
                    "(document.querySelector('[name=period]').value = 'week', document.getElementById('history-form').dispatchEvent(new Event('change', {bubbles: true})))"
                )
                #expect(try await browser.wait(until: "new URLSearchParams(location.search).get('period') === 'week'"))
                #expect(try await browser.wait(until: "document.getElementById('history')?.dataset.pieces"))
                #expect(try await browser.console() == [])
            }
        }
    }

    @Test func `a change in the estate reaches the open page`() async throws {
        try await withDashboard { dashboard in
            try await Browser.run { browser in
                try await browser.open("http://127.0.0.1:\(dashboard.port)/tickets/20261122-002?lang=en")
                #expect(try await browser.evaluate("document.querySelector('.state').textContent") == "new")
                let action = TicketAction(
                    number: "20261122-002", verb: .accept, person: .init("li-wei"), note: "", version: nil)
                _ = try await dashboard.estate.act(action)
                await dashboard.estate.tell(.tickets)
                #expect(try await browser.wait(until: "document.querySelector('.state').textContent === 'accepted'"))
                // The form was made for the version before: the page says so.
                #expect(try await browser.wait(until: "!document.getElementById('changed').hidden"))
                #expect(try await browser.console() == [])
            }
        }
    }

    @Test func `a gateway that is gone is named within five seconds`() async throws {
        try await Browser.run { browser in
            try await withDashboard { dashboard in
                try await browser.open("http://127.0.0.1:\(dashboard.port)/?lang=en")
                #expect(try await browser.evaluate("document.getElementById('banner').hidden") == "true")
                _ = try await browser.evaluate(
                    """
                    (new MutationObserver(() => { window.saidAfter = performance.now() - window.stoppedAt; })
                      .observe(document.getElementById('banner'), {attributes: true}), window.stoppedAt = performance.now())
                    """)
            }
            #expect(try await browser.wait(until: "!document.getElementById('banner').hidden"))
            #expect(try await browser.evaluate("window.saidAfter < 5000") == "true")
        }
    }

    @Test func `a hostile name runs nothing`() async throws {
        var overview = TestEstate.lakeside
        overview.assets[0].name = .init(
            "<img src=x onerror=console.error('hostile')><script>console.error(1)</script>")
        let estate = TestEstate(overview: overview)
        try await withDashboard(estate) { dashboard in
            try await Browser.run { browser in
                try await browser.open("http://127.0.0.1:\(dashboard.port)/?lang=en")
                await estate.tell(.readings)
                #expect(
                    try await browser.evaluate("document.querySelector('#asset-main-meter h3').textContent")
                        .contains("<img src=x"))
                #expect(try await browser.console() == [])
            }
        }
    }
}
