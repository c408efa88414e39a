// SPDX-License-Identifier: Apache-2.0

import Model

/// The last hour of a pump set, minute by minute, waiting for what its meters passed in the same minutes.
///
/// Meters come through other gateways than pumps and later; a minute is handed on once when its flow is known, or when
/// it has waited for half an hour.
struct JoinedMinutes: Hashable, Codable, Sendable {
    private static let length = 64
    private static let patience: Int64 = 30

    /// What the pumps did in one minute.
    struct Entry: Hashable, Codable, Sendable {
        var minute: Int64 = -1
        /// Kilowatts of all pumps together; `nil` when a pump that is on does not tell.
        var power: Float?
        var pressure: Float?
        /// Place in the set of the one pump that is on; -1 for none, -2 for several or when it is not known.
        var pump = -2
        /// The same pump alone was on in the minutes before and after.
        var isFull = false
        /// A finding says that this minute is not how the set works.
        var isExcused = false

        var isWellFormed: Bool {
            (-1...100_000_000).contains(minute) && (-2...1_000).contains(pump) && (power?.isFinite ?? true)
                && (pressure?.isFinite ?? true)
        }
    }

    private var entries = Array(repeating: Entry(), count: length)
    /// The last minute that was handed on.
    private(set) var cursor: Int64 = -1
    private var newest: Int64 = -1
    /// Minutes on end in which one pump ran alone.
    private var alone = 0

    init() {}

    /// Adds the newest minute.
    mutating func add(_ entry: Entry, isContinuous: Bool) {
        guard entry.minute > newest else { return }
        let before = place(entry.minute - 1)
        let goesOn = isContinuous && entry.minute == newest + 1 && entry.pump >= 0 && entries[before].pump == entry.pump
        alone = goesOn ? min(alone + 1, 3) : 1
        if goesOn, alone >= 3 { entries[before].isFull = true }
        entries[place(entry.minute)] = entry
        newest = entry.minute
        if cursor < 0 { cursor = entry.minute - 1 }
    }

    /// The minutes that can be handed on now; the newest must wait for the one after it.
    ///
    /// - Parameter known: The last minute for which the flow is known.
    mutating func ready(known: Int64) -> ClosedRange<Int64>? {
        guard cursor >= 0 else { return nil }
        let last = min(newest - 1, max(known, newest - Self.patience))
        let first = max(cursor + 1, last - Int64(Self.length) + 3)
        guard first <= last else { return nil }
        cursor = last
        return first...last
    }

    /// `nil` when nothing was heard of the pumps in that minute.
    func entry(_ minute: Int64) -> Entry? {
        let entry = entries[place(minute)]
        return entry.minute == minute ? entry : nil
    }

    private func place(_ minute: Int64) -> Int { Int(max(0, minute) % Int64(Self.length)) }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        entries.count == Self.length && entries.allSatisfy(\.isWellFormed) && (-1...100_000_000).contains(cursor)
            && (-1...100_000_000).contains(newest) && (0...3).contains(alone)
    }
}
