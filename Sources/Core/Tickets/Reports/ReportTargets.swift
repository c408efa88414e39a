// SPDX-License-Identifier: Apache-2.0

/// What the estate aims at: in thousandths, of mean times in seconds. Of some figures it is the most that they should be
/// (``FigureKey/isBetterLow``).
public struct ReportTargets: Hashable, Codable, Sendable {
    /// A figure without one is only shown.
    public var values: [FigureKey: Int]
    /// Satisfaction must never be below it, in thousandths.
    public var leastSatisfaction: Int

    public static let standard: [FigureKey: Int] = [
        .timeliness: 950, .qualityPass: 950, .satisfaction: 920, .followUp: 1000,
    ]

    /// - Parameter values: Of figures that are aimed at otherwise than ``standard`` says, or that it does not name.
    public init(_ values: [FigureKey: Int] = [:], leastSatisfaction: Int = 900) {
        self.values = Self.standard.merging(values) { $1 }
        self.leastSatisfaction = leastSatisfaction
    }

    /// The figure with what it is held against.
    func applied(to figure: Figure) -> Figure {
        var figure = figure
        figure.target = values[figure.key]
        if figure.key == .satisfaction { figure.least = leastSatisfaction }
        return figure
    }
}
