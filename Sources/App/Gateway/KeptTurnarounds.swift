// SPDX-License-Identifier: Apache-2.0

import Model

/// Which turnarounds of the devices of a bus are stored already, so that they are written seldom.
struct KeptTurnarounds {
    /// Time between two writes of one device.
    static let pause = Duration.seconds(600)

    private var kept: [(median: Duration, at: MonotonicInstant)?]

    /// - Parameter medians: Those of the run before, one for each device or none at all.
    init(_ medians: [Duration?], of count: Int, at start: MonotonicInstant) {
        kept = (0..<count).map { place in
            medians.indices.contains(place) ? medians[place].map { ($0, start) } : nil
        }
    }

    /// Whether `median` is to be written: the first one of a device, and one that differs by more than a fifth. It counts
    /// as written then.
    mutating func isNews(_ median: Duration, of device: Int, at now: MonotonicInstant) -> Bool {
        if let last = kept[device] {
            let difference = max(median - last.median, last.median - median)
            guard now - last.at >= Self.pause, difference * 5 > last.median else { return false }
        }
        kept[device] = (median, now)
        return true
    }
}
