// SPDX-License-Identifier: Apache-2.0

extension Figure {
    /// The same figure over several estates: cases are added, never shares averaged, so that a large estate weighs as much
    /// as it has cases.
    ///
    /// Of targets that differ the least demanding is kept: all estates agree that less is not enough.
    ///
    /// - Returns: `nil` without figures, and for figures that are not the same.
    public static func sum(of figures: [Figure]) -> Figure? {
        guard let first = figures.first, figures.allSatisfy({ $0.key == first.key }) else { return nil }
        func mildest(_ targets: [Int?]) -> Int? {
            let known = targets.compactMap { $0 }
            return known.count < targets.count ? nil : first.key.isBetterLow ? known.max() : known.min()
        }
        func total(_ numbers: [Int]) -> Int {
            numbers.reduce(0) { sum, next in
                let (total, overflow) = sum.addingReportingOverflow(next)
                return overflow ? .max : total
            }
        }
        var sum = Figure(
            first.key, total(figures.map(\.numerator)), of: total(figures.map(\.denominator)),
            target: mildest(figures.map(\.target)), pending: total(figures.map(\.pending)))
        sum.least = mildest(figures.map(\.least))
        return sum
    }
}

/// The figures of the estates of an area, and of the area as a whole.
public struct AreaFigures: Hashable, Codable, Sendable {
    public struct Estate: Hashable, Codable, Sendable {
        public var site: String
        public var figures: [Figure]
        public init(site: String, figures: [Figure]) { (self.site, self.figures) = (site, figures) }
    }

    /// In the order in which they were named.
    public var estates: [Estate]
    /// In the order of the first estate.
    public var whole: [Figure]

    public init(_ estates: [Estate]) {
        self.estates = estates
        whole = (estates.first?.figures ?? []).compactMap { figure in
            Figure.sum(of: estates.compactMap { estate in estate.figures.first { $0.key == figure.key } })
        }
    }
}
