// SPDX-License-Identifier: Apache-2.0

/// What a water meter may be wrong by and is still a good one (OIML R 49, class 2): 2 %, and 5 % at small flows.
enum MeterError {
    static let share = 0.02
    static let shareOfSmallFlows = 0.05

    /// The least and the most that may have passed when so much was counted.
    static func least(_ litres: Double) -> Double { litres * (1 - share) }
    static func most(_ litres: Double) -> Double { litres * (1 + share) }
}
