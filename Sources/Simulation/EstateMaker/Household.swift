// SPDX-License-Identifier: Apache-2.0

import Glibc
import Model

/// Who lives in a dwelling, and when they use water.
struct Household: Sendable {
    /// When somebody is at home and awake.
    enum Habit: Sendable, CaseIterable {
        case worker, family, retired, student
        /// Works at night; lives twelve hours apart from the others on working days and free ones.
        case nightShift

        /// Weight of each hour for what is done all day: toilet, taps, kitchen.
        func hours(isFree: Bool) -> [Double] {
            switch self {
            case .worker where isFree, .student where isFree:
                [1, 0.5, 0.2, 0.1, 0.1, 0.2, 0.5, 1.5, 3, 5, 6, 6, 6, 5, 4, 4, 4, 5, 6, 6, 5, 4, 3, 2]
            case .worker:
                [0.4, 0.15, 0.1, 0.1, 0.3, 2, 7, 8, 4, 1, 0.7, 0.7, 1, 1, 0.7, 0.8, 1.5, 4, 7, 8, 7, 5, 3, 1]
            case .family where isFree:
                [0.5, 0.3, 0.2, 0.2, 0.2, 0.4, 1.5, 4, 6, 7, 6, 6, 6, 5, 4, 4, 5, 5, 6, 7, 6, 4, 2, 1]
            case .family:
                [0.3, 0.2, 0.15, 0.15, 0.3, 1.5, 7, 9, 4, 2.5, 2, 2, 3, 3, 2, 3, 4, 6, 8, 8, 6, 4, 2, 0.8]
            case .retired:
                [0.8, 0.6, 0.5, 0.5, 0.6, 1, 3, 5, 6, 6, 5, 5, 6, 5, 3, 3, 4, 5, 6, 5, 4, 3, 2, 1]
            case .student:
                [3, 1.5, 0.8, 0.4, 0.2, 0.2, 0.6, 2, 4, 4, 3, 3, 3, 3, 3, 3, 4, 5, 6, 6, 5, 5, 5, 4]
            case .nightShift:
                [5, 5, 6, 5, 4, 5, 6, 6, 4, 2, 0.4, 0.2, 0.2, 0.2, 0.3, 0.6, 1.5, 4, 5, 3, 2, 3, 4, 5]
            }
        }
    }

    var people: Int
    var habit: Habit
    /// Litres of one flush and litres a minute while the cistern fills.
    var flush: Double
    var fillRate: Double
    var hasBath: Bool
    var hasWashingMachine: Bool
    var hasDishwasher: Bool
    var hasGarden: Bool
    /// Days between two regenerations of a softener, about two in the morning; `nil` without one.
    var softenerDays: Int?
    var softenerHour: Double
    /// Water this home uses against others of its size.
    var thrift: Double

    init(_ dice: inout Dice, _ country: Country) {
        people = 1 + dice.place([30, 33, 17, 14, 5, 1])
        habit =
            people > 2
            ? dice.pick([.family, .family, .family, .worker])
            : [.worker, .retired, .student, .nightShift, .family][dice.place([40, 30, 12, 5, 13])]
        flush = dice.pick([4.5, 6, 6, 6, 7.5, 9])
        fillRate = dice.real(7...12)
        hasBath = dice.chance(0.4)
        hasWashingMachine = dice.chance(0.92)
        hasDishwasher = dice.chance(0.5)
        hasGarden = dice.chance(0.12)
        softenerDays = dice.chance(0.05) ? dice.whole(2...7) : nil
        softenerHour = dice.pick([1.5, 2, 2.2, 3, 4])
        thrift = exp(dice.normal(0, 0.3)) * country.thirst
    }
}

/// Litres in each minute of one dwelling, as true water, from the pulses of its end uses.
struct UseRecord {
    var litres: [Float]

    init(minutes: Int) { litres = [Float](repeating: 0, count: minutes) }

    /// Draws `volume` at `rate` litres a minute from a moment on, in minutes from the start.
    mutating func draw(_ volume: Double, rate: Double, at moment: Double) {
        var (left, time) = (volume, moment)
        while left > 1e-6 {
            let minute = Int(time.rounded(.down))
            let portion = min(left, rate * (Double(minute + 1) - time))
            if litres.indices.contains(minute) { litres[minute] += Float(portion) }
            left -= max(portion, 1e-9)
            time = Double(minute + 1)
        }
    }

