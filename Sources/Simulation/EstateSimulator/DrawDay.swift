// SPDX-License-Identifier: Apache-2.0

/// Everything that one household draws on one day: one draw after another, none across midnight.
///
/// Volumes are exact: draws last whole seconds at whole millilitres per second, and what has run at any moment
/// follows from the time alone, however often it was asked.
struct DrawDay: Sendable {
    private(set) var starts: [Int64] = []
    private(set) var ends: [Int64] = []
    /// Millilitres per second of each draw.
    private var flows: [Int64] = []
    /// Millilitres of all draws before each.
    private var volumesBefore: [Int64] = []
    private(set) var total: Int64 = 0

    private struct Habit {
        var between: ClosedRange<Int>
        var times: Int
        var percent: Int
        var seconds: ClosedRange<Int>
        /// Millilitres per second.
        var flow: ClosedRange<Int>
    }

    /// A household of 1 to 4 persons by the seed; from midnight to 05:30 at most one toilet flush.
    init(day: LocalDay, seed: UInt64, dwelling: Int) {
        var household = SeededGenerator(seed, UInt64(dwelling))
        let persons = household.number(1...4)
        var random = SeededGenerator(seed, UInt64(dwelling), UInt64(truncatingIfNeeded: day.number))
        func clock(_ hour: Int, _ minute: Int) -> Int { hour * 3600 + minute * 60 }
        let (morning, noon) = (clock(6, 20)...clock(8, 40), clock(11, 20)...clock(13, 10))
        let (daytime, evening) = (clock(9, 0)...clock(17, 0), clock(17, 30)...clock(22, 45))
        let (tap, toilet) = (50...120, 75...85)
        var habits = [
            Habit(between: clock(1, 0)...clock(4, 45), times: 1, percent: 20, seconds: 75...75, flow: toilet),
            Habit(between: noon, times: 4, percent: 60, seconds: 10...70, flow: tap),
            Habit(between: daytime, times: 3, percent: 50, seconds: 8...40, flow: tap),
            Habit(between: clock(17, 40)...clock(19, 40), times: 6, percent: 75, seconds: 15...90, flow: tap),
        ]
        for _ in 0..<persons {
            habits += [
                Habit(between: morning, times: 1, percent: 95, seconds: 75...75, flow: toilet),
                Habit(between: morning, times: 3, percent: 80, seconds: 8...50, flow: tap),
                Habit(between: morning, times: 1, percent: 35, seconds: 180...420, flow: 100...140),
                Habit(between: daytime, times: 1, percent: 60, seconds: 75...75, flow: toilet),
                Habit(between: evening, times: 2, percent: 90, seconds: 75...75, flow: toilet),
                Habit(between: evening, times: 4, percent: 80, seconds: 8...60, flow: tap),
                Habit(between: evening, times: 1, percent: 60, seconds: 240...540, flow: 100...150),
            ]
        }
        var draws: [(start: Int64, end: Int64, flow: Int64)] = []
        func draw(at second: Int, lasting seconds: Int, flow: Int) {
            let start = day.moment(second: second)
            draws.append((start, start + Int64(seconds) * 1000, Int64(flow)))
        }
        for habit in habits {
            for _ in 0..<habit.times where random.happens(percent: habit.percent) {
                draw(
                    at: random.number(habit.between), lasting: random.number(habit.seconds),
                    flow: random.number(habit.flow))
            }
        }
        if random.happens(percent: 45) {
            // A washing machine fills four times.
            let first = random.number(clock(18, 30)...clock(21, 0))
            for fill in 0..<4 { draw(at: first + fill * 720, lasting: 110, flow: 105) }
        }
        draws.sort { ($0.start, $0.end, $0.flow) < ($1.start, $1.end, $1.flow) }
        for draw in draws where draw.start >= (ends.last ?? day.start) && draw.end <= day.end {
            starts.append(draw.start)
            ends.append(draw.end)
            flows.append(draw.flow)
            volumesBefore.append(total)
            total += draw.flow * (draw.end - draw.start) / 1000
        }
    }

    /// Millilitres drawn from the day's start until `moment`, rounded down.
    func volume(until moment: Int64) -> Int64 {
        guard let place = lastPlace(in: starts, notAfter: moment) else { return 0 }
        return volumesBefore[place] + flows[place] * (min(moment, ends[place]) - starts[place]) / 1000
    }

    /// Millilitres per second that run at `moment`.
    func flow(at moment: Int64) -> Int64 {
        guard let place = lastPlace(in: starts, notAfter: moment), moment < ends[place] else { return 0 }
        return flows[place]
    }
}
