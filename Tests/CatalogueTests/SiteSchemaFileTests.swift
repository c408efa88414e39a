// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import Foundation
import Model
import SiteFiles
import TestKit
import Testing

/// The schema of a site's file as it is shipped, and the files and pages beside it.
@Suite struct SiteSchemaFileTests {
    private static let command = "sluice config schema > docs/site.schema.json"
    private static let schema = Tree.root.appendingPathComponent("docs/site.schema.json").path

    @Test func `the committed schema is the one that the keys make`() throws {
        #expect(
            try Tree.text("docs/site.schema.json") == siteSchema(),
            "docs/site.schema.json is out of date; run: \(Self.command)")
    }

    @Test func `every example is valid, and the loader accepts it`() throws {
        let folder = Tree.root.appendingPathComponent("deploy/examples").path
        let names = try #require(FileManager.default.enumerator(atPath: folder)).compactMap { $0 as? String }
        let paths = names.filter { $0.hasSuffix(".yaml") }.sorted().map { "\(folder)/\($0)" }
        #expect(paths.count >= 5)
        #expect(try SchemaValidator.mistakes(in: paths, schema: Self.schema) == [])
        for path in paths {
            let loaded = loadSite(
                at: path, profileFolders: [Tree.root.appendingPathComponent("DeviceProfiles").path])
            #expect(loaded.configuration != nil, "\(loaded.problems)")
        }
    }

    @Test func `the file of the estate to practise on is valid`() throws {
        let estate = EstateSimulator(seed: 1, start: Timestamp(seconds: 1_780_000_000), zone: .utc)
        let addresses: [String: BusAddress] = [
            "meters": .tcp(host: "127.0.0.1", port: 1502), "pumps": .tcp(host: "127.0.0.1", port: 1503),
            "gate": .tcp(host: "127.0.0.1", port: 1504), "line-1": .pty(path: "/dev/pts/7"),
        ]
        let text = estate.siteFile(
            addresses: addresses, stateDirectory: "state", mqttURL: "mqtt://127.0.0.1:1883", dashboardPort: 8420)
        #expect(try SchemaValidator.mistakes(of: [text], schema: Self.schema) == [[]])
    }

    /// What a page shows is a part of a file: keys may be missing, and none may be wrong.
    @Test func `what pages show of a site's file is valid`() throws {
        let folder = Tree.root.appendingPathComponent("docs")
        let names = try #require(FileManager.default.enumerator(atPath: folder.path)).compactMap { $0 as? String }
        let whole =
            try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: Self.schema))) as? [String: Any]
        let keys = Set(try #require(whole?["properties"] as? [String: Any]).keys)
        var shown: [(page: String, text: String)] = []
        for page in names.sorted() where page.hasSuffix(".md") {
            let parts = try String(contentsOf: folder.appendingPathComponent(page), encoding: .utf8)
                .components(separatedBy: "```")
            // Every second part stands between fences.
            for (index, part) in parts.enumerated() where index % 2 == 1 && part.hasPrefix("yaml\n") {
                let text = String(part.dropFirst(5))
                // Pages show profiles and files of brokers as well.
                let heads = text.matches(of: /(?m)^([a-z_]+):/).map { String($0.output.1) }
                if !keys.isDisjoint(with: heads) { shown.append((page, text)) }
            }
        }
        #expect(shown.count >= 10)
        let found = try SchemaValidator.mistakes(of: shown.map(\.text), schema: Self.schema)
        for ((page, text), mistakes) in zip(shown, found) {
            #expect(mistakes.filter { !$0.hasSuffix("is a required property") } == [], "\(page):\n\(text)")
        }
    }

    @Test(
        arguments: [
            ("baud: 9600", "baud: 9601", "buses/line-1/baud: 9601 is not one of"),
            ("site:", "sit:", ": Additional properties are not allowed ('sit' was unexpected)"),
            ("responsible: utility", "responsible: utilities", "/responsible: 'utilities' is not one of"),
            ("unit: 1\n", "unit: one\n", "/unit: 'one' is not of type 'integer'"),
            ("role: receiver", "roll: receiver", ": 'role' is a required property"),
        ])
    func `an example with a mistake is refused at its place`(sound: String, wrong: String, says: String) throws {
        let good = """
            site: {id: lakeside}
            buses: {line-1: {serial: /dev/ttyUSB0, baud: 9600}}
            devices:
              inlet:
                profile: acme
                bus: line-1
                unit: 1
                area: inlet
                asset: main-meter
                responsible: utility
            persons: {wang-fang: {name: 王芳, role: receiver}}
            duty: {owner: wang-fang}
            """
        let wrong = good.replacing(sound, with: wrong, maxReplacements: 1)
        #expect(wrong != good)
        let found = try SchemaValidator.mistakes(of: [good, wrong], schema: Self.schema)
        #expect(found[0] == [])
        #expect(found[1].contains { $0.contains(says) }, "\(found[1])")
    }
}
