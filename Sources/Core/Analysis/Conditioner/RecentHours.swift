// SPDX-License-Identifier: Apache-2.0

import Model

/// The last closed hours of one meter.
///
/// The meters of a zone close their hours at different times; here the early ones wait for the late ones.
struct RecentHours: Hashable, Codable, Sendable {
    /// Longer than the slowest meter whose zone is balanced by the hour waits for its readings.
    static let length: Int64 = 8
    private static let unknown: Float = -1

    /// Litres of each hour, ``unknown`` where they are in doubt.
    private var litres = Fixed<8, Float>(repeating: Self.unknown)
    @Narrow<Int32, Int64> private(set) var newest: Int64 = -1

    init() {}

    /// Notes the next closed hour, or a hole.
    mutating func note(_ volume: HourVolume) {
        let last = volume.hour + max(volume.hours, 1) - 1
        guard last > newest, volume.hour >= 0 else { return }
        for hour in max(newest + 1, last - Self.length + 1)...last { litres[place(hour)] = Self.unknown }
        newest = last
        if volume.hours == 1, volume.isCovered, volume.unattributed == 0, volume.litres >= 0 {
            litres[place(last)] = Float(volume.litres)
        }
    }

    /// Litres of a closed hour; `nil` when they are not known without doubt.
    func litres(_ hour: Int64) -> Double? {
        guard hour >= 0, hour <= newest, hour > newest - Self.length else { return nil }
        let value = litres[place(hour)]
        return value >= 0 ? Double(value) : nil
    }

    private func place(_ hour: Int64) -> Int { Int(hour % Self.length) }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        Int64(litres.count) == Self.length && (-1...1_200_000).contains(newest) && litres.allSatisfy(\.isFinite)
    }
}
