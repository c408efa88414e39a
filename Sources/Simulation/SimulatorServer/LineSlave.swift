// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The slaves of one serial line, all at the far end of a pseudo-terminal that takes no time for its characters.
final class LineSlave: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Longer than 3.5 characters at 1200 baud.
    private static let quiet = TimeAmount.milliseconds(40)

    private let answer: @Sendable (_ request: [UInt8], _ unit: UInt8) -> WireAnswer?
    private var search = RequestSearch()
    private var endOfFrame: Scheduled<Void>?

    init(answer: @escaping @Sendable (_ request: [UInt8], _ unit: UInt8) -> WireAnswer?) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        endOfFrame?.cancel()
        endOfFrame = nil
        search.add(unwrapInboundIn(data).readableBytesView)
        while let request = search.next() { serve(request, context: context) }
        guard !search.isEmpty else { return }
        endOfFrame = context.eventLoop.assumeIsolated().scheduleTask(in: Self.quiet) { [self] in
            if let request = search.endOfFrame() { serve(request, context: context) }
            context.flush()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func handlerRemoved(context: ChannelHandlerContext) { endOfFrame?.cancel() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    private func serve(_ request: RequestSearch.Request, context: ChannelHandlerContext) {
        guard let found = answer(request.body, request.unit) else { return }
        context.deliver(
            context.channel.allocator.buffer(bytes: found.serialFrame(of: request.unit)), after: found.delay)
    }
}
