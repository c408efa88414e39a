// SPDX-License-Identifier: Apache-2.0

public import Model

/// Says which of many equal troubles are worth a line of the log: the first of each text, and then one in 5 min.
///
/// A disk that refuses fails every second; somebody who reads the log must still find what else was told.
public struct RepeatedTrouble: Sendable {
    /// Time between two lines of the same text.
    public static let pause = Duration.seconds(300)
    /// Texts that are known; beyond that all are forgotten, so that a text that never comes twice cannot fill memory.
    static let limit = 16

    private var told: [String: (at: MonotonicInstant, unsaid: Int)] = [:]

    public init() {}

    /// Notes one more trouble.
    ///
    /// - Returns: How many of the same text were passed over since the last line; `nil` when this one is passed over too.
    public mutating func note(_ text: String, at now: MonotonicInstant) -> Int? {
        if var known = told[text], now - known.at < Self.pause {
            known.unsaid += 1
            told[text] = known
            return nil
        }
        let unsaid = told[text]?.unsaid ?? 0
        if told.count >= Self.limit { told = [:] }
        told[text] = (now, 0)
        return unsaid
    }

    /// What was wrong is over: the next trouble is news.
    public mutating func settle() { told = [:] }
}
