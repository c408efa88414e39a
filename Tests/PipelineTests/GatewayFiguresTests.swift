// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Telemetry
import Testing
import Tickets

@Suite struct GatewayFiguresTests {
    private let now = Timestamp(milliseconds: 1_800_000_000_000)

    private func ticket(_ state: TicketState, _ severity: Severity, respondIn: Int, resolveIn: Int) -> TicketSnapshot {
        TicketSnapshot(
            number: "1", version: 1, state: state.rawValue, severity: severity, asset: AssetIdentifier("riser-1"),
            assetName: BilingualText(zh: "立管", en: "Riser"), rule: .burst, owner: PersonIdentifier("wang-fang"),
            assignee: nil, raisedAt: now - .seconds(9000), respondBy: now + .seconds(respondIn),
            resolveBy: now + .seconds(resolveIn), respondedAt: nil, resolvedAt: nil, alarmCount: 1, allowed: [])
    }

    /// The samples of one family, without its name.
    private func samples(_ name: String, of figures: GatewayFigures) -> [String] {
        MetricsText.write(figures.families).split(separator: "\n").filter { $0.hasPrefix(name + "{") }
            .map { String($0.dropFirst(name.count)) }
    }

    @Test func `tickets that are over are neither open nor overdue`() {
        var figures = GatewayFigures(site: SiteIdentifier("lakeside"), at: now, timeQuality: .synced)
        figures.tickets = [
            ticket(.new, .p1, respondIn: -1, resolveIn: 60), ticket(.new, .p1, respondIn: -9, resolveIn: -1),
            ticket(.onHold, .p3, respondIn: 0, resolveIn: 60),
        ]
        figures.tickets += [TicketState.closed, .cancelled, .merged, .falseAlarm].map {
            ticket($0, .p1, respondIn: -5, resolveIn: -5)
        }
        #expect(
            samples("sluice_tickets_open", of: figures) == [
                #"{priority="p1",state="new"} 2"#, #"{priority="p3",state="onHold"} 1"#,
            ])
        #expect(
            samples("sluice_tickets_overdue", of: figures) == [
                #"{priority="p1",clock="resolve"} 1"#, #"{priority="p1",clock="respond"} 2"#,
            ])
    }

    @Test func `broken promises are counted by priority and clock, tasks and gaps by name`() {
        var figures = GatewayFigures(site: SiteIdentifier("lakeside"), at: now, timeQuality: .synced)
        figures.breaches = [
            .init(severity: .p2, clock: .onSite): 3, .init(severity: .p1, clock: .repair): 1,
            .init(severity: .p1, clock: .acknowledge): 2,
        ]
        figures.tasks = [("store", now - .milliseconds(1500))]
        figures.delivery.givenUp = [("quota_dropped", 42), ("store_damaged", 7)]
        figures.delivery.latency.note(.milliseconds(3))
        #expect(
            samples("sluice_ticket_breaches_total", of: figures) == [
                #"{priority="p1",clock="resolve"} 1"#, #"{priority="p1",clock="respond"} 2"#,
                #"{priority="p2",clock="on_site"} 3"#,
            ])
        #expect(
            samples("sluice_task_last_progress_timestamp_seconds", of: figures) == [#"{task="store"} 1799999998.5"#])
        #expect(
            samples("sluice_outbox_dropped_total", of: figures) == [
                #"{policy="quota_dropped"} 42"#, #"{policy="store_damaged"} 7"#,
            ])
        #expect(samples("sluice_publish_latency_seconds_count", of: figures) == [#"{site="lakeside"} 1"#])
    }

    @Test func `what is not known has no figure`() {
        let figures = GatewayFigures(site: SiteIdentifier("lakeside"), at: now, timeQuality: .unsynced)
        let names = Set(figures.families.filter { !$0.samples.isEmpty }.map(\.name))
        for absent in ["sluice_clock_offset_seconds", "sluice_store_quota_ratio", "sluice_disk_written_bytes_total"] {
            #expect(!names.contains(absent))
        }
        #expect(names.contains("sluice_clock_steps_total") && names.contains("sluice_mqtt_connects_total"))
    }

    @Test func `a device whose state is not known is neither up nor down`() {
        var figures = GatewayFigures(site: SiteIdentifier("lakeside"), at: now, timeQuality: .synced)
        figures.devices = [
            .init(name: "a", bus: "line", availability: .online, line: nil),
            .init(name: "b", bus: "line", availability: .offline, line: nil),
            .init(name: "c", bus: "line", availability: .unknown, line: nil),
        ]
        #expect(
            samples("sluice_device_up", of: figures) == [
                #"{bus="line",device="a"} 1"#, #"{bus="line",device="b"} 0"#,
            ])
    }
}
