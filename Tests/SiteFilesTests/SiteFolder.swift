// SPDX-License-Identifier: Apache-2.0

import SiteFiles
import Foundation
import Model

/// A temporary folder with a site's file and profiles of its own, removed when it is let go.
final class SiteFolder {
    let path: String
    var site: String { "\(path)/site.yaml" }
    var profiles: String { "\(path)/profiles" }

    init(site text: String = "") throws {
        path = NSTemporaryDirectory() + "sluice-configuration-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        try write(text, to: "site.yaml")
        try write(Self.meter, to: "profiles/water-meter/acme-wm40/profile.yaml")
        try write(Self.gate, to: "profiles/gate/acme-gate/profile.yaml")
        try write(
            Self.gate.replacing("acme-gate", with: "acme-broken").replacing("table: discrete", with: "table: discret"),
            to: "profiles/gate/acme-broken/profile.yaml")
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func write(_ text: String, to name: String) throws { try write(Data(text.utf8), to: name) }

    func write(_ data: Data, to name: String) throws {
        let file = URL(fileURLWithPath: "\(path)/\(name)")
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try data.write(to: file)
    }

    func load() -> LoadedSite { loadSite(at: site, profileFolders: [profiles]) }

    /// The problems of `loaded` as they are printed, with paths as seen from this folder.
    func lines(_ loaded: LoadedSite) -> [String] {
        loaded.problems.map { $0.description.replacing(path + "/", with: "") }
    }

    /// A meter whose register step the site has to say, with parameters.
    static let meter = """
        profile: acme-wm40
        kind: water-meter
        name: {zh: 水表, en: Meter}
        order: ABCD
        site:
          total_unit: {type: text, allowed: [m3, L], default: m3}
          depth: {type: number, range: [0, 10], default: 1}
        points:
          count: {table: holding, address: 0, type: uint32, unit: {parameter: total_unit}, poll: slow}
        signals:
          water.total: {from: count}

        """

    static let gate = """
        profile: acme-gate
        kind: gate
        name: {zh: 道闸, en: Gate}
        points:
          up: {table: discrete, address: 0, type: bool, poll: fast}
          down: {table: discrete, address: 1, type: bool, poll: fast}
        signals:
          gate.position: {pair_to_state: [up, down], states: [open, closed, moving]}

        """
}
