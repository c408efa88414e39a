// SPDX-License-Identifier: Apache-2.0

/// A shared facility that stands ready unseen, and whose level or pressure tells whether it does.
public enum Facility: String, Hashable, Codable, Sendable, CaseIterable {
    /// The sump of a drain or sewer: a level that rises is a pump that does not lift or a pipe that is blocked.
    case drain
    /// The fire-water tank, or the pressure at its hydrants.
    case fireWater = "fire_water"
}
