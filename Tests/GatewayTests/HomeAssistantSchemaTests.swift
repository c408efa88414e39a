// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Outbox
import Pipeline
import SiteFiles
import Testing

/// Every discovery message against a schema written from the documentation of Home Assistant.
@Suite struct HomeAssistantSchemaTests {
    private func check(_ lines: String, in folder: TestFolder) throws -> (status: Int32, output: [String]) {
        try folder.write("messages", lines)
        let checker = try RunningProgram(
            "/bin/sh",
            [
                "-c",
                """
                python=\(Programs.python)
                $python -c 'import jinja2' 2>/dev/null || { python3 -c 'import jinja2, jsonschema' 2>/dev/null && python=python3; }
                $python \(Programs.peers)/home_assistant.py < \(folder.path)/messages
                """,
            ])
        try checker.linesToEnd(within: 120)
        checker.process.waitUntilExit()
        return (checker.process.terminationStatus, checker.output)
    }

    private func lines(_ path: String) throws -> String {
        let loaded = loadSite(at: path, profileFolders: ["\(Programs.root)/DeviceProfiles"])
        let configuration = try #require(loaded.configuration, "\(loaded.problems)")
        let told = configuration.homeAssistant(configuration.makeCatalogue(), version: "0.1.0")
        return (0..<told.count).map { place in
            let message = told.message(at: place)
            return #"{"topic":"\#(message.topic)","payload":\#(String(decoding: message.payload, as: UTF8.self))}"#
        }.joined(separator: "\n") + "\n"
    }

    @Test func `all that is told of the example and of the demo is what Home Assistant documents`() throws {
        let folder = try TestFolder()
        let estate = try PracticeEstate(in: folder, brokerPort: 1883)
        for path in ["\(Programs.root)/deploy/examples/lakeside.yaml", estate.siteFile] {
            let result = try check(try lines(path), in: folder)
            #expect(result.status == 0, "\(result.output)")
            print("home assistant: \(path): \(result.output.last ?? "")")
        }
    }

    @Test func `every profile of the catalogue can be told`() throws {
        let folder = try TestFolder()
        var wrong: [String] = []
        var count = 0
        for profile in try ProfileBundleNames.all() {
            let text = OneMeterSite.text().replacing("profile: acme-wm40", with: "profile: \(profile)")
                .replacing(/[ ]+meter: .*\n/, with: "")
            try folder.write("site.yaml", text)
            let loaded = loadSite(at: "\(folder.path)/site.yaml", profileFolders: ["\(Programs.root)/DeviceProfiles"])
            // A profile that needs parameters or a serial line cannot stand in this site.
            guard loaded.configuration != nil else { continue }
            count += 1
            let result = try check(try lines("\(folder.path)/site.yaml"), in: folder)
            if result.status != 0 { wrong += result.output }
        }
        #expect(wrong == [])
        #expect(count > 15, "\(count) profiles could stand in the site")
    }

    @Test func `the schema refuses what the documentation does not allow`() throws {
        let folder = try TestFolder()
        let good = try lines("\(Programs.root)/deploy/examples/lakeside.yaml")
        for (old, new) in [
            (#""device_class":"water""#, #""device_class":"wasser""#),
            (#""unit_of_measurement":"m³/h""#, #""unit_of_measurement":"m3/h""#),
            (#""state_class":"total_increasing""#, #""state_class":"measurement""#),
            (#""expire_after":900"#, #""expire_after":0"#),
            (#""state_topic":"#, #""stat":"#), (" is defined else 'None'", " is defined else ''"),
        ] {
            try #require(good.contains(old), "\(old)")
            // Templates are looked at only where jinja2 is installed.
            if old.contains("defined"), try check(good, in: folder).output.last?.contains(" 0 renderings") == true {
                continue
            }
            #expect(try check(good.replacing(old, with: new), in: folder).status == 1, "\(new)")
        }
    }
}

/// Names of the bundled profiles.
enum ProfileBundleNames {
    static func all() throws -> [String] {
        let root = URL(fileURLWithPath: "\(Programs.root)/DeviceProfiles")
        return try FileManager.default.contentsOfDirectory(at: root, includingPropertiesForKeys: nil).flatMap { kind in
            (try? FileManager.default.contentsOfDirectory(atPath: kind.path)) ?? []
        }.filter { !$0.hasPrefix(".") && !$0.contains(".") }.sorted()
    }
}
