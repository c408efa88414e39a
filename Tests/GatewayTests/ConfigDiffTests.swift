// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// `sluice config diff` against a running gateway.
@Suite struct ConfigDiffTests {
    private let folder: TestFolder
    private var site: String { "\(folder.path)/site.yaml" }

    private static let sound = OneMeterSite.text(
        """
        storage: {directory: state}
        mqtt: {url: "mqtt://127.0.0.1:1"}
        channels:
          erp: {kind: webhook, url: "https://erp.example.org/sluice?token=hunter2"}
        """)

    init() throws {
        folder = try TestFolder()
        try folder.write("site.yaml", Self.sound)
        try folder.write("profiles/water-meter/acme-wm40/profile.yaml", OneMeterSite.profile())
    }

    private func sluice(_ arguments: [String]) throws -> (lines: [String], status: Int32) {
        let command = try RunningProgram(
            try Programs.sluice, arguments + ["--config", site, "--profiles", "\(folder.path)/profiles"])
        command.closeInput()
        try command.linesToEnd(within: 60)
        command.process.waitUntilExit()
        return (command.output, command.process.terminationStatus)
    }

    private func start() throws -> (gateway: RunningProgram, peer: HTTPPeer) {
        let gateway = try RunningProgram(
            try Programs.sluice, ["run", "--config", site, "--profiles", "\(folder.path)/profiles"],
            environment: ["LC_ALL": "C.UTF-8"])
        let line = try gateway.line(within: 60, "the running gateway") { $0.contains("Gateway is running.") }
        let match = try #require(line.firstMatch(of: /http:\/\/127\.0\.0\.1:(\d+)\//))
        return (gateway, HTTPPeer(port: try #require(Int(match.output.1))))
    }

    /// What an independent client is answered on the local socket.
    private func askedBySocket() throws -> String {
        let curl = try RunningProgram(
            "/usr/bin/curl",
            [
                "--silent", "--fail-with-body", "--write-out", "\n", "--unix-socket",
                "\(folder.path)/state/gateway.sock",
                "http://localhost/api/v1/configuration",
            ])
        try curl.linesToEnd(within: 30)
        curl.process.waitUntilExit()
        #expect(curl.process.terminationStatus == 0)
        return curl.output.joined()
    }

    @Test func `what differs is told with its place, until the gateway has read it`() throws {
        let (gateway, peer) = try start()
        let same = try sluice(["config", "diff"])
        #expect(same.status == 0)
        #expect(same.lines == ["The running gateway holds what \(site) says."])

        var text = Self.sound + "tickets: {photo_days: 30}\n"
        for (old, new) in [
            ("unit: 1", "unit: 2"), ("    area: inlet", "    place: Pump house\n    area: inlet"),
            (", nominal_flow_cubic_metres_per_hour: 25", ""), ("hunter2", "hunter3"),
        ] {
            #expect(text.contains(old))
            text = text.replacing(old, with: new)
        }
        try folder.write("site.yaml", text)
        try folder.write(
            "profiles/water-meter/acme-wm40/profile.yaml", OneMeterSite.profile().replacing("水表", with: "总表"))
        let different = try sluice(["config", "diff"])
        #expect(different.status == 1)
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        func place(_ key: String) throws -> String {
            "# \(site):\(try #require(lines.firstIndex { $0.contains(key) }) + 1)"
        }
        #expect(
            different.lines.map { $0.split(separator: " ").joined(separator: " ") } == [
                "~ channels.erp.url: https://erp.example.org/sluice?***, of which the hidden part differs "
                    + (try place("erp:")),
                "~ devices.inlet-meter.unit: 1 -> 2 " + (try place("unit: 2")),
                "+ devices.inlet-meter.place: Pump house " + (try place("place:")),
                "~ tickets.photo_days: 1095 -> 30 " + (try place("photo_days")),
                "- devices.inlet-meter.meter.nominal_flow_cubic_metres_per_hour: 25",
                "~ profile acme-wm40: its text has changed",
                "What differs is not in force; `sluice reload` lets the gateway read the file again.",
            ])
        let json = try sluice(["config", "diff", "--json"])
        #expect(json.status == 1)
        let told = json.lines.joined()
        #expect(
            told.contains(
                #"{"file":{"file":"\#(site)","isDefault":false,"line":\#(lines.count - 1),"value":"30"},"path":["tickets","photo_days"],"#
                    + #""running":{"isDefault":true,"value":"1095"}}"#), "\(told)")
        #expect(told.contains(#""isSame":false,"profiles":["acme-wm40"],"schema":1"#), "\(told)")

        // The settings are for users of the state directory alone, and no secret is among them.
        let held = try askedBySocket()
        #expect(held.contains("sluice?***") && !held.contains("hunter"))
        #expect(!told.contains("hunter") && !different.lines.joined().contains("hunter"))
        #expect(try peer.get("/api/v1/configuration").status == 404)

        #expect(try sluice(["reload"]).status == 0)
        try gateway.lines(within: 60, "the next configuration") { lines in
            lines.count { $0.contains("Gateway is running.") } == 2
        }
        #expect(try sluice(["config", "diff"]).status == 0)
        #expect(gateway.end(SIGTERM) == 0)
    }

    @Test func `a file that is refused leaves the settings that hold`() throws {
        let (gateway, _) = try start()
        try folder.write("site.yaml", Self.sound.replacing("unit: 1", with: "unit: one"))
        gateway.kill(SIGHUP)
        try gateway.line(within: 60, "the refusal") { $0.contains("was not accepted") }
        let refused = try sluice(["config", "diff"])
        #expect(refused.status == 78)
        #expect(refused.lines.first?.contains("error: SL-1108") == true)
        try folder.write("site.yaml", Self.sound)
        #expect(try sluice(["config", "diff"]).status == 0)
        #expect(gateway.end(SIGTERM) == 0)
    }

    /// Values of a file in conf.d, one added, one changed, one removed, each taken over by a reload.
    @Test func `files in conf.d come, change and go with a reload`() throws {
        let (gateway, _) = try start()
        let file = "\(folder.path)/conf.d/20-repairs.yaml"
        var runs = 1
        func reloaded() throws {
            #expect(try sluice(["reload"]).status == 0)
            runs += 1
            try gateway.lines(within: 60, "the next configuration") { lines in
                lines.count { $0.contains("Gateway is running.") } == runs
            }
            #expect(try sluice(["config", "diff"]).status == 0)
        }
        func difference() throws -> String? {
            try sluice(["config", "diff"]).lines.first?.split(separator: " ").joined(separator: " ")
        }
        try folder.write("conf.d/20-repairs.yaml", "tickets: {photo_days: 30}\n")
        #expect(try difference() == "~ tickets.photo_days: 1095 -> 30 # \(file):1")
        try reloaded()

        try folder.write("conf.d/20-repairs.yaml", "# fewer\ntickets: {photo_days: 7}\n")
        #expect(try difference() == "~ tickets.photo_days: 30 -> 7 # \(file):2")
        try reloaded()

        try folder.write("conf.d/20-repairs.yaml", "tickets: {photo_days: never}\n")
        gateway.kill(SIGHUP)
        try gateway.line(within: 60, "the refusal") { $0.contains("was not accepted") }
        #expect(try sluice(["config", "diff"]).lines.first?.hasPrefix("\(file):1:23: error: SL-1108") == true)

        try FileManager.default.removeItem(atPath: file)
        #expect(try difference() == "~ tickets.photo_days: 7 -> 1095 # default")
        try reloaded()
        #expect(gateway.end(SIGTERM) == 0)
    }

    @Test func `without a gateway there is nothing to compare with`() throws {
        let alone = try sluice(["config", "diff"])
        #expect(alone.status == 69)
        #expect(alone.lines.first?.contains("there is no socket \(folder.path)/state/gateway.sock.") == true)
    }
}
