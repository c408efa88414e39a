// SPDX-License-Identifier: Apache-2.0

import Model

/// A zone of which nothing can be said, because its meter, a tank or too many of its children are missing: never taken as
/// no flow.
struct BalanceUnknown: Hashable, Codable, Sendable {
    /// A gap of less is ordinary; readings come late by up to three quarters of an hour.
    static let tellsAfter: Duration = .seconds(3600)
    /// Known again for so long, the gap is over.
    static let endsAfter: Duration = .seconds(600)

    private var unknownSince: Timestamp?
    private var knownSince: Timestamp?
    private var isTold = false

    init() {}

    /// Judges once a minute of data time; `missing` children of `children` have no reading that is new enough.
    mutating func judge(isKnown: Bool, missing: Int, of children: Int, at now: Timestamp) -> Verdict? {
        if isKnown {
            guard let since = unknownSince else { return nil }
            let known = knownSince ?? now
            knownSince = known
            guard now - known >= Self.endsAfter else { return nil }
            (unknownSince, knownSince) = (nil, nil)
            guard isTold else { return nil }
            isTold = false
            return .ends(grounds(since, now, missing, children), at: known)
        }
        knownSince = nil
        let since = unknownSince ?? now
        unknownSince = since
        guard !isTold, now - since >= Self.tellsAfter else { return nil }
        isTold = true
        return .arises(grounds(since, now, missing, children))
    }

    private func grounds(_ since: Timestamp, _ now: Timestamp, _ missing: Int, _ children: Int) -> Grounds {
        let share = 100 * Double(missing) / Double(max(1, children))
        return Grounds(
            startedAt: since, severity: .p4, loss: nil, size: Measure("missing", share, .percent),
            evidence: Evidence(
                from: since, to: max(since, now),
                measures: [
                    Measure("missing", Double(missing)), Measure("children", Double(children)),
                    Measure("allowed_share", 10, .percent),
                ]))
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        [unknownSince, knownSince].allSatisfy { stamp in stamp.map { DataClock.believable.contains($0) } ?? true }
    }
}
