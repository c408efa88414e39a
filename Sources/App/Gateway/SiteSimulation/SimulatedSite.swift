// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import FoundationEssentials
import Model
public import Pipeline
import SiteFiles

extension SiteSimulation {
    /// The estate of `sluice demo` as a site's file describes it, at addresses that nobody calls.
    ///
    /// - Throws: when a profile is missing or the temporary folder cannot be written.
    public static func practiceSite(profileFolders: [String]) throws -> SiteConfiguration {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "sluice-simulate-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let estate = EstateSimulator(seed: 1, start: Timestamp(seconds: 1_795_334_400), zone: .utc)
        // Addresses for documentation (RFC 5737).
        let addresses = Dictionary(
            uniqueKeysWithValues: EstateSimulator.buses.enumerated().map { place, bus in
                (bus.name, BusAddress.tcp(host: "192.0.2.\(place + 1)", port: 502))
            })
        let file = folder.appendingPathComponent("site.yaml").path
        let text = estate.siteFile(
            addresses: addresses, stateDirectory: folder.appendingPathComponent("state").path,
            mqttURL: "mqtt://192.0.2.250:1883", dashboardPort: 0)
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        let loaded = loadSite(at: file, profileFolders: profileFolders)
        guard let configuration = loaded.configuration else {
            throw NotReadable(description: loaded.problems.map { "\($0)" }.joined(separator: "\n"))
        }
        return configuration
    }

    /// The practice site could not be read; the text says why.
    public struct NotReadable: Error, CustomStringConvertible {
        public let description: String
    }
}
