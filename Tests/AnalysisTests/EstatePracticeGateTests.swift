// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Analysis

/// One test for each rule of estate practice that the analyzer keeps of gates, named by the rule's words.
@Suite struct EstatePracticeGateTests {
    /// Minutes from opening to the finding, on a Monday; `nil` when there is none within half an hour.
    private static func found(openedAt minute: Int) -> Double? {
        var analyzer = Analyzer(
            site: SiteDescription(zone: .utc, meters: [], gates: [GateDescription(asset: AssetIdentifier("gate"))]))
        let opened = monday + .seconds(Int64(minute) * 60)
        var changes = analyzer.ingest(AnalyzerReading(channel: 0, value: .isOpen(false), at: opened - .seconds(60)))
        for half in 0...60 {
            changes += analyzer.ingest(
                AnalyzerReading(channel: 0, value: .isOpen(true), at: opened + .seconds(Int64(half) * 30)))
        }
        return changes.raised.first.map { ($0.raisedAt - opened).inSeconds / 60 }
    }

    @Test(
        "peak windows 7:30-9:00, 11:30-12:00, 13:45-14:30, 17:30-18:30: a gate may stand open for longer then",
        arguments: [(450, 540), (690, 720), (825, 870), (1050, 1110)])
    func peaks(first: Int, end: Int) throws {
        let usual = try #require(Self.found(openedAt: 600))
        let inside = try #require(Self.found(openedAt: first))
        #expect(inside > usual, "from its first minute on")
        #expect(try #require(Self.found(openedAt: end - 1)) > usual, "up to its last")
        let before = try #require(Self.found(openedAt: first - 30))
        #expect(before == usual, "half an hour before it is as at any time")
        #expect(try #require(Self.found(openedAt: end)) == usual, "and so it is from its end on")
    }
}
