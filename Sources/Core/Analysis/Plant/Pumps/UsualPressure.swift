// SPDX-License-Identifier: Apache-2.0

/// The pressures behind a set while it runs, learned as a histogram of cells one per cent wide.
struct UsualPressure: Hashable, Codable, Sendable {
    /// From 0.5 bar to 33 bar.
    private static let cells = 420
    private static let lowest = 0.5
    private static let width = 0.01
    /// Two weeks of minutes; then the past counts half, so that a new set point is learned.
    private static let memory = 20_160
    /// Days and minutes before anything is called unusual.
    private static let days = 3
    private static let minutes = 200

    private var counts = Array(repeating: UInt16(0), count: cells)
    private var total = 0
    private var daysSeen = 0
    private var lastDay = Int.min
    /// Places of the median and of the highest of a hundred, brought up to date every so often.
    private var middle = 0
    private var highest = 0

    /// Whether enough has been seen.
    var isReady: Bool { daysSeen > Self.days && total >= Self.minutes }
    /// Median in bar; `nil` before enough has been seen.
    var median: Double? { isReady ? Self.pressure(of: middle) : nil }
    /// Pressure that one minute in a hundred exceeds, in bar; `nil` before enough has been seen.
    var high: Double? { isReady ? Self.pressure(of: highest) : nil }

    mutating func learn(_ pressure: Double, day: Int) {
        guard pressure >= Self.lowest, let height = PortableLogarithm.ln(pressure / Self.lowest),
            let place = Int(exactly: (height / Self.width).rounded())
        else { return }
        let cell = min(place, Self.cells - 1)
        if day != lastDay {
            lastDay = day
            daysSeen = min(daysSeen + 1, 1000)
        }
        counts[cell] += counts[cell] < .max ? 1 : 0
        total += 1
        if total > Self.memory {
            for place in counts.indices { counts[place] /= 2 }
            total = counts.reduce(0) { $0 + Int($1) }
        }
        if total < 300 || total % 30 == 0 { (middle, highest) = (quantile(0.5), quantile(0.99)) }
    }

    private func quantile(_ share: Double) -> Int {
        var rest = share * Double(total)
        for cell in counts.indices {
            rest -= Double(counts[cell])
            if rest <= 0 { return cell }
        }
        return Self.cells - 1
    }

    private static func pressure(of cell: Int) -> Double { lowest * PortableLogarithm.exp(width * Double(cell)) }

    var isWellFormed: Bool {
        counts.count == Self.cells && (0...Self.memory).contains(total) && (0...1000).contains(daysSeen)
            && counts.indices.contains(middle) && counts.indices.contains(highest)
    }
}
