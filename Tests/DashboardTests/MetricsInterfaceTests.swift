// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Dashboard

@Suite struct MetricsInterfaceTests {
    @Test func `figures are answered as Prometheus reads them`() async throws {
        let answer = try await withDashboard { try await $0.get("/metrics") }
        #expect(answer.status == 200)
        #expect(answer.header("content-type") == "text/plain; version=0.0.4; charset=utf-8")
        #expect(answer.header("cache-control") == "no-store")
        let lines = answer.body.split(separator: "\n")
        #expect(lines.contains("# TYPE sluice_tickets_open gauge"))
        #expect(lines.contains(#"sluice_alarms_active{priority="p1"} 0"#))
        // An open burst of the estate, with what it loses at least.
        #expect(lines.contains { $0.hasPrefix(#"sluice_leak_flow_cubic_meters_per_second{asset="#) })
        #expect(lines.last == "sluice_metrics_series_dropped_total 0")
    }

    @Test func `health is 503 with its reasons while the gateway does not do its work`() async throws {
        let answers = try await withDashboard { dashboard in
            let good = try await dashboard.get("/healthz")
            await dashboard.estate.complain("committer does not get on")
            return [good, try await dashboard.get("/healthz")]
        }
        #expect(answers.map(\.status) == [200, 503])
        #expect(answers.map(\.body) == ["ok\n", "committer does not get on\n"])
    }
}
