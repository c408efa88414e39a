// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Pipeline
import SiteFiles
import Testing

/// Values that stand still while another point says that they should move.
@Suite(.serialized) struct FrozenTests {
    private static let profile = """
        profile: acme-p1
        kind: pump
        name: {zh: 泵, en: Pump}
        points:
          flow: {table: holding, address: 0, type: uint16, unit: m3/h, poll: fast}
          on: {table: holding, address: 1, type: uint16, poll: fast}
          level: {table: holding, address: 2, type: uint16, poll: fast}
        signals:
          pump.flow: {from: flow, frozen_after: {seconds: 1, while: pump.running}}
          pump.running: {from: on, bit: 0}

        """

    /// - Parameter frozen: What the site says of the second device.
    private func site(in folder: TestFolder, ports: [Int], broker: Int, frozen: String = "") throws {
        try folder.write("profiles/pump/acme-p1/profile.yaml", Self.profile)
        let devices = ports.indices.map { place in
            """
              pump-\(place): {profile: acme-p1, bus: bus-\(place), unit: 1, area: lab, asset: pump-\(place), \
            responsible: contractor\(place == 1 ? frozen : "")}
            """
        }
        try folder.write(
            "site.yaml",
            """
            site: {id: lab, name: Lab, language: en}
            storage: {directory: "\(folder.path)/state"}
            mqtt: {url: "mqtt://127.0.0.1:\(broker)"}
            dashboard: {port: 0}
            polling: {fast_seconds: 0.1, normal_seconds: 1, slow_seconds: 2}
            buses:
            \(ports.enumerated().map { "  bus-\($0): {tcp: 127.0.0.1, port: \($1)}" }.joined(separator: "\n"))
            devices:
            \(devices.joined(separator: "\n"))
            persons:
              wang-fang: {name: Wang Fang, role: receiver}
            duty: {owner: wang-fang}

            """)
    }

    private func configuration(frozen: String) throws -> SiteConfiguration {
        let folder = try TestFolder()
        try site(in: folder, ports: [1502, 1503], broker: 1883, frozen: frozen)
        let loaded = loadSite(at: "\(folder.path)/site.yaml", profileFolders: ["\(folder.path)/profiles"])
        return try #require(loaded.configuration, "\(loaded.problems)")
    }

    /// What a book makes of the flow or the level of the second pump. Each poll brings, at a tenth of a second after
    /// the one before: whether the first pump runs, `nil` when it could not be read, and the value.
    private func reasons(_ polls: [(isRunning: Bool?, value: UInt64?)], frozen: String, point: Int = 5) throws
        -> [String]
    {
        var book = FrozenBook(try configuration(frozen: frozen))
        return polls.enumerated().map { place, poll in
            let moment = MonotonicInstant(nanoseconds: Int64(place) * 100_000_000)
            func sweep(_ asset: Int, _ reading: Reading) -> Sweep {
                Sweep(
                    asset: AssetIndex(asset), receivedAt: moment, receivedWall: Timestamp(seconds: 0),
                    timeQuality: .synced, readings: [reading])
            }
            func reading(_ point: Int, _ quantity: Quantity?, raw: UInt64?) -> Reading {
                guard let quantity else {
                    return Reading(point: PointIndex(point), bad: .timeout, sourceTime: Timestamp(seconds: 0))
                }
                return Reading(point: PointIndex(point), good: quantity, raw: raw, sourceTime: Timestamp(seconds: 0))
            }
            _ = book.judged(sweep(0, reading(1, poll.isRunning.map { .isOn($0) }, raw: nil)))
            let judged = book.judged(sweep(1, reading(point, poll.value.map { .integer(Int64($0)) }, raw: poll.value)))
            return judged.readings[0].reason?.word ?? "-"
        }
    }

    private static let rule = ", frozen_after: {level: {seconds: 1, while: pump-0/running}}"

    @Test func `a value of one device is doubted while another device on another bus says that it should move`() throws
    {
        let still = Array(repeating: (Bool?.some(true), UInt64?.some(7)), count: 13)
        let doubted = Array(repeating: "-", count: 10) + Array(repeating: "frozen", count: 3)
        #expect(try reasons(still, frozen: Self.rule) == doubted)
        #expect(try reasons(still, frozen: "") == Array(repeating: "-", count: 13), "without a rule it is believed")
    }

