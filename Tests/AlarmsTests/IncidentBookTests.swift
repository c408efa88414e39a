// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import TestKit
import Testing

/// What alarms become one incident, as places and times say.
@Suite struct IncidentBookTests {
    private let topology = Topology(parents: [
        AssetIdentifier("zone"): AssetIdentifier("inlet"), AssetIdentifier("riser-1"): AssetIdentifier("zone"),
        AssetIdentifier("riser-2"): AssetIdentifier("zone"), AssetIdentifier("flat-101"): AssetIdentifier("riser-1"),
    ])

    private func second(_ seconds: Int64) -> Timestamp { moment(0) + .seconds(seconds) }

    private func alarm(
        _ asset: String, _ rule: RuleIdentifier = .burst, at seconds: Int64, _ severity: Severity = .p2
    ) -> Alarm {
        let name = FindingIdentifier(
            rule: rule, asset: AssetIdentifier(asset), startedAt: Timestamp(seconds: seconds))
        return Alarm(
            asset: AssetIdentifier(asset), rule: rule, severity: severity, state: .unacknowledgedActive,
            raisedAt: second(seconds), findings: [name])
    }

    private func over(_ alarm: Alarm, at seconds: Int64) -> Alarm {
        var copy = alarm
        (copy.state, copy.returnedAt) = (.returnedUnacknowledged, second(seconds))
        return copy
    }

    private func book() -> IncidentBook { IncidentBook(topology: topology) }

    @Test func `what is told waits half a minute, what is most urgent does not`() {
        var book = book()
        #expect(book.follow(alarm("riser-1", at: 0), at: second(0)).isEmpty)
        #expect(book.nextDeadline == second(30))
        #expect(book.tick(at: second(29)).isEmpty)
        let changes = book.tick(at: second(30))
        #expect(changes.count == 1 && changes[0].incident.identifier.text == "riser-1/burst@\(second(0).milliseconds)")
        guard case .opened? = book.follow(alarm("riser-2", at: 31, .p1), at: second(31)).first else {
            Issue.record("not opened")
            return
        }
    }

    @Test(arguments: [(-121, 2), (-120, 1), (0, 1), (600, 1), (601, 2)])
    func `a symptom belongs to a cause from two minutes before to ten minutes after`(delay: Int64, incidents: Int) {
        var book = book()
        let alarms = [alarm("inlet", at: 1000), alarm("riser-1", .dropout, at: 1000 + delay, .p4)]
        for alarm in alarms.sorted(by: { $0.raisedAt < $1.raisedAt }) { _ = book.follow(alarm, at: alarm.raisedAt) }
        #expect(book.incidents.count == incidents)
        #expect(incidents == 2 || book.incidents[0].asset.text == "inlet")
    }

    @Test(arguments: [
        ("riser-1", RuleIdentifier.dropout, "flat-101", RuleIdentifier.dropout),
        ("riser-1", .burst, "riser-2", .burst), ("riser-1", .burst, "flat-101", .toiletLeak),
        ("riser-1", .burst, "lift-1", .liftOutOfService),
    ])
    func `siblings, silence, a dwelling's own leak and other trades are no symptoms`(
        asset: String, rule: RuleIdentifier, other: String, otherRule: RuleIdentifier
    ) {
        var book = book()
        _ = book.follow(alarm(asset, rule, at: 0), at: second(0))
        _ = book.follow(alarm(other, otherRule, at: 1), at: second(1))
        #expect(book.incidents.count == 2)
    }

    @Test func `a cause that joins two told incidents makes them one under the earlier name`() {
        var book = book()
        for (place, riser) in ["riser-1", "riser-2"].enumerated() {
            _ = book.follow(alarm(riser, at: Int64(place)), at: second(Int64(place)))
        }
        let opened = book.tick(at: second(40)).map(\.incident)
        #expect(opened.count == 2)
        let changes = book.follow(alarm("inlet", at: 50), at: second(50))
        #expect(changes.count == 2)
        guard case .merged(let gone, let stays)? = changes.first, case .grown(let whole)? = changes.last else {
            Issue.record("\(changes)")
            return
        }
        #expect(gone == opened[1] && stays == opened[0].identifier && whole.identifier == stays)
        #expect(whole.asset.text == "inlet" && whole.openedAt == second(0) && whole.alarms.count == 3)
    }

