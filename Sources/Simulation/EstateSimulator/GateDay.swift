// SPDX-License-Identifier: Apache-2.0

/// Where a leaf or door stands between its two limits.
public enum SimulatedPosition: String, Hashable, Sendable {
    case open, closed, moving
}

/// One day of the car gate: it opens for a car, waits and closes; while it is held it stays open.
struct GateDay: Sendable {
    /// Time the leaf takes from one limit to the other.
    static let travel: Int64 = 8000

    private var starts: [Int64] = []
    private var ends: [Int64] = []
    private let holds: [Range<Int64>]
    /// Moments at which the open limit was reached; the gate's counter counts them.
    private var openings: [Int64] = []

    /// - Parameters:
    ///   - origin: Nothing before this moment is counted.
    ///   - holds: Spans in which the gate is held open.
    init(day: LocalDay, seed: UInt64, origin: Int64, holds: [Range<Int64>]) {
        self.holds = holds
        var random = SeededGenerator(seed, 0x6A7E, UInt64(truncatingIfNeeded: day.number))
        var cars: [Int] = []
        for (hours, count) in [(7...9, 35), (10...16, 40), (17...19, 40), (20...22, 20), (0...5, 3)] {
            for _ in 0..<count { cars.append(random.number(hours.lowerBound * 3600...hours.upperBound * 3600 + 3599)) }
        }
        for second in cars.sorted() {
            let start = day.moment(second: second)
            let end = start + 2 * GateDay.travel + Int64(random.number(12...40)) * 1000
            // A car that comes while the gate is held finds it open.
            guard start >= (ends.last ?? day.start), end <= day.end, !holds.contains(where: { $0.contains(start) })
            else { continue }
            starts.append(start)
            ends.append(end)
        }
        let reached = starts.map { $0 + GateDay.travel }.filter { moment in !holds.contains { $0.contains(moment) } }
        let forced = holds.map(\.lowerBound).filter { moment in !isOpenByCar(at: moment) }
        openings = (reached + forced).filter { $0 > origin && (day.start..<day.end).contains($0) }.sorted()
    }

    func openingCount(until moment: Int64) -> Int64 {
        lastPlace(in: openings, notAfter: moment).map { Int64($0) + 1 } ?? 0
    }

    func position(at moment: Int64) -> SimulatedPosition {
        if holds.contains(where: { $0.contains(moment) }) || isOpenByCar(at: moment) { return .open }
        if holds.contains(where: { $0.upperBound <= moment && moment - $0.upperBound < GateDay.travel }) {
            return .moving
        }
        guard let place = lastPlace(in: starts, notAfter: moment), moment < ends[place] else { return .closed }
        // What a hold interrupted is closed by the hold's own end.
        return holds.contains { $0.upperBound <= moment && $0.upperBound > starts[place] } ? .closed : .moving
    }

    private func isOpenByCar(at moment: Int64) -> Bool {
        guard let place = lastPlace(in: starts, notAfter: moment),
            starts[place] + GateDay.travel <= moment, moment < ends[place] - GateDay.travel
        else { return false }
        return !holds.contains { $0.upperBound <= moment && $0.upperBound > starts[place] }
    }
}
