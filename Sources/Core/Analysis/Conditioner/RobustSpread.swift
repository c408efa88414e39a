// SPDX-License-Identifier: Apache-2.0

/// Middle and spread of values among which some may be wild.
struct RobustSpread: Hashable, Sendable {
    var median: Double
    /// Standard deviation as the median distance from the median tells it.
    var deviation: Double

    /// - Returns: `nil` without values. Values must be finite.
    init?<Number: BinaryFloatingPoint>(_ values: some Collection<Number>) { self.init(values) { Double($0) } }

    /// Of what a conversion makes of some values.
    init?<Element>(_ values: some Collection<Element>, _ convert: (Element) -> Double) {
        let found = Middle.copied(values, convert) { space -> (median: Double, distance: Double)? in
            guard let median = Middle.middle(of: space) else { return nil }
            for place in space.indices { space[place] = abs(space[place] - median) }
            return (median, Middle.middle(of: space) ?? 0)
        }
        guard let found else { return nil }
        median = found.median
        // 1.4826 median distances are one standard deviation of normal values.
        deviation = 1.4826 * found.distance
    }
}
