// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// Alarms of a real gateway, by command, over HTTP and on MQTT.
@Suite(.serialized) struct AlarmInterfaceTests {
    private static let name = "gate-1/gate_held_open"

    @Test func `an alarm lives through commands, requests and a power cut, and each change is told with its number`()
        throws
    {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let estate = try PracticeEstate(
            in: folder, brokerPort: broker.port, options: ["--gate-open"],
            replacing: [
                ("held_open_after_minutes: 20", "held_open_after_minutes: 0.1"),
                ("held_open_after_in_peak_minutes: 30", "held_open_after_in_peak_minutes: 0.1"),
                ("persons:\n", "alarms: {hold_seconds: 0}\npersons:\n"), ("language: zh-Hans", "language: en"),
            ])
        let witness = try broker.subscriber()
        defer { witness.end() }
        var gateway = try estate.startGateway()
        defer { gateway.end() }
        func message(_ line: String) -> [String: Any]? {
            guard let message = Message(line), message.topic.hasSuffix("/alarm/entrance/gate-1/gate_held_open")
            else { return nil }
            return message.payload
        }
        // A finding that grows is told as well, so that the number of a change is not known beforehand.
        var last = 0
        func told(_ state: String) throws {
            try witness.line(within: 90, "a message later than \(last), \(state)") { line in
                guard let told = message(line), let sequence = told["sequence"] as? Int else { return false }
                guard sequence > last, told["state"] as? String == state else { return false }
                last = sequence
                return true
            }
        }
        try told("unacknowledgedActive")
        #expect(last == 1)
        func alarms(_ words: [String]) throws -> (status: Int32, lines: [String]) {
            try VerdictCommandTests.run(["alarms"] + words + ["--config", estate.siteFile])
        }
        let listed = try alarms(["list"])
        #expect(listed.lines.first?.hasPrefix("\(Self.name)  p3  unacknowledgedActive  since ") == true, "\(listed)")
        #expect(listed.lines.last == "1 alarm, 0 shelved, 0 standing")
        let shown = try alarms(["show", Self.name])
        #expect(shown.lines.contains("    action       Look at the gate; close it or post somebody there."), "\(shown)")
        #expect(shown.lines.contains("    consequence  Anybody can walk or drive in."))
        #expect(shown.lines.contains("    time         Act within 15 min"))
        #expect(shown.lines.contains { $0.hasSuffix("  raised  unacknowledgedActive") })
        let chinese = try alarms(["show", Self.name, "--language", "zh-Hans"])
        #expect(chinese.lines.contains("    action       查看门岗；关门或派人值守。"), "\(chinese)")

        // What does not fit is refused with a sentence and changes nothing.
        for (words, sentence) in [
            (["acknowledge", "gate-9/burst", "--by", "li-wei"], "There is no alarm “gate-9/burst”"),
            (["acknowledge", Self.name, "--by", "nobody"], "“nobody” is not on this site's list of persons."),
            (["shelve", Self.name, "--by", "li-wei"], "Say why"),
            (
                ["shelve", Self.name, "--by", "li-wei", "--hours", "25", "--reason", "Works."],
                "at most 24 hours later"
            ),
            (["return", Self.name, "--by", "li-wei"], "which does not allow “Return to service”"),
        ] {
            let refused = try alarms(words)
            #expect(refused.status == 1 && refused.lines.contains { $0.contains(sentence) }, "\(words): \(refused)")
        }
        #expect(try alarms(["acknowledge", "gate-1", "--by", "li-wei"]).status == 64)

        #expect(
            try alarms(["acknowledge", Self.name, "--by", "li-wei"]).lines.first?.contains("acknowledgedActive") == true
        )
        try told("acknowledgedActive")
        let shelved = try alarms([
            "shelve", Self.name, "--hours", "4", "--by", "li-wei", "--reason", "Hinge is renewed.",
        ])
        #expect(shelved.lines.first?.contains("  shelved  ") == true && shelved.status == 0)
        #expect(shelved.lines.first?.contains("by li-wei: Hinge is renewed.  until ") == true, "\(shelved)")
        try told("shelved")
        #expect(try alarms([]).lines.last == "1 alarm, 1 shelved, 0 standing")

