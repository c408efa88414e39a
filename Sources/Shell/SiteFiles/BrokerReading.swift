// SPDX-License-Identifier: Apache-2.0

import Notices
import Pipeline
import Profiles

extension SiteReader {
    /// The `mqtt:` part: where the broker is, and how both sides are known to each other.
    mutating func readBroker(_ root: Section) -> MQTTSettings? {
        let section = file.settings("mqtt", in: root, "mqtt", keys: SiteKeys.mqtt, traps: ["password"])
        let window = span("replay_window_seconds", in: section, unitMilliseconds: 1000)
        let silence = silence(in: section)
        let homeAssistant = file.boolean("home_assistant", in: section)
        let tls = readTLS(section)
        var settings = MQTTSettings(
            host: SiteKeys.usualBroker.host, port: SiteKeys.usualBroker.port, replayWindow: window,
            maximumSilence: silence)
        settings.homeAssistant = homeAssistant
        settings.includesUnits = file.setting("units", in: section)
        settings.login = readLogin(section)
        file.noteUsual("url", in: section)
        if let url = file.text("url", in: section) {
            guard let address = broker(url, section) else { return nil }
            (settings.host, settings.port) = (address.host, address.port)
            if address.isEncrypted { settings.tls = tls }
        }
        if settings.tls == nil,
            let key = ["ca_file", "certificate_file", "key_file"].first(where: section.has)
        {
            file.error(
                .brokerAddress, at: section.entry(key)?.value.place ?? section.place,
                section.says(
                    "\(key) is for mqtts:// only, and this broker is asked without TLS. Write url: mqtts://..."))
            return nil
        }
        if settings.login != nil, settings.tls == nil, !settings.isLocal {
            file.warn(
                .brokerAddress, at: section.entry("user_name")?.value.place ?? section.place,
                section.says(
                    "the password travels to \(settings.host) for everybody on the way to read. Write url: "
                        + "mqtts://..."))
        }
        return settings
    }

    /// Name and password go together; the password stands in a file of its own.
    private mutating func readLogin(_ section: Section) -> BrokerLogin? {
        if let password = section.entry("password") {
            file.error(
                .literalCredential, at: password.value.place,
                section.says(
                    "a password (***) stands here, and this file is no place for secrets. Put it into a file of its own "
                        + "and name that: password_file: secrets/mqtt."))
            return nil
        }
        for (present, missing, why) in [
            ("user_name", "password_file", "a name without a password proves nothing"),
            ("password_file", "user_name", "MQTT takes no password without a name"),
        ] where section.has(present) && !section.has(missing) {
            file.error(
                .missingKey, at: section.entry(present)?.value.place ?? section.place,
                section.says("\(present) needs \(missing): \(why)."))
        }
        guard let name = file.text("user_name", in: section), let path = file.text("password_file", in: section)
        else { return nil }
        // A length of two bytes goes before each on the wire; no broker is known to want more than this.
        guard (1...1024).contains(name.value.utf8.count), !name.value.utf8.contains(where: { $0 < 0x20 }) else {
            file.error(
                .value, at: name.place,
                section.says("user_name must have 1 to 1024 bytes and no control characters."))
            return nil
        }
        guard let password = secret(at: path, in: section, "password file", SecretFile.password) else { return nil }
        return BrokerLogin(userName: name.value, password: Secret(password))
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
                    "url holds a name or password (***), and this file is no place for secrets. Remove all before '@' "
                        + "and write user_name and password_file.")
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
