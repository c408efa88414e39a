// SPDX-License-Identifier: Apache-2.0

import NIOCore

/// The slaves of one serial line, all at the far end of a pseudo-terminal.
///
/// A request is known by its length and CRC; bytes before one are noise. What is left when the line has been quiet for
/// a while ends there, as silence ends a frame on a real line.
final class LineSlave: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    /// Longer than 3.5 characters at 1200 baud.
    private static let quiet = TimeAmount.milliseconds(40)

    private let answer: @Sendable (_ request: [UInt8], _ unit: UInt8) -> WireAnswer?
    private var received: [UInt8] = []
    private var endOfFrame: Scheduled<Void>?

    init(answer: @escaping @Sendable (_ request: [UInt8], _ unit: UInt8) -> WireAnswer?) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        endOfFrame?.cancel()
        endOfFrame = nil
        received += unwrapInboundIn(data).readableBytesView
        while let (place, length) = firstRequest {
            received.removeFirst(place)
            serve(length, context: context)
        }
        // The longest frame has 256 characters (Modbus over Serial Line V1.02, section 2.5.1).
        if received.count > 256 { received.removeFirst(received.count - 256) }
        guard !received.isEmpty else { return }
        endOfFrame = context.eventLoop.assumeIsolated().scheduleTask(in: Self.quiet) { [self] in
            if received.count >= 4, hasValidChecksum(received[...]) { serve(received.count, context: context) }
            received = []
            context.flush()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) { context.flush() }

    func handlerRemoved(context: ChannelHandlerContext) { endOfFrame?.cancel() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    /// Where the first whole request begins in what was received, and its length; `nil` when there is none yet.
    private var firstRequest: (place: Int, length: Int)? {
        for place in received.indices {
            guard let length = requestLength(at: place), place + length <= received.count else { continue }
            if hasValidChecksum(received[place..<place + length]) { return (place, length) }
        }
        return nil
    }

    /// Length of a request that begins at `place`; `nil` when it does not follow from the function.
    private func requestLength(at place: Int) -> Int? {
        guard place + 1 < received.count else { return nil }
        switch received[place + 1] {
        case 1...6: return 8
        case 15, 16: return place + 6 < received.count ? 9 + Int(received[place + 6]) : nil
        default: return nil
        }
    }

    private func serve(_ length: Int, context: ChannelHandlerContext) {
        let (unit, request) = (received[0], Array(received[1..<length - 2]))
        received.removeFirst(length)
        guard let found = answer(request, unit) else { return }
        var frame = [unit] + found.body
        var checksum = Self.checksum(frame[...])
        if found.isCorrupted { checksum ^= 0x5A5A }
        frame += [UInt8(truncatingIfNeeded: checksum), UInt8(truncatingIfNeeded: checksum >> 8)]
        context.deliver(context.channel.allocator.buffer(bytes: frame), after: found.delay)
    }

    private func hasValidChecksum(_ frame: ArraySlice<UInt8>) -> Bool {
        // The CRC over a frame and its own CRC is zero.
        Self.checksum(frame) == 0
    }

    /// CRC-16 of Modbus over Serial Line V1.02, section 6.2.2; the low byte goes first.
    static func checksum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
        var remainder: UInt16 = 0xFFFF
        for byte in bytes {
            remainder ^= UInt16(byte)
            for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0xA001 : remainder >> 1 }
        }
        return remainder
    }
}
