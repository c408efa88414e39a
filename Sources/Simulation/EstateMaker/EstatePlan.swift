// SPDX-License-Identifier: Apache-2.0

import Model

/// How water gets from the main to the risers.
enum SupplyScheme: String, Sendable, CaseIterable {
    /// Pressure of the main alone.
    case mains
    /// Break tank and a pump set with variable speed.
    case variableSpeed = "vsd"
    /// Break tank and pumps that switch a pressure vessel on and off.
    case vessel = "hydro"
    /// Transfer pumps from a ground tank to a tank on the roof.
    case roofTank = "roof"
    /// A pump set with variable speed that takes from the main.
    case direct
}

/// A meter: how well and how finely it counts.
struct MeterPlan: Sendable {
    var name: String
    var litresPerCount: Double
    /// Counts for each litre's worth of water: near 1.
    var gain: Double
    /// Flow below which it stands still, in L/h.
    var startFlow: Double
    /// Register at the start of the period.
    var firstCount: Int64
}

struct DwellingPlan: Sendable {
    var meter: MeterPlan
    var riser: Int
    var isUltrasonic: Bool
    var household: Household
    /// Its clock against true time at the start, in seconds, and the seconds that it gains in a day.
    var clockOffset: Double
    var clockDrift: Double
    /// When in its quarter of an hour it is read, in seconds.
    var pollSecond: Int
}

struct RiserPlan: Sendable {
    var meter: MeterPlan
    var isBoosted: Bool
}

/// Everything about an estate that does not change: drawn from the seed alone.
struct EstatePlan: Sendable {
    var name: String
    var country: Country
    var period: Period
    var scheme: SupplyScheme
    var inlet: MeterPlan
    var risers: [RiserPlan]
    var dwellings: [DwellingPlan]
    /// `nil` when nothing is watered.
    var irrigation: IrrigationPlan?
    var supply: SupplyPlan
    var liftFloors: [Int]
    var liftNames: [String]
    var gateNames: [String]
    var hasSump: Bool
    /// Names of the devices that there is one of.
    var names: DeviceNames

    /// Dwellings behind a riser.
    func dwellings(of riser: Int) -> [Int] { dwellings.indices.filter { dwellings[$0].riser == riser } }
}

/// What an estate calls its devices: nothing may be told from a name.
struct DeviceNames: Sendable {
    var inlet, riser, tank, roofTank, booster, pump, irrigation, weather, lift, gate, sump: String

    static let styles = [
        DeviceNames(
            inlet: "inlet", riser: "riser-", tank: "tank", roofTank: "roof-tank", booster: "booster", pump: "pump-",
            irrigation: "irrigation", weather: "weather", lift: "lift-", gate: "gate-", sump: "sump"),
        DeviceNames(
            inlet: "main-meter", riser: "stair-", tank: "break-tank", roofTank: "header-tank", booster: "pumpset",
            pump: "p", irrigation: "garden", weather: "station", lift: "elevator-", gate: "barrier-", sump: "pit"),
        DeviceNames(
            inlet: "wm-000", riser: "wm-00", tank: "tk-1", roofTank: "tk-2", booster: "ps-1", pump: "ps-1-",
            irrigation: "wm-900", weather: "mt-1", lift: "ls-", gate: "gt-", sump: "sp-1"),
    ]
}

struct IrrigationPlan: Sendable {
    /// 0 for Monday, as the topology writes it.
    var weekdays: [Int]
    /// Minutes since local midnight.
    var startMinute: Int
    var runMinutes: Int
    /// Flow of a run in L/h.
    var flow: Double
    var meter: MeterPlan
}

