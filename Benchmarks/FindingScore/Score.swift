// SPDX-License-Identifier: Apache-2.0

import Model

/// The figures of one estate or of several together.
public struct Score: Sendable {
    /// The figures of one type of fault.
    public struct Row: Sendable {
        public var type: String
        public var faults, found, falseAlarms: Int
        /// Mean credit of the faults, 0 ... 1; `nil` without a fault.
        public var credit: Double?
        /// Hours from start to first alert of those found, rising.
        public var delays: [Double]
        /// Relative error of the size where it can be compared, rising.
        public var sizeErrors: [Double]
        /// The same of the rate that the findings said last.
        public var lastSizeErrors: [Double] = []
        /// Relative error of the litres said last where the true ones are known, rising.
        public var litreErrors: [Double] = []
        /// Faults whose lower bound of the litres lies above the true ones, and whose upper bound below them.
        public var tooHighBounds = 0
        public var tooLowBounds = 0
        /// Upper bound less lower one as a share of the likely litres, rising.
        public var widths: [Double] = []

        public var recall: Double? { faults > 0 ? Double(found) / Double(faults) : nil }
        public var medianDelay: Double? { percentile(delays, 0.5) }
        public var highDelay: Double? { percentile(delays, 0.9) }
        public var medianSizeError: Double? { percentile(sizeErrors, 0.5) }
        public var highSizeError: Double? { percentile(sizeErrors, 0.9) }
    }

    /// The headline of one kind of equipment.
    public struct GroupRow: Sendable {
        public var name: String
        public var faults, found, falseAlarms: Int
        public var headline: Double
    }

    public var estates: [String]
    /// 100 for everything found in time and in place, without a false alarm.
    public var headline: Double
    public var faults, found, falseAlarms, repeats, nagging, informational, alerts: Int
    public var recall, precision, f1: Double?
    /// False alarms in 30 days of one estate.
    public var falseAlarmsPerEstateMonth: Double
    public var falseAlarmsPerHundredMeterMonths: Double
    public var medianDelay, highDelay: Double?
    public var rows: [Row]
    /// False alarms of generic and unknown types.
    public var otherFalseAlarms: [String: Int]
    public var groups: [GroupRow]
    /// False alarms by the harmless event that they saw.
    public var causes: [String: Int]

    public init(_ estates: [ScoredEstate]) {
        self.estates = estates.map(\.name)
        let outcomes = estates.flatMap(\.outcomes)
        let alarms = estates.flatMap(\.falseAlarms)
        let detected = outcomes.filter { !$0.hits.isEmpty }
        faults = outcomes.count
        found = detected.count
        falseAlarms = alarms.count
        repeats = estates.reduce(0) { $0 + $1.repeats }
        informational = estates.reduce(0) { $0 + $1.informational }
        alerts = estates.reduce(0) { $0 + $1.alertCount }
        nagging = Self.nagging(outcomes)
        falseAlarmsPerEstateMonth = Double(alarms.count) / estates.reduce(0) { $0 + $1.days / 30 }
        falseAlarmsPerHundredMeterMonths =
            Double(alarms.count) / estates.reduce(0) { $0 + Double($1.waterMeters) * $1.days / 3000 }
        let delays = detected.compactMap(\.delayHours).sorted()
        medianDelay = percentile(delays, 0.5)
        highDelay = percentile(delays, 0.9)
        recall = outcomes.isEmpty ? nil : Double(detected.count) / Double(outcomes.count)
        precision =
            detected.isEmpty && alarms.isEmpty
            ? nil : Double(detected.count) / Double(detected.count + alarms.count)
        f1 = outcomes.isEmpty ? nil : harmonicMean(recall ?? 0, precision ?? 0)

        let known = FaultFamily.all
        let strange = Set(outcomes.map(\.fault.type)).subtracting(known.map(\.type)).sorted()
        let rows = (known + strange.map { FaultFamily.unknown($0) }).compactMap { family in
            Self.row(family, estates, outcomes.filter { $0.fault.type == family.type }, alarms)
        }
        self.rows = rows
        otherFalseAlarms = Dictionary(
            grouping: alarms.filter { FaultFamily.owners[$0.type] == nil }, by: \.type
        ).mapValues(\.count)
        headline =
            outcomes.isEmpty
            ? 100 / (1 + falseAlarmsPerEstateMonth / 2)
            : Self.headline(rows.compactMap(\.credit), found: detected.count, spoilt: alarms.count + nagging)
        groups = FaultFamily.Group.allCases.compactMap { group in
            let types = Set(known.filter { $0.group == group }.map(\.type))
            let own = outcomes.filter { types.contains($0.fault.type) }
            guard !own.isEmpty else { return nil }
            let hits = own.filter { !$0.hits.isEmpty }.count
            let spoilt = alarms.filter { types.contains(FaultFamily.owners[$0.type] ?? "toilet_leak") }.count
            let credits = rows.filter { types.contains($0.type) }.compactMap(\.credit)
            return GroupRow(
                name: group.rawValue, faults: own.count, found: hits, falseAlarms: spoilt,
                headline: Self.headline(credits, found: hits, spoilt: spoilt + Self.nagging(own)))
        }
        var causes: [String: Int] = [:]
        for estate in estates {
            for alarm in estate.falseAlarms { causes[estate.likelyCause(of: alarm) ?? "none known", default: 0] += 1 }
        }
        self.causes = causes
    }

