// SPDX-License-Identifier: Apache-2.0

import Analysis
import FindingScore
import Model

/// One labelled event of a recorded set; times in seconds since 1970.
struct RecordedLabel {
    var kind: String
    var asset: String
    var onset: Int64
    var end: Int64
    /// L/h where it is a leak.
    var rate: Double
}

/// Counts new findings against labels.
///
/// A hit is a finding that is raised between the onset and 24 hours after the end; all others are false, those closer
/// than 24 hours to each other counted once.
struct EdgeScore {
    private(set) var labels = 0
    private(set) var hits = 0
    private(set) var falseEdges = 0
    private var falseSeconds: [Int64] = []
    private(set) var delays: [Double] = []
    private(set) var byKind: [String: (labels: Int, hits: Int, delays: [Double])] = [:]
    private(set) var rightPlaces = 0
    var meterMonths = 0.0

    private static let day: Int64 = 86_400

    /// - Parameters:
    ///   - edges: Raised findings about lost water, of one meter or one estate, in the order of time.
    mutating func add(_ edges: [Finding], labels events: [RecordedLabel]) {
        func seconds(_ finding: Finding) -> Int64 { finding.raisedAt.milliseconds / 1000 }
        func isInside(_ finding: Finding, _ event: RecordedLabel) -> Bool {
            seconds(finding) >= event.onset && seconds(finding) <= event.end + Self.day
        }
        for event in events {
            labels += 1
            byKind[event.kind, default: (0, 0, [])].labels += 1
            guard let first = edges.first(where: { isInside($0, event) }) else { continue }
            let delay = Double(seconds(first) - event.onset) / 3600
            hits += 1
            delays.append(delay)
            byKind[event.kind]?.hits += 1
            byKind[event.kind]?.delays.append(delay)
            if edges.contains(where: { isInside($0, event) && $0.asset.text == event.asset }) { rightPlaces += 1 }
        }
        var last = Int64.min / 2
        for edge in edges where !events.contains(where: { isInside(edge, $0) }) {
            if seconds(edge) - last >= Self.day {
                falseEdges += 1
                falseSeconds.append(seconds(edge))
            }
            last = seconds(edge)
        }
    }

    /// How many false edges fall into each span of a day that begins with one, the first in time first.
    ///
    /// Series made of the same recorded homes see one real event several times, at the same time.
    var falseSpans: [Int] {
        var spans: [(first: Int64, count: Int)] = []
        for second in falseSeconds.sorted() {
            if let last = spans.last, second - last.first < Self.day {
                spans[spans.count - 1].count += 1
            } else {
                spans.append((second, 1))
            }
        }
        return spans.map(\.count)
    }

    var recall: Double? { labels > 0 ? Double(hits) / Double(labels) : nil }
    var precision: Double? { hits + falseEdges > 0 ? Double(hits) / Double(hits + falseEdges) : nil }
    var f1: Double? {
        guard let recall, let precision, recall + precision > 0 else { return nil }
        return 2 * recall * precision / (recall + precision)
    }
    /// False edges in 30 days of one meter.
    var falsePerMonth: Double { Double(falseEdges) / meterMonths }
}

extension Finding {
    /// Whether it is about water that is lost, and neither a tip to save nor a doubt about a meter.
    var isAboutLostWater: Bool {
        switch Rule.named(rule)?.precedence {
        case .burst, .zoneLoss, .leak: true
        case .communication, .meterFault, .savings, .machine, nil: false
        }
    }

    /// Whether it doubts a meter or its clock.
    var isAboutMeter: Bool {
        Rule.named(rule)?.precedence == .meterFault || [.registerStep, .meterReplaced, .clockError].contains(rule)
    }

    /// Whether somebody should do something about it, and not merely know.
    var asksForSomething: Bool {
        let informs: Set<RuleIdentifier> = [
            .vacancy, .dropout, .registerStep, .meterReplaced, .clockError, .balanceUnknown,
        ]
        return !informs.contains(rule)
    }
}

/// Runs readings through an analyzer of their own.
struct Replay {
    private var analyzer: Analyzer
    private var latest = Timestamp(milliseconds: .min)
    private(set) var raised: [Finding] = []

    init(_ site: SiteDescription) { analyzer = Analyzer(site: site) }

    /// Takes a reading in the order of arrival; time goes on with the stamps, and by the hour where none comes.
    mutating func take(_ channel: Int, _ value: AnalyzerReading.Value, at second: Int64) {
        let at = Timestamp(seconds: second)
        while latest.milliseconds > 0, at - latest > .seconds(7200) {
            latest = latest + .seconds(3600)
            note(analyzer.advance(to: latest))
        }
        note(analyzer.ingest(AnalyzerReading(channel: channel, value: value, at: at)))
        guard at > latest else { return }
        latest = at
        note(analyzer.advance(to: at))
    }

    func isOpen(_ rule: RuleIdentifier) -> Bool { analyzer.openFindings.contains { $0.rule == rule } }

    private mutating func note(_ changes: [FindingChange]) {
        for case .raised(let finding) in changes { raised.append(finding) }
    }
}
