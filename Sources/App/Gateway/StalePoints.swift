// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Polling

/// Which points of a bus have brought no reading for three of their periods, as happens on a bus that carries too much.
///
/// A device that is down is told as such, so its points are not stale as well.
struct StalePoints {
    /// By device and group; `nil` for what is read once, and while the device is down.
    private var watches: [[StaleWatch?]]
    private let periods: [[Duration]]

    init(devices: [PolledDevice], startingAt start: MonotonicInstant) {
        periods = devices.map { $0.scheduled.groups.map(\.period) }
        watches = periods.map { $0.map { Self.watch($0, start) } }
    }

    private static func watch(_ period: Duration, _ start: MonotonicInstant) -> StaleWatch? {
        period > .zero ? StaleWatch(staleAfter: period * StaleWatch.usualPeriods, startingAt: start) : nil
    }

    mutating func noteReadings(of device: Int, groups: [Int], at now: MonotonicInstant) {
        for group in groups where watches[device].indices.contains(group) {
            if watches[device][group] == nil { watches[device][group] = Self.watch(periods[device][group], now) }
            watches[device][group]?.noteReading(at: now)
        }
    }

    mutating func noteDown(_ device: Int) { watches[device] = watches[device].map { _ in nil } }

    /// Groups that have just become stale: each is named once, until it brings a reading.
    mutating func newlyStale(at now: MonotonicInstant) -> [(device: Int, group: Int)] {
        var found: [(Int, Int)] = []
        for device in watches.indices {
            for group in watches[device].indices where watches[device][group]?.becomesStale(at: now) == true {
                found.append((device, group))
            }
        }
        return found
    }
}