extension EstatePlan {
    /// - Parameters:
    ///   - dwellingCount: Number of dwellings; `nil` draws it.
    ///   - zone: One of ``Country/all``; `nil`, or another one, draws it.
    ///   - start: First day in UTC; `nil` draws it.
    init(seed: UInt64, days: Int, dwellingCount: Int? = nil, zone: String? = nil, start: CivilDate? = nil) {
        var dice = Dice(seed: seed, "plan")
        let drawnCountry = dice.pick(Country.all)
        let country = Country.all.first { $0.zone == zone } ?? drawnCountry
        let drawnDay = CivilDate(year: 2024, month: 1, day: 1).daysSince1970 + dice.whole(0...1500)
        let firstDay = start?.daysSince1970 ?? drawnDay
        let period = Period(start: Timestamp(seconds: Int64(firstDay) * 86_400), days: days, zone: country.offsets)
        let drawn = Int(dice.size(10...200).rounded())
        let count = dwellingCount ?? drawn
        let riserCount = max(1, min(6, count / 8, dice.whole(1...6), (count + 9) / 10))
        let scheme = dice.pick(SupplyScheme.allCases)
        let names = dice.pick(DeviceNames.styles)
        let riserLitres = dice.pick([1.0, 1, 10])
        // Where there are pumps, the lower floors of some estates still live on the main.
        let mixed = dice.chance(0.35)
        let risers = (0..<riserCount).map { place in
            RiserPlan(
                meter: MeterPlan(
                    name: "\(names.riser)\(place + 1)", litresPerCount: riserLitres, gain: dice.normal(1, 0.006),
                    startFlow: 6, firstCount: Int64(dice.whole(100_000...90_000_000))),
                isBoosted: scheme != .mains && (place == 0 || !mixed || dice.chance(0.5)))
        }
        let unitLitres = dice.pick([1.0, 1, 1, 10])
        let ultrasonicShare = dice.pick([0, 0.3, 0.5, 0.8, 1])
        let dwellings = (0..<count).map { place in
            let riser = place * riserCount / count
            let floorPlace = place - (riser * count + riserCount - 1) / riserCount
            let isUltrasonic = dice.chance(ultrasonicShare)
            // Some registers are about to pass their end.
            let first = dice.chance(0.03) ? (1 << 32) - dice.whole(200...9000) : dice.whole(2000...900_000)
            return DwellingPlan(
                meter: MeterPlan(
                    name: "u\(riser + 1)\(floorPlace < 9 ? "0" : "")\(floorPlace + 1)", litresPerCount: unitLitres,
                    gain: dice.normal(isUltrasonic ? 1 : 0.992, 0.01), startFlow: isUltrasonic ? 0.8 : 4,
                    firstCount: Int64(first)),
                riser: riser, isUltrasonic: isUltrasonic, household: Household(&dice, country),
                clockOffset: dice.real(-150...150), clockDrift: dice.normal(0, 0.35),
                pollSecond: dice.whole(0...20) + floorPlace * 2)
        }
        self.name = "made-\(seed)"
        self.country = country
        self.period = period
        self.scheme = scheme
        self.names = names
        self.risers = risers
        self.dwellings = dwellings
        let hour = Double(count) * 14
        inlet = MeterPlan(
            name: names.inlet, litresPerCount: dice.pick([1.0, 10, 10]), gain: dice.normal(1, 0.005), startFlow: 10,
            firstCount: Int64(dice.whole(1_000_000...900_000_000)))
        irrigation = dice.chance(0.8) ? IrrigationPlan(&dice, name: names.irrigation) : nil
        supply = SupplyPlan(&dice, scheme: scheme, usualFlow: hour * country.thirst)
        let lifts = dice.whole(0...min(4, max(1, count / 25)))
        liftFloors = (0..<lifts).map { _ in dice.whole(4...22) }
        liftNames = (0..<lifts).map { "\(names.lift)\($0 + 1)" }
        gateNames = (0..<dice.whole(0...3)).map { "\(names.gate)\($0 + 1)" }
        hasSump = dice.chance(0.5)
    }
}

extension IrrigationPlan {
    fileprivate init(_ dice: inout Dice, name: String) {
        weekdays = dice.pick([[0, 2, 4], [1, 4], [0, 1, 2, 3, 4, 5, 6], [1, 3, 5], [2, 6], [0, 3]])
        startMinute = dice.pick([180, 240, 300, 330, 360, 1260, 1320])
        runMinutes = dice.pick([20, 30, 45, 60, 90])
        flow = dice.size(700...3500)
        meter = MeterPlan(
            name: name, litresPerCount: dice.pick([1.0, 10]), gain: dice.normal(1, 0.01), startFlow: 10,
            firstCount: Int64(dice.whole(100_000...9_000_000)))
    }
}
