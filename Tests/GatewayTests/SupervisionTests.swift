// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The running program and what starts it: readiness, the watchdog and reloads.
@Suite(.serialized) struct SupervisionTests {
    private let folder: TestFolder
    private let broker: TestBroker
    private let estate: PracticeEstate
    private let manager: NotifySocket

    init() throws {
        folder = try TestFolder()
        broker = try TestBroker(in: folder)
        estate = try PracticeEstate(in: folder, brokerPort: broker.port)
        manager = try NotifySocket(in: folder)
    }

    private func count(_ word: String, _ messages: [String]) -> Int { messages.count { $0.hasPrefix(word) } }

    @Test func `the service manager hears of start, life, reload and stop`() throws {
        let gateway = try estate.startGateway(environment: manager.environment(watchdog: 3))
        #expect(manager.wait(within: 30) { count("READY=1", $0) == 1 })
        #expect(manager.wait(within: 10) { count("WATCHDOG=1", $0) >= 4 })
        let text = try String(contentsOfFile: estate.siteFile, encoding: .utf8)
        try text.replacingOccurrences(of: "slow_seconds: 15.0", with: "slow_seconds: 20.0")
            .write(toFile: estate.siteFile, atomically: true, encoding: .utf8)
        gateway.kill(SIGHUP)
        #expect(
            manager.wait(within: 20) { count("RELOADING=1\nMONOTONIC_USEC=", $0) == 1 && count("READY=1", $0) == 2 })
        #expect(gateway.end(SIGTERM) == 0)
        #expect(manager.wait(within: 5) { count("STOPPING=1", $0) >= 1 })
        let words = manager.messages.map { String($0.prefix { $0 != "=" }) }
        #expect(words.first { $0 != "WATCHDOG" } == "READY")
        #expect(gateway.output.contains { $0.contains("is taken over") })
    }

    @Test(arguments: [
        ("poller.request:5=sleep", "bus "), ("store.commit:5=sleep", "store"), ("outbox.acked:1=sleep", "publisher"),
    ])
    func `one task that hangs keeps the program from saying that it lives`(failpoint: String, task: String) throws {
        var environment = manager.environment(watchdog: 3)
        environment["SLUICE_FAILPOINT"] = failpoint
        let gateway = try estate.startGateway(environment: environment)
        #expect(manager.wait(within: 30) { count("READY=1", $0) == 1 })
        // The socket must be read all the while: one that is full would hold the sender.
        let isTold = manager.wait(within: 40) { _ in
            gateway.output.contains { $0.contains("A task does not get on") && $0.contains(task) }
        }
        #expect(isTold, "\(gateway.output.suffix(3))")
        let before = count("WATCHDOG=1", manager.messages)
        #expect(before >= 1)
        // What was told before lies in the socket; then nothing, for as long as the service manager has patience.
        _ = manager.wait(within: 1) { _ in false }
        let silent = count("WATCHDOG=1", manager.messages)
        #expect(!manager.wait(within: 3.5) { count("WATCHDOG=1", $0) > silent })
        gateway.end()
    }

    @Test func `without a service manager nothing is missed`() throws {
        let gateway = try estate.startGateway()
        try gateway.line(within: 30, "the start") { $0.contains("Gateway is running.") }
        #expect(gateway.end(SIGTERM) == 0)
    }

    @Test func `a broken file keeps the old configuration, and its mistake is told`() throws {
        let gateway = try estate.startGateway(logLevel: "debug")
        try gateway.line(within: 30, "the start") { $0.contains("Gateway is running.") }
        let text = try String(contentsOfFile: estate.siteFile, encoding: .utf8)
        try text.replacingOccurrences(of: "bus: meters", with: "bus: metres")
            .write(toFile: estate.siteFile, atomically: true, encoding: .utf8)
        gateway.kill(SIGHUP)
        try gateway.line(within: 20, "the refusal") { $0.contains("was not accepted; the one before stays") }
        #expect(gateway.output.contains { $0.contains("metres") })
        // `sluice reload` does not even ask.
        let command = try RunningProgram(try Programs.sluice, ["reload", "--config", estate.siteFile])
        command.closeInput()
        try command.linesToEnd(within: 20)
        command.process.waitUntilExit()
        #expect(command.process.terminationStatus == 78)
        let stored = gateway.output.count { $0.contains("Readings stored.") }
        try gateway.lines(within: 20, "readings after the refusal") { lines in
            lines.count { $0.contains("Readings stored.") } > stored + 2
        }
        #expect(gateway.output.count { $0.contains("Gateway is running.") } == 1)
        #expect(gateway.end(SIGTERM) == 0)
    }

    @Test func `a changed file is applied in the running program, the same file touches nothing`() throws {
        let gateway = try estate.startGateway()
        try gateway.line(within: 30, "the start") { $0.contains("Gateway is running.") }
        gateway.kill(SIGHUP)
        try gateway.line(within: 20, "no change") { $0.contains("nothing was touched") }
        let text = try String(contentsOfFile: estate.siteFile, encoding: .utf8)
        try text.replacingOccurrences(of: "    asset: u203\n", with: "    asset: u203-new\n")
            .write(toFile: estate.siteFile, atomically: true, encoding: .utf8)
        let command = try RunningProgram(try Programs.sluice, ["reload", "--config", estate.siteFile])
        command.closeInput()
        try command.linesToEnd(within: 20)
        command.process.waitUntilExit()
        #expect(command.process.terminationStatus == 0)
        #expect(command.output.contains { $0.contains("Process \(gateway.identifier) ") })
        let witness = try broker.subscriber("sluice/+/+/u203-new")
        try witness.line(within: 30, "the new asset") { $0.contains("u203-new") }
        #expect(gateway.output.count { $0.contains("Gateway is running.") } == 2)
        #expect(gateway.end(SIGTERM) == 0)
        witness.end()
    }

    @Test func `a configuration that cannot be started gives way to the one before`() throws {
        let gateway = try estate.startGateway()
        try gateway.line(within: 30, "the start") { $0.contains("Gateway is running.") }
        let text = try String(contentsOfFile: estate.siteFile, encoding: .utf8)
        try text.replacingOccurrences(of: "directory: \"\(estate.stateDirectory)\"", with: "directory: \"/proc/none\"")
            .write(toFile: estate.siteFile, atomically: true, encoding: .utf8)
        gateway.kill(SIGHUP)
        try gateway.line(within: 30, "the return") { $0.contains("the one before runs again") }
        try gateway.lines(within: 30, "the old configuration") { lines in
            lines.count { $0.contains("Gateway is running.") } == 2
        }
        #expect(gateway.end(SIGTERM) == 0)
    }
}
