// SPDX-License-Identifier: Apache-2.0

import Foundation
import Glibc
import Logging
import Model
import NIOCore
import Pipeline
import Testing

@testable import Dashboard

/// An answer as it came over the wire.
struct Answer: Sendable {
    var status: Int
    /// By name in small letters.
    var headers: [String: [String]]
    var body: String

    func header(_ name: String) -> String? { headers[name]?.first }

    /// The parts of each cookie that is set, sorted: their order has no meaning.
    var cookies: [[String]] {
        (headers["set-cookie"] ?? []).map { $0.components(separatedBy: "; ").sorted() }
    }
}

/// A client of bytes on a socket, so that every header is what the test says.
///
/// It blocks, on a thread of its own: the pool's threads belong to the server under test.
enum TestClient {
    enum Address: Sendable {
        case port(Int)
        case path(String)
    }

    struct Failure: Error { var what: String }

    /// Sends one request and reads the whole answer.
    static func send(_ request: String, to address: Address) async throws -> Answer {
        try await onThread {
            let descriptor = try connect(to: address)
            defer { close(descriptor) }
            try write(request, to: descriptor)
            var bytes: [UInt8] = []
            // Not every server closes when it is asked to, so an answer of a known length ends there.
            while !isWhole(bytes), let more = try read(descriptor) { bytes += more }
            return try answer(bytes)
        }
    }

    /// Sends one request and reads until `isEnough` of what came; the connection stays open.
    static func open(
        _ request: String, to address: Address, until isEnough: @escaping @Sendable (String) -> Bool
    ) async throws -> Stream {
        try await onThread {
            let descriptor = try connect(to: address)
            do {
                try write(request, to: descriptor)
                return Stream(descriptor: descriptor, firstText: try text(from: descriptor, until: isEnough))
            } catch {
                close(descriptor)
                throw error
            }
        }
    }

    /// An open connection.
    final class Stream: Sendable {
        let descriptor: CInt
        /// What came before the stream was handed out.
        let firstText: String
        init(descriptor: CInt, firstText: String) { (self.descriptor, self.firstText) = (descriptor, firstText) }
        deinit { Glibc.close(descriptor) }

        func read(until isEnough: @escaping @Sendable (String) -> Bool) async throws -> String {
            try await onThread { try text(from: self.descriptor, until: isEnough) }
        }

        /// Reads to the end of the stream.
        func readToEnd() async throws -> String {
            try await onThread {
                var bytes: [UInt8] = []
                while let more = try TestClient.read(self.descriptor) { bytes += more }
                return String(decoding: bytes, as: UTF8.self)
            }
        }
    }

    private static func text(from descriptor: CInt, until isEnough: (String) -> Bool) throws -> String {
        var text = ""
        while !isEnough(text) {
            guard let more = try read(descriptor) else { throw Failure(what: "ended after: \(text)") }
            text += String(decoding: more, as: UTF8.self)
        }
        return text
    }

    private static func connect(to address: Address) throws -> CInt {
        let domain: CInt
        let target: SocketAddress
        switch address {
        case .port(let port): (domain, target) = (AF_INET, try SocketAddress(ipAddress: "127.0.0.1", port: port))
        case .path(let path): (domain, target) = (AF_UNIX, try SocketAddress(unixDomainSocketPath: path))
        }
        let descriptor = socket(domain, CInt(SOCK_STREAM.rawValue), 0)
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let result = target.withSockAddr { pointer, size in Glibc.connect(descriptor, pointer, socklen_t(size)) }
        guard result == 0 else {
            close(descriptor)
            throw Failure(what: "connect: \(String(cString: strerror(errno)))")
        }
        return descriptor
    }

