// SPDX-License-Identifier: Apache-2.0

import Model

/// D23, gate stuck closed: it is asked to open again and again and stays closed.
struct GateStuckClosed: Hashable, Codable, Sendable {
    /// Once a card is held too short, twice a driver changes his mind; three times in a row nobody gets through.
    private static let limit = 3

    private var unanswered = 0
    private var since: Timestamp?
    private var isInAlarm = false
    private var told = ToldSize()

    init() {}

    mutating func take(
        _ request: Timestamp, at now: Timestamp, _ gate: AssetIdentifier, into rulings: inout [Ruling]
    ) {
        if unanswered == 0 { since = request }
        unanswered = min(unanswered + 1, 1_000_000)
        guard unanswered >= Self.limit, let since else { return }
        if !isInAlarm {
            isInAlarm = true
            told.tell(Double(unanswered))
            rulings.append(Ruling(rule: .gateStuckClosed, asset: gate, verdict: .arises(grounds(since, to: now))))
        } else if told.grows(to: Double(unanswered)) {
            rulings.append(Ruling(rule: .gateStuckClosed, asset: gate, verdict: .persists(grounds(since, to: now))))
        }
    }

    mutating func opened(at: Timestamp, _ gate: AssetIdentifier, into rulings: inout [Ruling]) {
        defer { (unanswered, since, isInAlarm) = (0, nil, false) }
        guard isInAlarm, let since else { return }
        let last = grounds(since, to: at)
        rulings.append(Ruling(rule: .gateStuckClosed, asset: gate, verdict: .persists(last)))
        rulings.append(Ruling(rule: .gateStuckClosed, asset: gate, verdict: .ends(last, at: at)))
    }

    private func grounds(_ since: Timestamp, to: Timestamp) -> Grounds {
        let to = max(since, to)
        return Grounds(
            startedAt: since, severity: .p2, size: Measure("unanswered", Double(unanswered)),
            evidence: Evidence(
                from: since, to: to,
                measures: [
                    Measure("unanswered", Double(unanswered)), Measure("limit", Double(Self.limit)),
                    Measure("minutes", (to - since).inSeconds / 60, .minute),
                ]))
    }

    var isWellFormed: Bool { unanswered >= 0 && (since.map { DataClock.believable.contains($0) } ?? true) }
}
