// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import TestKit
import Testing

@Suite(.serialized) struct DoctorCommandTests {
    private func doctor(_ arguments: [String]) throws -> (status: Int32, lines: [String]) {
        let program = try RunningProgram(try Programs.sluice, ["doctor"] + arguments)
        try program.linesToEnd(within: 90)
        program.process.waitUntilExit()
        return (program.process.terminationStatus, program.output)
    }

    @Test func `doctor says what a broker can do, what Sluice will use, and that durability cannot be seen`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let estate = try PracticeEstate(in: folder, brokerPort: broker.port)
        let found = try doctor(["--broker", "--config", estate.siteFile])
        #expect(found.status == 0, "\(found.lines)")
        #expect(found.lines.first == "mqtt://127.0.0.1:\(broker.port)")
        #expect(found.lines.contains { $0.contains("own messages come back") && $0.contains(" yes ") })
        #expect(
            found.lines.contains { $0.contains("packets are limited") && $0.contains("set max_packet_size 262144") })
        #expect(found.lines.contains { $0.hasPrefix("Sluice will use MQTT 3.1.1") })
        #expect(found.lines.last?.hasPrefix("Durability cannot be seen from here.") == true)
        broker.stop()
        let gone = try doctor(["--broker", "--config", estate.siteFile])
        #expect(gone.status == 1)
        #expect(gone.lines.contains { $0.contains("nothing works: Connection refused") })
        #expect(gone.lines.contains("This broker cannot be used as it is."))
        #expect(try doctor([]).lines.contains { $0.contains("Say what to examine: --broker or --security.") })
    }

    private struct Found: Decodable {
        struct Finding: Decodable { var check, place: String }
        var schema: Int
        var findings: [Finding]
    }

    private func security(_ siteFile: String) throws -> (status: Int32, found: [String: String]) {
        let answer = try doctor(["--security", "--json", "--config", siteFile])
        let line = try #require(answer.lines.last { $0.hasPrefix("{") }, "\(answer.lines)")
        let found = try JSONDecoder().decode(Found.self, from: Data(line.utf8))
        #expect(found.schema == 1)
        return (
            answer.status,
            Dictionary(found.findings.map { ($0.check, $0.place) }, uniquingKeysWith: { first, _ in first })
        )
    }

    @Test func `the doctor finds what lets strangers in, and nothing once it is mended`() throws {
        let folder = try TestFolder()
        let authority = try Authority()
        let certificate = try authority.issue("gateway", common: "gateway", days: 10)
        let key = authority.file("gateway.key")
        let estate = try PracticeEstate(in: folder, brokerPort: 1, replacing: [("127.0.0.1:1\"", "192.0.2.1:1\"")])
        func setRights(_ rights: Int, of path: String) throws {
            try FileManager.default.setAttributes([.posixPermissions: rights], ofItemAtPath: path)
        }
        func change(_ old: String, _ new: String) throws {
            let text = try String(contentsOfFile: estate.siteFile, encoding: .utf8)
            try #require(text.contains(old), "\(text)")
            try text.replacingOccurrences(of: old, with: new).write(
                toFile: estate.siteFile, atomically: true, encoding: .utf8)
        }
        try FileManager.default.createDirectory(
            atPath: estate.stateDirectory, withIntermediateDirectories: true)
        try setRights(0o755, of: estate.stateDirectory)
        let open = try security(estate.siteFile)
        #expect(open.status == 1)
        #expect(open.found["state-rights"] == estate.stateDirectory)
        #expect(open.found["broker-plain"] == "mqtt://192.0.2.1:1")
        #expect(open.found["broker-anonymous"] == "mqtt://192.0.2.1:1")
        #expect(open.found["sign-in"] == "127.0.0.1:0")
        let chinese = try doctor(["--security", "--language", "zh-Hans", "--config", estate.siteFile])
        #expect(chinese.lines.contains("  运行：chmod 700 \(estate.stateDirectory)"), "\(chinese.lines)")

        try change(
            "mqtt: {url: \"mqtt://192.0.2.1:1\"",
            "mqtt: {url: \"mqtts://192.0.2.1:1\", certificate_file: \"\(certificate)\", key_file: \"\(key)\"")
        try change("port: 0}", "port: 0, sign_in: required}")
        try setRights(0o700, of: estate.stateDirectory)
        try setRights(0o644, of: key)
        let late = try security(estate.siteFile)
        #expect(late.found == ["certificate": certificate, "key-rights": key])

        try authority.issue("gateway", common: "gateway", days: 90)
        try setRights(0o600, of: key)
        let mended = try security(estate.siteFile)
        #expect(mended.status == 0)
        #expect(mended.found.isEmpty, "\(mended.found)")
    }

    @Test func `the doctor asks a running gateway for accounts that wait`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let estate = try PracticeEstate(
            in: folder, brokerPort: broker.port, replacing: [("port: 0}", "port: 0, sign_in: required}")])
        let gateway = try estate.startGateway()
        try gateway.line(within: 60, "the running gateway") { $0.contains("Gateway is running.") }
        let fresh = try security(estate.siteFile)
        #expect(fresh.status == 1)
        #expect(fresh.found["first-run"] == "/first-run")
        #expect((fresh.found["root"] != nil) == (geteuid() == 0))
        let add = try RunningProgram(
            try Programs.sluice, ["people", "add", "boss", "--role", "administrator", "--config", estate.siteFile])
        try add.linesToEnd(within: 30)
        add.process.waitUntilExit()
        let added = try security(estate.siteFile)
        #expect(added.found["first-run"] == nil)
        #expect(added.found["one-time-password"] == "boss")
        gateway.end()
    }
}
