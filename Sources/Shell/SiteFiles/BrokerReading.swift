// SPDX-License-Identifier: Apache-2.0

import Pipeline
import Profiles

extension SiteReader {
    /// The `mqtt:` part: where the broker is, and how both sides are known to each other.
    mutating func readBroker(_ root: Section) -> MQTTSettings? {
        let section = file.section(
            "mqtt", in: root, "mqtt",
            keys: [
                "url", "replay_window_seconds", "maximum_silence_seconds", "ca_file", "certificate_file", "key_file",
                "home_assistant",
            ])
        let window = span("replay_window_seconds", in: section, 120...86_400, unitMilliseconds: 1000, default: 180)
        let silence = section.flatMap { self.silence(in: $0) }
        let homeAssistant = section.flatMap { file.boolean("home_assistant", in: $0) }
        let tls = section.map { readTLS($0) } ?? BrokerTLS()
        var settings = MQTTSettings(host: "127.0.0.1", port: 1883, replayWindow: window, maximumSilence: silence)
        settings.homeAssistant = homeAssistant
        if let section, let url = file.text("url", in: section) {
            guard let address = broker(url, section) else { return nil }
            (settings.host, settings.port) = (address.host, address.port)
            if address.isEncrypted { settings.tls = tls }
        }
        if settings.tls == nil, let section,
            let key = ["ca_file", "certificate_file", "key_file"].first(where: section.has)
        {
            file.error(
                .brokerAddress, at: section.entry(key)?.value.place ?? section.place,
                section.says(
                    "\(key) is for mqtts:// only, and this broker is asked without TLS. Write url: mqtts://..."))
            return nil
        }
        return settings
    }

    private mutating func readTLS(_ section: Section) -> BrokerTLS {
        func path(_ key: String, _ file: inout FileReader) -> String? { file.text(key, in: section)?.value }
        let tls = BrokerTLS(
            caFile: path("ca_file", &file).map(besideFile),
            certificateFile: path("certificate_file", &file).map(besideFile),
            keyFile: path("key_file", &file).map(besideFile))
        for (present, missing) in [("certificate_file", "key_file"), ("key_file", "certificate_file")]
        where section.has(present) && !section.has(missing) {
            file.error(
                .missingKey, at: section.entry(present)?.value.place ?? section.place,
                section.says("\(present) needs \(missing): a certificate and its key go together."))
        }
        return tls
    }

    private struct Address {
        var host: String
        var port: Int
        var isEncrypted: Bool
    }

    private mutating func broker(_ url: Located<String>, _ section: Section) -> Address? {
        // The text itself is not repeated in a message before it is known to hold no password.
        guard !url.value.contains("@") else {
            file.error(
                .literalCredential, at: url.place,
                section.says(
                    "url holds a name or password (***), and this file is no place for secrets. Remove all before '@'.")
            )
            return nil
        }
        let isEncrypted = url.value.hasPrefix("mqtts://")
        guard isEncrypted || url.value.hasPrefix("mqtt://") else {
            file.error(
                .brokerAddress, at: url.place,
                section.says(
                    "url '\(url.value)' does not begin with mqtt:// or mqtts://, "
                        + "the ways to the broker. Write mqtt://127.0.0.1:1883."
                ))
            return nil
        }
        var rest = url.value.dropFirst(isEncrypted ? 8 : 7)
        if rest.last == "/" { rest.removeLast() }
        var port: Substring = isEncrypted ? "8883" : "1883"
        var host = rest
        if rest.first == "[" {
            // An IPv6 address stands in brackets.
            guard let end = rest.firstIndex(of: "]") else { return refuse(url, section) }
            host = rest[rest.index(after: rest.startIndex)..<end]
            let tail = rest[rest.index(after: end)...]
            guard tail.isEmpty || tail.first == ":" else { return refuse(url, section) }
            if !tail.isEmpty { port = tail.dropFirst() }
        } else if let colon = rest.firstIndex(of: ":") {
            (host, port) = (rest[..<colon], rest[rest.index(after: colon)...])
        }
        let isHost =
            !host.isEmpty && host.utf8.count <= 253
            && host.utf8.allSatisfy { byte in
                byte > 0x20 && byte < 0x7F && !"/?#\"'\\".utf8.contains(byte)
            }
        guard isHost, let number = wholeNumber(String(port)) else { return refuse(url, section) }
        guard (1...65_535).contains(number) else {
            file.error(.range, at: url.place, section.says("port \(number) is out of range; allowed: 1 to 65535."))
            return nil
        }
        return Address(host: String(host), port: number, isEncrypted: isEncrypted)
    }

    private mutating func refuse(_ url: Located<String>, _ section: Section) -> Address? {
        file.error(
            .brokerAddress, at: url.place,
            section.says("url '\(url.value)' is not mqtt://HOST:PORT. Write mqtt://127.0.0.1:1883."))
        return nil
    }
}
