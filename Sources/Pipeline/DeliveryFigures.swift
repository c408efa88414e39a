// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import Telemetry

extension GatewayFigures {
    /// Store and broker.
    var delivering: [MetricFamily] {
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
        var givenUp = MetricFamily(
            "sluice_outbox_dropped_total", .counter, "Readings given up and told as gaps, by cause.")
        for (cause, count) in delivery.givenUp { givenUp.add(count, [MetricFamily.Label("policy", cause)]) }
        var replayed = MetricFamily(
            "sluice_outbox_replayed_total", .counter, "Rows that went out again after they were acknowledged.")
        replayed.add(delivery.replayedRows)
        let label = [MetricFamily.Label("site", site.text)]
        var connects = MetricFamily("sluice_mqtt_connects_total", .counter, "Sessions begun with the broker.")
        connects.add(delivery.connects, label)
        var latency = MetricFamily(
            "sluice_publish_latency_seconds", .histogram, "Time from handing a message over to its PUBACK.")
        latency.add(delivery.latency, label)
        var commits = MetricFamily(
            "sluice_commit_duration_seconds", .histogram, "Time that a transaction of readings took.")
        commits.add(delivery.commits)
        var quota = MetricFamily("sluice_store_quota_ratio", .gauge, "Share of its room that the database fills.")
        quota.add(delivery.quotaShare)
        var written = MetricFamily(
            "sluice_disk_written_bytes_total", .counter, "What the program has had written to disks.")
        written.add(machine.diskWritten)
        var connected = MetricFamily("sluice_mqtt_connected", .gauge, "Whether there is a session with the broker.")
        connected.add(delivery.isConnected ? 1 : 0, label)
        var echo = MetricFamily(
            "sluice_mqtt_echo_missing", .gauge, "Whether the broker acknowledges what it does not let through.")
        echo.add(delivery.isForbidden ? 1 : 0, label)
        var store = MetricFamily("sluice_store_bytes", .gauge, "Size of the database and its log.")
        store.add(machine.databaseSize)
        var free = MetricFamily("sluice_disk_free_bytes", .gauge, "Room left on the disk of the state directory.")
        free.add(machine.diskFree)
        return [
            rows, oldest, acknowledged, refused, givenUp, replayed, dropped, connected, connects, echo, latency, store,
            quota, free, written, commits,
        ]
    }
}
