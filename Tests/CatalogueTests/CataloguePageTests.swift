// SPDX-License-Identifier: Apache-2.0

import Foundation
import ModbusCodec
import Model
import Profiles
import SiteFiles
import Testing

/// The files of this source tree.
enum Tree {
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func text(_ path: String) throws -> String {
        try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8)
    }

    /// Every profile of the catalogue with its captures.
    static let bundles: [ProfileBundle] = profileFiles(at: root.appendingPathComponent("DeviceProfiles").path)
        .map { loadProfileBundle(at: $0) }
}

@Suite struct CataloguePageTests {
    private static let command = "sluice profiles catalogue DeviceProfiles > docs/devices.md"

    @Test func `the committed page of devices is the one that the profiles make`() throws {
        let page = cataloguePage(of: Tree.bundles.compactMap(\.device), madeBy: Self.command)
        let committed = try Tree.text("docs/devices.md")
        let differing = zip(page.split(separator: "\n"), committed.split(separator: "\n")).first { $0.0 != $0.1 }
        #expect(
            page == committed,
            """
            docs/devices.md is not what the profiles make; run: \(Self.command)
            First line that differs: \(differing.map { "'\($0.1)' should be '\($0.0)'" } ?? "the length")
            """)
    }

    @Test func `the page shows every device with its evidence`() throws {
        let page = cataloguePage(of: Tree.bundles.compactMap(\.device), madeBy: Self.command)
        let sections = page.components(separatedBy: "\n### ").dropFirst()
        #expect(sections.count == Tree.bundles.count)
        for (bundle, device) in Tree.bundles.map({ ($0, $0.device) }) {
            let profile = try #require(device?.profile, "\(bundle.path)")
            let section = try #require(sections.first { $0.hasPrefix(profile.identifier + "\n") })
            #expect(section.contains(profile.name.zh) && section.contains(profile.name.en))
            #expect(section.contains("Not bench-tested") == !profile.isBenchTested)
            for point in profile.points { #expect(section.contains("| \(point.name) | \(point.table.rawValue) |")) }
            for signal in profile.signals { #expect(section.contains("| \(signal.name.text) |")) }
            for (file, capture) in bundle.captures {
                #expect(section.contains("| \(file) | \(capture.origin.rawValue) |"))
            }
        }
    }

    @Test func `what is for people only comes from the file`() throws {
        let text = """
            profile: acme-p1
            kind: pump
            name: {zh: 泵, en: Pump | one}
            sources: {S1: {title: Manual, kind: vendor_manual, edition: "3", seen: "pages 4 to 9"}}
            line: {factory: {baud: 9600}, note: Two wires.}
            limits: {maximum_read: 20, forbidden: [{table: holding, address: 7}]}
            order: {parameter: word_order}
            site: {word_order: {type: text, allowed: [ABCD, CDAB]}}
            points:
              power: {table: input, address: 4, reference: 30005, type: uint32, unit: W, source: S1, confidence: A}
              state: {table: input, address: 6, type: uint16, poll: fast}
            signals: {pump.power: {from: power}, pump.running: {from: state, bit: 3}}
            """
        let profile = try #require(readProfile(text, path: "acme-p1/profile.yaml").profile)
        let page = cataloguePage(of: [CataloguedDevice(profile: profile, text: text, captures: [])], madeBy: "make it")
        for line in [
            "Made by `make it`; change the profiles, not this page.",
            "| S1 | Manual | vendor_manual | 3 | pages 4 to 9 |", "- Line as delivered: baud 9600.",
            "- Line: Two wires.",
            "- Limits: maximum read 20; forbidden [{table: holding, address: 7}].",
            "- The site chooses `word_order`: `{type: text, allowed: [ABCD, CDAB]}`",
            "| power | input | 4 | 30005 | uint32 | by `word_order` | W | normal | S1 | A |",
            "| state | input | 6 |  | uint16 |  |  | fast |  |  |", "| pump.running | from state; bit 3 |  |",
            "| pump | [acme-p1](#acme-p1) | Pump \\| one | not bench-tested | 2 | 2 | 0 |",
        ] {
            #expect(page.split(separator: "\n").contains { $0 == line }, "\(line)")
        }
    }
}