    @Test(arguments: [(false, 7), (nil, 7), (true, nil), (true, 8)] as [(Bool?, UInt64?)])
    func `a rest, a silence or a change in between begins the time anew`(isRunning: Bool?, value: UInt64?) throws {
        var polls = Array(repeating: (Bool?.some(true), UInt64?.some(7)), count: 20)
        polls[6] = (isRunning, value)
        let reasons = try reasons(polls, frozen: Self.rule)
        #expect(reasons[..<17].allSatisfy { $0 == "-" || $0 == "timeout" }, "\(reasons)")
        #expect(reasons.last == "frozen")
    }

    @Test func `a companion that rests between two reads of the point begins the time anew`() throws {
        var book = FrozenBook(try configuration(frozen: Self.rule))
        /// The reason of the level at this tenth of a second, after what the companion said before.
        func reason(_ tenth: Int, _ companion: [Bool]) -> QualityReason? {
            func judged(_ asset: Int, _ reading: Reading) -> Sweep {
                book.judged(
                    Sweep(
                        asset: AssetIndex(asset), receivedAt: MonotonicInstant(nanoseconds: Int64(tenth) * 100_000_000),
                        receivedWall: Timestamp(seconds: 0), timeQuality: .synced, readings: [reading]))
            }
            for isOn in companion {
                _ = judged(0, Reading(point: PointIndex(1), good: .isOn(isOn), sourceTime: Timestamp(seconds: 0)))
            }
            let level = Reading(point: PointIndex(5), good: .integer(7), raw: 7, sourceTime: Timestamp(seconds: 0))
            return judged(1, level).readings[0].reason
        }
        #expect((0..<20).map { reason($0, $0 == 6 ? [false, true] : [true]) }.firstIndex(of: .frozen) == 16)
    }

    @Test func `the site's rule stands in place of the profile's`() throws {
        let still = Array(repeating: (Bool?.some(true), UInt64?.some(7)), count: 13)
        let longer = ", frozen_after: {flow: {seconds: 20, while: pump-0/running}}"
        #expect(try reasons(still, frozen: longer, point: 3).allSatisfy { $0 == "-" })
        let shorter = ", frozen_after: {flow: {seconds: 1, while: pump-0/running}}"
        #expect(try reasons(still, frozen: shorter, point: 3).last == "frozen")
    }

    @Test func `a running gateway publishes a value that stands still as uncertain`() throws {
        let folder = try TestFolder()
        let broker = try TestBroker(in: folder)
        let port = try freePort()
        let peer = try RunningProgram(Programs.python, ["\(Programs.peers)/modbus_peer.py", "tcp", String(port)])
        defer { peer.end() }
        peer.send(#"{"1": {"holding": {"0": [17, 1, 5]}}}"#)
        try peer.line(within: 20, "the Modbus server") { $0 == "READY" }
        try site(in: folder, ports: [port], broker: broker.port)
        let gateway = try RunningProgram(
            try Programs.sluice,
            ["run", "--config", "\(folder.path)/site.yaml", "--profiles", "\(folder.path)/profiles"])
        defer { gateway.end(SIGTERM) }
        let witness = try broker.subscriber()
        defer { witness.end() }
        func field(_ line: String, _ point: String, _ name: String) -> String? {
            guard let message = Message(line), message.topic == "sluice/lab/lab/pump-0" else { return nil }
            return (message.payload[point] as? [String: Any])?[name].map { "\($0)" }
        }
        let good = try witness.line(within: 30, "the flow") { field($0, "flow", "v") == "17" }
        #expect(field(good, "flow", "q") == "good")
        let frozen = try witness.line(within: 30, "the doubted flow") { field($0, "flow", "qr") == "frozen" }
        #expect(field(frozen, "flow", "v") == "17" && field(frozen, "flow", "q") == "uncertain")
        #expect(field(frozen, "level", "q") == "good", "what has no rule is believed")
    }
}
