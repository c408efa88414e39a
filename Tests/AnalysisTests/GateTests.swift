// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Analysis

@Suite struct GateTests {
    struct Case {
        var name: String
        /// Minutes since Monday's local midnight and states; `nil` for a poll that failed.
        var states: [(Double, Bool?)]
        /// Minutes at which data time is moved on without a reading.
        var ticks: [Int] = []
        var started: Double?
        var raised: Double?
        var cleared: Double?
    }

    private static func run(
        _ c: Case, gates: [GateDescription]? = nil, announced: [Announcement] = []
    ) -> (changes: [FindingChange], Analyzer) {
        // Two hours ahead of UTC.
        let zone = ZoneOffsets(name: "test", initialOffsetSeconds: 7200, transitions: [])
        var analyzer = Analyzer(
            site: SiteDescription(
                zone: zone, meters: [], gates: gates ?? [GateDescription(asset: AssetIdentifier("gate"))]),
            calendar: AnnouncedCalendar(announced))
        var changes: [FindingChange] = []
        let local = monday - .seconds(7200)
        var events = c.states.map { (at: local + .milliseconds(Int64($0.0 * 60_000)), state: $0.1, isTick: false) }
        events += c.ticks.map { (at: local + $0, state: nil, isTick: true) }
        for event in events.sorted(by: { $0.at < $1.at }) {
            if event.isTick {
                changes += analyzer.advance(to: event.at)
            } else {
                changes += analyzer.ingest(
                    AnalyzerReading(channel: 0, value: event.state.map { .isOpen($0) } ?? .none, at: event.at))
            }
        }
        return (changes, analyzer)
    }

    @Test(arguments: [
        Case(
            name: "open for long", states: [(600, false), (605, true), (615, true), (640, true), (700, false)],
            ticks: [625, 626, 702], started: 605, raised: 625, cleared: 700.5),
        Case(name: "a delivery", states: [(605, true), (614, false)], ticks: [615, 640]),
        Case(
            name: "in the morning's rush it may stand open longer", states: [(460, true), (475, true), (489, false)],
            ticks: [481, 485, 495]),
        Case(
            name: "but not for ever", states: [(460, true), (475, true), (490, true)], ticks: [481, 489, 490],
            started: 460, raised: 490),
        Case(
            name: "an opening that began in the rush", states: [(535, true), (550, true), (560, true), (566, true)],
            ticks: [556, 564], started: 535, raised: 566),
        Case(
            name: "a closing of ten seconds belongs to the opening",
            states: [(605, true), (614, false), (614.1666, true), (626, true)], started: 605, raised: 626),
        Case(
            name: "a closing of a minute ends it", states: [(605, true), (614, false), (615, true), (626, true)]),
        Case(
            name: "time in which no poll came through does not count",
            states: [(605, true), (610, nil), (630, nil), (640, true), (652, true), (656, true)], ticks: [635, 651],
            started: 635, raised: 656),
        Case(name: "a state that nobody confirmed accuses nobody", states: [(605, true)], ticks: [626, 700]),
    ])
    func `a gate held open is found`(_ c: Case) throws {
        let (changes, _) = Self.run(c)
        let local = monday - .seconds(7200)
        func minutes(_ moment: Timestamp?) -> Double? { moment.map { ($0 - local).inSeconds / 60 } }
        #expect(minutes(changes.raised.first?.startedAt) == c.started, "\(c.name)")
        #expect(minutes(changes.raised.first?.raisedAt) == c.raised, "\(c.name)")
        #expect(minutes(changes.cleared.first?.clearedAt) == c.cleared, "\(c.name)")
        #expect(changes.raised.count <= 1)
    }

    @Test func `evidence says how long and how long is allowed`() throws {
        let c = Case(name: "", states: [(605, true), (615, true), (626, true)])
        let (changes, analyzer) = Self.run(c)
        let finding = try #require(changes.raised.first)
        #expect(finding.evidence.value("open_minutes") == 21)
        #expect(finding.evidence.value("limit_minutes") == 20)
        #expect(finding.severity == .p3)
        #expect(finding.rule == .gateHeldOpen)
        #expect(analyzer.statistics.evaluations.gateHeldOpen > 0)
    }

    @Test func `held open again within six hours it is the same finding, later another one`() {
        let c = Case(
            name: "",
            states: [
                (600, true), (615, true), (621, true), (640, false), (641, false), (700, true), (715, true),
                (721, true),
                (740, false), (741, false), (1200, true), (1215, true), (1221, true),
            ])
        let (changes, _) = Self.run(c)
        #expect(changes.raised.count == 2)
        #expect(changes.cleared.count == 2)
        #expect(
            changes.contains { if case .updated(let finding) = $0 { finding.clearedAt == nil } else { false } })
    }

    @Test func `its minutes are told as they grow, and all of them in the end`() {
        let open = stride(from: 600.0, to: 900, by: 5).map { ($0, Bool?.some(true)) }
        let c = Case(name: "", states: open + [(901, false)], ticks: [902])
        let changes = Self.run(c).changes
        #expect(changes.raised.count == 1)
        #expect((5...20).contains(changes.updated.count))
        #expect(changes.updated.first?.size?.value == 25)
        #expect(changes.cleared.first?.size == Measure("open", 301, .minute))
        #expect(changes.cleared.first?.evidence.value("open_minutes") == 301)
    }

    @Test func `kept open as announced is no finding until an hour after it`() {
        let start = monday - .seconds(7200) + 590
        let announced = [
            Announcement(kind: .gateKeptOpen, start: start, end: start + 60, asset: AssetIdentifier("gate"))
        ]
        let open = stride(from: 600.0, to: 720, by: 5).map { ($0, Bool?.some(true)) }
        var c = Case(name: "", states: open, ticks: Array(600..<720))
        let local = monday - .seconds(7200)
        #expect(
            Self.run(c, announced: announced).changes.raised.map { ($0.raisedAt - local).inSeconds / 60 } == [711])
        c.states = open.filter { $0.0 < 700 } + [(700, false)]
        c.ticks = Array(600..<720)
        #expect(Self.run(c, announced: announced).changes.isEmpty)
        let other = [
            Announcement(kind: .gateKeptOpen, start: start, end: start + 60, asset: AssetIdentifier("gate-2"))
        ]
        #expect(Self.run(c, announced: other).changes.raised.count == 1)
    }

    @Test func `a site may allow its own time`() {
        let gate = GateDescription(
            asset: AssetIdentifier("gate"), heldOpenAfter: .seconds(300), heldOpenAfterInPeak: .seconds(600))
        let c = Case(name: "", states: [(600, true), (603, true), (606, true)])
        #expect(Self.run(c, gates: [gate]).changes.raised.count == 1)
    }
}
