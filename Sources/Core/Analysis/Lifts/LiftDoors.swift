// SPDX-License-Identifier: Apache-2.0

import Model

/// D20, lift door anomaly: doors that open far more often than the lift's trips need.
///
/// Trips are taken in windows of at least twenty. The doors of a window are compared with the lift's own usual number of
/// doors a trip, whatever its controller counts as one.
struct LiftDoors: Hashable, Codable, Sendable {
    /// Trips of a window: chance alone moves the mean of twenty trips by a few per cent only.
    private static let tripsOfWindow = 20.0
    /// Beyond this ratio of the usual one doors open again for two trips or more in four.
    private static let limit = 1.5
    /// Windows running that must agree, and as many good ones to end.
    private static let windows = 2
    /// Windows remembered, some days; a quarter of them must be known first.
    private static let length = 42
    private static let leastKnown = 10

    private struct Count: Hashable, Codable {
        var at: Timestamp
        var value: Double
    }

    private var newestTrips: Count?
    private var newestDoors: Count?
    private var startTrips: Count?
    private var startDoors: Count?
    /// Doors a trip of good windows, in a ring.
    private var usual = [Float]()
    private var next = 0
    private var badWindows = 0
    private var goodWindows = 0
    private var badSince: Timestamp?
    private var isInAlarm = false
    private var firstSequence: Int64?
    private var told = ToldSize()

    init() { usual.reserveCapacity(Self.length) }

    /// Takes a count of trips or doors; judges when a window is full.
    ///
    /// - Parameter tolerance: Stamps of the two counters that belong together differ by no more.
    mutating func take(
        _ observation: Observation, tolerance: Duration, _ lift: AssetIdentifier, isUnderService: Bool,
        statistics: inout AnalyzerStatistics, into rulings: inout [Ruling]
    ) {
        guard let value = observation.value, value >= 0 else { return }
        let count = Count(at: observation.at, value: value)
        if observation.signal == .trips {
            if !LiftCounter.goesOn(from: newestTrips?.value, at: newestTrips?.at, to: value, at: observation.at) {
                restart()
            }
            newestTrips = count
        } else {
            if !LiftCounter.goesOn(from: newestDoors?.value, at: newestDoors?.at, to: value, at: observation.at) {
                restart()
            }
            newestDoors = count
        }
        guard let trips = newestTrips, let doors = newestDoors,
            max(trips.at, doors.at) - min(trips.at, doors.at) <= tolerance
        else { return }
        if isUnderService {
            // A mechanic opens doors as he needs.
            (self.startTrips, self.startDoors) = (nil, nil)
            return
        }
        guard let startTrips, let startDoors else {
            (self.startTrips, self.startDoors, firstSequence) = (trips, doors, observation.sequence)
            return
        }
        let passed = trips.value - startTrips.value
        guard passed >= Self.tripsOfWindow else { return }
        let ratio = (doors.value - startDoors.value) / passed
        statistics.evaluations.liftDoor += 1
        judge(ratio, trips: passed, from: startTrips.at, observation, lift, into: &rulings)
        (self.startTrips, self.startDoors, firstSequence) = (trips, doors, observation.sequence)
    }

    private mutating func restart() { (startTrips, startDoors, newestTrips, newestDoors) = (nil, nil, nil, nil) }

    private mutating func judge(
        _ ratio: Double, trips: Double, from: Timestamp, _ observation: Observation, _ lift: AssetIdentifier,
        into rulings: inout [Ruling]
    ) {
        let median = usual.median
        guard usual.count >= Self.leastKnown, median > 0 else {
            learn(ratio)
            return
        }
        func rule(_ verdict: Verdict) { rulings.append(Ruling(rule: .liftDoor, asset: lift, verdict: verdict)) }
        let isBad = ratio > Self.limit * median
        if isBad {
            badSince = badSince ?? from
            (badWindows, goodWindows) = (min(badWindows + 1, 1_000_000), 0)
        } else {
            (badWindows, goodWindows) = (0, min(goodWindows + 1, 1_000_000))
            if !isInAlarm { badSince = nil }
            learn(ratio)
        }
        let since = badSince ?? from
        let grounds = Grounds(
            startedAt: since, severity: .p3, size: Measure("doors_per_trip", ratio),
            evidence: Evidence(
                from: since, to: observation.at,
                measures: [
                    Measure("doors_per_trip", ratio), Measure("usual_doors_per_trip", median),
                    Measure("limit", Self.limit * median), Measure("trips", trips),
                ], firstSequence: firstSequence.map { SequenceNumber($0) },
                lastSequence: observation.sequence.map { SequenceNumber($0) }))
        if !isInAlarm, badWindows >= Self.windows {
            isInAlarm = true
            told.tell(ratio)
            rule(.arises(grounds))
        } else if isInAlarm, goodWindows >= Self.windows {
            (isInAlarm, badSince) = (false, nil)
            rule(.ends(grounds, at: observation.at))
        } else if isInAlarm, isBad, told.grows(to: ratio) {
            rule(.persists(grounds))
        }
    }

    private mutating func learn(_ ratio: Double) {
        if usual.count < Self.length {
            usual.append(Float(ratio))
        } else {
            usual[next] = Float(ratio)
            next = (next + 1) % Self.length
        }
    }

    var isWellFormed: Bool {
        usual.count <= Self.length && (0..<Self.length).contains(next) && usual.allSatisfy(\.isFinite)
            && badWindows >= 0 && goodWindows >= 0
            && [newestTrips, newestDoors, startTrips, startDoors].allSatisfy { count in
                count.map { $0.value.isFinite && DataClock.believable.contains($0.at) } ?? true
            } && (badSince.map { DataClock.believable.contains($0) } ?? true)
    }
}

/// Counters that a lift's controller keeps since it was built.
enum LiftCounter {
    /// A lift needs ten seconds for a trip and its doors about as long; twice as much leaves room for jitter.
    private static let longestRate = 0.2

    /// Whether the counter went on from the value before; otherwise it was restarted or exchanged.
    static func goesOn(from earlier: Double?, at then: Timestamp?, to later: Double, at now: Timestamp) -> Bool {
        guard let earlier, let then else { return true }
        let step = later - earlier
        return step >= 0 && step <= 20 + Self.longestRate * (now - then).inSeconds
    }
}
