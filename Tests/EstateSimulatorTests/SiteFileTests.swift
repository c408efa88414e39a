// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import Model
import Testing

@Suite struct SiteFileTests {
    private let estate = EstateSimulator(seed: 1, start: monday, zone: shanghai)
    private let addresses: [String: BusAddress] = [
        "meters": .tcp(host: "127.0.0.1", port: 1502), "pumps": .tcp(host: "127.0.0.1", port: 1503),
        "gate": .tcp(host: "127.0.0.1", port: 1504), "line-1": .pty(path: "/dev/pts/7"),
    ]

    @Test func `the site's file names every bus and device of the estate`() {
        let text = estate.siteFile(
            addresses: addresses, stateDirectory: "/tmp/a \"b\"", mqttURL: "mqtt://127.0.0.1:1883", dashboardPort: 0)
        let lines = text.split(separator: "\n").map(String.init)
        for line in [
            #"site: {id: lakeside, name: {zh: 湖畔花园, en: Lakeside}, zone: "Asia/Shanghai", language: zh-Hans}"#,
            #"storage: {directory: "/tmp/a \"b\"", reading_days: 35}"#,
            #"mqtt: {url: "mqtt://127.0.0.1:1883", replay_window_seconds: 180}"#,
            "dashboard: {address: 127.0.0.1, port: 0}",
            "polling: {fast_seconds: 1.0, normal_seconds: 5.0, slow_seconds: 15.0}",
            #"  meters: {tcp: "127.0.0.1", port: 1502, timeout_milliseconds: 1000, turnaround_milliseconds: 2}"#,
            #"  line-1: {serial: "/dev/pts/7", baud: 9600, parity: none, stop_bits: 1, timeout_milliseconds: 1000, "#
                + "turnaround_milliseconds: 20}",
            "    meter: {role: bulk, litres_per_count: 0.001, nominal_flow_cubic_metres_per_hour: 25.0}",
            "    meter: {role: unit, parent: riser-2, litres_per_count: 0.001, nominal_flow_cubic_metres_per_hour: 2.5, "
                + "longest_interval_minutes: 15}",
            "duty: {owner: wang-fang}", "tickets: {verify_for_minutes: 0, verify_leak_for_hours: 0}",
        ] { #expect(lines.contains(line), "missing: \(line)") }
        for device in estate.devices { #expect(lines.contains("  \(device.identifier):")) }
        #expect(lines.filter { $0.hasPrefix("    profile: ") }.count == 14)
        #expect(lines.filter { $0.hasPrefix("    meter: ") }.count == 9)
    }

    @Test func `devices of a bus without an address are left out`() {
        var some = addresses
        some["line-1"] = nil
        let text = estate.siteFile(addresses: some, stateDirectory: "s", mqttURL: "mqtt://h:1", dashboardPort: 1)
        #expect(!text.contains("line-1"))
        #expect(!text.contains("lift-1"))
        #expect(text.contains("  gate-1:"))
    }
}
