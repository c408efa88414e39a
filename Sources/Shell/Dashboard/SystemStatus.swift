// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// The parts of an estate that the overview has a light for.
enum EstateSystem: String, CaseIterable, Sendable {
    case water, pumps, lifts, gates, other

    /// - Parameter kind: Folder of the profile of a device.
    init(kind: String) {
        switch kind {
        case "water-meter", "level": self = .water
        case "pump": self = .pumps
        case "lift": self = .lifts
        case "gate": self = .gates
        default: self = .other
        }
    }
}

/// The light of one system: the worst of its findings, devices and readings.
struct SystemStatus: Hashable, Sendable {
    enum Level: String, CaseIterable, Sendable {
        /// Nothing was read yet.
        case nodata
        case normal
        /// Somebody should look: a lesser finding, a silent device, a value that is bad or stale.
        case attention
        /// An open finding of severity p1 or p2.
        case urgent
    }

    var level: Level
    var findings: Int
    var offline: Int
    var bad: Int
    var stale: Int
    var online: Int

    init(of assets: [AssetSnapshot], findings: [Finding], at now: Timestamp) {
        let names = Set(assets.map(\.identifier))
        let open = findings.filter { $0.clearedAt == nil && names.contains($0.asset) }
        // A silent device is one trouble; its points do not count again.
        let answering = assets.filter { $0.availability != .offline }
        let points = answering.flatMap(\.points)
        self.findings = open.count
        offline = assets.count { $0.availability == .offline }
        online = assets.count { $0.availability == .online }
        bad = points.count { $0.quality == .bad }
        stale = points.count { $0.quality != .bad && $0.isStale(at: now) }
        if open.contains(where: { $0.severity <= .p2 }) {
            level = .urgent
        } else if !open.isEmpty || offline + bad + stale > 0 {
            level = .attention
        } else {
            level = points.contains { $0.quality != nil } ? .normal : .nodata
        }
    }

    /// What is behind the light, in a few words.
    func reason(in wording: Wording) -> String {
        let troubles = [
            (CountedPhrase.findings, findings), (.offline, offline), (.bad, bad), (.stale, stale),
        ].filter { $0.1 > 0 }
        if troubles.isEmpty { return wording.counted(.answering, online) }
        return troubles.map { wording.counted($0.0, $0.1) }.joined(separator: wording.text(.listSeparator))
    }
}
