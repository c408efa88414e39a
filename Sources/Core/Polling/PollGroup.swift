// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec

/// Items of one device that are read at the same period.
public struct PollGroup: Hashable, Sendable {
    /// Time between two reads; zero reads once at the start and once more whenever the device has come back.
    public var period: Duration
    /// Runs of addresses that are never split.
    public var items: [RegisterSpan]

    public init(period: Duration, items: [RegisterSpan]) {
        self.period = period
        self.items = items
    }
}

/// One device of a bus, as the scheduler sees it.
public struct ScheduledDevice: Hashable, Sendable {
    public var unit: UnitIdentifier
    /// At most 64.
    public var groups: [PollGroup]
    public var limits: ReadLimits
    /// One harmless read that tells whether a dead device is back.
    public var probe: RegisterSpan
    /// The device may stay silent this long after the start before it is called down.
    public var startsWithin: Duration
    /// The device may take this long to begin an answer, whatever was learned of it; zero when nothing is printed.
    public var respondsWithin: Duration

    public init(
        unit: UnitIdentifier, groups: [PollGroup], limits: ReadLimits, probe: RegisterSpan,
        startsWithin: Duration = .zero, respondsWithin: Duration = .zero
    ) {
        self.unit = unit
        self.groups = groups
        self.limits = limits
        self.probe = probe
        self.startsWithin = startsWithin
        self.respondsWithin = respondsWithin
    }
}
