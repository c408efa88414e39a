// SPDX-License-Identifier: Apache-2.0

/// The spans of one day in which a machine runs, in order and apart from each other.
struct RunDay: Sendable {
    private var starts: [Int64] = []
    private var ends: [Int64] = []
    private var timesBefore: [Int64] = []

    /// - Parameters:
    ///   - pieces: In any order, overlapping or not; what lies outside `limits` is cut off.
    init(_ pieces: [Range<Int64>], within limits: Range<Int64>) {
        var elapsed: Int64 = 0
        for piece in pieces.sorted(by: { ($0.lowerBound, $0.upperBound) < ($1.lowerBound, $1.upperBound) }) {
            let piece = piece.clamped(to: limits)
            guard !piece.isEmpty else { continue }
            if let last = ends.last, piece.lowerBound <= last {
                elapsed += max(0, piece.upperBound - last)
                ends[ends.count - 1] = max(last, piece.upperBound)
            } else {
                starts.append(piece.lowerBound)
                ends.append(piece.upperBound)
                timesBefore.append(elapsed)
                elapsed += piece.upperBound - piece.lowerBound
            }
        }
    }

    /// Milliseconds run until `moment`.
    func time(until moment: Int64) -> Int64 {
        guard let place = lastPlace(in: starts, notAfter: moment) else { return 0 }
        return timesBefore[place] + min(moment, ends[place]) - starts[place]
    }

    /// Starts until `moment`.
    func startCount(until moment: Int64) -> Int64 {
        lastPlace(in: starts, notAfter: moment).map { Int64($0) + 1 } ?? 0
    }

    func isRunning(at moment: Int64) -> Bool {
        lastPlace(in: starts, notAfter: moment).map { moment < ends[$0] } ?? false
    }
}
