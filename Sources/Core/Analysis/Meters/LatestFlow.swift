// SPDX-License-Identifier: Apache-2.0

/// The latest known hours of a meter: what a run of flow is measured on.
struct LatestFlow: Hashable, Codable, Sendable {
    /// A day: the longest run on which a rate is measured.
    static let length = 24
    private var hours: [Int32]
    private var litres: [Float]
    private var sequences: [Int64]
    private var next: UInt8 = 0

    init() {
        hours = Array(repeating: -1, count: Self.length)
        litres = Array(repeating: 0, count: Self.length)
        sequences = Array(repeating: -1, count: Self.length)
    }

    mutating func take(_ volume: HourVolume) {
        hours[Int(next)] = Int32(truncatingIfNeeded: volume.hour)
        litres[Int(next)] = Float(volume.litres)
        sequences[Int(next)] = volume.firstSequence ?? -1
        next = UInt8((Int(next) + 1) % Self.length)
    }

    /// The start of the run of the latest `count` known hours, its first reading, its least hour and its volume above
    /// `base` (each hour at most `clip` above it).
    ///
    /// Of a run that is longer than what is remembered the start is as far back as if no hour had been missing.
    func run(of count: Int) -> (start: Int64, sequence: Int64?, least: Double) {
        let known = min(max(count, 1), Self.length)
        var least = Double.infinity
        for back in 1...known { least = min(least, Double(litres[place(back)])) }
        let first = place(known)
        let sequence = sequences[first] >= 0 ? sequences[first] : nil
        return (Int64(hours[first]) - Int64(max(count - known, 0)), sequence, least)
    }

    /// Litres above `base` in the latest `count` hours, of each at most `most`.
    func volume(of count: Int, above base: Double, most: Double) -> Double {
        let known = min(max(count, 1), Self.length)
        var sum = 0.0
        for back in 1...known { sum += min(max(Double(litres[place(back)]) - base, 0), most) }
        return sum * Double(max(count, 1)) / Double(known)
    }

    private func place(_ back: Int) -> Int { (Int(next) - back + Self.length) % Self.length }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        hours.count == Self.length && litres.count == Self.length && sequences.count == Self.length
            && Int(next) < Self.length && hours.allSatisfy { (-1...1_200_000).contains($0) }
            && litres.allSatisfy { $0.isFinite && $0 >= 0 }
    }
}
