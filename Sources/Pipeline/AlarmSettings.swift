// SPDX-License-Identifier: Apache-2.0

public import Alarms

/// What a site says of its alarms.
public struct AlarmSettings: Hashable, Sendable {
    public var alarms = AlarmPolicy()
    public var correlation = CorrelationPolicy()
    public init() {}
}
