// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Foundation
import Model
import Notices
import Pipeline
import TestKit
import Testing

@testable import Gateway

/// Messages that really go over a wire, to receivers that behave well and badly.
@Suite struct ChannelSendingTests {
    private func start(_ script: String, _ arguments: [String] = []) async throws -> (peer: Peer, port: Int) {
        let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Peers/\(script)")
        let peer = try Peer(["/usr/bin/python3", "-u", path.path] + arguments)
        let lines = try await peer.log.wait(for: "a port") { $0.hasPrefix("port ") }
        let port = lines.compactMap { $0.hasPrefix("port ") ? Int($0.dropFirst(5)) : nil }.first
        return (peer, try #require(port))
    }

    private func send(
        _ address: ChannelAddress, allowsPrivate: Bool = true, timeLimit: Duration = .seconds(10),
        certificates: String? = nil
    ) async throws -> DeliveryOutcome {
        let name = ChannelIdentifier("c")
        let notice = Notice(
            ticket: "lakeside-20261126-001", sequence: 0, severity: .p1, kind: .raised, title: "【P1】新工单",
            text: "漏水", site: SiteIdentifier("lakeside"), asset: AssetIdentifier("riser-1"),
            rule: RuleIdentifier("burst"), at: Timestamp(milliseconds: 0), channels: [name])
        let mark = ClockMark(SystemClock().now(), boot: BootIdentifier("b"))
        let row = NoticeRow(number: 1, channel: name, notice: notice, stored: mark)
        let settings = ChannelSettings(
            ChannelPlan(name, address.kind), address, allowsPrivateAddresses: allowsPrivate, timeLimit: timeLimit,
            certificates: certificates)
        let words = try NoticeWords(.chinese, zone: .utc)
        return await ChannelSenders([settings], words: words).send(
            Dispatch(channel: name, key: notice.key, rows: [row], severity: .p1), at: mark.wall)
    }

    @Test func `a robot's answer decides, whatever the status says`() async throws {
        let (peer, port) = try await start("receiver.py")
        defer { peer.end() }
        let cases: [(String, DeliveryOutcome)] = [
            ("ok", .delivered), ("limit", .limited(.seconds(60), "errcode 45009")),
            ("page", .unreachable("HTTP 200 with a body that cannot be read")),
            ("error", .unreachable("HTTP 500 with a body that cannot be read")),
            ("moved", .unreachable("HTTP 302 with a body that cannot be read")),
            ("large", .unreachable("the answer is longer than 64 KiB")),
        ]
        for (path, expected) in cases {
            let url = Secret("http://127.0.0.1:\(port)/\(path)?key=TOPSECRET")
            #expect(try await send(.wecom(url: url)) == expected, "\(path)")
        }
        let closed = try await send(.wecom(url: Secret("http://127.0.0.1:\(port)/closed?key=TOPSECRET")))
        guard case .unreachable(let reason) = closed else {
            Issue.record("\(closed)")
            return
        }
        #expect(!reason.contains("TOPSECRET"))
        let block = Secret("http://127.0.0.1:\(port)/block?access_token=T")
        #expect(
            try await send(.dingtalk(url: block, secret: Secret("S"), keyword: nil))
                == .limited(.seconds(600), "errcode 130101"))
        // No redirect was followed: one request for each message.
        let total = cases.count + 2
        let lines = try await peer.log.wait("all requests", counting: 0) { count, line in
            if line.hasPrefix("{") { count += 1 }
            return count == total
        }
        let requests = lines.filter { $0.hasPrefix("{") }
        #expect(requests.count == total)
        let first = try #require(
            try JSONSerialization.jsonObject(with: Data((requests.first ?? "").utf8)) as? [String: Any])
        let body = try #require(Data(base64Encoded: first["body"] as? String ?? ""))
        let json = try #require(try JSONSerialization.jsonObject(with: body) as? [String: Any])
        #expect(
            (json["text"] as? [String: Any])?["content"] as? String == "【P1】新工单\n漏水\nlakeside-20261126-001 #0")
    }

    @Test func `a slow receiver is given up in time, and an address inside is refused`() async throws {
        let (peer, port) = try await start("receiver.py")
        defer { peer.end() }
        let slow = Secret("http://127.0.0.1:\(port)/slow")
        #expect(
            try await send(.wecom(url: slow), timeLimit: .seconds(1)) == .unreachable("Timeout was reached"))
        let inside = try await send(
            .webhook(.init(url: Secret("http://localhost:\(port)/ok"))), allowsPrivate: false)
        #expect(
            inside == .unreachable("the address is in a private network; allow_private: true would permit it"))
    }

    @Test func `a letter is taken, refused, or not sent without TLS`() async throws {
        let (peer, port) = try await start("mailbox.py")
        defer { peer.end() }
        func mailbox(_ to: String, _ security: ChannelAddress.Mailbox.Security) -> ChannelAddress {
            .email(.init(host: "127.0.0.1", port: port, security: security, from: "s@example.org", to: [to]))
        }
        #expect(try await send(mailbox("duty@example.org", .plain)) == .delivered)
        #expect(try await send(mailbox("full@example.org", .plain)) == .refused("SMTP 552"))
        guard case .unreachable = try await send(mailbox("duty@example.org", .starttls)) else {
            Issue.record("a letter went without TLS")
            return
        }
        let lines = try await peer.log.wait("two letters", counting: 0) { count, line in
            if line.hasPrefix("{") { count += 1 }
            return count == 2
        }
        let letters = lines.filter { $0.hasPrefix("{") }
        #expect(letters.first?.contains("X-Sluice-Ticket: lakeside-20261126-001") == true)
    }

    @Test(arguments: ["starttls", "tls"])
    func `a letter goes to a mail server of the trusted issuer and of that name alone`(mode: String) async throws {
        let folder = try TestFolder()
        let makes = try RunningProgram("/bin/sh", ["-ec", Self.certificates, "sh", folder.path])
        try makes.linesToEnd(within: 60)
        makes.process.waitUntilExit()
        try #require(makes.process.terminationStatus == 0, "\(makes.output)")
        let refused = DeliveryOutcome.unreachable(
            "the receiver's certificate is of no trusted issuer, out of date, or for another host name")
        let cases: [(String, DeliveryOutcome)] = [
            ("good", .delivered), ("other", refused), ("alone", refused),
        ]
        for (name, expected) in cases {
            let (peer, port) = try await start(mode, of: name, in: folder)
            defer { peer.end() }
            let mailbox = ChannelAddress.email(
                .init(
                    host: "127.0.0.1", port: port, security: mode == "tls" ? .tls : .starttls, from: "s@example.org",
                    to: ["duty@example.org"]))
            let outcome = try await send(mailbox, certificates: "\(folder.path)/issuer.pem")
            #expect(outcome == expected, "\(name)")
            guard expected == .delivered else { continue }
            let lines = try await peer.log.wait(for: "the letter") { $0.hasPrefix("{") }
            #expect(lines.contains { $0.contains("\"tls\": true") })
            // Without the file only the system's issuers count, and this one is none of them.
            #expect(try await send(mailbox) == refused)
        }
    }

    private func start(_ mode: String, of name: String, in folder: TestFolder) async throws -> (peer: Peer, port: Int) {
        try await start("mailbox.py", [mode, "\(folder.path)/\(name).pem", "\(folder.path)/\(name).key"])
    }

    /// An issuer; a certificate of it for this machine, one for another, and one that nobody issued.
    private static let certificates = """
        cd "$1"
        exec 2>&1
        key="-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
        openssl req -x509 $key -keyout issuer.key -out issuer.pem -subj "/CN=Practice issuer"
        openssl req -x509 $key -keyout alone.key -out alone.pem -subj "/CN=alone" -addext "subjectAltName=IP:127.0.0.1"
        openssl req -x509 $key -keyout good.key -out good.pem -subj "/CN=good" -CA issuer.pem -CAkey issuer.key \\
            -addext "subjectAltName=IP:127.0.0.1" -addext "basicConstraints=critical,CA:FALSE"
        openssl req -x509 $key -keyout other.key -out other.pem -subj "/CN=other" -CA issuer.pem -CAkey issuer.key \\
            -addext "subjectAltName=DNS:mail.example.org" -addext "basicConstraints=critical,CA:FALSE"
        """
}