    private static func write(_ text: String, to descriptor: CInt) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
            guard sent > 0 else { throw Failure(what: "send: \(String(cString: strerror(errno)))") }
            rest = rest.dropFirst(sent)
        }
    }

    private static func read(_ descriptor: CInt) throws -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 65_536)
        let count = recv(descriptor, &buffer, buffer.count, 0)
        guard count >= 0 else { throw Failure(what: "recv: \(String(cString: strerror(errno)))") }
        return count == 0 ? nil : Array(buffer.prefix(count))
    }

    /// Whether `bytes` are a head that names the length of its body, and as many bytes behind it.
    private static func isWhole(_ bytes: [UInt8]) -> Bool {
        guard let found = try? answer(bytes), let length = found.header("content-length").flatMap(Int.init) else {
            return false
        }
        return found.body.utf8.count >= length
    }

    private static func answer(_ bytes: [UInt8]) throws -> Answer {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { throw Failure(what: "no head in: \(text)") }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        var headers: [String: [String]] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[line[..<colon].lowercased(), default: []].append(value)
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return Answer(status: status ?? 0, headers: headers, body: String(text[end.upperBound...]))
    }
}

/// Runs blocking work on a thread of its own.
func onThread<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
        Thread { continuation.resume(with: Result(catching: work)) }.start()
    }
}

/// A dashboard that runs while a test asks it.
struct RunningDashboard: Sendable {
    var estate: TestEstate
    var port: Int
    var socketPath: String?

    static let chartLibraryFolder = "/usr/share/javascript/dygraphs"

    func get(_ path: String, _ headers: [String] = [], method: String = "GET") async throws -> Answer {
        try await TestClient.send(
            Self.head(method, path, ["Host: 127.0.0.1:\(port)", "Connection: close"] + headers), to: .port(port))
    }

    /// A change as a page of this dashboard would send it.
    func post(_ path: String, _ body: String, type: String, _ headers: [String] = []) async throws -> Answer {
        try await send(
            "POST", path, body,
            ["Host: 127.0.0.1:\(port)", "Origin: http://127.0.0.1:\(port)", "Content-Type: \(type)"] + headers,
            to: .port(port))
    }

    /// - Parameter condition: Value of `If-Match`; `nil` sends none.
    func postJSON(_ path: String, _ body: String, ifMatch condition: String? = "*") async throws -> Answer {
        try await post(path, body, type: "application/json", condition.map { ["If-Match: \($0)"] } ?? [])
    }

    func postForm(_ path: String, _ body: String, _ headers: [String] = []) async throws -> Answer {
        try await post(path, body, type: "application/x-www-form-urlencoded", headers)
    }

    func send(
        _ method: String, _ path: String, _ body: String, _ headers: [String], to address: TestClient.Address
    ) async throws -> Answer {
        let length = "Content-Length: \(body.utf8.count)"
        return try await TestClient.send(
            Self.head(method, path, headers + [length, "Connection: close"]) + body, to: address)
    }

    static func head(_ method: String, _ path: String, _ headers: [String]) -> String {
        "\(method) \(path) HTTP/1.1\r\n" + headers.map { $0 + "\r\n" }.joined() + "\r\n"
    }
}

/// Runs a dashboard on a free port for the length of `body`.
func withDashboard<Value: Sendable>(
    _ estate: TestEstate = TestEstate(), language: Language = .english, socketPath: String? = nil,
    chartLibraryFolder: String = RunningDashboard.chartLibraryFolder, door: SignInDoor? = nil,
    certificate: PageCertificateFiles? = nil, patience: ConnectionPatience.Limits = .init(),
    _ body: @escaping @Sendable (RunningDashboard) async throws -> Value
) async throws -> Value {
    let (ports, opened) = AsyncStream<Int>.makeStream()
    var server = DashboardServer(
        view: estate, host: "127.0.0.1", port: 0, certificate: certificate, socketPath: socketPath, language: language,
        chartLibraryFolder: chartLibraryFolder, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
        clock: { TestEstate.now }, door: door, settings: TestSettings(),
        onServerRunning: { _, port in opened.yield(port) })
    server.patience = patience
    return try await withThrowingTaskGroup(of: Value?.self) { [server] group in
        group.addTask {
            try await server.run()
            return nil
        }
        group.addTask {
            var iterator = ports.makeAsyncIterator()
            guard let port = await iterator.next() else { throw CancellationError() }
            return try await body(RunningDashboard(estate: estate, port: port, socketPath: socketPath))
        }
        defer { group.cancelAll() }
        while let value = try await group.next() {
            if let value { return value }
        }
        throw CancellationError()
    }
}

/// A folder of one test, removed with its content afterwards.
func withTemporaryFolder<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent("sluice-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(folder.path)
}
