// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a broker can do, found out by trying it. It leaves nothing behind but what it empties again.
public struct BrokerProbe {
    /// One thing that was tried.
    public struct Line: Hashable, Sendable {
        public enum Outcome: String, Hashable, Sendable { case yes, no, unknown }
        public var check: String
        public var outcome: Outcome
        /// What it means for this gateway.
        public var meaning: String
    }

    private let settings: BrokerSettings
    private let site: SiteIdentifier
    private let root: String

    /// - Parameters:
    ///   - settings: How the broker is reached; its patience (``BrokerSettings/connectTimeout``) holds for each answer.
    ///   - run: Tells the topics of this run from those of another.
    public init(_ settings: BrokerSettings, site: SiteIdentifier, run: String) {
        (self.settings, self.site) = (settings, site)
        root = "sluice/\(site)/_doctor/\(run)"
    }

    /// Tries everything, in a few seconds with a broker that answers.
    public func run() -> [Line] {
        guard let client = ProbeClient(settings, identifier: identifier("a")) else {
            return [line("MQTT 3.1.1", false, "", "libmosquitto gives no client")]
        }
        if let problem = client.connect() { return [line("MQTT 3.1.1", false, "", "nothing works: \(problem)")] }
        var lines = [line("MQTT 3.1.1", true, "this is what Sluice speaks", "")]
        lines.append(version5())
        lines += echo(client)
        lines.append(exactly(client))
        lines += retained(client)
        lines.append(oddTopic())
        lines += largest()
        lines.append(session())
        lines.append(foreign())
        client.disconnect()
        return lines
    }

    private func identifier(_ part: String) -> String { "sluice-doctor-\(site)-\(part)" }

    private func line(_ check: String, _ isGood: Bool?, _ good: String, _ bad: String) -> Line {
        Line(
            check: check, outcome: isGood.map { $0 ? .yes : .no } ?? .unknown, meaning: isGood ?? false ? good : bad)
    }

    private func another(_ part: String, isVersion5: Bool = false, isClean: Bool = true) -> ProbeClient? {
        guard
            let client = ProbeClient(
                settings, identifier: identifier(part), isVersion5: isVersion5, isClean: isClean),
            client.connect() == nil
        else { return nil }
        return client
    }

    private func version5() -> Line {
        let client = another("5", isVersion5: true)
        client?.disconnect()
        return line("MQTT 5", client != nil, "not needed", "not needed; nothing is lost")
    }

    private func echo(_ client: ProbeClient) -> [Line] {
        let topic = "\(root)/echo"
        let isGranted = client.subscribe(topic)
        let isAcknowledged = client.publish(topic)
        let isHeard = isGranted && client.hears { $0.topic == topic }
        return [
            line(
                "QoS 1", isAcknowledged, "rows are acknowledged",
                "no row would ever be done; this broker cannot be used"),
            line(
                "own messages come back", isHeard, "the heartbeat will prove that messages get through",
                "the access list refuses silently: allow writing and reading sluice/\(site)/#"),
        ]
    }

    private func exactly(_ client: ProbeClient) -> Line {
        let isGood = another("2").map { $0.publish("\(root)/qos2", qos: 2) } ?? false
        return line("QoS 2", isGood, "not used", "not used; nothing is lost")
    }

    private func retained(_ client: ProbeClient) -> [Line] {
        let topic = "\(root)/retained"
        defer { _ = client.publish(topic, size: 0, isRetained: true) }
        guard client.publish(topic, isRetained: true) else {
            return [line("retained messages", nil, "", "could not be tried")]
        }
        let exact = another("r").map { $0.subscribe(topic) && $0.hears { $0.isRetained } } ?? false
        let wide = another("w").map { $0.subscribe("\(root)/+") && $0.hears { $0.isRetained } } ?? false
        return [
            line(
                "retained, exact topic", exact, "states and births are there for whoever comes later",
                "whoever comes later sees nothing until it changes"),
            line(
                "retained, wildcard", wide, "dashboards may subscribe to sluice/#",
                "dashboards must subscribe to exact topics"),
        ]
    }

    private func oddTopic() -> Line {
        let isGood = another("o").map { client in
            let topic = "\(root)/a.b c"
            return client.publish(topic) && client.isConnected
        }
        return line("topics with dot and space", isGood ?? false, "not used", "not used; nothing is lost")
    }

    private func largest() -> [Line] {
        func passes(_ size: Int) -> Bool {
            another("l").map { client in
                let topic = "\(root)/large"
                return client.subscribe(topic) && client.publish(topic, size: size)
                    && client.hears { $0.size == size }
            } ?? false
        }
        let isUsable = passes(66_000)
        return [
            line(
                "64 kB in one message", isUsable, "batches of old readings get through",
                "batches of old readings are refused: raise the broker's limit to 262144"),
            line(
                "packets are limited", !passes(1_000_000), "no large message can reach this gateway",
                "anybody who may send commands can make the gateway read 256 MB: set max_packet_size 262144"),
        ]
    }

    private func session() -> Line {
        let name = "session kept"
        let topic = "\(root)/session"
        guard let first = another("s", isClean: false), first.subscribe(topic) else {
            return line(name, nil, "", "could not be tried")
        }
        first.disconnect()
        guard let sender = another("t"), sender.publish(topic) else { return line(name, nil, "", "could not be tried") }
        sender.disconnect()
        let second = another("s", isClean: false)
        let isKept = second.map { $0.isSessionPresent && $0.hears { $0.topic == topic } } ?? false
        second?.disconnect()
        // The broker forgets a session when its client comes with a clean one.
        another("s")?.disconnect()
        return line(
            name, isKept, "acknowledgements sent while the gateway is away reach it",
            "what is sent while the gateway is away is lost; it replays instead")
    }

    private func foreign() -> Line {
        let topic = "sluice/\(site)-other/_doctor"
        let isOpen = another("f").map { client in
            client.subscribe(topic) && client.publish(topic) && client.hears { $0.topic == topic }
        }
        return line(
            "kept to its own topics", isOpen.map { !$0 }, "no other site can be spoken for",
            "this client may speak for other sites: use the access list of deploy/mosquitto")
    }
}
