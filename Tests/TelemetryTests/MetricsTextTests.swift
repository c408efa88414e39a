// SPDX-License-Identifier: Apache-2.0

import Foundation
import Telemetry
import Testing

@Suite struct MetricsTextTests {
    @Test func `families are written with their help, type, labels and values`() {
        var up = MetricFamily("sluice_device_up", .gauge, "Whether a device answers.\nOr not: \\.")
        up.add(1, [.init("bus", "line-1"), .init("device", "a \"quoted\"\\\nname 湖")])
        up.add(Double?.none, [.init("bus", "unknown")])
        var size = MetricFamily("sluice_store_bytes", .gauge, "Size.")
        size.add(Int64(1) << 40)
        size.add(0.25)
        size.add(Double.infinity)
        size.add(-Double.infinity)
        size.add(Double.nan)
        #expect(
            MetricsText.write([up, size, MetricFamily("sluice_none", .counter, "Nothing.")])
                == #"""
                # HELP sluice_device_up Whether a device answers.\nOr not: \\.
                # TYPE sluice_device_up gauge
                sluice_device_up{bus="line-1",device="a \"quoted\"\\\nname 湖"} 1
                # HELP sluice_store_bytes Size.
                # TYPE sluice_store_bytes gauge
                sluice_store_bytes 1099511627776
                sluice_store_bytes 0.25
                sluice_store_bytes +Inf
                sluice_store_bytes -Inf
                sluice_store_bytes NaN
                # HELP sluice_metrics_series_dropped_total Series left out of this answer because there are too many.
                # TYPE sluice_metrics_series_dropped_total counter
                sluice_metrics_series_dropped_total 0

                """#)
    }

    @Test func `a histogram has rising buckets, a sum and a count`() {
        var waits = DurationHistogram()
        for milliseconds in [-5, 0, 1, 3, 3, 40, 60_000] { waits.note(.milliseconds(milliseconds)) }
        #expect(waits.count == 7)
        #expect(abs(waits.sum - 60.047) < 1e-9)
        var family = MetricFamily("sluice_poll_duration_seconds", .histogram, "How long.")
        family.add(waits, [.init("bus", "a")])
        let lines = MetricsText.write([family]).split(separator: "\n").filter { $0.hasPrefix("sluice_poll") }
        #expect(lines.first == #"sluice_poll_duration_seconds_bucket{bus="a",le="0.001"} 3"#)
        #expect(lines.contains(#"sluice_poll_duration_seconds_bucket{bus="a",le="0.05"} 6"#))
        #expect(
            lines.suffix(3) == [
                #"sluice_poll_duration_seconds_bucket{bus="a",le="+Inf"} 7"#,
                #"sluice_poll_duration_seconds_sum{bus="a"} 60.047"#,
                #"sluice_poll_duration_seconds_count{bus="a"} 7"#,
            ])
    }

    @Test func `families that do not fit are left out whole and counted`() {
        var (small, large) = (MetricFamily("small", .gauge, "."), MetricFamily("large", .gauge, "."))
        for value in 0..<3 { small.add(value, [.init("n", "\(value)")]) }
        for value in 0..<8 { large.add(value, [.init("n", "\(value)")]) }
        let text = MetricsText.write([large, small], limit: 7)
        #expect(!text.contains("large") && text.contains(#"small{n="2"} 2"#))
        #expect(text.contains("sluice_metrics_series_dropped_total 8\n"))
        #expect(MetricsText.write([large, small], limit: 11).contains("sluice_metrics_series_dropped_total 0\n"))
    }
}
