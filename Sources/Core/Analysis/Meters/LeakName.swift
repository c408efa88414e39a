// SPDX-License-Identifier: Apache-2.0

import Model

/// What a proved flow is called, by its rate and by who lives behind the meter.
enum LeakName: Hashable, Codable, Sendable {
    case drip, toilet, leak

    /// No tap that drips lets through 4 L/h, no cistern that runs 300.
    init(litresPerHour rate: Double, role: MeterDescription.Role) {
        switch role {
        case .unit where rate < 4: self = .drip
        case .unit where rate < 300: self = .toilet
        case .unit, .bulk, .riser, .irrigation: self = .leak
        }
    }

    var rule: Rule {
        switch self {
        case .drip: .drippingTap
        case .toilet: .toiletLeak
        case .leak: .leak
        }
    }
}

/// What the watch over one meter says.
struct LeakRuling {
    var name: LeakName
    var verdict: Verdict
}

/// What the watch over one meter must know of it.
struct LeakContext {
    var role: MeterDescription.Role
    var law: RegisterLaw
    var levels: FlowLevels
    /// Whether sooner is better than surer: always on shared meters.
    var isSensitive: Bool
    /// Whether a burst is known already: it explains what runs.
    var isBursting: Bool
}
