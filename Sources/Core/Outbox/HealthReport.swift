// SPDX-License-Identifier: Apache-2.0

public import Model

/// How the gateway does, for the retained topic `_health`.
public struct HealthReport: Hashable, Sendable {
    public struct Bus: Hashable, Sendable {
        public var name: String
        public var units: Int
        /// Units that do not answer.
        public var down: Int
        public init(name: String, units: Int, down: Int) { (self.name, self.units, self.down) = (name, units, down) }
    }

    /// What the machine and the buses say; a figure that cannot be had is `nil` and left out.
    public struct Facts: Hashable, Sendable {
        public var diskFree: Int64?
        public var diskSize: Int64?
        public var databaseSize: Int64?
        public var residentMemory: Int64?
        /// What the program has had written to disks since its start.
        public var diskWritten: Int64?
        public var buses: [Bus] = []
        public init() {}
    }

    public var facts: Facts
    public var outboxRows: Int
    /// When the oldest waiting row was stored; `nil` when none waits.
    public var oldestRow: Timestamp?
    public var clock: TimeQuality
    /// Time since the program began.
    public var uptime: Duration
    public var isEchoMissing: Bool
    /// Messages that were sent to this gateway and not taken, in this run.
    public var commandsIgnored: Int
    /// What the consumer has acknowledged; `nil` where nobody is asked to.
    public var acknowledged: SequenceNumber?
    public var refusedRows: Int

    public init(
        facts: Facts, outboxRows: Int, oldestRow: Timestamp?, clock: TimeQuality, uptime: Duration, isEchoMissing: Bool,
        commandsIgnored: Int, acknowledged: SequenceNumber? = nil, refusedRows: Int = 0
    ) {
        (self.facts, self.outboxRows, self.oldestRow, self.clock) = (facts, outboxRows, oldestRow, clock)
        (self.uptime, self.isEchoMissing, self.commandsIgnored) = (uptime, isEchoMissing, commandsIgnored)
        (self.acknowledged, self.refusedRows) = (acknowledged, refusedRows)
    }

    public func payload(epoch: Int64, version: String, at now: Timestamp) -> [UInt8] {
        var json = JSONWriter(reserving: 512 + 64 * facts.buses.count)
        func member(_ name: String, _ value: Int64?) {
            guard let value else { return }
            json.key(name)
            json.integer(value)
        }
        json.beginObject()
        json.key("ts")
        json.timestamp(now)
        member("ep", epoch)
        json.key("version")
        json.string(version)
        member("uptime_seconds", Int64(uptime.inSeconds))
        json.key("tq")
        json.string(clock.word)
        json.key("outbox")
        json.beginObject()
        member("rows", Int64(outboxRows))
        if let oldestRow { member("oldest_seconds", max(0, Int64((now - oldestRow).inSeconds))) }
        member("refused_rows", Int64(refusedRows))
        member("acknowledged_seq", acknowledged?.value)
        json.key("echo")
        json.string(isEchoMissing ? "missing" : "good")
        json.endObject()
        member("commands_ignored", Int64(commandsIgnored))
        json.key("disk")
        json.beginObject()
        member("free_bytes", facts.diskFree)
        member("size_bytes", facts.diskSize)
        member("database_bytes", facts.databaseSize)
        json.endObject()
        member("rss_bytes", facts.residentMemory)
        member("units_down", Int64(facts.buses.reduce(0) { $0 + $1.down }))
        json.key("buses")
        json.beginObject()
        for bus in facts.buses {
            json.key(bus.name)
            json.beginObject()
            member("units", Int64(bus.units))
            member("down", Int64(bus.down))
            json.endObject()
        }
        json.endObject()
        json.endObject()
        return json.bytes
    }
}
