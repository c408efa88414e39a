// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Tickets

/// The trend on a ticket: 24 h before, 1 h after, gaps left open.
@Suite struct EvidenceTrendTests {
    static let fired = Timestamp(seconds: 1_774_746_000)

    static func trend(_ samples: [EvidenceTrend.Sample], threshold: Double? = nil) -> EvidenceTrend {
        EvidenceTrend(
            point: "riser-3/flow", unit: "L/h", firedAt: fired, threshold: threshold, samples: samples,
            period: .seconds(60))
    }

    static func sample(_ minutes: Int, _ value: Double?, _ quality: Quality = .good) -> EvidenceTrend.Sample {
        EvidenceTrend.Sample(at: fired + .seconds(minutes * 60), value: value, quality: quality)
    }

    @Test func `the window is a day before and an hour after, both ends included`() {
        let given = [-1441, -1440, 0, 60, 61].map { Self.sample($0, 1) }
        #expect(Self.trend(given.reversed()).samples == Array(given[1...3]))
    }

    @Test func `silence, a missing value and a bad one leave the curve open`() {
        let trend = Self.trend([
            Self.sample(0, 1), Self.sample(3, 2), Self.sample(7, 3), Self.sample(8, nil), Self.sample(9, 4),
            Self.sample(10, 5, .bad), Self.sample(11, .nan), Self.sample(12, 6, .uncertain),
        ])
        #expect(trend.pieces.map { $0.compactMap(\.value) } == [[1, 2], [3], [4], [6]])
        let drawing = trend.svg(title: "t", description: "d", zone: .utc)
        #expect(drawing.split(separator: "\n").count { $0.contains("class=\"curve\"") } == 4)
    }

    @Test func `a total is drawn as what flowed in each quarter of an hour`() {
        // Fired on the hour: totals at the ends of five quarters, one of them silent, one gone back.
        let flow = Self.trend([
            Self.sample(-60, 100), Self.sample(-50, 110), Self.sample(-31, 130), Self.sample(-16, 130),
            Self.sample(14, 190), Self.sample(29, 180), Self.sample(44, 200),
        ]).flow
        #expect(flow.unit == "L/h/h" && flow.samples.map(\.value) == [80, 0, 80])
        #expect(flow.samples.map(\.at) == [-30, -15, 45].map { Self.fired + .seconds($0 * 60) })
        #expect(flow.pieces.map(\.count) == [2, 1])
    }

    @Test func `the table keeps a line for a reading without value`() {
        let trend = Self.trend([Self.sample(0, 1.5), Self.sample(1, nil, .bad)])
        #expect(
            trend.csv == "time,value,unit,quality\r\n\(Self.fired.rfc3339),1.5,L/h,good\r\n"
                + "\((Self.fired + .seconds(60)).rfc3339),,L/h,bad\r\n")
    }

    @Test func `the drawing names itself, and text never becomes markup`() {
        let drawing = Self.trend([Self.sample(0, 4)], threshold: 2)
            .svg(title: "A & B <x>\u{1}", description: "flow > 2 L/h", zone: .utc)
        #expect(drawing.contains("<title id=\"trend-title\">A &amp; B &lt;x&gt;</title>"))
        #expect(drawing.contains("<desc id=\"trend-desc\">flow &gt; 2 L/h</desc>"))
        #expect(drawing.contains("riser-3/flow (L/h)"))
        #expect(drawing.contains("<path class=\"limit\" d=\"M60 112.5H630\""))
        #expect(drawing.contains("text-anchor=\"end\">4</text>"))
    }

    @Test func `the axis of time is the site's wall clock`() {
        let zone = ZoneOffsets(name: "Asia/Shanghai", initialOffsetSeconds: 8 * 3600, transitions: [])
        let wall = zone.local(Self.fired).minuteText.dropFirst(5)
        #expect(Self.trend([]).svg(title: "t", description: "d", zone: zone).contains(">\(wall)</text>"))
    }

    @Test(arguments: [0, -5, 1e300, -1e300, 5e-324] as [Double])
    func `absurd and level values are drawn inside the picture`(value: Double) {
        let drawing = Self.trend([Self.sample(0, value)], threshold: value).svg(title: "", description: "", zone: .utc)
        #expect(!drawing.contains("nan") && !drawing.contains("inf"))
    }
}
