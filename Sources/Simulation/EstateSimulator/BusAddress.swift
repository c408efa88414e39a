// SPDX-License-Identifier: Apache-2.0

/// Where one bus of the estate can be reached.
public enum BusAddress: Hashable, Sendable, CustomStringConvertible {
    case tcp(host: String, port: Int)
    /// Device file of a pseudo-terminal that stands for a serial line.
    case pty(path: String)

    public var description: String {
        switch self {
        case .tcp(let host, let port): "\(host):\(port)"
        case .pty(let path): path
        }
    }
}