    @Test func `an incident ends with the last of its alarms and goes on when one comes back`() {
        var book = book()
        let (cause, symptom) = (alarm("inlet", at: 0), alarm("riser-1", .dropout, at: 5, .p4))
        for alarm in [cause, symptom] { _ = book.follow(alarm, at: alarm.raisedAt) }
        _ = book.tick(at: second(30))
        #expect(book.follow(over(cause, at: 100), at: second(100)).isEmpty)
        guard case .ended? = book.follow(over(symptom, at: 110), at: second(110)).first else {
            Issue.record("not ended")
            return
        }
        var again = alarm("inlet", at: 200)
        again.occurrences = 2
        guard case .grown(let incident)? = book.follow(again, at: second(200)).first else {
            Issue.record("not taken up")
            return
        }
        #expect(incident.openedAt == second(0))
        _ = book.follow(over(again, at: 300), at: second(300))
        _ = book.tick(at: second(300 + 721))
        #expect(book.follow(alarm("inlet", at: 2000), at: second(2000)).isEmpty, "a new one waits again")
    }

    @Test func `one that is over before it is told is told and ends`() {
        var book = book()
        let short = alarm("riser-1", at: 0)
        _ = book.follow(short, at: second(0))
        #expect(book.follow(over(short, at: 10), at: second(10)).isEmpty)
        let changes = book.tick(at: second(30))
        guard case .opened? = changes.first, case .ended? = changes.last, changes.count == 2 else {
            Issue.record("\(changes)")
            return
        }
    }

    @Test func `after a power failure only silence is told until the polls are good`() {
        var book = book()
        book.beginMaintenance(at: second(0))
        _ = book.follow(alarm("riser-1", at: 1, .p1), at: second(1))
        _ = book.follow(alarm("riser-2", .dropout, at: 1, .p4), at: second(1))
        #expect(book.tick(at: second(60)).map(\.incident.asset.text) == ["riser-2"])
        #expect(book.endMaintenance(at: second(90)).map(\.incident.asset.text) == ["riser-1"])
    }

    @Test func `what a person withheld opens nothing`() {
        var book = book()
        var held = alarm("riser-1", at: 0)
        held.state = .shelved
        _ = book.follow(held, at: second(0))
        #expect(book.incidents.isEmpty)
        held.state = .unacknowledgedActive
        _ = book.follow(held, at: second(10))
        #expect(book.incidents.count == 1)
    }

    @Test func `a circle of assets is cut, and depth is counted from upstream`() {
        var circle = topology
        circle.connect(AssetIdentifier("inlet"), below: AssetIdentifier("flat-101"))
        circle.connect(AssetIdentifier("inlet"), below: AssetIdentifier("inlet"))
        #expect(circle == topology)
        #expect(["inlet", "zone", "flat-101", "lift"].map { circle.depth(of: AssetIdentifier($0)) } == [0, 1, 3, 0])
        #expect(!circle.isUpstream(AssetIdentifier("zone"), of: AssetIdentifier("zone")))
    }

    /// Invariant 8.
    @Test(arguments: 0..<200 as Range<UInt64>)
    func `the same alarms in any order give the same incidents, and roots move only upstream`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var tree = Topology()
        let assets = (0..<40).map { AssetIdentifier("a\($0)") }
        for place in 1..<40 { tree.connect(assets[place], below: assets[Int.random(in: 0..<place, using: &random)]) }
        var alarms: [Alarm] = []
        for asset in assets where Int.random(in: 0..<3, using: &random) > 0 {
            let rule = [RuleIdentifier.burst, .dropout, .massBalance, .toiletLeak].randomElement(using: &random)!
            let severity = Severity.allCases.randomElement(using: &random)!
            alarms.append(alarm(asset.text, rule, at: Int64.random(in: 0..<900, using: &random), severity))
        }
        var results: [Set<[String]>] = []
        for _ in 0..<4 {
            var book = IncidentBook(topology: tree)
            var roots: [IncidentIdentifier: AssetIdentifier] = [:]
            var survivors: Set<IncidentIdentifier> = []
            for alarm in alarms.shuffled(using: &random) {
                for change in book.follow(alarm, at: second(900)) {
                    let incident = change.incident
                    if let before = roots[incident.identifier], incident.asset != before {
                        #expect(tree.isUpstream(incident.asset, of: before))
                    }
                    if incident.rule != .alarmStorm { roots[incident.identifier] = incident.asset }
                    switch change {
                    case .merged(_, let into):
                        survivors.remove(incident.identifier)
                        // A storm that turns out to be one incident gives it its ticket.
                        if incident.rule == .alarmStorm { survivors.insert(into) }
                        #expect(survivors.contains(into))
                    case .opened: survivors.insert(incident.identifier)
                    case .grown, .ended: break
                    }
                }
            }
            #expect(Set(book.incidents.flatMap(\.alarms)) == Set(alarms.map(\.identifier)))
            results.append(
                Set(
                    book.incidents.map {
                        [
                            $0.asset.text, $0.rule.text, $0.severity.word, "\($0.openedAt.milliseconds)",
                        ] + $0.alarms.sorted()
                    }))
        }
        #expect(Set(results).count == 1)
    }
}
