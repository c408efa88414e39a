// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// Hands the bytes and the end of one connection to its endpoint.
final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer

    private let endpoint: SocketEndpoint
    private let generation: Int

    init(endpoint: SocketEndpoint, generation: Int) {
        self.endpoint = endpoint
        self.generation = generation
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        endpoint.received(unwrapInboundIn(data), from: generation)
    }

    func channelInactive(context: ChannelHandlerContext) {
        endpoint.ended(generation, because: nil)
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        endpoint.ended(generation, because: error)
        context.close(promise: nil)
    }
}
