// SPDX-License-Identifier: Apache-2.0

/// Why a leakbench folder cannot be replayed: which file, where in it, and what is wrong.
public struct LeakbenchError: Error, Hashable, Sendable, CustomStringConvertible {
    public var path: String
    /// From 1; `nil` when the file as a whole is meant.
    public var line: Int?
    public var message: String

    public init(path: String, line: Int? = nil, _ message: String) {
        self.path = path
        self.line = line
        self.message = message
    }

    public var description: String {
        line.map { "\(path):\($0): error: \(message)" } ?? "\(path): error: \(message)"
    }
}
