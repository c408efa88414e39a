// SPDX-License-Identifier: Apache-2.0

import MQTTTransport
import Model
public import Pipeline

/// What `sluice doctor --broker` says.
public struct BrokerReport: Sendable {
    public var lines: [String]
    /// Whether rows can be published there and known to have arrived.
    public var isUsable: Bool

    public static func make(_ configuration: SiteConfiguration) async -> BrokerReport {
        var settings = BrokerSettings(
            host: configuration.mqtt.host, port: configuration.mqtt.port, clientIdentifier: "unused")
        (settings.tls, settings.login) = (configuration.mqtt.tls, configuration.mqtt.login)
        settings.connectTimeout = .seconds(3)
        let now = SystemClock().now().wall
        let probe = BrokerProbe(
            settings, site: configuration.site.identifier, run: "\(UInt32.random(in: .min ... .max))")
        let found = probe.run()
        let certificates = CertificateWatch.warnings(
            CertificateWatch.files(of: settings.tls), at: now)
        var report = BrokerReport(found, certificates)
        report.lines.insert("\(configuration.mqtt.url)", at: 0)
        if settings.tls == nil, !configuration.mqtt.isLocal {
            report.lines.append("Nothing is encrypted on the way there: use mqtts://.")
        }
        return report
    }

    init(_ found: [BrokerProbe.Line], _ certificates: [String]) {
        let width = found.map(\.check.count).max() ?? 0
        lines = found.map { line in
            let padding = String(repeating: " ", count: width - line.check.count)
            let outcome = line.outcome == .unknown ? "?" : line.outcome.rawValue
            return
                "  \(line.check)\(padding)  \(outcome)\(outcome.count < 3 ? String(repeating: " ", count: 3 - outcome.count) : "")  \(line.meaning)"
        }
        let needed = ["MQTT 3.1.1", "QoS 1", "own messages come back", "64 kB in one message"]
        isUsable = needed.allSatisfy { name in found.contains { $0.check == name && $0.outcome == .yes } }
        lines += certificates
        lines.append(
            isUsable
                ? "Sluice will use MQTT 3.1.1, QoS 1, retained messages and a kept session here."
                : "This broker cannot be used as it is.")
        lines.append(
            "Durability cannot be seen from here. Of five brokers that were tried none kept everything it had "
                + "acknowledged over a power cut in the same second; hence the replay window, or delivery: {confirm: consumer}."
        )
    }
}
