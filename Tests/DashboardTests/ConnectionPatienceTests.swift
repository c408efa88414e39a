// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import NIOCore
import NIOEmbedded
import NIOHTTPTypes
import Testing

@testable import Dashboard

/// Who keeps a place and does not get on loses it; time is the test's.
@Suite(.timeLimit(.minutes(2))) struct ConnectionPatienceTests {
    private func channel() throws -> EmbeddedChannel {
        let channel = EmbeddedChannel(handler: ConnectionPatience())
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 80)).wait()
        return channel
    }

    private static let head = HTTPRequestPart.head(
        HTTPRequest(method: .post, scheme: "http", authority: "localhost", path: "/"))

    @Test func `who asks nothing is let go after ten seconds`() throws {
        let channel = try channel()
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(9_999))
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .milliseconds(1))
        #expect(!channel.isActive)
    }

    @Test func `a body may take two minutes, whatever comes of it meanwhile`() throws {
        let channel = try channel()
        try channel.writeInbound(Self.head)
        for _ in 0..<11 {
            channel.embeddedEventLoop.advanceTime(by: .seconds(10))
            try channel.writeInbound(HTTPRequestPart.body(ByteBuffer(string: "x")))
        }
        #expect(channel.isActive)
        channel.embeddedEventLoop.advanceTime(by: .seconds(10))
        #expect(!channel.isActive)
    }

    @Test func `whoever has asked may wait for the answer, and ask again later`() throws {
        let channel = try channel()
        for _ in 0..<3 {
            try channel.writeInbound(Self.head)
            try channel.writeInbound(HTTPRequestPart.end(nil))
            channel.embeddedEventLoop.advanceTime(by: .hours(1))
            #expect(channel.isActive)
        }
    }

    @Test func `who does not read is let go, and who reads again is not`() throws {
        let channel = try channel()
        try channel.writeInbound(Self.head)
        try channel.writeInbound(HTTPRequestPart.end(nil))
        func turn(_ isWritable: Bool) {
            channel.isWritable = isWritable
            channel.pipeline.fireChannelWritabilityChanged()
        }
        turn(false)
        channel.embeddedEventLoop.advanceTime(by: .seconds(19))
        turn(true)
        channel.embeddedEventLoop.advanceTime(by: .hours(1))
        #expect(channel.isActive)
        turn(false)
        channel.embeddedEventLoop.advanceTime(by: .seconds(20))
        #expect(!channel.isActive)
    }

    @Test func `the server lets go whoever does not end a head`() async throws {
        try await withDashboard(patience: .init(head: .milliseconds(50))) { dashboard in
            // Reads until the server closes, and finds no answer.
            await #expect(throws: (any Error).self) {
                try await TestClient.send("GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n", to: .port(dashboard.port))
            }
            let next = try await dashboard.get("/healthz")
            #expect(next.status == 200)
        }
    }
}
