// SPDX-License-Identifier: Apache-2.0

import Foundation
import Synchronization
import Testing

/// A program that the test started, ended by its own process at the latest when the test ends.
final class RunningProgram: @unchecked Sendable {
    struct TooLate: Error, CustomStringConvertible {
        let description: String
    }

    let process = Process()
    private let input = Pipe()
    private let lines = Mutex<[String]>([])
    private let collector: LineCollector

    /// - Parameter mergesErrors: Whether standard error is read as well as standard output.
    init(_ program: String, _ arguments: [String], mergesErrors: Bool = true, environment: [String: String] = [:])
        throws
    {
        // A child inherits the signals that this thread blocks; `env` hands them back before it becomes the program.
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["--default-signal", program] + arguments
        if !environment.isEmpty {
            process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        }
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = mergesErrors ? output : FileHandle.nullDevice
        collector = LineCollector()
        try process.run()
        let (collector, handle) = (collector, output.fileHandleForReading)
        Thread.detachNewThread {
            while true {
                let data = handle.availableData
                if data.isEmpty { break }
                collector.take(data)
            }
            collector.end()
        }
    }

    var identifier: Int32 { process.processIdentifier }
    var output: [String] { collector.lines }

    /// Writes a line to the program; one that has ended already says so by the lines it left.
    func send(_ line: String) { try? input.fileHandleForWriting.write(contentsOf: Data((line + "\n").utf8)) }
    func closeInput() { try? input.fileHandleForWriting.close() }

    /// How the program stands, for the message of a wait that was in vain.
    private var fate: String {
        guard collector.isAtEnd else { return "said" }
        process.waitUntilExit()
        let reason = process.terminationReason == .uncaughtSignal ? "signal" : "exit code"
        return "ended by \(reason) \(process.terminationStatus) and had said"
    }

    /// The first line that satisfies `condition`, waiting at most `seconds` for it.
    @discardableResult
    func line(within seconds: Double, _ what: String, where condition: (String) -> Bool) throws -> String {
        guard let found = collector.first(within: seconds, where: condition) else {
            throw TooLate(
                description: "\(what) did not come within \(seconds) s; the program \(fate):\n"
                    + collector.lines.suffix(30).joined(separator: "\n"))
        }
        return found
    }

    /// Waits until `condition` holds for all lines so far.
    func lines(within seconds: Double, _ what: String, until condition: ([String]) -> Bool) throws {
        guard collector.all(within: seconds, until: condition) else {
            throw TooLate(
                description: "\(what) did not come within \(seconds) s; the program \(fate):\n"
                    + collector.lines.suffix(30).joined(separator: "\n"))
        }
    }

    /// Waits until the program has closed its output.
    func linesToEnd(within seconds: Double) throws {
        guard collector.all(within: seconds, until: { _ in false }, orEnd: true), collector.isAtEnd else {
            throw TooLate(description: "the end of the output did not come within \(seconds) s")
        }
    }

    func kill(_ signal: Int32 = SIGKILL) { if process.isRunning { Foundation.kill(process.processIdentifier, signal) } }

    /// Ends the program and waits for it.
    @discardableResult
    func end(_ signal: Int32 = SIGKILL) -> Int32 {
        kill(signal)
        closeInput()
        // A program that does not end is a failed test, not one that hangs.
        if signal != SIGKILL, !collector.all(within: 20, until: { _ in false }, orEnd: true) { kill(SIGKILL) }
        process.waitUntilExit()
        return process.terminationStatus
    }

    deinit { if process.isRunning { kill() } }
}

/// Cuts bytes into lines and lets a thread wait for one.
private final class LineCollector: @unchecked Sendable {
    private let condition = NSCondition()
    private var rest = Data()
    private var collected: [String] = []
    private var hasEnded = false

    var lines: [String] {
        condition.lock()
        defer { condition.unlock() }
        return collected
    }

    var isAtEnd: Bool {
        condition.lock()
        defer { condition.unlock() }
        return hasEnded
    }

