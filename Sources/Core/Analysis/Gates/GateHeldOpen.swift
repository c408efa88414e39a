// SPDX-License-Identifier: Apache-2.0

import Model

/// D21, gate held open: a gate that stays open longer than the site allows.
struct GateHeldOpen: Hashable, Codable, Sendable {
    /// A gate is closed when it has been so for this long; a shorter closing belongs to the opening around it.
    static let closedFor: Duration = .seconds(30)

    private(set) var newestAt: Timestamp?
    private(set) var newestIsOpen: Bool?
    private var openSince: Timestamp?
    private var closedSince: Timestamp?
    /// Polls have failed since then: whether it stands open is not known.
    private var unknownSince: Timestamp?
    private var isInAlarm = false
    private var told = ToldSize()
    private var firstSequence: Int64?
    private var lastSequence: Int64?

    init() {}

    /// Whether there is anything to judge.
    var isKnown: Bool { newestIsOpen != nil && unknownSince == nil }

    /// Takes the newest state; `nil` for a poll that failed.
    ///
    /// - Parameter at: Later than that of every state before.
    mutating func take(isOpen: Bool?, at: Timestamp, sequence: Int64?) {
        newestAt = at
        guard let isOpen else {
            unknownSince = unknownSince ?? at
            return
        }
        newestIsOpen = isOpen
        lastSequence = sequence ?? lastSequence
        if let unknown = unknownSince {
            // The time in which nobody knew is not held against the gate.
            if isOpen, !isInAlarm { openSince = openSince.map { $0 + (at - unknown) } }
            unknownSince = nil
        }
        if isOpen {
            closedSince = nil
            if openSince == nil { (openSince, firstSequence) = (at, sequence) }
        } else if openSince != nil, closedSince == nil {
            closedSince = at
        }
    }

    /// Judges at some data time at or after the newest state.
    ///
    /// - Returns: Nearly always nothing. While the gate stands open its time is told whenever it has grown, and once
    ///   more before it ends.
    mutating func judge(
        at now: Timestamp, _ gate: GateDescription, _ site: SiteDescription, _ calendar: AnnouncedCalendar
    ) -> [Verdict] {
        if let closed = closedSince, now - closed >= Self.closedFor {
            let opened = openSince ?? closed
            (openSince, closedSince) = (nil, nil)
            guard isInAlarm else { return [] }
            isInAlarm = false
            let last = grounds(opened, to: closed, limit: limit(gate, site, opened, closed))
            return [.persists(last), .ends(last, at: closed + Self.closedFor)]
        }
        guard let opened = openSince, closedSince == nil, unknownSince == nil, let newestAt else { return [] }
        if isInAlarm {
            guard told.grows(to: (now - opened).inSeconds / 60) else { return [] }
            return [.persists(grounds(opened, to: now, limit: limit(gate, site, opened, now)))]
        }
        guard now - opened >= min(gate.heldOpenAfter, gate.heldOpenAfterInPeak) else { return [] }
        let limit = limit(gate, site, opened, now)
        // A state that nobody has confirmed for as long as the limit is too old to accuse a gate with.
        guard now - opened >= limit, now - newestAt < limit,
            calendar.covers(.gateKeptOpen, asset: gate.asset, at: now) == nil
        else { return [] }
        isInAlarm = true
        told.tell((now - opened).inSeconds / 60)
        return [.arises(grounds(opened, to: now, limit: limit))]
    }

    private func limit(
        _ gate: GateDescription, _ site: SiteDescription, _ opened: Timestamp, _ now: Timestamp
    ) -> Duration {
        site.isPeak(opened) || site.isPeak(now) ? gate.heldOpenAfterInPeak : gate.heldOpenAfter
    }

    private func grounds(_ opened: Timestamp, to: Timestamp, limit: Duration) -> Grounds {
        Grounds(
            startedAt: opened, severity: .p3, loss: nil,
            size: Measure("open", (to - opened).inSeconds / 60, .minute),
            evidence: Evidence(
                from: opened, to: to,
                measures: [
                    Measure("open_minutes", (to - opened).inSeconds / 60, .minute),
                    Measure("limit_minutes", limit.inSeconds / 60, .minute),
                ],
                firstSequence: firstSequence.map { SequenceNumber($0) },
                lastSequence: lastSequence.map { SequenceNumber($0) }))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        [newestAt, openSince, closedSince, unknownSince].allSatisfy { stamp in
            stamp.map { DataClock.believable.contains($0) } ?? true
        }
    }
}

extension SiteDescription {
    /// Whether this moment lies in one of the site's peak windows.
    fileprivate func isPeak(_ moment: Timestamp) -> Bool {
        let minute = LocalMoment(moment, in: zone).minuteOfDay
        return peakWindows.contains { $0.contains(minute) }
    }
}
