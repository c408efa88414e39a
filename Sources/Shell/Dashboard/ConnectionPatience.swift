// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Closes the connection of whoever keeps a place and does not get on: who does not ask, does not end what it asks, or
/// does not take its answer.
///
/// The server's own time limit counts from the last piece of a request and not while an answer is under way, so a client
/// that sends a byte now and then, or reads none, would keep its place for ever.
final class ConnectionPatience: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundIn = HTTPResponsePart
    typealias OutboundOut = HTTPResponsePart

    struct Limits: Sendable {
        /// From the connection to the end of the first request's head.
        var head = TimeAmount.seconds(10)
        /// From the end of a head to the end of its body, which may be a photo.
        var body = TimeAmount.seconds(120)
        /// For which nothing more fits into the way to the client.
        var answer = TimeAmount.seconds(20)
    }

    /// Bytes that the system holds for a client, which it doubles. With the megabytes that it would else hold, a client that
    /// reads nothing is not known as one before it has had some hundred pages.
    private static let held = 65_536

    private let limits: Limits
    private var request: Scheduled<Void>?
    private var answer: Scheduled<Void>?

    init(_ limits: Limits = Limits()) { self.limits = limits }

    func handlerAdded(context: ChannelHandlerContext) {
        if context.channel.isActive { begin(context) }
    }

    private func begin(_ context: ChannelHandlerContext) {
        context.channel.setOption(.socketOption(.so_sndbuf), value: Self.held).whenFailure { _ in }
        request?.cancel()
        request = close(context, in: limits.head)
    }

    func channelActive(context: ChannelHandlerContext) {
        begin(context)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head:
            request?.cancel()
            request = close(context, in: limits.body)
        case .body: break
        case .end:
            request?.cancel()
            request = nil
        }
        context.fireChannelRead(data)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        answer?.cancel()
        answer = context.channel.isWritable ? nil : close(context, in: limits.answer)
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) { stop() }

    private func stop() {
        request?.cancel()
        answer?.cancel()
        (request, answer) = (nil, nil)
    }

    private func close(_ context: ChannelHandlerContext, in time: TimeAmount) -> Scheduled<Void> {
        let channel = context.channel
        return context.eventLoop.scheduleTask(in: time) { channel.close(promise: nil) }
    }
}
