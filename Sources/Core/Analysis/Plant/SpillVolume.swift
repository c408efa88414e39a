// SPDX-License-Identifier: Apache-2.0

/// What the balance around a tank left while it ran over.
struct SpillVolume: Hashable, Codable, Sendable {
    var litres = 0.0
    /// Square of what is uncertain in it, in square litres.
    var variance = 0.0
    /// Minutes that were looked at, and those of them in which the level stood at the edge.
    var minutes = 0.0
    var spillMinutes = 0.0

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool { [litres, variance, minutes, spillMinutes].allSatisfy(\.isFinite) && variance >= 0 }
}

/// What the balance around a tank leaves while nothing runs over: leaks elsewhere, meters that stand still.
struct CalmBalance: Hashable, Codable, Sendable {
    /// Hours that it is the mean of at most, and at least.
    private static let memory = 24.0
    private static let enough = 3.0

    private var litres = 0.0
    private var hours = 0.0
    /// The minute up to which it was looked at.
    private(set) var through: Int64 = 0

    init() {}

    /// In litres an hour; zero before it is known.
    var rate: Double { hours >= Self.enough ? litres / hours : 0 }

    mutating func take(_ newLitres: Double, hours newHours: Double, through minute: Int64) {
        litres += newLitres
        hours += newHours
        through = minute
        guard hours > Self.memory else { return }
        litres *= Self.memory / hours
        hours = Self.memory
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        litres.isFinite && (0...1e4).contains(hours) && (0...100_000_000).contains(through)
    }
}
