// SPDX-License-Identifier: Apache-2.0

/// What is kept of a password: `$scrypt$ln=14,r=8,p=5$<salt>$<key>`, bytes in hexadecimal digits.
///
/// The parameters stand with the key, so that stronger ones can be used for new passwords while old ones stay valid.
public struct PasswordHash: Hashable, Sendable {
    /// What it costs to try one password: memory of `128 * r * 2^ln` bytes, and time in proportion to that and `p`.
    public struct Cost: Hashable, Sendable {
        public var logRounds, blockSize, parallelism: Int

        public init(logRounds: Int, blockSize: Int, parallelism: Int) {
            (self.logRounds, self.blockSize, self.parallelism) = (logRounds, blockSize, parallelism)
        }

        /// 16 MiB for a moment; one of the equally strong choices of the OWASP Password Storage Cheat Sheet, picked for
        /// boxes of 1 GB.
        public static let usual = Cost(logRounds: 14, blockSize: 8, parallelism: 5)

        /// A database that was tampered with must not use up memory or time: 32 MiB, and thrice the usual time, at most.
        var isBearable: Bool {
            (1...15).contains(logRounds) && (1...8).contains(blockSize) && (1...16).contains(parallelism)
                && (1 << logRounds) * parallelism <= 1 << 18
        }
    }

    public var cost: Cost
    public var salt: [UInt8]
    public var key: [UInt8]

    public init(cost: Cost, salt: [UInt8], key: [UInt8]) { (self.cost, self.salt, self.key) = (cost, salt, key) }

    public var text: String {
        "$scrypt$ln=\(cost.logRounds),r=\(cost.blockSize),p=\(cost.parallelism)"
            + "$\(Secret.hexadecimal(salt))$\(Secret.hexadecimal(key))"
    }

    /// - Returns: `nil` when the text is no such hash, or one that costs more than is borne.
    public init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 5, parts[0].isEmpty, parts[1] == "scrypt" else { return nil }
        var numbers: [Substring: Int] = [:]
        for part in parts[2].split(separator: ",") {
            let pair = part.split(separator: "=")
            guard pair.count == 2, let number = Int(pair[1]) else { return nil }
            numbers[pair[0]] = number
        }
        guard let rounds = numbers["ln"], let block = numbers["r"], let parallelism = numbers["p"],
            let salt = Secret.bytes(ofHexadecimal: parts[3]), let key = Secret.bytes(ofHexadecimal: parts[4]),
            salt.count >= 16, key.count == 32
        else { return nil }
        let cost = Cost(logRounds: rounds, blockSize: block, parallelism: parallelism)
        guard cost.isBearable else { return nil }
        self.init(cost: cost, salt: salt, key: key)
    }
}
