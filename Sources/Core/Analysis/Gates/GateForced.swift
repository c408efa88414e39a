// SPDX-License-Identifier: Apache-2.0

import Model

/// D22, gate forced: its contact says that it was opened by force, or it opened and nobody had asked for it.
struct GateForced: Hashable, Codable, Sendable {
    private var isForced = false
    private var isOpen: Bool?
    private var startedAt: Timestamp?
    /// Whether the gate's own contact says so; otherwise it is concluded from the missing command.
    private var isTold = false
    private var told = ToldSize()
    private var firstSequence: Int64?

    init() {}

    var isInAlarm: Bool { startedAt != nil }

    /// Takes what the gate's contact says.
    mutating func take(
        forced: Bool, at: Timestamp, sequence: Int64?, _ gate: AssetIdentifier, into rulings: inout [Ruling]
    ) {
        isForced = forced
        if forced {
            arise(at, told: true, now: at, sequence: sequence, gate, into: &rulings)
        } else {
            endIfClosed(at: at, gate, into: &rulings)
        }
    }

    mutating func take(isOpen newest: Bool, at: Timestamp, _ gate: AssetIdentifier, into rulings: inout [Ruling]) {
        isOpen = newest
        endIfClosed(at: at, gate, into: &rulings)
    }

    /// Notes an opening that nobody asked for.
    mutating func openedUnasked(
        at opened: Timestamp, now: Timestamp, _ gate: AssetIdentifier, into rulings: inout [Ruling]
    ) {
        arise(opened, told: false, now: now, sequence: nil, gate, into: &rulings)
        endIfClosed(at: now, gate, into: &rulings)
    }

    /// Tells a size that has grown.
    mutating func judge(at now: Timestamp, _ gate: AssetIdentifier, into rulings: inout [Ruling]) {
        guard let startedAt, told.grows(to: (now - startedAt).inSeconds / 60) else { return }
        rulings.append(Ruling(rule: .gateForced, asset: gate, verdict: .persists(grounds(startedAt, to: now))))
    }

    private mutating func arise(
        _ start: Timestamp, told isTold: Bool, now: Timestamp, sequence: Int64?, _ gate: AssetIdentifier,
        into rulings: inout [Ruling]
    ) {
        guard startedAt == nil else { return }
        (startedAt, self.isTold, firstSequence) = (start, isTold, sequence)
        told.tell(max(1, (now - start).inSeconds / 60))
        rulings.append(Ruling(rule: .gateForced, asset: gate, verdict: .arises(grounds(start, to: now))))
    }

    private mutating func endIfClosed(at: Timestamp, _ gate: AssetIdentifier, into rulings: inout [Ruling]) {
        guard let start = startedAt, !isForced, isOpen != true else { return }
        let last = grounds(start, to: at)
        startedAt = nil
        rulings.append(Ruling(rule: .gateForced, asset: gate, verdict: .persists(last)))
        rulings.append(Ruling(rule: .gateForced, asset: gate, verdict: .ends(last, at: at)))
    }

    private func grounds(_ start: Timestamp, to: Timestamp) -> Grounds {
        let to = max(start, to)
        let minutes = Measure("open_minutes", (to - start).inSeconds / 60, .minute)
        return Grounds(
            startedAt: start, severity: .p2, size: minutes,
            evidence: Evidence(
                from: start, to: to, measures: [minutes, Measure("contact", isTold ? 1 : 0)],
                firstSequence: firstSequence.map { SequenceNumber($0) }))
    }

    var isWellFormed: Bool { startedAt.map { DataClock.believable.contains($0) } ?? true }
}
