// SPDX-License-Identifier: Apache-2.0

public import Foundation
import Synchronization

public struct PeerProblem: Error, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

/// The lines that another program has written so far, and a way to wait for more.
public actor LineLog {
    public private(set) var lines: [String] = []
    private var waiters: [Int: (wants: (String) -> Bool, continuation: CheckedContinuation<Bool, Never>)] = [:]
    private var nextWaiter = 0

    public init() {}

    public func append(_ line: String) {
        lines.append(line)
        for (key, waiter) in waiters where waiter.wants(line) {
            waiters[key] = nil
            waiter.continuation.resume(returning: true)
        }
    }

    private func giveUp(_ key: Int) { waiters.removeValue(forKey: key)?.continuation.resume(returning: false) }

    /// Waits until `isDone` says so, which gets every line once, the earlier ones too, and `state` to keep account in.
    ///
    /// - Returns: all lines so far.
    @discardableResult
    public func wait<State: Sendable>(
        _ what: String, seconds: Double = 30, counting state: State,
        until isDone: @escaping @Sendable (inout State, String) -> Bool
    ) async throws -> [String] {
        var state = state
        for line in lines where isDone(&state, line) { return lines }
        let key = nextWaiter
        nextWaiter += 1
        let deadline = Task {
            try await Task.sleep(for: .seconds(seconds))
            giveUp(key)
        }
        defer { deadline.cancel() }
        let isFound = await withCheckedContinuation { waiters[key] = ({ isDone(&state, $0) }, $0) }
        guard isFound else {
            let tail = lines.suffix(20).map { String($0.prefix(200)) }.joined(separator: "\n")
            throw PeerProblem("\(what): not in \(seconds) s. Seen: \(tail)")
        }
        return lines
    }

    /// Waits for a line that `isWanted`.
    @discardableResult
    public func wait(
        for what: String, seconds: Double = 30, where isWanted: @escaping @Sendable (String) -> Bool
    ) async throws -> [String] {
        try await wait(what, seconds: seconds, counting: ()) { _, line in isWanted(line) }
    }
}

/// A program under test conditions: started, read line by line, ended by its own process number.
public final class Peer: Sendable {
    public let log = LineLog()
    private let process: Mutex<Process>
    public let identifier: Int32

    public init(_ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        // A child inherits the signals that this thread blocks; `env` hands them back.
        process.arguments = ["--default-signal"] + arguments
        var environment = ProcessInfo.processInfo.environment
        // Debian keeps the broker where only root's shell looks.
        environment["PATH"] = (environment["PATH"] ?? "/usr/bin:/bin") + ":/usr/sbin:/usr/local/sbin"
        process.environment = environment
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        let (lines, continuation) = AsyncStream<String>.makeStream()
        let rest = Mutex(Data())
        pipe.fileHandleForReading.readabilityHandler = { handle in
            let data = handle.availableData
            if data.isEmpty {
                handle.readabilityHandler = nil
                continuation.finish()
                return
            }
            rest.withLock { rest in
                rest.append(data)
                while let end = rest.firstIndex(of: 0x0A) {
                    continuation.yield(String(decoding: rest[rest.startIndex..<end], as: UTF8.self))
                    rest = Data(rest[rest.index(after: end)...])
                }
            }
        }
        let log = log
        Task { for await line in lines { await log.append(line) } }
        try process.run()
        identifier = process.processIdentifier
        self.process = Mutex(process)
    }

    public func signal(_ number: Int32) { process.withLock { if $0.isRunning { kill($0.processIdentifier, number) } } }

    /// Ends it the hard way and waits for its end.
    public func end() {
        signal(SIGKILL)
        process.withLock { $0.waitUntilExit() }
    }

    deinit { process.withLock { if $0.isRunning { kill($0.processIdentifier, SIGKILL) } } }
}

/// A mosquitto with a folder of its own on a free port of the loopback.
public final class Mosquitto: Sendable {
    public let port: Int
    public let folder: URL
    private let peer: Mutex<Peer?>

    /// - Parameters:
    ///   - savesSessions: Sessions are on disk after every few changes, so that they outlive ``cut()``.
    ///   - accessList: Lines of an access list that holds for everybody; `nil` allows all.
    ///   - settings: Further lines of the broker's file.
    public init(savesSessions: Bool = false, accessList: String? = nil, settings: String = "") async throws {
        port = try freePort()
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-mqtt-\(UUID().uuidString)")
        peer = Mutex(nil)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let user = getuid() == 0 ? "user root\n" : ""
        let text = """
            listener \(port) 127.0.0.1
            allow_anonymous true
            persistence true
            persistence_location \(folder.path)/
            autosave_on_changes \(savesSessions)
            autosave_interval \(savesSessions ? 5 : 0)
            max_queued_messages 100000
            \(user)
            \(accessList == nil ? "" : "acl_file \(folder.path)/broker.acl")
            \(settings)
            """
        if let accessList { try write(accessList: accessList) }
        try text.write(to: folder.appendingPathComponent("broker.conf"), atomically: true, encoding: .utf8)
        try await start()
    }

    private func write(accessList: String) throws {
        try (accessList + "\n").write(
            to: folder.appendingPathComponent("broker.acl"), atomically: true, encoding: .utf8)
    }

    /// Changes the access list of a broker that has one, while it runs.
    public func change(accessList: String) async throws {
        try write(accessList: accessList)
        let peer = peer.withLock { $0 }
        let before = await peer?.log.lines.count { $0.contains("Reloading config") } ?? 0
        signal(SIGHUP)
        try await peer?.log.wait("the new access list", counting: 0) { count, line in
            if line.contains("Reloading config") { count += 1 }
            return count > before
        }
    }

    /// Publishes one message with a client of its own and waits until the broker has it.
    public func publish(_ topic: String, _ arguments: [String]) throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/mosquitto_pub")
        process.arguments = ["-h", "127.0.0.1", "-p", "\(port)", "-V", "mqttv311", "-q", "1", "-t", topic] + arguments
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else {
            throw PeerProblem("mosquitto_pub ended with \(process.terminationStatus)")
        }
    }

    public func start() async throws {
        let started = try Peer(["mosquitto", "-v", "-c", folder.appendingPathComponent("broker.conf").path])
        try await started.log.wait(for: "mosquitto") { $0.contains(" running") }
        peer.withLock { $0 = started }
    }

    public func signal(_ number: Int32) { peer.withLock { $0?.signal(number) } }

    /// A power cut for the broker.
    public func cut() { peer.withLock { $0?.end() } }

    /// A subscriber that writes `MSG <retained> <topic> <payload>` a line and keeps its session over a broken connection.
    public func subscriber(_ filter: String = "sluice/#") async throws -> Peer {
        let peer = try Peer([
            "stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", "\(port)", "-V", "mqttv311", "-q", "1", "-c",
            "-i",
            "sub-\(UUID().uuidString.prefix(8))", "-d", "-F", "MSG %r %t %p", "-t", filter,
        ])
        try await peer.log.wait(for: "the subscription") { $0.hasPrefix("Subscribed") }
        return peer
    }

    deinit {
        peer.withLock { $0?.end() }
        try? FileManager.default.removeItem(at: folder)
    }
}

/// A port of the loopback that nobody listens on.
public func freePort() throws -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
            bind(descriptor, pointer, length) == 0 ? getsockname(descriptor, pointer, &length) : -1
        }
    }
    guard code == 0 else { throw PeerProblem("no free port: errno \(errno)") }
    return Int(UInt16(bigEndian: address.sin_port))
}
