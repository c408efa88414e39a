// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Telemetry

extension GatewayFigures {
    /// Buses and devices.
    var polling: [MetricFamily] {
        var polls = MetricFamily(
            "sluice_poll_duration_seconds", .histogram, "Time from the first request of a visit to its last answer.")
        var lateness = MetricFamily("sluice_poll_lateness_seconds", .histogram, "How late visits of devices began.")
        var overruns = MetricFamily(
            "sluice_poll_overruns_total", .counter, "Reads left out because the bus did not keep its periods.")
        var load = MetricFamily("sluice_bus_load_ratio", .gauge, "Share of its time that a bus needs.")
        var probes = MetricFamily(
            "sluice_bus_probe_ratio", .gauge, "Share of its time that a bus spends on asking dead units.")
        for bus in buses {
            let label = [MetricFamily.Label("bus", bus.name)]
            polls.add(bus.polls, label)
            lateness.add(bus.lateness, label)
            overruns.add(bus.overruns, label)
            load.add(bus.load, label)
            probes.add(bus.probeLoad, label)
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
        return [polls, lateness, overruns, load, probes, up, turnaround, errors, taken]
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
