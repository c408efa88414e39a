// SPDX-License-Identifier: Apache-2.0

import Model
import Telemetry
import Tickets

extension GatewayFigures {
    /// Alarms, tickets and water.
    var estate: [MetricFamily] {
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
        var broken = MetricFamily(
            "sluice_ticket_breaches_total", .counter, "Promises of tickets that were broken, by priority and clock.")
        for (promise, count) in breaches.sorted(by: { $0.key.order < $1.key.order }) {
            broken.add(count, [priority(promise.severity), MetricFamily.Label("clock", promise.clock.label)])
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
        return [active, raised, work, overdue, broken, leaks, water]
    }

    /// How often each key comes, by key.
    private static func counts(_ keys: [[String]]) -> [(key: [String], count: Int)] {
        Dictionary(keys.map { ($0, 1) }, uniquingKeysWith: +).sorted { $0.key.lexicographicallyPrecedes($1.key) }
            .map { ($0.key, $0.value) }
    }
}

extension GatewayFigures.Promise {
    fileprivate var order: String { "\(severity.word) \(clock.label)" }
}

extension TicketClock {
    /// As monitoring systems know it.
    fileprivate var label: String {
        switch self {
        case .acknowledge: "respond"
        case .onSite: "on_site"
        case .repair: "resolve"
        }
    }
}
