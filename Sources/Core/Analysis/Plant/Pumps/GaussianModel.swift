// SPDX-License-Identifier: Apache-2.0

/// Means and covariances of some features, and how far a set of them lies from those.
struct GaussianModel: Hashable, Codable, Sendable {
    /// Of each feature.
    private(set) var mean: [Double]
    /// Sums of products of deviations while it learns; afterwards the Cholesky factor of the correlations. The lower
    /// triangle, row by row.
    private var triangle: [Double]
    private var spread: [Double] = []
    private var count = 0.0

    init(features: Int) {
        mean = Array(repeating: 0, count: features)
        triangle = Array(repeating: 0, count: features * (features + 1) / 2)
    }

    var isFinished: Bool { !spread.isEmpty }

    private static func place(_ row: Int, _ column: Int) -> Int { row * (row + 1) / 2 + column }

    /// Learns from one set of features (Welford's way of summing).
    mutating func learn(_ features: some RandomAccessCollection<Double>) {
        count += 1
        let weight = (count - 1) / count
        for (row, value) in features.enumerated() {
            let deviation = weight * (value - mean[row])
            for (column, other) in features.prefix(row + 1).enumerated() {
                triangle[Self.place(row, column)] += deviation * (other - mean[column])
            }
        }
        for (row, value) in features.enumerated() { mean[row] += (value - mean[row]) / count }
    }

    /// Ends the learning.
    ///
    /// - Parameters:
    ///   - ridge: Added to each feature's variance, as a share of it.
    ///   - resolution: Added to each feature's standard deviation, as a share of its mean.
    mutating func finish(ridge: Double, resolution: Double) {
        let own = mean.indices.map { (max(0, triangle[Self.place($0, $0)]) / max(count - 1, 1)).squareRoot() }
        spread = mean.indices.map { own[$0] + resolution * abs(mean[$0]) + .leastNormalMagnitude.squareRoot() }
        for row in mean.indices {
            for column in 0...row {
                let place = Self.place(row, column)
                var sum = triangle[place] / max(count - 1, 1) / (spread[row] * spread[column])
                if row == column { sum += ridge }
                for inner in 0..<column {
                    sum -= triangle[Self.place(row, inner)] * triangle[Self.place(column, inner)]
                }
                triangle[place] =
                    row == column
                    ? max(sum, ridge * ridge).squareRoot() : sum / triangle[Self.place(column, column)]
            }
        }
    }

    /// How far a set of features lies from the mean, in standard deviations along its own direction.
    func distance(of features: some RandomAccessCollection<Double>) -> Double {
        let square = Middle.copied(features) { solved in
            var square = 0.0
            for row in mean.indices {
                var rest = (solved[row] - mean[row]) / spread[row]
                for column in 0..<row { rest -= triangle[Self.place(row, column)] * solved[column] }
                solved[row] = rest / triangle[Self.place(row, row)]
                square += solved[row] * solved[row]
            }
            return square
        }
        // Beyond this it is far by any measure, and a number that can be written.
        return min(square, 1e18).squareRoot()
    }

    /// Whether decoded state can be used without trapping.
    func isWellFormed(features: Int) -> Bool {
        mean.count == features && triangle.count == features * (features + 1) / 2
            && (spread.isEmpty || spread.count == features && spread.allSatisfy { $0 > 0 }) && count >= 0
            && (mean + triangle + spread + [count]).allSatisfy(\.isFinite)
    }
}
