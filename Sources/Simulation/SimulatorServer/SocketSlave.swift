// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// One accepted connection of a Modbus TCP endpoint.
///
/// Requests may come torn or several at once; each is answered by itself, so a late answer holds back no other.
final class SocketSlave: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let answer: @Sendable (_ request: [UInt8], _ unit: UInt8) -> WireAnswer?
    private var received = ByteBuffer()

    init(answer: @escaping @Sendable (_ request: [UInt8], _ unit: UInt8) -> WireAnswer?) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var incoming = unwrapInboundIn(data)
        received.writeBuffer(&incoming)
        while let (transaction, protocolIdentifier, length, unit) = received.getMultipleIntegers(
            at: received.readerIndex, as: (UInt16, UInt16, UInt16, UInt8).self)
        {
            // A header that is none leaves no way to find the next one (Modbus Messaging on TCP/IP V1.0b, 3.1.3).
            guard protocolIdentifier == 0, (2...254).contains(length) else {
                context.close(promise: nil)
                return
            }
            guard received.readableBytes >= 6 + Int(length) else { break }
            received.moveReaderIndex(forwardBy: 7)
            guard let request = received.readBytes(length: Int(length) - 1) else { break }
            if let found = answer(request, unit) { send(found, transaction: transaction, unit: unit, context: context) }
        }
        received.discardReadBytes()
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func send(_ answer: WireAnswer, transaction: UInt16, unit: UInt8, context: ChannelHandlerContext) {
        var body = answer.body
        if answer.isCorrupted, body.count > 1 { body[1] &+= 1 }
        var frame = context.channel.allocator.buffer(capacity: 7 + body.count)
        frame.writeMultipleIntegers(transaction, UInt16(0), UInt16(clamping: body.count + 1), unit)
        frame.writeBytes(body)
        context.deliver(frame, after: answer.delay)
    }
}

extension ChannelHandlerContext {
    /// Writes now, to be flushed with the end of the read, or writes and flushes later.
    func deliver(_ frame: ByteBuffer, after delay: Duration) {
        guard delay > .zero else {
            write(NIOAny(frame), promise: nil)
            return
        }
        let channel = self.channel
        eventLoop.scheduleTask(in: TimeAmount(delay)) { channel.writeAndFlush(frame, promise: nil) }
    }
}
