// SPDX-License-Identifier: Apache-2.0

import Model

/// The latest hours of a meter: what a run of flow is measured on.
///
/// Two rules look at them. The watch over the meter's history wants the latest hours that are known; the plain rule of 24
/// hours those of the running flow, of which an hour may be known in part. Nearly always they are the same.
struct PassedHours: Hashable, Codable, Sendable {
    /// A day: the longest run on which a rate is measured.
    static let length = 24

    /// One hour, in sixteen bytes: a day of these is kept for each meter.
    struct Hour: Hashable, Codable, Sendable {
        fileprivate static let known: Int32 = 1 << 30
        fileprivate static let running: Int32 = 1 << 29

        /// Hours since 1970, times 32, the hour of the local day, and the two marks.
        fileprivate var place: Int32
        private(set) var litres: Float
        /// -1 when the hour has none.
        private(set) var sequence: Int64

        init(_ volume: HourVolume, hourOfDay: Int) {
            place = Int32(clamping: min(max(volume.hour, 0), 8_000_000)) * 32 + Int32(hourOfDay % 24)
            (litres, sequence) = (Float(volume.litres), volume.firstSequence ?? -1)
        }

        var hour: Int64 { Int64((place & ~(Self.known | Self.running)) / 32) }
        var hourOfDay: UInt32 { UInt32(place & 31) }
        var firstSequence: Int64? { sequence >= 0 ? sequence : nil }

        func has(_ mark: Int32) -> Bool { place & mark != 0 }
        var isMarked: Bool { has(Self.known | Self.running) }
    }

    /// Oldest first: at most ``length`` of each mark, and none without one.
    private var hours: [Hour] = []

    init() {}

    // MARK: Hours that are known

    mutating func noteKnown(_ volume: HourVolume, hourOfDay: Int) { note(volume, hourOfDay, Hour.known) }

    mutating func forgetKnown() { forget(Hour.known) }

    /// The start of the run of the latest `count` known hours, its first reading, and its least hour.
    ///
    /// Of a run that is longer than what is remembered the start is as far back as if no hour had been missing.
    func run(of count: Int) -> (start: Int64, sequence: Int64?, least: Double) {
        let wanted = min(max(count, 1), Self.length)
        var least = Double.infinity
        var first: Hour?
        var found = 0
        for hour in hours.reversed() where hour.has(Hour.known) {
            least = min(least, Double(hour.litres))
            found += 1
            guard found == wanted else { continue }
            first = hour
            break
        }
        guard let first else { return (-1 - Int64(max(count - wanted, 0)), nil, 0) }
        return (first.hour - Int64(max(count - wanted, 0)), first.firstSequence, least)
    }

    /// Litres of the latest `count` known hours as far as they are remembered, oldest first.
    func latest(_ count: Int) -> [Double] {
        let known = hours.lazy.filter { $0.has(Hour.known) }.map { Double($0.litres) }
        return Array(known.suffix(max(count, 1)))
    }

    // MARK: Hours of the running flow

    mutating func noteRunning(_ volume: HourVolume, hourOfDay: Int) { note(volume, hourOfDay, Hour.running) }

    mutating func forgetRunning() { forget(Hour.running) }

    /// Oldest first.
    var running: some BidirectionalCollection<Hour> { hours.lazy.filter { $0.has(Hour.running) } }

    // MARK: Both

    private mutating func note(_ volume: HourVolume, _ hourOfDay: Int, _ mark: Int32) {
        if hours.count(where: { $0.has(mark) }) >= Self.length, let oldest = hours.firstIndex(where: { $0.has(mark) }) {
            hours[oldest].place &= ~mark
            if !hours[oldest].isMarked { hours.remove(at: oldest) }
        }
        if let last = hours.last, last.hour == volume.hour {
            hours[hours.count - 1].place |= mark
        } else {
            if hours.isEmpty { hours.reserveCapacity(Self.length + 1) }
            var hour = Hour(volume, hourOfDay: hourOfDay)
            hour.place |= mark
            hours.append(hour)
        }
    }

    private mutating func forget(_ mark: Int32) {
        for place in hours.indices.reversed() where hours[place].has(mark) {
            hours[place].place &= ~mark
            if !hours[place].isMarked { hours.remove(at: place) }
        }
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        hours.count <= 2 * Self.length
            && hours.allSatisfy { (0...1_200_000).contains($0.hour) && $0.litres.isFinite && $0.litres >= 0 }
    }
}
