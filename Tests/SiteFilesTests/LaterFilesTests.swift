// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModbusCodec
import Model
import Pipeline
import Profiles
import SiteFiles
import Testing

/// The files of `conf.d` beside the site's file.
@Suite struct LaterFilesTests {
    private let folder: SiteFolder

    init() throws { folder = try SiteFolder(site: SiteRefusalTests.good) }

    private func load() -> LoadedSite {
        loadSite(at: folder.site, profileFolders: [folder.profiles], keepsRecord: true)
    }

    /// `path.of.keys=text@file:line` of what is given under `prefix`.
    private func given(_ loaded: LoadedSite, under prefix: String) throws -> [String] {
        try #require(loaded.record).settings(isEffective: false).values.compactMap { path, text, place in
            let key = path.joined(separator: ".")
            guard key.hasPrefix(prefix), let place, let file = loaded.file(of: place) else { return nil }
            return "\(key)=\(text)@\(file.replacing(folder.path + "/", with: "")):\(place.line)"
        }
    }

    @Test func `maps merge, and a later scalar or list replaces an earlier one, in the order of the names`() throws {
        try folder.write("polling: {fast_seconds: 2, slow_seconds: 90}\nannouncements: []\n", to: "conf.d/10-a.yaml")
        try folder.write("polling:\n  fast_seconds: 3\ntickets:\n", to: "conf.d/9-b.yaml")
        try folder.write("# nothing but this\n\n", to: "conf.d/95-empty.yaml")
        try folder.write("no: [yaml", to: "conf.d/.hidden.yaml")
        try folder.write("no: [yaml", to: "conf.d/20-a.yaml.orig")
        let loaded = load()
        let configuration = try #require(loaded.configuration, "\(folder.lines(loaded))")
        #expect(loaded.problems.isEmpty)
        #expect(configuration.polling.fast == .seconds(3) && configuration.polling.slow == .seconds(90))
        #expect(
            try given(loaded, under: "polling") == [
                "polling.fast_seconds=3@conf.d/9-b.yaml:2", "polling.slow_seconds=90@conf.d/10-a.yaml:1",
            ])
        #expect(try given(loaded, under: "mqtt.url") == ["mqtt.url=mqtt://127.0.0.1:1883@site.yaml:2"])
        #expect(
            loaded.siteFiles.map { $0.replacing(folder.path + "/", with: "") } == [
                "site.yaml", "conf.d/10-a.yaml", "conf.d/9-b.yaml", "conf.d/95-empty.yaml",
            ])
        #expect(loaded.summary == "0 errors, 0 warnings in 6 files")
    }

    @Test func `devices may stand in files of their own, and a key without a value leaves its default`() throws {
        try folder.write(
            """
            devices:
              riser-2: {profile: acme-wm40, bus: line-1, unit: 4, area: block-4, asset: riser-2, responsible: utility}
            dashboard: {port: }

            """, to: "conf.d/20-block-4.yaml")
        let loaded = load()
        let configuration = try #require(loaded.configuration, "\(folder.lines(loaded))")
        #expect(configuration.devices.map(\.identifier.text) == ["inlet-meter", "riser", "gate", "riser-2"])
        #expect(configuration.dashboard.port == 8420)
    }

    @Test func `an entry of the same name needs the word for it, and its keys then go over the earlier ones`() throws {
        let twin = "devices:\n  riser:\n    unit: 7\n"
        try folder.write(twin, to: "conf.d/20-riser.yaml")
        #expect(
            folder.lines(load()) == [
                "conf.d/20-riser.yaml:2:3: error: SL-1110: devices: 'riser' is already in site.yaml:16. Choose another name, "
                    + "or write override: true into this one, whose keys then go over those of the earlier."
            ])
        try folder.write(twin + "    override: true\n", to: "conf.d/20-riser.yaml")
        let loaded = load()
        let riser = try #require(loaded.configuration?.devices.first { $0.identifier.text == "riser" })
        #expect(riser.unit == UnitIdentifier(7))
        #expect(
            try given(loaded, under: "devices.riser.").prefix(3) == [
                "devices.riser.profile=acme-wm40@site.yaml:17", "devices.riser.bus=line-1@site.yaml:18",
                "devices.riser.unit=7@conf.d/20-riser.yaml:3",
            ])
    }

    @Test func `an override of nothing, in the first file or of another name, is a mistake`() throws {
        try folder.write("devices: {risr: {override: true, unit: 7}}\n", to: "conf.d/20-riser.yaml")
        #expect(
            folder.lines(load()).first {
                $0.contains("override")
            }
                == "conf.d/20-riser.yaml:1:18: error: SL-1108: devices: no earlier file has 'risr', so there is nothing to "
                + "override. Mend the name, or take 'override' out.")
        try FileManager.default.removeItem(atPath: "\(folder.path)/conf.d")
        try folder.write(
            SiteRefusalTests.good.replacing("    unit: 2\n", with: "    unit: 2\n    override: true\n"), to: "site.yaml"
        )
        #expect(folder.lines(load()).contains { $0.contains("key 'override' is not known") })
    }

    @Test func `a mistake is told with the file that it is in, and so is the twin of another file`() throws {
        try folder.write(
            """
            buses: {line-2: {serial: /dev/ttyUSB0, baud: 9600}}
            devices:
              copy: {profile: acme-gate, bus: line-1, unit: 3, area: block-3, asset: main-gate, responsible: utility}

            """, to: "conf.d/20.yaml")
        try folder.write("polling: {fast_seconds: 0}\nstorag: {}\n", to: "conf.d/30.yaml")
        let loaded = load()
        #expect(loaded.configuration == nil)
        let lines = folder.lines(loaded)
        #expect(
            lines.map { String($0.prefix { $0 != " " }) } == [
                "conf.d/20.yaml:1:26:", "conf.d/20.yaml:3:49:", "conf.d/20.yaml:3:74:", "conf.d/30.yaml:1:25:",
                "conf.d/30.yaml:2:1:",
            ], "\(lines)")
        try #require(lines.count == 5)
        #expect(lines[0].contains("is already bus 'line-1' (site.yaml:6)"))
        #expect(lines[1].contains("already device 'gate' (site.yaml:28)"))
        #expect(lines[2].contains("already that of device 'gate' (site.yaml:30)"))
        let problem = try #require(loaded.problems.first { $0.path.hasSuffix("30.yaml") })
        #expect(
            caretExcerpt(of: problem, in: SourceLines(try #require(loaded.texts[problem.path]))).contains(
                "fast_seconds: 0"))
    }

    @Test(arguments: ["a: [b}", "- a list", "devices: {riser: 5}", "\u{1}"])
    func `a file that cannot be used refuses the whole`(text: String) throws {
        try folder.write(text, to: "conf.d/20.yaml")
        let loaded = load()
        #expect(loaded.configuration == nil)
        #expect(folder.lines(loaded).allSatisfy { $0.hasPrefix("conf.d/20.yaml:") && $0.contains(": error: ") })
        #expect(!loaded.problems.isEmpty)
    }

    @Test func `a folder of that name among the files, or a file in place of the folder, is told`() throws {
        try FileManager.default.createDirectory(
            atPath: "\(folder.path)/conf.d/20.yaml", withIntermediateDirectories: true)
        #expect(
            folder.lines(load()).contains { $0.hasPrefix("conf.d/20.yaml:1:1: error:") && $0.contains("not a file") })
        try FileManager.default.removeItem(atPath: "\(folder.path)/conf.d")
        try folder.write("x", to: "conf.d")
        #expect(folder.lines(load()).contains { $0.hasPrefix("conf.d:1:1: error:") })
    }

    @Test func `the schema of such a file asks for no key and knows the word for an entry`() throws {
        let part = laterFileSchema()
        let root = try #require(try JSONSerialization.jsonObject(with: Data(part.utf8)) as? [String: Any])
        #expect(root["required"] == nil && !siteSchema().contains("\"override\""))
        let sections = try #require(root["properties"] as? [String: [String: Any]])
        for name in ["buses", "devices", "persons"] {
            let entries = try #require(sections[name]?["patternProperties"] as? [String: [String: Any]])
            let keys = try #require(entries.values.first?["properties"] as? [String: Any])
            #expect(entries.values.first?["required"] == nil && entries.values.first?["oneOf"] == nil)
            #expect(keys["override"] != nil, "\(name)")
        }
        #expect((sections["site"]?["properties"] as? [String: Any])?["override"] == nil)
    }
}
