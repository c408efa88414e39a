// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import Foundation

/// The files of a site with one device an address.
struct LoadSite {
    let file: String
    let profiles: String
    let brokerFile: String

    init(folder: URL, addresses: [BusAddress], registers: Int, brokerPort: Int) throws {
        file = folder.appendingPathComponent("site.yaml").path
        profiles = folder.appendingPathComponent("profiles").path
        brokerFile = folder.appendingPathComponent("mosquitto.conf").path
        let profile = folder.appendingPathComponent("profiles/water-meter/load/profile.yaml")
        try FileManager.default.createDirectory(
            at: profile.deletingLastPathComponent(), withIntermediateDirectories: true)
        var text = """
            profile: load
            kind: water-meter
            name: {zh: 负载, en: Load}
            sources: {S1: {title: "Made for this benchmark"}}
            order: ABCD
            signals: {}
            points:

            """
        for register in 0..<registers {
            text +=
                "  r\(register): {table: holding, address: \(register), type: uint16, scale: 0.1, unit: bar, poll: fast, source: S1, confidence: A}\n"
        }
        try text.write(to: profile, atomically: true, encoding: .utf8)
        var site = """
            site: {id: load, name: Load}
            storage: {directory: state}
            mqtt: {url: "mqtt://127.0.0.1:\(brokerPort)"}
            dashboard: {address: 127.0.0.1, port: 0}
            polling: {fast_seconds: 1, normal_seconds: 10, slow_seconds: 60}
            persons:
              wang-fang: {name: Wang Fang, role: receiver}
            duty: {owner: wang-fang}

            """
        var buses = "buses:\n"
        var devices = "devices:\n"
        for (place, address) in addresses.enumerated() {
            guard case .tcp(let host, let port) = address else { continue }
            buses += "  bus-\(place): {tcp: \(host), port: \(port)}\n"
            devices +=
                "  device-\(place): {profile: load, bus: bus-\(place), unit: 1, area: area, asset: asset-\(place), responsible: contractor}\n"
        }
        site += buses + devices
        try site.write(toFile: file, atomically: true, encoding: .utf8)
        try
            "listener \(brokerPort) 127.0.0.1\nallow_anonymous true\npersistence false\nlog_type error\nset_tcp_nodelay true\n"
            .write(toFile: brokerFile, atomically: true, encoding: .utf8)
    }
}
