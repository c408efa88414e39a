// SPDX-License-Identifier: Apache-2.0

public import Model
public import Outbox
import Profiles

/// Chooses the sweeps that are published; the store, the analyzer and the page see all of them.
///
/// A message carries a whole sweep, so a sweep goes out with all of its readings as soon as one of them is to be
/// reported. After a start nothing counts as published: the first reading of every point goes out.
public struct ReportChooser: Sendable {
    private struct Watched: Sendable {
        var rule: ReportRule
        var memory = ReportByException()
    }

    /// By the place of the point in the catalogue; `nil` for a point of which every reading is published. Empty when
    /// that is all of them.
    private var points: [Watched?]

    /// - Parameter rules: By the place of the point in the catalogue; `nil` publishes every reading.
    public init(rules: [ReportRule?]) {
        points = rules.contains { $0 != nil } ? rules.map { $0.map { Watched(rule: $0) } } : []
    }

    /// The rules of a site, whose catalogue is that of ``SiteConfiguration/makeCatalogue()``.
    public init(_ configuration: SiteConfiguration) {
        let everywhere = configuration.mqtt.maximumSilence.map { ReportRule(maximumSilence: $0) }
        self.init(
            rules: configuration.devices.flatMap { device in
                device.device.values.map { device.report[$0.name] ?? everywhere }
            })
    }

    /// Whether `sweep` is to be published; it counts as published then. A sweep without readings is not.
    public mutating func takes(_ sweep: Sweep) -> Bool {
        guard !points.isEmpty, !sweep.readings.isEmpty else { return !sweep.readings.isEmpty }
        guard sweep.readings.contains(where: { isDue($0, at: sweep.receivedAt) }) else { return false }
        for reading in sweep.readings {
            let place = Int(reading.point.value)
            guard points.indices.contains(place) else { continue }
            points[place]?.memory.notePublished(reading, at: sweep.receivedAt)
        }
        return true
    }

    private func isDue(_ reading: Reading, at now: MonotonicInstant) -> Bool {
        let place = Int(reading.point.value)
        guard points.indices.contains(place), let point = points[place] else { return true }
        return point.memory.isDue(reading, at: now, rule: point.rule)
    }
}
