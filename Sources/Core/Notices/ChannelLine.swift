// SPDX-License-Identifier: Apache-2.0

import Model

/// A row that waits, and what is known of its earlier attempts.
struct WaitingRow: Sendable {
    var row: NoticeRow
    /// When it was stored.
    let since: MonotonicInstant
    /// How often the receiver would not have it.
    var refusals = 0
    var refusedAt = MonotonicInstant(nanoseconds: 0)
    /// Drawn at the last refusal.
    var chance = 0.0

    var number: Int64 { row.number }
    var ticket: String { row.notice.ticket }
    var severity: Severity { row.notice.severity }

    func ready(as severity: Severity, at now: MonotonicInstant) -> MonotonicInstant {
        guard refusals > 0 else { return now }
        return refusedAt + RetryDelay.after(failures: refusals, severity: severity, random: chance)
    }
}

/// What could go out as one message.
struct DeliveryUnit: Sendable {
    /// Places in ``ChannelLine/rows``, rising.
    var places: [Int]
    var severity: Severity
    /// When its rows may be tried.
    var ready: MonotonicInstant
}

/// The rows that wait for one channel, and how the channel has behaved.
struct ChannelLine: Sendable {
    static let fallbackAfter = Duration.seconds(600)
    /// A receiver that wants nothing for longer than this is as good as gone for the most urgent.
    static let longestUrgentHold = Duration.seconds(30)
    /// More rows than this make a digest of those of low urgency.
    static let digestAbove = 5
    /// So that one digest is one small transaction.
    static let digestAtMost = 200

    let plan: ChannelPlan
    /// By number.
    var rows: [WaitingRow] = []
    /// At most one message is under way, which keeps the order.
    var inFlight: Dispatch?
    var window: SendingWindow
    /// Attempts in a row that nobody answered.
    var failures = 0
    var failedAt = MonotonicInstant(nanoseconds: 0)
    var chance = 0.0
    /// Since when nothing has been delivered although it was tried; `nil` while all is well.
    var failingSince: MonotonicInstant?
    /// Until then the receiver wants nothing.
    var heldUntil: MonotonicInstant?

    init(_ plan: ChannelPlan) {
        self.plan = plan
        window = SendingWindow(plan.limits)
    }

    mutating func insert(_ row: WaitingRow) {
        let place = rows.lastIndex { $0.number < row.number }.map { $0 + 1 } ?? 0
        rows.insert(row, at: place)
    }

    /// Whether a row is part of the message that is under way.
    func isInFlight(_ number: Int64) -> Bool { inFlight?.rows.contains { $0.number == number } ?? false }

    // MARK: How the channel behaves

    mutating func note(_ outcome: DeliveryOutcome, at now: MonotonicInstant, random: Double) {
        switch outcome {
        case .delivered:
            (failures, failingSince, heldUntil) = (0, nil, nil)
            return
        case .refused: failures = 0
        case .unreachable: (failures, failedAt, chance) = (failures + 1, now, random)
        case .limited(let span, _): heldUntil = max(heldUntil ?? now, now + span)
        }
        failingSince = failingSince ?? now
    }

    /// When the channel may be tried for a message of this urgency, its limits apart.
    func ready(for severity: Severity, at now: MonotonicInstant) -> MonotonicInstant {
        var ready = max(now, heldUntil ?? now)
        if failures > 0 {
            ready = max(ready, failedAt + RetryDelay.after(failures: failures, severity: severity, random: chance))
        }
        return ready
    }

    /// Whether rows that cannot go now go elsewhere.
    func isGivenUp(at now: MonotonicInstant) -> Bool {
        plan.fallback != nil && (failingSince.map { now - $0 >= Self.fallbackAfter } ?? false)
    }

    // MARK: What may go

    /// The urgency of each ticket: a row is as urgent as the most urgent one that waits behind it.
    private func severities() -> [String: Severity] {
        var found: [String: Severity] = [:]
        for row in rows { found[row.ticket] = min(found[row.ticket] ?? row.severity, row.severity) }
        return found
    }

    /// All that could be tried next, each with the moment from which it may be.
    ///
    /// Of each ticket only the first row may go, under the key it was tried under, or in a new digest with those
    /// behind it, or alone.
    func units(at now: MonotonicInstant) -> [DeliveryUnit] {
        let severities = severities()
        func severity(_ place: Int) -> Severity { severities[rows[place].ticket] ?? rows[place].severity }
        var firsts: [String: Int] = [:]
        var tried: [String: [Int]] = [:]
        var fresh = 0
        for (place, row) in rows.enumerated() {
            if firsts[row.ticket] == nil { firsts[row.ticket] = place }
            if let key = row.row.triedAs { tried[key, default: []].append(place) } else { fresh += 1 }
        }
        let isCrowded = plan.kind.isRobot && fresh > Self.digestAbove
        var units: [DeliveryUnit] = []
        var loose: [Int] = []
        // Tickets all of whose rows so far go into the new digest.
        var joining: Set<String> = []
        for (place, row) in rows.enumerated() {
            let isFirst = firsts[row.ticket] == place
            if let key = row.row.triedAs {
                joining.remove(row.ticket)
                guard let places = tried[key], places.first == place else { continue }
                // A row that came from another channel may stand before one of these.
                let isBehind = places.contains { member in
                    firsts[rows[member].ticket].map { rows[$0].row.triedAs != key } ?? false
                }
                if isBehind { continue }
                let urgency = places.map(severity).min() ?? .p4
                let ready = places.map { rows[$0].ready(as: urgency, at: now) }.max() ?? now
                units.append(DeliveryUnit(places: places, severity: urgency, ready: ready))
                continue
            }
            let urgency = severity(place)
            if isCrowded, urgency >= .p3, isFirst || joining.contains(row.ticket), loose.count < Self.digestAtMost {
                loose.append(place)
                joining.insert(row.ticket)
                continue
            }
            joining.remove(row.ticket)
            if isFirst { units.append(DeliveryUnit(places: [place], severity: urgency, ready: now)) }
        }
        if !loose.isEmpty {
            units.append(DeliveryUnit(places: loose, severity: loose.map(severity).min() ?? .p4, ready: now))
        }
        return units
    }

    /// The moment at which a unit may go out, `now` or later.
    func opening(of unit: DeliveryUnit, at now: MonotonicInstant) -> MonotonicInstant {
        max(unit.ready, ready(for: unit.severity, at: now), window.opening(for: unit.severity, at: now))
    }
}
