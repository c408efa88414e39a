// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model
public import Outbox
public import Telemetry
public import Tickets

/// What a running gateway knows of itself and of its estate, as figures for a monitoring system.
public struct GatewayFigures: Sendable {
    /// What one bus did since the start.
    public struct Bus: Sendable {
        public var name: String
        /// From the first request of a visit to the end of its last answer.
        public var polls = DurationHistogram()
        /// How late visits began.
        public var lateness = DurationHistogram()
        public var overruns = 0
        /// Share of its time that the bus needs; `nil` before the first visit.
        public var load: Double?
        /// Share of its time that goes into asking dead units; `nil` before the first visit.
        public var probeLoad: Double?
        public init(name: String) { self.name = name }
    }

    /// What is known of one device's answers.
    public struct Device: Sendable {
        public var name: String
        public var bus: String
        public var availability: Availability
        public var line: LineEvidence.Unit?
        public init(name: String, bus: String, availability: Availability, line: LineEvidence.Unit?) {
            (self.name, self.bus, self.availability, self.line) = (name, bus, availability, line)
        }
    }

    /// What the store and the broker have to say.
    public struct Delivery: Sendable {
        public var outboxRows = 0
        public var oldestRow: Timestamp?
        public var isConnected = false
        public var isForbidden = false
        public var acknowledgedRows = 0
        public var refusedRows = 0
        /// Sweeps that were given up because the store refused for too long.
        public var droppedSweeps = 0
        /// Readings that were given up since the store was made, by cause.
        public var givenUp: [(cause: String, readings: Int64)] = []
        public var connects = 0
        /// Rows that went out again although they had been acknowledged.
        public var replayedRows = 0
        /// From handing a message over to its PUBACK.
        public var latency = DurationHistogram()
        /// What transactions of readings took.
        public var commits = DurationHistogram()
        /// Share of its room that the database fills; `nil` while it has no quota.
        public var quotaShare: Double?
        public init() {}
    }

    /// A promise of tickets of one priority.
    public struct Promise: Hashable, Sendable {
        public var severity: Severity
        public var clock: TicketClock
        public init(severity: Severity, clock: TicketClock) { (self.severity, self.clock) = (severity, clock) }
    }

    public var site: SiteIdentifier
    public var now: Timestamp
    public var startedAt: Timestamp?
    public var timeQuality: TimeQuality
    /// Names and versions of the program and its libraries.
    public var versions: [(name: String, version: String)] = []
    public var buses: [Bus] = []
    public var devices: [Device] = []
    /// Readings stored since the start, by quality.
    public var readings: [Quality: Int] = [:]
    public var delivery = Delivery()
    public var machine = HealthReport.Facts()
    public var alarms: [AlarmSnapshot] = []
    public var tickets: [TicketSnapshot] = []
    /// Promises that were broken since the start.
    public var breaches: [Promise: Int] = [:]
    public var findings: [Finding] = []
    /// Totals of meters, in litres.
    public var totals: [(asset: AssetIdentifier, total: Litres)] = []
    /// Critical tasks that do not get on.
    public var lateTasks: [String] = []
    /// When critical tasks last made progress.
    public var tasks: [(name: String, at: Timestamp)] = []
    /// What the kernel has yet to correct of the clock, in seconds; `nil` while nothing disciplines it.
    public var clockOffset: Double?
    /// How often the clock was set since the start.
    public var clockSteps = 0

    public init(site: SiteIdentifier, at now: Timestamp, timeQuality: TimeQuality) {
        (self.site, self.now, self.timeQuality) = (site, now, timeQuality)
    }

    /// Every figure, in the order in which it is told. Their names and labels are kept from version to version.
    public var families: [MetricFamily] {
        program + polling + delivering + estate
    }

    // MARK: the program

    private var program: [MetricFamily] {
        var build = MetricFamily("sluice_build_info", .gauge, "Versions of the program and its libraries; always 1.")
        let labels = versions.map { MetricFamily.Label($0.name == "sluice" ? "version" : $0.name, $0.version) }
        build.add(1, labels)
        var memory = MetricFamily("sluice_process_resident_bytes", .gauge, "Memory of the program.")
        memory.add(machine.residentMemory)
        var start = MetricFamily("sluice_process_start_timestamp_seconds", .gauge, "When the gateway started.")
        start.add(startedAt.map(Self.seconds))
        var synced = MetricFamily("sluice_clock_synced", .gauge, "Whether the clock is synchronised.")
        synced.add(timeQuality == .synced ? 1 : 0)
        var late = MetricFamily("sluice_tasks_late", .gauge, "Critical tasks that do not get on.")
        late.add(lateTasks.count)
        var progress = MetricFamily(
            "sluice_task_last_progress_timestamp_seconds", .gauge, "When a critical task last got on.")
        for task in tasks { progress.add(Self.seconds(task.at), [MetricFamily.Label("task", task.name)]) }
        var offset = MetricFamily(
            "sluice_clock_offset_seconds", .gauge, "What is yet to be corrected of a disciplined clock.")
        offset.add(clockOffset)
        var steps = MetricFamily("sluice_clock_steps_total", .counter, "How often the clock was set.")
        steps.add(clockSteps)
        return [build, memory, start, synced, offset, steps, late, progress]
    }

    static func seconds(_ moment: Timestamp) -> Double { Double(moment.milliseconds) / 1000 }
}
