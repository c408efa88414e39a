// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Notices
import Pipeline
import TestKit
import Testing

@testable import MQTTTransport

/// A name and a password, against a mosquitto with a file of passwords that its own tool has written.
@Suite(.serialized) struct LoginTests {
    /// A mosquitto that knows `gateway` with the password `pass word:§`.
    private func guarded() async throws -> (mosquitto: Mosquitto, port: Int, folder: URL) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-login-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let path = folder.appendingPathComponent("passwords").path
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/mosquitto_passwd")
        process.arguments = ["-c", "-b", path, "gateway", Self.password]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw PeerProblem("mosquitto_passwd") }
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: path)
        // The last of two counts.
        let mosquitto = try await Mosquitto(settings: "allow_anonymous false\npassword_file \(path)")
        return (mosquitto, mosquitto.port, folder)
    }

    private static let password = "pass word:§"

    private func settings(_ port: Int, _ login: BrokerLogin?) -> BrokerSettings {
        var settings = BrokerSettings(
            host: "127.0.0.1", port: port, clientIdentifier: "sluice-\(UUID().uuidString.prefix(8))")
        settings.login = login
        settings.connectTimeout = .seconds(5)
        return settings
    }

    @Test func `the right name and password are admitted, over a new connection as well`() async throws {
        let (mosquitto, port, folder) = try await guarded()
        defer { try? FileManager.default.removeItem(at: folder) }
        let broker = MosquittoBroker(
            settings(port, BrokerLogin(userName: "gateway", password: Secret(Self.password))))
        var iterator = broker.events.makeAsyncIterator()
        for turn in 0..<2 {
            try broker.connect()
            let event = await iterator.next()
            #expect(event == .connected(isSessionPresent: turn == 1))
            #expect(!broker.isRefused)
            broker.drop()
            guard case .disconnected = await iterator.next() else {
                Issue.record("it was not dropped")
                return
            }
        }
        _ = mosquitto
    }

    struct Wrong: Sendable, CustomTestStringConvertible {
        var name: String
        var login: BrokerLogin?
        var says: [String]
        var testDescription: String { name }
    }

    @Test(arguments: [
        Wrong(
            name: "a wrong password", login: BrokerLogin(userName: "gateway", password: Secret("guess")),
            says: ["bad user name or password", "'mqtt.user_name' gateway", "'mqtt.password_file'"]),
        Wrong(
            name: "an unknown name", login: BrokerLogin(userName: "nobody", password: Secret(password)),
            says: ["bad user name or password", "'mqtt.user_name' nobody"]),
        Wrong(
            name: "no name", login: nil,
            says: ["admits nobody without a name", "Write 'mqtt.user_name' and 'mqtt.password_file'"]),
    ])
    func `who is not admitted is told what to mend, and no password`(_ c: Wrong) async throws {
        let (mosquitto, port, folder) = try await guarded()
        defer { try? FileManager.default.removeItem(at: folder) }
        let broker = MosquittoBroker(settings(port, c.login))
        var iterator = broker.events.makeAsyncIterator()
        try broker.connect()
        guard case .disconnected(isClean: false, let reason) = await iterator.next() else {
            Issue.record("it connected")
            return
        }
        for part in c.says { #expect(reason.contains(part), "\(reason)") }
        #expect(!reason.contains("guess") && !reason.contains(Self.password))
        #expect(broker.isRefused)
        let lines = BrokerProbe(settings(port, c.login), site: SiteIdentifier("lakeside"), run: "7").run()
        #expect(lines.map(\.outcome) == [.no])
        for part in c.says { #expect(lines[0].meaning.contains(part), "\(lines[0].meaning)") }
        _ = mosquitto
    }

    @Test func `the doctor goes in with name and password`() async throws {
        let (mosquitto, port, folder) = try await guarded()
        defer { try? FileManager.default.removeItem(at: folder) }
        let login = BrokerLogin(userName: "gateway", password: Secret(Self.password))
        let lines = BrokerProbe(settings(port, login), site: SiteIdentifier("lakeside"), run: "7").run()
        for check in ["MQTT 3.1.1", "MQTT 5", "QoS 1", "own messages come back", "session kept"] {
            #expect(lines.first { $0.check == check }?.outcome == .yes, "\(check)")
        }
        _ = mosquitto
    }
}
