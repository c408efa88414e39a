// SPDX-License-Identifier: Apache-2.0

import Model

/// At most about `limit` of `samples`, so that a picture of them looks the same.
///
/// The samples are cut into equal runs; of each run the first, the least, the greatest and the first gap stay, in
/// their order. Fewer samples than `limit` stay as they are.
///
/// - Parameter limit: At least 4.
public func thinned(_ samples: [Trend.Sample], to limit: Int) -> [Trend.Sample] {
    let wanted = max(4, limit)
    guard samples.count > wanted else { return samples }
    let runs = wanted / 4
    var kept: [Trend.Sample] = []
    kept.reserveCapacity(wanted)
    for run in 0..<runs {
        let range = samples.count * run / runs..<samples.count * (run + 1) / runs
        guard let first = range.first else { continue }
        var least: Int?
        var greatest: Int?
        var gap: Int?
        for place in range {
            guard let value = samples[place].value else {
                gap = gap ?? place
                continue
            }
            if least.flatMap({ samples[$0].value }).map({ value < $0 }) ?? true { least = place }
            if greatest.flatMap({ samples[$0].value }).map({ value > $0 }) ?? true { greatest = place }
        }
        for place in Set([first, least, greatest, gap].compactMap { $0 }).sorted() { kept.append(samples[place]) }
    }
    return kept
}
