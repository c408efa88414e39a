// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model
public import Outbox
public import Telemetry

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
        public init() {}
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
    public var findings: [Finding] = []
    /// Totals of meters, in litres.
    public var totals: [(asset: AssetIdentifier, total: Litres)] = []
    /// Critical tasks that do not get on.
    public var lateTasks: [String] = []

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
        return [build, memory, start, synced, late]
    }

    private static func seconds(_ moment: Timestamp) -> Double { Double(moment.milliseconds) / 1000 }

    // MARK: buses and devices

    private var polling: [MetricFamily] {
        var polls = MetricFamily(
            "sluice_poll_duration_seconds", .histogram, "Time from the first request of a visit to its last answer.")
        var lateness = MetricFamily("sluice_poll_lateness_seconds", .histogram, "How late visits of devices began.")
        var overruns = MetricFamily(
            "sluice_poll_overruns_total", .counter, "Reads left out because the bus did not keep its periods.")
        var load = MetricFamily("sluice_bus_load_ratio", .gauge, "Share of its time that a bus needs.")
        for bus in buses {
            let label = [MetricFamily.Label("bus", bus.name)]
            polls.add(bus.polls, label)
            lateness.add(bus.lateness, label)
            overruns.add(bus.overruns, label)
            load.add(bus.load, label)
        }
        var up = MetricFamily("sluice_device_up", .gauge, "Whether a device answers; absent until that is known.")
        var turnaround = MetricFamily(
            "sluice_device_turnaround_seconds", .summary, "Time from the end of a request to the first byte.")
        var errors = MetricFamily("sluice_poll_errors_total", .counter, "Requests without a good answer, by kind.")
        for device in devices {
            let labels = [MetricFamily.Label("bus", device.bus), MetricFamily.Label("device", device.name)]
            if device.availability != .unknown { up.add(device.availability == .online ? 1 : 0, labels) }
            guard let line = device.line else { continue }
            turnaround.add(quantile: 0.5, line.turnaroundP50Milliseconds.map { $0 / 1000 }, labels)
            turnaround.add(quantile: 0.99, line.turnaroundP99Milliseconds.map { $0 / 1000 }, labels)
            // A kind that never was is left out: a site of many devices has few kinds of trouble.
            for (kind, count) in line.errors where count > 0 {
                errors.add(count, labels + [MetricFamily.Label("kind", kind)])
            }
        }
        var taken = MetricFamily("sluice_readings_total", .counter, "Readings stored, by quality.")
        for (quality, word) in [(Quality.good, "good"), (.uncertain, "uncertain"), (.bad, "bad")] {
            taken.add(readings[quality] ?? 0, [MetricFamily.Label("quality", word)])
        }
        return [polls, lateness, overruns, load, up, turnaround, errors, taken]
    }

    // MARK: store and broker

    private var delivering: [MetricFamily] {
        var rows = MetricFamily("sluice_outbox_rows", .gauge, "Rows that wait for the broker.")
        rows.add(delivery.outboxRows)
        var oldest = MetricFamily(
            "sluice_outbox_oldest_timestamp_seconds", .gauge, "When the oldest waiting row was stored.")
        oldest.add(delivery.oldestRow.map(Self.seconds))
        var acknowledged = MetricFamily("sluice_outbox_acknowledged_total", .counter, "Rows that the broker has taken.")
        acknowledged.add(delivery.acknowledgedRows)
        var refused = MetricFamily("sluice_outbox_refused_total", .counter, "Rows that the broker will never take.")
        refused.add(delivery.refusedRows)
        var dropped = MetricFamily(
            "sluice_store_sweeps_dropped_total", .counter, "Sweeps given up because nothing could be stored.")
        dropped.add(delivery.droppedSweeps)
        var connected = MetricFamily("sluice_mqtt_connected", .gauge, "Whether there is a session with the broker.")
        connected.add(delivery.isConnected ? 1 : 0, [MetricFamily.Label("site", site.text)])
        var echo = MetricFamily(
            "sluice_mqtt_echo_missing", .gauge, "Whether the broker acknowledges what it does not let through.")
        echo.add(delivery.isForbidden ? 1 : 0, [MetricFamily.Label("site", site.text)])
        var store = MetricFamily("sluice_store_bytes", .gauge, "Size of the database and its log.")
        store.add(machine.databaseSize)
        var free = MetricFamily("sluice_disk_free_bytes", .gauge, "Room left on the disk of the state directory.")
        free.add(machine.diskFree)
        return [rows, oldest, acknowledged, refused, dropped, connected, echo, store, free]
    }

    // MARK: the estate

    private var estate: [MetricFamily] {
        func priority(_ severity: Severity) -> MetricFamily.Label { .init("priority", severity.word) }
        var active = MetricFamily("sluice_alarms_active", .gauge, "Alarms whose condition holds, by priority.")
        for severity in Severity.allCases {
            active.add(alarms.count { $0.isActive && $0.severity == severity }, [priority(severity)])
        }
        var raised = MetricFamily("sluice_alarms_raised_total", .counter, "How often alarms came, by priority.")
        for severity in Severity.allCases {
            let times = alarms.filter { $0.severity == severity }.reduce(0) { $0 + $1.occurrences }
            raised.add(times, [priority(severity)])
        }
        let open = tickets.filter(\.isOpen)
        var work = MetricFamily("sluice_tickets_open", .gauge, "Tickets that are not over, by priority and state.")
        for (key, count) in Self.counts(open.map { [$0.severity.word, $0.state] }) {
            work.add(count, [MetricFamily.Label("priority", key[0]), MetricFamily.Label("state", key[1])])
        }
        var overdue = MetricFamily(
            "sluice_tickets_overdue", .gauge, "Open tickets whose promise is over, by priority and clock.")
        let late = open.flatMap { ticket in ticket.overduePromises(at: now).map { [ticket.severity.word, $0] } }
        for (key, count) in Self.counts(late) {
            overdue.add(count, [MetricFamily.Label("priority", key[0]), MetricFamily.Label("clock", key[1])])
        }
        var leaks = MetricFamily(
            "sluice_leak_flow_cubic_meters_per_second", .gauge, "Water that an open finding accounts for, at least.")
        for finding in findings where finding.clearedAt == nil {
            guard let loss = finding.loss else { continue }
            leaks.add(
                loss.rateLow.value / 3_600_000,
                [MetricFamily.Label("asset", finding.asset.text), MetricFamily.Label("rule", finding.rule.text)])
        }
        var water = MetricFamily(
            "sluice_water_volume_cubic_meters_total", .counter,
            "Register of a meter, exchanges and overflows evened out.")
        for (asset, total) in totals { water.add(total.value / 1000, [MetricFamily.Label("meter", asset.text)]) }
        return [active, raised, work, overdue, leaks, water]
    }

    /// How often each key comes, by key.
    private static func counts(_ keys: [[String]]) -> [(key: [String], count: Int)] {
        Dictionary(keys.map { ($0, 1) }, uniquingKeysWith: +).sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { ($0.key, $0.value) }
    }
}

extension LineEvidence.Unit {
    /// What went wrong with this unit, by kind.
    fileprivate var errors: [(kind: String, count: Int)] {
        [
            ("timeout", timeouts), ("crc", checksumErrors), ("frame", tornFrames + refusals), ("exception", exceptions),
            ("late_reply", lateReplies), ("stray_bytes", strayBytes),
        ]
    }
}
