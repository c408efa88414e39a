// SPDX-License-Identifier: Apache-2.0

public import EstateSimulator
import NIOCore
import NIOPosix
import Synchronization

/// Many devices of equal holding registers, to measure a gateway with: answers are made beforehand and cost the
/// server next to nothing.
///
/// Functions 3 and 4 read registers 0 ..< `registers` of units 1 ... `devices` (of unit 1 and any other on a port of
/// its own). Each answer to a connection differs from the one before in every register.
public final class LoadEstate: Sendable {
    /// How a device with a port of its own answers.
    public enum Manner: Hashable, Sendable {
        case prompt
        /// It takes connections and never answers.
        case silent
        /// Each answer comes this much later.
        case late(Duration)
    }

    public let devices: Int
    public let registers: Int
    /// Whether each device has a port of its own instead of a unit behind one.
    public let hasPortPerDevice: Bool

    private let manner: @Sendable (Int) -> Manner
    private let group = Mutex<MultiThreadedEventLoopGroup?>(nil)

    /// - Parameters:
    ///   - devices: 1 ... 247 behind one port; any number with a port for each.
    ///   - registers: 1 ... 65,536.
    ///   - manner: How the device at a place answers; asked for devices with a port of their own.
    public init(
        devices: Int, registers: Int, hasPortPerDevice: Bool,
        manner: @escaping @Sendable (Int) -> Manner = { _ in .prompt }
    ) {
        precondition(devices >= 1 && (hasPortPerDevice || devices <= 247), "one port has units 1 ... 247")
        precondition((1...65_536).contains(registers), "a table has 65,536 registers")
        self.devices = devices
        self.registers = registers
        self.hasPortPerDevice = hasPortPerDevice
        self.manner = manner
    }

    /// Begins to answer.
    ///
    /// - Returns: one address, or one for each device.
    /// - Throws: What the system reported; nothing stays open.
    public func start() async throws -> [BusAddress] {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let isFirst = self.group.withLock { running in
            guard running == nil else { return false }
            running = group
            return true
        }
        guard isFirst else {
            try await group.shutdownGracefully()
            throw SimulatorError.alreadyStarted
        }
        let pages = Self.pages(of: registers)
        let units: ClosedRange<UInt8> = hasPortPerDevice ? 0...255 : 1...UInt8(clamping: devices)
        do {
            var addresses: [BusAddress] = []
            for place in 0..<(hasPortPerDevice ? devices : 1) {
                let manner = hasPortPerDevice ? manner(place) : .prompt
                let bootstrap = ServerBootstrap(group: group)
                    .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                    .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
                    .childChannelInitializer { channel in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(
                                LoadSlave(pages: pages, units: units, manner: manner))
                        }
                    }
                let channel = try await bootstrap.bind(host: "127.0.0.1", port: 0).get()
                addresses.append(.tcp(host: "127.0.0.1", port: channel.localAddress?.port ?? 0))
            }
            return addresses
        } catch {
            try await stop()
            throw error
        }
    }

    /// Closes all ports and connections. Without a start, or a second time, it does nothing.
    public func stop() async throws {
        let stopped = group.withLock { group in
            defer { group = nil }
            return group
        }
        try await stopped?.shutdownGracefully()
    }

    /// The whole table as bytes on the wire, in eight versions that differ in every register.
    private static func pages(of registers: Int) -> [ByteBuffer] {
        (0..<8).map { version in
            var page = ByteBuffer()
            page.reserveCapacity(registers * 2)
            for address in 0..<registers {
                page.writeInteger(UInt16(truncatingIfNeeded: address &* 31 &+ version &* 1009))
            }
            return page
        }
    }
}

/// One connection to a load estate.
private final class LoadSlave: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let pages: [ByteBuffer]
    private let units: ClosedRange<UInt8>
    private let manner: LoadEstate.Manner
    private var version = 0
    private var received = ByteBuffer()
    private var outgoing = ByteBuffer()

    init(pages: [ByteBuffer], units: ClosedRange<UInt8>, manner: LoadEstate.Manner) {
        self.pages = pages
        self.units = units
        self.manner = manner
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var incoming = unwrapInboundIn(data)
        received.writeBuffer(&incoming)
        outgoing.clear()
        while let (transaction, protocolIdentifier, length, unit, function) = received.getMultipleIntegers(
            at: received.readerIndex, as: (UInt16, UInt16, UInt16, UInt8, UInt8).self)
        {
            guard protocolIdentifier == 0, (2...254).contains(length) else {
                context.close(promise: nil)
                return
            }
            guard received.readableBytes >= 6 + Int(length) else { break }
            let span = received.getMultipleIntegers(at: received.readerIndex + 8, as: (UInt16, UInt16).self)
            received.moveReaderIndex(forwardBy: 6 + Int(length))
            guard units.contains(unit) else { continue }
            guard length == 6, function == 3 || function == 4, let (address, count) = span else {
                refuse(code: 1, transaction, unit, function)
                continue
            }
            guard (1...125).contains(count),
                let values = pages[version].getSlice(at: Int(address) * 2, length: Int(count) * 2)
            else {
                refuse(code: (1...125).contains(count) ? 2 : 3, transaction, unit, function)
                continue
            }
            version = (version + 1) % pages.count
            outgoing.writeMultipleIntegers(
                transaction, UInt16(0), 3 + count * 2, unit, function, UInt8(truncatingIfNeeded: count * 2))
            outgoing.writeImmutableBuffer(values)
        }
        received.discardReadBytes()
        guard outgoing.readableBytes > 0 else { return }
        switch manner {
        case .prompt: context.writeAndFlush(wrapOutboundOut(outgoing), promise: nil)
        case .silent: break
        case .late(let delay):
            let (channel, answer) = (context.channel, outgoing)
            context.eventLoop.scheduleTask(in: TimeAmount(delay)) { channel.writeAndFlush(answer, promise: nil) }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    private func refuse(code: UInt8, _ transaction: UInt16, _ unit: UInt8, _ function: UInt8) {
        outgoing.writeMultipleIntegers(transaction, UInt16(0), UInt16(3), unit, function | 0x80, code)
    }
}