    /// From the fourth alert on one fault each further one is too much.
    private static func nagging(_ outcomes: [ScoredEstate.Outcome]) -> Int {
        outcomes.reduce(0) { $0 + max($1.hits.count - 3, 0) }
    }

    private static func headline(_ credits: [Double], found: Int, spoilt: Int) -> Double {
        guard found > 0, !credits.isEmpty else { return 0 }
        let recall = credits.reduce(0, +) / Double(credits.count)
        return 100 * harmonicMean(recall, Double(found) / Double(found + spoilt))
    }

    private static func row(
        _ family: FaultFamily, _ estates: [ScoredEstate], _ outcomes: [ScoredEstate.Outcome], _ alarms: [RaisedAlert]
    ) -> Row? {
        let own = alarms.filter { FaultFamily.owners[$0.type] == family.type }.count
        guard !outcomes.isEmpty || own > 0 else { return nil }
        let credits = outcomes.map { credit($0, family) }
        var row = Row(
            type: family.type, faults: outcomes.count, found: outcomes.filter { !$0.hits.isEmpty }.count,
            falseAlarms: own, credit: credits.isEmpty ? nil : credits.reduce(0, +) / Double(credits.count),
            delays: outcomes.compactMap(\.delayHours).sorted(), sizeErrors: outcomes.compactMap(sizeError).sorted())
        for estate in estates {
            for outcome in estate.outcomes where outcome.fault.type == family.type {
                guard let loss = outcome.loss else { continue }
                let fault = outcome.fault
                if let (told, real) = comparable(loss.rate, "L/h", fault.magnitude, fault.unit), real > 0 {
                    row.lastSizeErrors.append(abs(told - real) / real)
                }
                guard let litres = estate.litres(of: outcome), litres > 0 else { continue }
                row.litreErrors.append(abs(loss.likely - litres) / litres)
                row.tooHighBounds += loss.low > litres ? 1 : 0
                row.tooLowBounds += loss.high < litres ? 1 : 0
                if loss.likely > 0 { row.widths.append((loss.high - loss.low) / loss.likely) }
            }
        }
        row.lastSizeErrors.sort()
        row.litreErrors.sort()
        row.widths.sort()
        return row
    }

    /// The best alert counts: full up to the target delay, falling to 0.4 at four times of it, and 0.7 of that on a
    /// parent or child.
    private static func credit(_ outcome: ScoredEstate.Outcome, _ family: FaultFamily) -> Double {
        outcome.hits.reduce(0) { best, hit in
            let late = max(0, (hit.alert.raisedAt - outcome.fault.start).inHours - family.targetHours)
            let timeliness = max(0.4, 1 - 0.6 * late / (3 * family.targetHours))
            return max(best, timeliness * (hit.isSameDevice ? 1 : 0.7))
        }
    }

    /// Of the first alert on the same device whose size can be compared, else of the first one on a relative.
    private static func sizeError(_ outcome: ScoredEstate.Outcome) -> Double? {
        let inOrder = outcome.hits.filter(\.isSameDevice) + outcome.hits.filter { !$0.isSameDevice }
        for hit in inOrder {
            guard let size = hit.alert.magnitude,
                let (told, real) = comparable(size, hit.alert.unit, outcome.fault.magnitude, outcome.fault.unit),
                real != 0
            else { continue }
            return abs(told - real) / abs(real)
        }
        return nil
    }
}

/// Twice the product over the sum; 0 when one of them is.
func harmonicMean(_ first: Double, _ second: Double) -> Double {
    first > 0 && second > 0 ? 2 * first * second / (first + second) : 0
}

/// Of rising values, with a straight line between two of them; `nil` without any.
public func percentile(_ values: [Double], _ share: Double) -> Double? {
    guard let last = values.last else { return nil }
    let place = Double(values.count - 1) * share
    let below = Int(place)
    guard below + 1 < values.count else { return last }
    return values[below] + (values[below + 1] - values[below]) * (place - Double(below))
}

/// Both sizes in one unit; `nil` when the units have nothing in common.
func comparable(_ first: Double, _ firstUnit: String?, _ second: Double, _ secondUnit: String) -> (Double, Double)? {
    let scales: [[String: Double]] = [
        [
            "l/h": 1, "lph": 1, "m3/h": 1000, "l/min": 60, "lpm": 60, "l/s": 3600, "l/d": 1 / 24.0, "m3/d": 1000 / 24.0,
        ],
        ["l": 1, "m3": 1000],
        ["min": 1, "h": 60, "s": 1 / 60.0],
    ]
    let (one, other) = ((firstUnit ?? "").lowercased().replacing("³", with: "3"), secondUnit.lowercased())
    for scale in scales {
        if let a = scale[one], let b = scale[other] { return (first * a, second * b) }
    }
    return one == other ? (first, second) : nil
}
