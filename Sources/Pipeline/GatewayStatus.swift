// SPDX-License-Identifier: Apache-2.0

public import Model
import Outbox

/// How a running gateway is, on one screen.
public struct GatewayStatus: Hashable, Codable, Sendable {
    public struct Bus: Hashable, Codable, Sendable {
        public var name: String
        public var units: Int
        /// Units that do not answer.
        public var down: Int
        /// Share of its time that the bus needs, 0 ... 1; `nil` before the first visit.
        public var load: Double?
    }

    public var site: SiteIdentifier
    public var version: String
    public var asOf: Timestamp
    public var startedAt: Timestamp?
    public var isTimeSynced: Bool
    /// Why it does not do its work; empty when it does.
    public var complaints: [String]
    public var buses: [Bus]
    public var isBrokerConnected: Bool
    /// The broker acknowledges what it does not let through.
    public var isBrokerForbidding: Bool
    public var outboxRows: Int
    public var oldestRow: Timestamp?
    public var refusedRows: Int
    public var openFindings: Int
    public var activeAlarms: Int
    /// Open tickets of each severity, `p1` first.
    public var openTickets: [Int]
    /// Open tickets of which a promise is over.
    public var overdueTickets: Int
    public var databaseBytes: Int64?
    public var diskFreeBytes: Int64?
    public var memoryBytes: Int64?

    public init(_ figures: GatewayFigures, complaints: [String]) {
        (site, asOf, startedAt) = (figures.site, figures.now, figures.startedAt)
        version = figures.versions.first { $0.name == "sluice" }?.version ?? ""
        isTimeSynced = figures.timeQuality == .synced
        self.complaints = complaints
        buses = figures.buses.map { bus in
            let devices = figures.devices.filter { $0.bus == bus.name }
            return Bus(
                name: bus.name, units: devices.count, down: devices.count { $0.availability == .offline },
                load: bus.load)
        }
        let delivery = figures.delivery
        (isBrokerConnected, isBrokerForbidding) = (delivery.isConnected, delivery.isForbidden)
        (outboxRows, oldestRow, refusedRows) = (delivery.outboxRows, delivery.oldestRow, delivery.refusedRows)
        openFindings = figures.findings.count { $0.clearedAt == nil }
        activeAlarms = figures.alarms.count(where: \.isActive)
        let open = figures.tickets.filter(\.isOpen)
        openTickets = Severity.allCases.map { severity in open.count { $0.severity == severity } }
        overdueTickets = open.count { !$0.overduePromises(at: figures.now).isEmpty }
        databaseBytes = figures.machine.databaseSize
        diskFreeBytes = figures.machine.diskFree
        memoryBytes = figures.machine.residentMemory
    }
}
