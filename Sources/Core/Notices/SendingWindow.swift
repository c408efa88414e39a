// SPDX-License-Identifier: Apache-2.0

import Model

/// What a channel has sent of late, for limits that hold in any span of time.
///
/// An attempt counts from its beginning until a span after its end: a message that was long on its way is new to the
/// receiver when it arrives. A bucket that refills would let nearly twice its rate through in one span.
struct SendingWindow: Sendable {
    private let limits: [RateLimit]
    /// Ends of attempts, in order.
    private var ends: [MonotonicInstant] = []
    private let longest: Duration

    init(_ limits: [RateLimit]) {
        self.limits = limits
        longest = limits.map(\.span).max() ?? .zero
    }

    /// Notes the end of an attempt, whatever came of it: the receiver may have counted it.
    mutating func note(_ end: MonotonicInstant, at now: MonotonicInstant) {
        let place = ends.lastIndex { $0 <= end }.map { $0 + 1 } ?? 0
        ends.insert(end, at: place)
        let old = ends.prefix { now - $0 > longest }.count
        if old > 0 { ends.removeFirst(old) }
    }

    /// The first moment, `now` or later, at which a message of this urgency may begin; none may be under way.
    func opening(for severity: Severity, at now: MonotonicInstant) -> MonotonicInstant {
        var opening = now
        for limit in limits {
            let recent = ends.drop { now - $0 > limit.span }
            let share = limit.share(of: severity)
            guard recent.count >= share else { continue }
            // So many must have left the span; both its ends count.
            let last = recent[recent.startIndex + recent.count - share]
            opening = max(opening, last + limit.span + .milliseconds(1))
        }
        return opening
    }
}
