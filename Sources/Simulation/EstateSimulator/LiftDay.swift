// SPDX-License-Identifier: Apache-2.0

/// What the contacts of the lift show at one moment.
struct LiftState: Hashable, Sendable {
    var door: SimulatedPosition
    var isGoingUp: Bool
    var isGoingDown: Bool
}

/// One day of the lift: trips, each with a door that closes before it and opens after it.
struct LiftDay: Sendable {
    private static let door: Int64 = 3000
    private static let dwell: Int64 = 6000

    private var starts: [Int64] = []
    private var travels: [Int64] = []
    private var goesUp: [Bool] = []

    init(day: LocalDay, seed: UInt64) {
        var random = SeededGenerator(seed, 0x11F7, UInt64(truncatingIfNeeded: day.number))
        var calls: [Int] = []
        for (hours, count) in [(6...9, 60), (10...16, 60), (17...22, 80), (0...5, 2)] {
            for _ in 0..<count { calls.append(random.number(hours.lowerBound * 3600...hours.upperBound * 3600 + 3599)) }
        }
        var free = day.start
        for second in calls.sorted() {
            let (start, travel) = (day.moment(second: second), Int64(random.number(6...25)) * 1000)
            let end = start + travel + 3 * LiftDay.door + LiftDay.dwell
            guard start >= free, end <= day.end else { continue }
            starts.append(start)
            travels.append(travel)
            goesUp.append(random.happens(percent: 50))
            free = end
        }
    }

    func state(at moment: Int64) -> LiftState {
        let standing = LiftState(door: .closed, isGoingUp: false, isGoingDown: false)
        guard let place = lastPlace(in: starts, notAfter: moment) else { return standing }
        let arrived = LiftDay.door + travels[place]
        switch moment - starts[place] {
        case ..<LiftDay.door: return LiftState(door: .moving, isGoingUp: false, isGoingDown: false)
        case ..<arrived: return LiftState(door: .closed, isGoingUp: goesUp[place], isGoingDown: !goesUp[place])
        case ..<(arrived + LiftDay.door): return LiftState(door: .moving, isGoingUp: false, isGoingDown: false)
        case ..<(arrived + LiftDay.door + LiftDay.dwell):
            return LiftState(door: .open, isGoingUp: false, isGoingDown: false)
        case ..<(arrived + 2 * LiftDay.door + LiftDay.dwell):
            return LiftState(door: .moving, isGoingUp: false, isGoingDown: false)
        default: return standing
        }
    }
}