        // Over HTTP: the version that was seen, a key that is sent again, an act that the state forbids.
        var peer = try Self.peer(of: gateway)
        let path = "/api/v1/alarms/\(Self.name)"
        let read = try peer.get(path)
        let version = try #require(read.headers["etag"])
        let unshelve = #"{"event":"unshelve","person":"li-wei"}"#
        let stale = try peer.post(path + "/events", unshelve, ["If-Match": "\"1\"", "Accept-Language": "en"])
        #expect(stale.status == 412 && stale.headers["etag"] == version)
        #expect(stale.json["type"] as? String == "urn:sluice:problem:alarm-changed")
        let headers = ["If-Match": version, "Idempotency-Key": "shift-7"]
        let first = try peer.post(path + "/events", unshelve, headers)
        #expect(first.status == 200, "\(first.body)")
        #expect((first.json["alarm"] as? [String: Any])?["state"] as? String == "unacknowledgedActive")
        try told("unacknowledgedActive")
        let forbidden = try peer.post(path + "/events", unshelve, ["If-Match": "*"])
        #expect(forbidden.status == 409)
        #expect(forbidden.json["allowed"] as? [String] == ["acknowledge", "shelve", "out-of-service"])
        #expect(try peer.post(path + "/events", unshelve, headers).body == first.body)

        gateway.end(SIGKILL)
        gateway = try estate.startGateway()
        peer = try Self.peer(of: gateway)
        #expect(try peer.post(path + "/events", unshelve, headers).body == first.body)
        let other = try peer.post(path + "/events", #"{"event":"acknowledge","person":"li-wei"}"#, headers)
        #expect(other.status == 422 && other.json["type"] as? String == "urn:sluice:problem:idempotency-key-reused")
        #expect(
            try alarms(["out-of-service", Self.name, "--by", "li-wei", "--reason", "Gate is rebuilt."]).status == 0)
        try told("outOfService")
        #expect(try alarms(["return", Self.name, "--by", "li-wei"]).status == 0)
        try told("unacknowledgedActive")
        let history = try peer.get(path + "/history?limit=3")
        let lines = try #require(history.json["lines"] as? [[String: Any]])
        #expect(lines.compactMap { $0["event"] as? String } == ["return", "out-of-service", "unshelve"])
        #expect(lines.compactMap { $0["reason"] as? String } == ["", "Gate is rebuilt.", ""])
        let next = try #require(history.json["next"] as? String)
        let rest = try #require(
            try peer.get(path + "/history?cursor=\(next)").json["lines"] as? [[String: Any]])
        #expect(rest.compactMap { $0["event"] as? String } == ["shelve", "acknowledge", "raised"])
        #expect(try alarms(["audit"]).lines.contains("never fired      burst"))
        let day = try #require(try peer.get("/api/v1/alarms").json["day"] as? [String: Any])
        #expect(day["count"] as? Int == 1)
        var numbers: [Int] = []
        for line in witness.output {
            // At least once: after a power cut the last messages come again.
            if let number = message(line)?["sequence"] as? Int, !numbers.contains(number) { numbers.append(number) }
        }
        #expect(numbers == Array(1...max(last, numbers.count)))
        let page = try peer.get("/alarms/\(Self.name)?lang=en")
        #expect(page.status == 200 && page.body.contains("Gate is rebuilt.") && page.body.contains("Anybody can walk"))
    }

    private static func peer(of gateway: RunningProgram) throws -> HTTPPeer {
        let line = try gateway.line(within: 60, "the running gateway") { $0.contains("Gateway is running.") }
        guard let match = line.firstMatch(of: /http:\/\/127\.0\.0\.1:(\d+)\//), let port = Int(match.output.1) else {
            throw HTTPPeer.Failure(what: line)
        }
        return HTTPPeer(port: port)
    }
}
