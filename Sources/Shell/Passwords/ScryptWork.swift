// SPDX-License-Identifier: Apache-2.0

import Crypto
import CryptoExtras
import Foundation
public import People
public import Pipeline
import Synchronization
import WorkThread

/// scrypt on a thread of its own: one password at a time, and few that wait, so that a flood of sign-ins costs others
/// nothing but their turn.
public final class ScryptWork: PasswordWork {
    /// Most passwords that wait; further ones are refused.
    public static let mostWaiting = 8

    private let cost: PasswordHash.Cost
    private let waiting = Mutex(0)
    /// Made when the first password is looked at: most gateways never do.
    private let made = Mutex<WorkThread?>(nil)

    /// - Parameter cost: Of new hashes; old ones are looked at with the cost they have.
    public init(cost: PasswordHash.Cost = .usual) { self.cost = cost }

    deinit { made.withLock { $0 }?.stop() }

    private var thread: WorkThread {
        made.withLock { made in
            let thread = made ?? WorkThread(name: "sluice-password")
            made = thread
            return thread
        }
    }

    public func hash(_ password: String, salt: [UInt8]) async throws(PasswordBusy) -> String {
        let cost = cost
        guard let key = try await inTurn({ Self.key(of: password, salt: salt, cost: cost) }) else {
            throw PasswordBusy()
        }
        return PasswordHash(cost: cost, salt: salt, key: key).text
    }

    public func fits(_ password: String, _ hash: String) async throws(PasswordBusy) -> Bool {
        guard let hash = PasswordHash(hash) else { return false }
        guard let key = try await inTurn({ Self.key(of: password, salt: hash.salt, cost: hash.cost) }) else {
            return false
        }
        return Secret.isSame(key, hash.key)
    }

    private func inTurn<Value: Sendable>(_ body: @Sendable () -> Value) async throws(PasswordBusy) -> Value {
        let isFree = waiting.withLock { count in
            guard count <= Self.mostWaiting else { return false }
            count += 1
            return true
        }
        guard isFree else { throw PasswordBusy() }
        defer { waiting.withLock { $0 -= 1 } }
        return await withTaskExecutorPreference(thread) { await Self.run(body) }
    }

    /// Takes up the preference of the task.
    private nonisolated static func run<Value: Sendable>(_ body: @Sendable () -> Value) async -> Value { body() }

    /// - Returns: 32 bytes; `nil` when the machine has no memory for it.
    private static func key(of password: String, salt: [UInt8], cost: PasswordHash.Cost) -> [UInt8]? {
        let bytes = Array(password.precomposedStringWithCanonicalMapping.utf8)
        let key = try? KDF.Scrypt.deriveKey(
            from: bytes, salt: salt, outputByteCount: 32, rounds: 1 << cost.logRounds, blockSize: cost.blockSize,
            parallelism: cost.parallelism)
        return key?.withUnsafeBytes { Array($0) }
    }
}
