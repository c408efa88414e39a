// SPDX-License-Identifier: Apache-2.0

import Model

/// What a zone left unexplained in each clean hour of the last 24 days.
struct ResidualHistory: Hashable, Codable, Sendable {
    /// 14 days to know what is usual, and ten in which a meter stands still.
    static let length: Int64 = 24 * 24
    private static let unknown = Int32.min

    /// Hundredths of a litre an hour.
    private var residuals: [Int32]
    private(set) var newest: Int64 = -1

    init() { residuals = Array(repeating: Self.unknown, count: Int(Self.length)) }

    /// Notes one hour, later than all before; `nil` when its balance says nothing.
    mutating func note(_ residual: Double?, hour: Int64) {
        guard hour > newest else { return }
        for missed in max(newest + 1, hour - Self.length + 1)...hour { residuals[place(missed)] = Self.unknown }
        newest = hour
        guard let residual, residual.isFinite else { return }
        residuals[place(hour)] = Self.centilitres(residual)
    }

    /// Up to 20 m3/h; what is more is no matter of hours.
    private static func centilitres(_ litres: Double) -> Int32 {
        litres.isFinite ? Int32((min(max(litres, -20_000), 20_000) * 100).rounded()) : unknown
    }

    /// Forgets what a meter that lied has told from `hour` on.
    mutating func forget(from hour: Int64) {
        let first = max(hour, newest - Self.length + 1, 0)
        guard first <= newest else { return }
        for wrong in first...newest { residuals[place(wrong)] = Self.unknown }
    }

    /// Corrects all clean hours from `first` on.
    mutating func shift(by litresPerHour: Double, from first: Int64) {
        guard newest >= 0, first <= newest else { return }
        for hour in max(first, newest - Self.length + 1, 0)...newest {
            guard let value = residual(hour) else { continue }
            residuals[place(hour)] = Self.centilitres(value + litresPerHour)
        }
    }

    func residual(_ hour: Int64) -> Double? {
        guard hour >= 0, hour <= newest, hour > newest - Self.length else { return nil }
        let value = residuals[place(hour)]
        return value == Self.unknown ? nil : Double(value) / 100
    }

    /// Clean hours from `first` through `last`, oldest first.
    func residuals(from first: Int64, through last: Int64) -> [Double] {
        let first = max(first, newest - Self.length + 1, 0)
        return first <= last ? (first...min(last, max(first, newest))).compactMap { residual($0) } : []
    }

    /// Mean of the clean hours from `first` through `last`; `nil` with fewer than `least`.
    func mean(from first: Int64, through last: Int64, least: Int) -> Double? {
        let hours = residuals(from: first, through: last)
        return hours.count >= max(least, 1) ? hours.reduce(0, +) / Double(hours.count) : nil
    }

    /// Means of the blocks of 24 hours that end before `hour`, newest first, of which 18 hours at least are clean.
    func blocks(before hour: Int64, count: Int) -> [Double] {
        (0..<Int64(count)).compactMap { mean(from: hour - 24 * ($0 + 1), through: hour - 24 * $0 - 1, least: 18) }
    }

    private func place(_ hour: Int64) -> Int { Int(hour % Self.length) }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool { residuals.count == Int(Self.length) && (-1...1_200_000).contains(newest) }
}