    func take(_ data: Data) {
        condition.lock()
        rest.append(data)
        while let end = rest.firstIndex(of: 10) {
            collected.append(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
            rest = rest[rest.index(after: end)...]
        }
        condition.broadcast()
        condition.unlock()
    }

    func end() {
        condition.lock()
        hasEnded = true
        condition.broadcast()
        condition.unlock()
    }

    func first(within seconds: Double, where matches: (String) -> Bool) -> String? {
        let limit = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        var seen = 0
        while true {
            while seen < collected.count {
                if matches(collected[seen]) { return collected[seen] }
                seen += 1
            }
            if hasEnded || !condition.wait(until: limit) { return nil }
        }
    }

    func all(within seconds: Double, until holds: ([String]) -> Bool, orEnd: Bool = false) -> Bool {
        let limit = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while !holds(collected) {
            if hasEnded { return orEnd || holds(collected) }
            if !condition.wait(until: limit) { return holds(collected) }
        }
        return true
    }
}

/// A fresh folder that is removed with the value.
final class TestFolder: Sendable {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sluice-test-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    func write(_ name: String, _ text: String) throws {
        let url = URL(fileURLWithPath: path).appendingPathComponent(name)
        try FileManager.default.createDirectory(
            at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try text.write(to: url, atomically: true, encoding: .utf8)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }
}

enum Programs {
    /// The program under test, beside the test runner.
    static var sluice: String {
        get throws {
            let runner = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
            let path = runner.deletingLastPathComponent().appendingPathComponent("sluice").path
            try #require(FileManager.default.isExecutableFile(atPath: path), "no program at \(path)")
            return path
        }
    }

    static let python = "/usr/bin/python3"
    static let peers = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Peers").path
    static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path
}

/// A port of 127.0.0.1 that was free a moment ago.
func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
        }
    }
    try #require(isBound)
    return Int(UInt16(bigEndian: address.sin_port))
}

/// A mosquitto of the test's own, which keeps what it is told in the test's folder.
final class TestBroker {
    let port: Int
    private let folder: TestFolder
    private(set) var program: RunningProgram

    init(in folder: TestFolder) throws {
        self.folder = folder
        port = try freePort()
        try folder.write(
            "mosquitto.conf",
            """
            listener \(port) 127.0.0.1
            allow_anonymous true
            persistence true
            persistence_location \(folder.path)/
            autosave_interval 1
            autosave_on_changes true
            max_queued_messages 100000
            """)
        program = try Self.start(folder, port)
    }

    private static func start(_ folder: TestFolder, _ port: Int) throws -> RunningProgram {
        let program = try RunningProgram("/usr/sbin/mosquitto", ["-v", "-c", "\(folder.path)/mosquitto.conf"])
        try program.line(within: 10, "the broker's start") { $0.contains("running") }
        return program
    }

    func stop() { program.end(SIGTERM) }
    func startAgain() throws { program = try Self.start(folder, port) }

    /// An independent client of everything the site publishes: lines of `retained topic payload`.
    func subscriber(_ filter: String = "sluice/#") throws -> RunningProgram {
        let name = "witness-\(UUID().uuidString)"
        let client = try RunningProgram(
            "/usr/bin/stdbuf",
            [
                "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", String(port), "-q", "1", "-i", name, "-c", "-t",
                filter,
                "-F", "%r %t %p",
            ])
        try program.line(within: 10, "the subscription") { $0.contains("Sending SUBACK to \(name)") }
        return client
    }

    deinit { program.end() }
}

/// One MQTT message as `mosquitto_sub -F '%r %t %p'` prints it.
struct Message {
    let isRetained: Bool
    let topic: String
    let payload: [String: Any]

    init?(_ line: String) {
        let parts = line.split(separator: " ", maxSplits: 2)
        guard parts.count == 3, parts[0] == "0" || parts[0] == "1", parts[1].hasPrefix("sluice/"),
            let object = try? JSONSerialization.jsonObject(with: Data(parts[2].utf8)) as? [String: Any]
        else { return nil }
        isRetained = parts[0] == "1"
        topic = String(parts[1])
        payload = object
    }
}
