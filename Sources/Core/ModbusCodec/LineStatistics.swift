// SPDX-License-Identifier: Apache-2.0

/// One thing that happened on a wire while a unit was asked, or after it.
public enum WireNote: Hashable, Sendable {
    /// A request went out, the second one after a damaged answer included.
    case request
    /// An answer with values; nanoseconds from the end of the request to its first byte where they are known.
    case answer(turnaround: Int64?)
    /// An answer with an exception code.
    case exception(turnaround: Int64?)
    case timeout
    /// An answer that stopped in the middle.
    case torn
    case badChecksum
    /// A whole answer that did not fit its request.
    case refused
    /// An answer after its deadline, or a second one; nanoseconds past the deadline where they are known.
    case late(by: Int64?, turnaround: Int64?)
    /// Bytes that were part of nothing.
    case stray(Int)
    /// A whole answer of a unit that was not asked.
    case foreignAnswer
    /// A whole request that is not ours: another master talks on this line.
    case foreignRequest
    /// Our own request read back: the adapter hears itself.
    case echo
    /// A damaged answer was asked for again.
    case retry
    /// A request was held back because its unit owes an answer of the same shape.
    case quarantined
}

/// What a wire has seen of each unit since it was opened first: the evidence of the line doctor.
///
/// Fixed memory for each unit, 256 units at most.
public struct LineStatistics: Hashable, Sendable {
    /// What was seen of one unit. Foreign answers stand under the unit that gave them, all else under the unit that
    /// was asked at that time or last.
    public struct Unit: Hashable, Sendable {
        public var requests = 0
        public var answers = 0
        public var exceptions = 0
        public var timeouts = 0
        public var tornFrames = 0
        public var checksumErrors = 0
        public var refusals = 0
        public var lateReplies = 0
        public var strayBytes = 0
        public var foreignAnswers = 0
        public var foreignRequests = 0
        public var echoes = 0
        public var retries = 0
        /// Longest time that a late answer came after its deadline, in nanoseconds; 0 before the first.
        public var largestLateness: Int64 = 0
        /// Times from the end of a request to the first byte of its answer, late answers among them.
        public var turnarounds = TurnaroundHistogram()

        public init() {}
    }

    /// Units that were asked or heard.
    public private(set) var units: [UnitIdentifier: Unit] = [:]

    public init() {}

    /// Requests of somebody else. Any of them means a second master on the line.
    public var foreignRequests: Int { total(\.foreignRequests) }
    /// Own requests read back. Any of them means an adapter whose receiver stays on while it sends.
    public var echoes: Int { total(\.echoes) }

    /// The sum of one count over all units.
    public func total(_ count: KeyPath<Unit, Int>) -> Int { units.values.reduce(0) { $0 + $1[keyPath: count] } }

    /// Units that look like two devices with one address: garbled answers, and turnarounds with two peaks.
    public var doubledUnits: [UnitIdentifier] {
        units.filter { _, unit in
            unit.checksumErrors + unit.tornFrames + unit.refusals > 0 && unit.turnarounds.peaks.count >= 2
        }.keys.sorted()
    }

    public mutating func note(_ note: WireNote, of unit: UnitIdentifier) {
        units[unit, default: Unit()].note(note)
    }
}

extension LineStatistics.Unit {
    mutating func note(_ note: WireNote) {
        switch note {
        case .request: requests += 1
        case .answer(let turnaround):
            answers += 1
            if let turnaround { turnarounds.add(turnaround) }
        case .exception(let turnaround):
            exceptions += 1
            if let turnaround { turnarounds.add(turnaround) }
        case .timeout: timeouts += 1
        case .torn: tornFrames += 1
        case .badChecksum: checksumErrors += 1
        case .refused: refusals += 1
        case .late(let lateness, let turnaround):
            lateReplies += 1
            largestLateness = max(largestLateness, lateness ?? 0)
            if let turnaround { turnarounds.add(turnaround) }
        case .stray(let count): strayBytes += count
        case .foreignAnswer: foreignAnswers += 1
        case .foreignRequest: foreignRequests += 1
        case .echo: echoes += 1
        case .retry: retries += 1
        case .quarantined: break
        }
    }
}

/// How often a unit took how long to begin its answer: 64 classes, each a fifth longer than the one before, from
/// 0.1 ms to some 10 s.
public struct TurnaroundHistogram: Hashable, Sendable {
    private static let classes = 64
    private static let first = 100_000.0
    private static let ratio = 1.2
    /// Upper end of each class in nanoseconds; the last one has none.
    private static let ends: [Int64] = (0..<classes).map { place in
        Int64((0..<place).reduce(first) { end, _ in end * ratio })
    }

    private var counts = [UInt32](repeating: 0, count: classes)
    /// Turnarounds counted.
    public private(set) var total = 0
    /// The longest one, in nanoseconds.
    public private(set) var longest: Int64 = 0

    public init() {}

    /// - Parameter nanoseconds: Anything below zero counts as zero.
    public mutating func add(_ nanoseconds: Int64) {
        let place = Self.ends.firstIndex { nanoseconds <= $0 } ?? Self.classes - 1
        if counts[place] < .max { counts[place] += 1 }
        total += 1
        longest = max(longest, nanoseconds)
    }

    /// The time within which `share` of all answers began, 0 ... 1, at most a fifth too long; `nil` before the first.
    public func quantile(_ share: Double) -> Duration? {
        guard total > 0 else { return nil }
        let wanted = max(1, (Double(total) * min(max(share, 0), 1)).rounded(.up))
        var sum = 0.0
        for (place, count) in counts.enumerated() {
            sum += Double(count)
            if sum >= wanted { return .nanoseconds(min(Self.ends[place], longest)) }
        }
        return .nanoseconds(longest)
    }

    /// The usual times, shortest first: more than one when there are peaks of at least a tenth of all answers each,
    /// with a valley between them of less than half the lower one. Empty below 20 answers, which show nothing.
    public var peaks: [Duration] {
        guard total >= 20 else { return [] }
        // Three classes together, so that one peak on the border of two classes is one peak.
        let heights = counts.indices.map { place in
            counts[max(0, place - 1)...min(Self.classes - 1, place + 1)].reduce(0) { $0 + Int($1) }
        }
        var found: [(place: Int, height: Int)] = []
        var valley = Int.max
        for (place, height) in heights.enumerated() {
            valley = min(valley, height)
            guard height * 10 >= total else { continue }
            if let last = found.last, valley * 2 >= min(last.height, height) {
                // Still the same hill.
                if height > last.height {
                    found[found.count - 1] = (place, height)
                    valley = height
                }
            } else {
                found.append((place, height))
                valley = height
            }
        }
        return found.map { .nanoseconds(Self.ends[$0.place]) }
    }
}
