// SPDX-License-Identifier: Apache-2.0

extension FaultDraft {
    /// Minutes in which it acts where nobody has mended it.
    var livingSpan: [Range<Int>] { Self.without(mended, [span]) }
    /// Spells in which it acts where nobody has mended it.
    var livingSpells: [Range<Int>] { Self.without(mended, spells) }

    func isMended(at minute: Int) -> Bool { mended.contains { $0.contains(minute) } }

    /// Whether it is there at a minute, in a spell or between two.
    func isThere(at minute: Int) -> Bool { span.contains(minute) && !isMended(at: minute) }

    /// What is left of some spans, in their order, when others are cut out.
    private static func without(_ cuts: [Range<Int>], _ spans: [Range<Int>]) -> [Range<Int>] {
        cuts.reduce(spans) { left, cut in
            left.flatMap { span -> [Range<Int>] in
                guard span.overlaps(cut) else { return [span] }
                let before = span.lowerBound..<max(span.lowerBound, cut.lowerBound)
                let after = min(span.upperBound, cut.upperBound)..<span.upperBound
                return [before, after].filter { !$0.isEmpty }
            }
        }
    }
}

/// What people have done to the faults of an estate.
struct Mendings: Sendable {
    /// Minutes in which a fault is mended, by its place among those that were drawn.
    var spans: [Int: [Range<Int>]] = [:]
    /// Flows in L/h of float valves that pass, as the estate was made with them: a later repair must not change them.
    var valveFlows: [Int: Double] = [:]

    func applied(to faults: [FaultDraft]) -> [FaultDraft] {
        faults.enumerated().map { place, draft in
            var draft = draft
            (draft.place, draft.mended) = (place, spans[place] ?? [])
            return draft
        }
    }
}
