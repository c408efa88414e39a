// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// One answer of the gateway's page, as it came over the wire.
struct HTTPAnswer: Hashable, Sendable {
    var status: Int
    /// By name in small letters.
    var headers: [String: String]
    var body: String

    /// The body as a JSON object; empty when it is none.
    var json: [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(body.utf8))) as? [String: Any] ?? [:]
    }
}

/// Asks a gateway on loopback, byte by byte as the test says.
struct HTTPPeer: Sendable {
    let port: Int

    struct Failure: Error { var what: String }

    /// - Parameter isOwn: Whether the request says that it comes from the gateway's own page.
    func send(
        _ method: String, _ path: String, _ headers: [String: String] = [:], body: String = "", isOwn: Bool = true
    ) throws -> HTTPAnswer {
        let host = "127.0.0.1:\(port)"
        var lines = ["\(method) \(path) HTTP/1.1", "Host: \(host)", "Connection: close"]
        if isOwn { lines.append("Origin: http://\(host)") }
        if !body.isEmpty || method == "POST" { lines.append("Content-Length: \(body.utf8.count)") }
        if !body.isEmpty, headers["Content-Type"] == nil { lines.append("Content-Type: application/json") }
        lines += headers.map { "\($0): \($1)" }
        return try Self.answer(try exchange(Array((lines.joined(separator: "\r\n") + "\r\n\r\n" + body).utf8)))
    }

    /// Sends bytes that are no text; an answer that is none either is compared by its length.
    func send(_ method: String, _ path: String, type: String, bytes: [UInt8]) throws -> HTTPAnswer {
        let host = "127.0.0.1:\(port)"
        let lines = [
            "\(method) \(path) HTTP/1.1", "Host: \(host)", "Connection: close", "Origin: http://\(host)",
            "Content-Type: \(type)", "Content-Length: \(bytes.count)",
        ]
        return try Self.answer(try exchange(Array((lines.joined(separator: "\r\n") + "\r\n\r\n").utf8) + bytes))
    }

    /// The bytes behind the head of an answer.
    func bytes(of path: String) throws -> [UInt8] {
        let head = "GET \(path) HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\nConnection: close\r\n\r\n"
        let answer = try exchange(Array(head.utf8))
        let end = Array("\r\n\r\n".utf8)
        let place = answer.indices.first { answer[$0...].starts(with: end) }
        return place.map { Array(answer[($0 + 4)...]) } ?? []
    }

    func get(_ path: String, _ headers: [String: String] = [:]) throws -> HTTPAnswer {
        try send("GET", path, headers)
    }

    func post(_ path: String, _ body: String, _ headers: [String: String] = [:]) throws -> HTTPAnswer {
        try send("POST", path, headers, body: body)
    }

    private func exchange(_ request: [UInt8]) throws -> [UInt8] {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var patience = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(port).bigEndian)
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let isConnected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else { throw Failure(what: "connect: \(String(cString: strerror(errno)))") }
        var rest = request[...]
        while !rest.isEmpty {
            let sent = rest.withUnsafeBytes {
                Foundation.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            // A server may answer and close before it has read all; its answer counts.
            guard sent > 0 else { break }
            rest = rest.dropFirst(sent)
        }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            // The end of another program may interrupt the wait.
            if count < 0, errno == EINTR { continue }
            guard count > 0 || (count == 0 && !bytes.isEmpty) else {
                let reason = count == 0 ? "closed without an answer" : String(cString: strerror(errno))
                let line = String(decoding: request.prefix { $0 != UInt8(ascii: "\r") }, as: UTF8.self)
                throw Failure(what: "\(line), port \(port): \(reason)")
            }
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(count)
            // Not every server closes when it is asked to.
            if let answer = try? Self.answer(bytes), let length = answer.headers["content-length"].flatMap({ Int($0) }),
                answer.body.utf8.count >= length
            {
                return bytes
            }
        }
    }

    private static func answer(_ bytes: [UInt8]) throws -> HTTPAnswer {
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n") else { throw Failure(what: "no head in: \(text)") }
        let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            let value = line[line.index(after: colon)...].trimmingCharacters(in: .whitespaces)
            headers[line[..<colon].lowercased()] = value
        }
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
        return HTTPAnswer(status: status ?? 0, headers: headers, body: String(text[end.upperBound...]))
    }
}

/// A gateway that a test runs: no device answers, so that nothing but persons makes tickets.
final class LoneGateway {
    let folder: TestFolder
    private(set) var program: RunningProgram
    private(set) var peer: HTTPPeer
    private let brokerPort: Int

    /// - Parameter brokerPort: 1 where nobody listens.
    init(in folder: TestFolder, brokerPort: Int = 1) throws {
        self.folder = folder
        self.brokerPort = brokerPort
        try folder.write("site.yaml", Self.site(brokerPort: brokerPort))
        (program, peer) = try Self.start(folder)
    }

    var configuration: [String] { ["--config", "\(folder.path)/site.yaml"] }

    private static func start(_ folder: TestFolder) throws -> (RunningProgram, HTTPPeer) {
        let program = try RunningProgram(
            try Programs.sluice,
            ["run", "--config", "\(folder.path)/site.yaml", "--profiles", "\(Programs.root)/DeviceProfiles"],
            environment: ["LC_ALL": "C.UTF-8"])
        let line = try program.line(within: 60, "the running gateway") { $0.contains("Gateway is running.") }
        guard let match = line.firstMatch(of: /http:\/\/127\.0\.0\.1:(\d+)\//), let port = Int(match.output.1) else {
            throw HTTPPeer.Failure(what: line)
        }
        return (program, HTTPPeer(port: port))
    }

    /// Ends the program at once, as a power cut would, and starts it again on the same state.
    func restart() throws {
        program.end(SIGKILL)
        (program, peer) = try Self.start(folder)
    }

    /// Runs a command against it; what it printed, and its exit status.
    func command(_ arguments: [String]) throws -> (lines: [String], status: Int32) {
        let command = try RunningProgram(try Programs.sluice, arguments + configuration)
        try command.linesToEnd(within: 60)
        command.process.waitUntilExit()
        return (command.output, command.process.terminationStatus)
    }

    /// Ends it; call it last, for a value that is not used any more may be gone before the scope ends.
    func end() { program.end(SIGTERM) }

    private static func site(brokerPort: Int) -> String {
        """
        site: {id: lakeside, name: {zh: 湖畔花园, en: Lakeside}, zone: Asia/Shanghai, language: en}
        storage: {directory: state}
        mqtt: {url: "mqtt://127.0.0.1:\(brokerPort)"}
        dashboard: {address: 127.0.0.1, port: 0}
        buses:
          wire: {tcp: 127.0.0.1, port: 1}
        devices:
          inlet: {profile: usw-dn15-40-ultrasonic, bus: wire, unit: 1, area: block-1, asset: inlet, responsible: propertyCompany, meter: {role: bulk}}
          flat-101: {profile: usw-dn15-40-ultrasonic, bus: wire, unit: 2, area: block-1, asset: flat-101, responsible: resident, meter: {role: unit, parent: inlet}}
        persons:
          wang-fang: {name: {zh: 王芳, en: Wang Fang}, role: receiver}
          li-wei: {name: {zh: 李伟, en: Li Wei}, role: technician}
          zhao-lei: {name: {zh: 赵磊, en: Zhao Lei}, role: shiftLeader}
        duty: {owner: wang-fang}
        """
    }
}
