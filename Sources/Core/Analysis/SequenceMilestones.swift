// SPDX-License-Identifier: Apache-2.0

import Model

/// The largest sequence number seen by each minute of the last hours, to name the readings behind a fast finding.
struct SequenceMilestones: Hashable, Codable, Sendable {
    private static let length = Int(MinuteRegister.length)
    /// Minute and sequence number in turn; empty places have the minute -1.
    private var marks = Array(repeating: Int64(-1), count: 2 * length)
    /// The largest of all.
    private(set) var newest: Int64?

    init() {}

    mutating func note(_ sequence: SequenceNumber) { newest = max(newest ?? sequence.value, sequence.value) }

    /// Notes that all sequence numbers so far had come by this minute.
    mutating func mark(_ minute: Int64) {
        guard let newest, minute >= 0 else { return }
        let place = Int(minute % Int64(Self.length)) * 2
        (marks[place], marks[place + 1]) = (minute, newest)
    }

    /// The largest sequence number seen by `minute`; `nil` when that is not remembered.
    func sequence(by minute: Int64) -> SequenceNumber? {
        guard minute >= 0 else { return nil }
        let place = Int(minute % Int64(Self.length)) * 2
        return marks[place] == minute ? SequenceNumber(marks[place + 1]) : nil
    }

    var isWellFormed: Bool { marks.count == 2 * Self.length }
}