    /// Adds a steady flow in L/h over a span.
    mutating func add(_ litresPerHour: Double, over span: Range<Int>) {
        for minute in span.clamped(to: litres.indices) { litres[minute] += Float(litresPerHour / 60) }
    }

    /// Multiplies whatever flows in a span.
    mutating func scale(_ factor: Float, over span: Range<Int>) {
        for minute in span.clamped(to: litres.indices) { litres[minute] *= factor }
    }
}

extension Household {
    /// Uses of all days.
    ///
    /// - Parameters:
    ///   - activity: How much is going on at a minute of the period: 0 when nobody is there, 1 usually, more with guests.
    func uses(
        _ dice: inout Dice, _ country: Country, _ period: Period, holidays: Set<CivilDate>,
        activity: (Int) -> Double
    ) -> UseRecord {
        var record = UseRecord(minutes: period.minutes)
        for (day, date) in period.dates.enumerated() {
            let isFree = country.weekend.contains(date.weekday) || holidays.contains(date)
            let hours = habit.hours(isFree: isFree)
            let noon = period.minute(of: date, hour: 12)
            // A dwelling's own good and bad days; now and then nobody is at home from morning to night.
            let mood = dice.chance(0.03) ? 0.1 : exp(dice.normal(0, 0.25))
            func moment(_ dice: inout Dice, _ weights: [Double]) -> Double {
                let hour = (Double(dice.place(weights)) + dice.share() + lateness(country))
                return Double(period.minute(of: date, hour: hour)) + dice.share()
            }
            func repeats(_ dice: inout Dice, _ mean: Double) -> Int { dice.poisson(mean * mood * 1.6) }
            // Everything is drawn at a rate for busy times and thinned by what is going on.
            func happens(_ dice: inout Dice, _ at: Double) -> Bool { dice.chance(min(1, activity(Int(at)) / 1.6)) }
            let crowd = Double(people)
            for _ in 0..<repeats(&dice, crowd * 4.6) {
                let at = moment(&dice, hours)
                if happens(&dice, at) { record.draw(flush * (dice.chance(0.5) ? 1 : 0.6), rate: fillRate, at: at) }
            }
            for _ in 0..<repeats(&dice, crowd * 11 * thrift) {
                let at = moment(&dice, hours)
                if happens(&dice, at) { record.draw(dice.size(0.3...8), rate: dice.real(2.5...8), at: at) }
            }
            let washing = zip(hours, Self.washingHours).map { $0 * $1 }
            for _ in 0..<repeats(&dice, crowd * 0.7) {
                let at = moment(&dice, washing)
                guard happens(&dice, at) else { continue }
                if hasBath, dice.chance(0.15) {
                    record.draw(dice.real(90...160), rate: dice.real(9...14), at: at)
                } else {
                    record.draw(dice.size(20...90) * thrift, rate: dice.real(6...10), at: at)
                }
            }
            if hasWashingMachine, dice.chance(min(0.9, 0.16 * crowd + (isFree ? 0.15 : 0))) {
                let at = moment(&dice, hours)
                if happens(&dice, at) {
                    for fill in 0..<4 {
                        record.draw(dice.real(9...15), rate: 9, at: at + Double(fill) * dice.real(12...22))
                    }
                }
            }
            if hasDishwasher, dice.chance(0.5) {
                let at = moment(&dice, hours)
                if happens(&dice, at) {
                    for fill in 0..<3 { record.draw(3.5, rate: 4, at: at + Double(fill) * 18) }
                }
            }
            if let softenerDays, day % softenerDays == 0, activity(noon) > 0 {
                let at = Double(period.minute(of: date, hour: softenerHour)) + dice.real(0...15)
                record.draw(dice.real(60...110), rate: 2.2, at: at)
            }
            if hasGarden, country.warmth(on: date) > 0.3, dice.chance(0.25) {
                let at = Double(period.minute(of: date, hour: dice.real(18.5...21)))
                if happens(&dice, at) { record.draw(dice.real(60...250), rate: dice.real(8...13), at: at) }
            }
        }
        return record
    }

    private func lateness(_ country: Country) -> Double { habit == .nightShift ? 0 : country.lateness }

    /// Showers and baths are for the morning and the evening.
    private static let washingHours = [
        0.3, 0.2, 0.2, 0.2, 0.5, 1.5, 3, 3, 2, 1, 0.7, 0.5, 0.4, 0.4, 0.4, 0.4, 0.6, 0.8, 1.2, 1.8, 2, 2, 1.5, 0.8,
    ]
}
