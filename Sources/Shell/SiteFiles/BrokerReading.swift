// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles

extension SiteReader {
    /// The `mqtt:` part: where the broker is.
    mutating func readBroker(_ root: Section) -> MQTTSettings? {
        let section = file.section(
            "mqtt", in: root, "mqtt", keys: ["url", "replay_window_seconds", "maximum_silence_seconds"])
        let window = span("replay_window_seconds", in: section, 120...86_400, unitMilliseconds: 1000, default: 180)
        let silence = section.flatMap { self.silence(in: $0) }
        guard let section, let url = file.text("url", in: section) else {
            return MQTTSettings(host: "127.0.0.1", port: 1883, replayWindow: window, maximumSilence: silence)
        }
        guard let (host, port) = broker(url, section) else { return nil }
        return MQTTSettings(host: host, port: port, replayWindow: window, maximumSilence: silence)
    }

    private mutating func broker(_ url: Located<String>, _ section: Section) -> (host: String, port: Int)? {
        // The text itself is not repeated in a message before it is known to hold no password.
        guard !url.value.contains("@") else {
            file.error(
                .literalCredential, at: url.place,
                section.says(
                    "url holds a name or password (***), and this file is no place for secrets. Remove all before '@'.")
            )
            return nil
        }
        let scheme = "mqtt://"
        guard url.value.hasPrefix(scheme) else {
            file.error(
                .brokerAddress, at: url.place,
                section.says(
                    "url '\(url.value)' does not begin with mqtt://, "
                        + "the only way to the broker. Write mqtt://127.0.0.1:1883."
                ))
            return nil
        }
        var rest = url.value.dropFirst(scheme.count)
        if rest.last == "/" { rest.removeLast() }
        var port = Substring("1883")
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
        return (String(host), number)
    }

    private mutating func refuse(_ url: Located<String>, _ section: Section) -> (host: String, port: Int)? {
        file.error(
            .brokerAddress, at: url.place,
            section.says("url '\(url.value)' is not mqtt://HOST:PORT. Write mqtt://127.0.0.1:1883."))
        return nil
    }
}
