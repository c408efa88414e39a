// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Ports of 127.0.0.1.
enum LoopbackPort {
    struct NoneFree: Error, CustomStringConvertible {
        var description: String { "no port of 127.0.0.1 is free" }
    }

    /// A port that was free a moment ago.
    static func free() throws -> Int {
        guard let port = bound(to: 0) else { throw NoneFree() }
        return port
    }

    static func isFree(_ port: Int) -> Bool { bound(to: port) != nil }

    /// Binds a socket to `port` (0 for any) and gives it back at once.
    private static func bound(to port: Int) -> Int? {
        guard let number = UInt16(exactly: port) else { return nil }
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var one: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &one, socklen_t(MemoryLayout<Int32>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = number.bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let outcome = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        return outcome ? Int(UInt16(bigEndian: address.sin_port)) : nil
    }
}
