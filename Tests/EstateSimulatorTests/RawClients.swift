// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import Glibc

/// A file descriptor read with a deadline, so that a test that fails ends.
final class RawClient {
    struct Failure: Error, CustomStringConvertible { var description: String }

    private let descriptor: CInt

    init(_ address: BusAddress?) throws {
        switch address {
        case .tcp(_, let port):
            descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
            var peer = sockaddr_in()
            peer.sin_family = sa_family_t(AF_INET)
            peer.sin_port = UInt16(clamping: port).bigEndian
            peer.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
            let result = withUnsafePointer(to: &peer) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            guard result == 0 else { throw Failure(description: "connect: errno \(errno)") }
        case .pty(let path):
            descriptor = open(path, O_RDWR | O_NOCTTY)
            guard descriptor >= 0 else { throw Failure(description: "open \(path): errno \(errno)") }
        case nil: throw Failure(description: "the bus has no address")
        }
    }

    deinit { close(descriptor) }

    func send(_ bytes: [UInt8]) throws {
        let written = write(descriptor, bytes, bytes.count)
        guard written == bytes.count else { throw Failure(description: "write: errno \(errno)") }
    }

    /// The next `count` bytes; fewer when the other side closed.
    func receive(_ count: Int) throws -> [UInt8] {
        var received: [UInt8] = []
        while received.count < count {
            var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&poll, 1, 10_000) == 1 else { throw Failure(description: "nothing within 10 s") }
            var buffer = [UInt8](repeating: 0, count: count - received.count)
            let length = read(descriptor, &buffer, buffer.count)
            guard length > 0 else { break }
            received += buffer.prefix(length)
        }
        return received
    }

    /// A Modbus TCP frame.
    static func tcp(_ transaction: UInt16, _ unit: UInt8, _ body: [UInt8]) -> [UInt8] {
        [UInt8(transaction >> 8), UInt8(transaction & 0xFF), 0, 0, 0, UInt8(body.count + 1), unit] + body
    }

    /// An RTU frame with its CRC, computed by the table-free definition.
    static func rtu(_ unit: UInt8, _ body: [UInt8]) -> [UInt8] {
        var crc: UInt16 = 0xFFFF
        for byte in [unit] + body {
            crc ^= UInt16(byte)
            for _ in 0..<8 { crc = crc % 2 == 1 ? crc / 2 ^ 0xA001 : crc / 2 }
        }
        return [unit] + body + [UInt8(crc & 0xFF), UInt8(crc >> 8)]
    }
}

/// A read of `count` addresses from `address`.
func request(_ function: UInt8, _ address: Int, _ count: Int) -> [UInt8] {
    [function, UInt8(address >> 8), UInt8(address & 0xFF), UInt8(count >> 8), UInt8(count & 0xFF)]
}

/// The big-endian words of an answer's data.
func words(_ bytes: some Sequence<UInt8>) -> [UInt16] {
    let bytes = Array(bytes)
    return stride(from: 0, to: bytes.count - 1, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
}
