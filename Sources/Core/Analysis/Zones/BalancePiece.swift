// SPDX-License-Identifier: Apache-2.0

import Model

/// Five minutes of a zone's balance, made late enough that every dwelling has been read.
struct BalancePiece: Hashable, Sendable {
    static let minutes: Int64 = 5

    /// What entered and neither left by a known way nor stayed, in litres.
    var residual: Double
    /// What the children took, in litres.
    var children: Double
    /// What of it was taken from the dwellings behind a meter instead of from the meter itself, in litres.
    var replaced: Double
}

extension ZoneView {
    /// A meter that shows less than this share of what its own children took does not tell the truth.
    private static let leastShare = 0.7

    /// The five minutes that end at `end`; `nil` when they say nothing: something is not known, water ran over the edge of
    /// a tank, or works were announced.
    func piece(endingAt end: Int64) -> BalancePiece? {
        let from = end - BalancePiece.minutes
        guard let inflow = meters[zone.parent].minutes.volume(from: from, to: end),
            let stored = stored(from: from, to: end), !isAnnounced(from: from, to: end),
            !zone.tanks.contains(where: { tanks.tanks[$0].mayHaveSpilt(site.tanks[$0], from: from, to: end) })
        else { return nil }
        var piece = BalancePiece(residual: inflow - stored, children: 0, replaced: 0)
        var missing = 0
        for (place, child) in zone.children.enumerated() {
            let measured = meters[child].minutes.volume(from: from, to: end)
            if let inner = zone.inner[place] {
                let behind = ZoneView(behind: inner, of: self)
                if measured == nil || behind.parentLies(before: end) {
                    // A parent cannot pass less than its children; but what works or a pool take past them is not seen.
                    guard !behind.isAnnounced(from: from, to: end),
                        let taken = behind.taken(from: from, to: end, replacingStanding: true)
                    else { return nil }
                    let ratio = min(max(meters[child].standing.usualRatio ?? 1, 0.9), 1.1)
                    let litres = max(measured ?? 0, taken.litres * ratio)
                    piece.children += litres
                    piece.replaced += litres
                    continue
                }
            }
            if let measured {
                piece.children += measured
            } else {
                missing += 1
                guard isBearable(missing: missing), let flow = meters[child].usual.flow(hourOfDay: hourOfDay) else {
                    return nil
                }
                piece.children += flow * Double(BalancePiece.minutes) / 60
            }
        }
        piece.residual -= piece.children
        return piece
    }

    /// Whether the parent is known to lie, or showed too little beside its children in the hour before `end`.
    private func parentLies(before end: Int64) -> Bool {
        if meters[zone.parent].standing.isSuspect(at: dataTime) { return true }
        guard let measured = meters[zone.parent].minutes.volume(from: end - 60, to: end),
            let taken = taken(from: end - 60, to: end)
        else { return false }
        // Beyond what the reading times leave open, and two steps of the register.
        let doubt = 3 * taken.variance.squareRoot() + 2 * laws[zone.parent].litresPerCount
        return measured < Self.leastShare * taken.litres && taken.litres - measured > doubt
    }
}
