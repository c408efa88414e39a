// SPDX-License-Identifier: Apache-2.0

public import Alarms

/// What a site says of its alarms.
public struct AlarmSettings: Hashable, Sendable {
    public var alarms = AlarmPolicy()
    public var correlation = CorrelationPolicy()
    /// What withholds alarms by design.
    public var suppressions: [Suppression] = []
    /// Time between two polls of each point that ``suppressions`` speak of.
    public var suppressionPeriods: [Int: Duration] = [:]
    public init() {}
}
