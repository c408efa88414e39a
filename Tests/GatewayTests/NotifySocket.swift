// SPDX-License-Identifier: Apache-2.0

import Foundation
import Testing

/// The socket on which a service manager listens, played by the test.
final class NotifySocket: @unchecked Sendable {
    let path: String
    private let descriptor: Int32
    private(set) var messages: [String] = []

    init(in folder: TestFolder) throws {
        path = "\(folder.path)/notify"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        try #require(path.utf8.count < MemoryLayout.size(ofValue: address.sun_path))
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let isBound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
            }
        }
        try #require(isBound)
    }

    /// Waits until `condition` holds for all that was told; whether it came true within `seconds`.
    func wait(within seconds: Double, until condition: ([String]) -> Bool) -> Bool {
        let limit = Date(timeIntervalSinceNow: seconds)
        while !condition(messages) {
            let left = limit.timeIntervalSinceNow
            guard left > 0 else { return false }
            var wanted = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            guard poll(&wanted, 1, Int32(min(left, 0.2) * 1000) + 1) > 0 else { continue }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            if count > 0 { messages.append(String(decoding: buffer[..<count], as: UTF8.self)) }
        }
        return true
    }

    /// What a service manager gives its service, watching it every `seconds`.
    func environment(watchdog seconds: Double) -> [String: String] {
        ["NOTIFY_SOCKET": path, "WATCHDOG_USEC": String(Int(seconds * 1_000_000))]
    }

    deinit { close(descriptor) }
}
