// SPDX-License-Identifier: Apache-2.0

/// The latest known hours of a meter: what a run of flow is measured on.
struct LatestFlow: Hashable, Codable, Sendable {
    /// A day: the longest run on which a rate is measured.
    static let length = 24

    private struct Hour: Hashable, Codable, Sendable {
        var hour: Int32 = -1
        var litres: Float = 0
        /// -1 for none.
        var sequence: Int64 = -1
    }

    /// Empty before the first one.
    private var hours: [Hour] = []
    private var next: UInt8 = 0

    init() {}

    mutating func take(_ volume: HourVolume) {
        if hours.isEmpty { hours = Array(repeating: Hour(), count: Self.length) }
        hours[Int(next)] = Hour(
            hour: Int32(truncatingIfNeeded: volume.hour), litres: Float(volume.litres),
            sequence: volume.firstSequence ?? -1)
        next = UInt8((Int(next) + 1) % Self.length)
    }

    /// The start of the run of the latest `count` known hours, its first reading, and its least hour.
    ///
    /// Of a run that is longer than what is remembered the start is as far back as if no hour had been missing.
    func run(of count: Int) -> (start: Int64, sequence: Int64?, least: Double) {
        let known = min(max(count, 1), Self.length)
        var least = Double.infinity
        for back in 1...known { least = min(least, Double(hour(back).litres)) }
        let first = hour(known)
        return (Int64(first.hour) - Int64(max(count - known, 0)), first.sequence >= 0 ? first.sequence : nil, least)
    }

    /// Litres of the latest `count` hours as far as they are remembered, oldest first.
    func latest(_ count: Int) -> some Sequence<Double> {
        (1...min(max(count, 1), Self.length)).reversed().lazy.map { Double(hour($0).litres) }
    }

    private func hour(_ back: Int) -> Hour {
        hours.isEmpty ? Hour() : hours[(Int(next) - back + Self.length) % Self.length]
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        (hours.count == Self.length || hours.isEmpty) && Int(next) < Self.length
            && hours.allSatisfy { (-1...1_200_000).contains($0.hour) && $0.litres.isFinite && $0.litres >= 0 }
    }
}
