// SPDX-License-Identifier: Apache-2.0

import Model

/// What a pump set and the meters behind it did together: its days for D12, its nights for D14, its usual flow.
struct PumpDays: Hashable, Codable, Sendable {
    /// Flow of a duty is told in steps of 1.35 from 20 L/h on, its pressure in steps of 0.15 bar.
    private static let lowestFlow = 20.0
    private static let flowStep = 0.300_104_592_450_338
    private static let pressureStep = 0.15
    /// Meters that are read less often than this do not tell the flow of a minute.
    private static let longestGrain = 2.0
    /// Share of a day's energy that must be one pump's for the day to be that pump's.
    private static let ownShare = 0.75
    /// Joined minutes that make a day of energy, and excused ones after which what is left is no day.
    private static let leastMinutes = 900
    private static let mostExcused = 480
    /// A meter that stands still for an hour in which it usually passes this many counts and litres is suspect, when
    /// the pumps used energy in that hour.
    private static let suspectCounts = 5.0
    private static let suspectLitres = 20.0

    private var joined = JoinedMinutes()
    private var day: Int?
    private var hour: Int64 = -1
    /// Volume of the running hour of each boosted meter; negative when a part of it is not known.
    private var hourVolumes: [Float]
    private var hourMinutes = 0
    private var hourHadPower = false
    private var isVoid = false
    private var litres = 0.0
    private var minutes = 0
    private var excused = 0
    private var kilowattHours: [Double]
    /// Mean of the boosted flow in litres a minute, over about a week, and the minutes in it.
    private var mean = 0.0
    private var meanMinutes = 0

    /// - Parameters:
    ///   - meters: Number of boosted meters.
    ///   - pumps: Number of pumps of the set.
    init(meters: Int, pumps: Int) {
        hourVolumes = Array(repeating: 0, count: meters)
        kilowattHours = Array(repeating: 0, count: pumps)
    }

    /// Usual flow in litres a minute; `nil` before a day of it.
    var meanFlow: Double? { meanMinutes >= 1440 ? mean : nil }

    mutating func add(_ entry: JoinedMinutes.Entry, isContinuous: Bool) {
        joined.add(entry, isContinuous: isContinuous)
    }

    /// The minutes whose flow is known by now.
    mutating func ready(_ meters: [Int], _ view: SiteView) -> ClosedRange<Int64>? {
        var known = Int64.max
        for meter in meters { known = min(known, view.meters[meter].minutes.knownThrough) }
        return joined.ready(known: known)
    }

    /// Takes one minute of the pumps with its flow.
    ///
    /// - Returns: The litres of the minute; `nil` when they are not known.
    mutating func take(
        _ minute: Int64, _ meters: [Int], control: PumpSetDescription.Control, _ view: SiteView,
        wear: inout [PumpWear]
    ) -> Double? {
        let volume = self.volume(minute, meters, view)
        if let volume { learn(volume) }
        guard let entry = joined.entry(minute) else { return volume }
        guard !entry.isExcused else {
            excused = min(excused + 1, 10_000)
            return volume
        }
        if let volume, let power = entry.power {
            litres += volume
            minutes += 1
            if entry.pump >= 0, entry.pump < kilowattHours.count { kilowattHours[entry.pump] += Double(power) / 60 }
            // Energy of several pumps at once is shared: it only matters for the whole.
            if entry.pump == -2 {
                for place in kilowattHours.indices {
                    kilowattHours[place] += Double(power) / 60 / Double(kilowattHours.count)
                }
            }
        }
        guard entry.isFull, entry.pump >= 0, entry.pump < wear.count, let power = entry.power.map({ Double($0) }),
            let pressure = entry.pressure.map({ Double($0) }), pressure > 0.1
        else { return volume }
        switch control {
        case .variableSpeed:
            guard let volume, volume * 60 >= Self.lowestFlow,
                meters.allSatisfy({ view.meters[$0].grainMinutes <= Self.longestGrain }),
                let flow = PortableLogarithm.ln(volume * 60 / Self.lowestFlow),
                let level = PortableLogarithm.ln(power / pressure)
            else { return volume }
            wear[entry.pump].note(level, duty: min(Int(flow / Self.flowStep), PumpWear.duties - 1))
        case .roofTank:
            guard let level = PortableLogarithm.ln(power), pressure < 100 else { return volume }
            wear[entry.pump].note(level, duty: Int(pressure / Self.pressureStep) % PumpWear.duties)
        case .vessel: break
        }
        return volume
    }

