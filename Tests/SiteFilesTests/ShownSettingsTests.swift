// SPDX-License-Identifier: Apache-2.0

import Foundation
import Pipeline
import Profiles
import SiteFiles
import TestKit
import Testing

/// What `sluice config show` shows is what holds.
@Suite struct ShownSettingsTests {
    private static let project = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
    private static let examples = [
        "lakeside", "old-courtyard", "ten-towers", "two-estates/east-garden", "two-estates/west-garden",
    ]

    private func load(_ path: String, profiles: String = "\(project)/DeviceProfiles") -> LoadedSite {
        loadSite(at: path, profileFolders: [profiles], keepsRecord: true)
    }

    private func effective(_ loaded: LoadedSite) throws -> ShownSetting {
        try #require(loaded.record, "\(loaded.problems)").settings(isEffective: true)
    }

    @Test(arguments: examples)
    func `a file with every default written out says the same as without`(example: String) throws {
        // A copy of the folder, for what the examples name by relative paths.
        let folder = try SiteFolder()
        for part in ["examples", "calendars"] {
            try FileManager.default.copyItem(atPath: "\(Self.project)/deploy/\(part)", toPath: "\(folder.path)/\(part)")
        }
        let path = "\(folder.path)/examples/\(example).yaml"
        let loaded = load(path)
        let configuration = try #require(loaded.configuration, "\(loaded.problems)")
        let shown = try effective(loaded)
        #expect(shown.values.contains { $0.place == nil }, "some defaults hold")
        let written = path.replacing(".yaml", with: "-written.yaml")
        try (shown.lines(origin: nil).joined(separator: "\n") + "\n").write(
            toFile: written, atomically: true, encoding: .utf8)
        let again = load(written)
        let same = try #require(again.configuration, "\(again.problems)")
        #expect(
            "\(same.site) \(same.storage) \(same.polling)"
                == "\(configuration.site) \(configuration.storage) \(configuration.polling)")
        #expect(same.buses == configuration.buses)
        #expect(same.mqtt == configuration.mqtt && same.dashboard == configuration.dashboard)
        #expect("\(same.delivery) \(same.tickets)" == "\(configuration.delivery) \(configuration.tickets)")
        #expect(same.devices.map(\.gate) == configuration.devices.map(\.gate))
        #expect(same.devices.map(\.meter) == configuration.devices.map(\.meter))
        #expect(same.devices.map(\.name) == configuration.devices.map(\.name))
        #expect("\(same.reportTargets)" == "\(configuration.reportTargets)")
        #expect("\(same.preventive)" == "\(configuration.preventive)")
        let rest = try effective(again)
        #expect(rest.values.allSatisfy { $0.place != nil }, "\(rest.values.filter { $0.place == nil })")
        #expect(rest.values.map(\.text) == shown.values.map(\.text))
    }

    @Test func `each value has the line it was read in, or is a default`() throws {
        let folder = try SiteFolder(site: SiteRefusalTests.good)
        let shown = try effective(load(folder.site, profiles: folder.profiles))
        let lines = SiteRefusalTests.good.split(separator: "\n", omittingEmptySubsequences: false)
        for (path, text, place) in shown.values {
            guard let line = place?.line else { continue }
            #expect(lines[line - 1].contains(text), "\(path) \(text) \(line)")
        }
        let defaults = Dictionary(
            uniqueKeysWithValues: shown.values.filter { $0.place == nil }.map {
                ($0.path.joined(separator: "."), $0.text)
            })
        #expect(defaults["polling.fast_seconds"] == "1" && defaults["polling.slow_seconds"] == "60")
        #expect(defaults["storage.directory"] == "/var/lib/sluice" && defaults["storage.alarm_days"] == "1096")
        #expect(defaults["buses.line-1.turnaround_milliseconds"] == "20")
        #expect(defaults["buses.pump-room.turnaround_milliseconds"] == "2")
        #expect(defaults["buses.line-1.parity"] == "none" && defaults["buses.pump-room.parity"] == nil)
        #expect(defaults["dashboard.sign_in"] == "none" && defaults["alarms.storm_begins"] == "10")
        #expect(defaults["dashboard.port"] == nil, "the file gives it")
    }

    @Test func `without the word for it, only what the file says is shown`() throws {
        let folder = try SiteFolder(site: SiteRefusalTests.good)
        let record = try #require(load(folder.site, profiles: folder.profiles).record)
        #expect(record.settings(isEffective: false).values.allSatisfy { $0.place != nil })
        #expect(folder.load().record == nil, "and nothing is kept when nobody asks")
    }

    @Test func `the origin stands behind each value as a comment`() throws {
        let folder = try SiteFolder(
            site: "# first\nsite: {id: lakeside, name: \"a: b\"}\nbuses:\n  - x\n  - {y: [1, no]}\nempty:\n")
        let record = try #require(load(folder.site).record)
        let lines = record.settings(isEffective: false).lines { $0.map { "line \($0.line)" } ?? "default" }
        #expect(
            lines.map { $0.split(separator: " ", omittingEmptySubsequences: true).joined(separator: " ") } == [
                "site:", "id: lakeside # line 2", "name: \"a: b\" # line 2", "buses:", "- x # line 4", "- y:",
                "- 1 # line 5", "- no # line 5", "empty: null # line 6",
            ])
    }

    @Test func `secrets are shown as three stars`() throws {
        let folder = try SiteFolder(
            site: """
                mqtt: {url: "mqtts://sluice:hunter2@broker", password: hunter2, password_file: secrets/mqtt}
                channels: {robot: {url: "https://example.org/send?key=hunter2", secret: hunter2, key: [hunter2]}}
                """)
        let record = try #require(load(folder.site).record)
        let text = record.settings(isEffective: true).lines(origin: nil).joined(separator: "\n")
        #expect(!text.contains("hunter2"), "\(text)")
        #expect(text.contains("mqtts://***@broker") && text.contains("https://example.org/send?***"))
        #expect(text.contains("password: \"***\"") && text.contains("password_file: secrets/mqtt"))
    }

    @Test func `what holds has what is hidden beside it, and empty maps and lists`() throws {
        let folder = try SiteFolder(
            site: """
                site: {id: lakeside}
                mqtt: {url: "mqtt://broker", password: hunter2}
                devices: {pump-1: {pump: {}, name: }}
                channels: {erp: {url: "https://example.org/?key=hunter2", priorities: []}}
                """)
        let held = try #require(load(folder.site).record).heldValues
        let told = held.filter { $0.path.first != "site" }.filter { $0.place != nil }
            .map { "\($0.path.joined(separator: ".")) \($0.text) \($0.hidden ?? "") \($0.place?.line ?? 0)" }
        #expect(
            told == [
                "devices.pump-1.pump {}  3", "channels.erp.priorities []  4", "mqtt.url mqtt://broker  2",
                "mqtt.password *** hunter2 2",
                "channels.erp.url https://example.org/?*** https://example.org/?key=hunter2 4",
            ])
        #expect(held.contains { $0.path == ["polling", "fast_seconds"] && $0.text == "1" && $0.place == nil })
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `no slip of the keyboard makes the record trap`(batch: UInt64) throws {
        let folder = try SiteFolder()
        for turn in 0..<20 {
            var random = SeededGenerator(seed: batch &* 1000 &+ UInt64(turn))
            try folder.write(mutated(SiteRefusalTests.good, using: &random), to: "site.yaml")
            let loaded = load(folder.site, profiles: folder.profiles)
            guard let record = loaded.record else { continue }
            _ = record.settings(isEffective: true).lines { "\($0?.line ?? 0)" }
        }
    }
}