    private func volume(_ minute: Int64, _ meters: [Int], _ view: SiteView) -> Double? {
        guard !meters.isEmpty else { return nil }
        var sum = 0.0
        for meter in meters {
            guard let part = view.meters[meter].minutes.volume(from: minute - 1, to: minute), part >= 0 else {
                return nil
            }
            sum += part
        }
        return sum
    }

    private mutating func learn(_ volume: Double) {
        meanMinutes = min(meanMinutes + 1, 7 * 1440)
        mean += (volume - mean) / Double(meanMinutes)
    }

    // MARK: Hours and days

    /// Whether `minute` begins another hour; then looks for meters that stood still in the last one.
    mutating func watchMeters(_ minute: Int64, _ meters: [Int], _ view: SiteView) {
        let newHour = Timestamp(minuteIndex: minute).hourIndex
        if newHour != hour {
            if hour >= 0, hourMinutes >= 55, hourHadPower { look(meters, view) }
            (hour, hourMinutes, hourHadPower) = (newHour, 0, false)
            for place in hourVolumes.indices { hourVolumes[place] = 0 }
        }
        hourMinutes += 1
        if let power = joined.entry(minute)?.power, power > 0.02 { hourHadPower = true }
        for (place, meter) in meters.enumerated() {
            guard hourVolumes[place] >= 0,
                let part = view.meters[meter].minutes.volume(from: minute - 1, to: minute), part >= 0
            else {
                hourVolumes[place] = -1
                continue
            }
            hourVolumes[place] += Float(part)
        }
    }

    private mutating func look(_ meters: [Int], _ view: SiteView) {
        let hourOfDay = LocalMoment(Timestamp(hourIndex: hour), in: view.site.zone).hourOfDay
        for (place, meter) in meters.enumerated() where hourVolumes[place] == 0 {
            let law = view.layout.laws[meter]
            guard let usual = view.meters[meter].usual.flow(hourOfDay: hourOfDay) else { continue }
            if usual >= max(Self.suspectCounts * law.litresPerCount, Self.suspectLitres) { isVoid = true }
        }
    }

    /// The day that ended when `newDay` begins; `nil` while it lasts.
    struct Ended {
        var day: Int
        var counts: Bool
        /// Logarithm of kilowatt-hours by cubic metre; `nil` when too little of the day is known.
        var level: Double?
        /// The pump whose day it was; `nil` when several shared it.
        var pump: Int?
    }

    mutating func turn(to newDay: Int) -> Ended? {
        guard let old = day, old != newDay else {
            day = newDay
            return nil
        }
        let energy = kilowattHours.reduce(0, +)
        var ended = Ended(day: old, counts: !isVoid)
        if !isVoid, minutes >= Self.leastMinutes, excused <= Self.mostExcused, litres >= 500 {
            ended.level = PortableLogarithm.ln(energy * 1000 / litres)
        }
        ended.pump = kilowattHours.firstIndex { $0 >= energy * Self.ownShare && $0 > 0 }
        day = newDay
        (isVoid, litres, minutes, excused) = (false, 0, 0, 0)
        for place in kilowattHours.indices { kilowattHours[place] = 0 }
        return ended
    }

    /// Whether decoded state can be used without trapping.
    func isWellFormed(meters: Int, pumps: Int) -> Bool {
        joined.isWellFormed && hourVolumes.count == meters && kilowattHours.count == pumps
            && hourVolumes.allSatisfy(\.isFinite) && kilowattHours.allSatisfy(\.isFinite) && litres.isFinite
            && mean.isFinite && (0...7 * 1440).contains(meanMinutes) && (0...2000).contains(hourMinutes)
            && (0...1_000_000).contains(minutes) && (0...10_000).contains(excused) && (-1...1_200_000).contains(hour)
            && (day.map { abs($0) < 1_000_000 } ?? true)
    }
}
