// SPDX-License-Identifier: Apache-2.0

public import Model

/// Delivery that only the far end confirms: which rows are its own, when they go out again, when its silence is told.
///
/// The gateway tells by marks which numbers it has sent; the consumer acknowledges a number when everything up to it
/// is stored there. One mark is under way at a time, so a slow consumer is not flooded.
public struct EndToEnd: Sendable {
    public enum Effect: Hashable, Sendable {
        /// The consumer has everything up to here: those rows may go.
        case remove(through: SequenceNumber)
        /// What is above has to go out again.
        case replay(above: SequenceNumber)
        /// Nothing was heard of the consumer for 15 min while something waited for it; told once.
        case silent
        /// It is heard again.
        case heardAgain
        /// An acknowledgement of numbers that were never given; nothing was removed.
        case implausible(SequenceNumber)
    }

    /// Silence that is told.
    public static let silenceLimit = Duration.seconds(15 * 60)
    /// Rows go out again after this time without progress: who has everything acknowledges within a second. A broker
    /// that lost its sessions in a power cut drops what comes before the consumer is back.
    public static let patience = Duration.seconds(30)
    /// And not more often than this.
    public static let replayPeriod = Duration.seconds(5 * 60)
    /// Most rows of one mark.
    public static let markLength = 500

    /// Everything up to here is stored at the far end; 0 before anything was heard.
    public private(set) var acknowledged = SequenceNumber(0)
    private var mark: (through: SequenceNumber, at: MonotonicInstant)?
    /// When something began to wait for the consumer since it was last heard.
    private var waitingSince: MonotonicInstant?
    private var replayedAt: MonotonicInstant?
    private var isSilenceTold = false

    public init() {}

    /// Nothing was heard of the consumer for 15 min while something waited for it.
    public var isSilent: Bool { isSilenceTold }

    /// Whether the next mark may be published.
    public var wantsMark: Bool { mark == nil }

    public var deadline: MonotonicInstant? {
        guard let mark else { return nil }
        return [replayTime(of: mark.at), isSilenceTold ? nil : waitingSince.map { $0 + Self.silenceLimit }]
            .compactMap { $0 }.min()
    }

    private func replayTime(of sent: MonotonicInstant) -> MonotonicInstant {
        max(sent + Self.patience, replayedAt.map { $0 + Self.replayPeriod } ?? sent)
    }

    /// The mark may be lost with the session; it is said again.
    public mutating func sessionBegan() { mark = nil }

    /// A mark up to this number was published.
    public mutating func marked(through: SequenceNumber, at now: MonotonicInstant) {
        mark = (through, now)
        if waitingSince == nil { waitingSince = now }
    }

    /// The consumer says that it has stored everything up to `number`.
    ///
    /// - Parameters:
    ///   - highest: The last number that was ever given.
    ///   - isFresh: `false` for what lay at the broker, which proves no life.
    public mutating func heard(
        _ number: SequenceNumber, highest: SequenceNumber, isFresh: Bool, at now: MonotonicInstant
    ) -> [Effect] {
        guard number <= highest, number.value >= 0 else { return [.implausible(number)] }
        var effects: [Effect] = []
        if isFresh {
            if isSilenceTold { effects.append(.heardAgain) }
            isSilenceTold = false
            waitingSince = mark == nil ? nil : now
        }
        guard number > acknowledged else { return effects }
        acknowledged = number
        effects.append(.remove(through: number))
        if let open = mark {
            if number >= open.through { (mark, waitingSince) = (nil, nil) } else { mark = (open.through, now) }
        }
        return effects
    }

    public mutating func clockTick(at now: MonotonicInstant) -> [Effect] {
        guard let open = mark else { return [] }
        var effects: [Effect] = []
        if let since = waitingSince, now - since >= Self.silenceLimit, !isSilenceTold {
            isSilenceTold = true
            effects.append(.silent)
        }
        if now >= replayTime(of: open.at) {
            (mark, replayedAt) = (nil, now)
            effects.append(.replay(above: acknowledged))
        }
        return effects
    }

    /// `{"epoch":3,"seq":8812}`: the number, if it is of this epoch.
    public static func acknowledgement(in payload: [UInt8], epoch: Int64) -> SequenceNumber? {
        guard payload.count <= 1024, let tree = try? JSONTree(payload, deepest: 4), tree["epoch"]?.integer == epoch
        else {
            return nil
        }
        return tree["seq"]?.integer.map { SequenceNumber($0) }
    }

    public static func acknowledgement(of number: Int64, epoch: Int64) -> [UInt8] {
        var json = JSONWriter()
        json.beginObject()
        json.key("epoch")
        json.integer(epoch)
        json.key("seq")
        json.integer(number)
        json.endObject()
        return json.bytes
    }
}

/// Which rows of a stretch of numbers were sent: `{"ep":3,"after":8000,"through":8812,"rows":[8003,8009]}`.
///
/// Numbers that no row has were not published, for instance readings held back by report by exception.
public struct DeliveryMark: Hashable, Sendable {
    public var epoch: Int64
    public var after: Int64
    public var through: Int64
    /// First numbers of the rows in `after + 1 ... through`, rising.
    public var rows: [Int64]

    public init(epoch: Int64, after: Int64, through: Int64, rows: [Int64]) {
        (self.epoch, self.after, self.through, self.rows) = (epoch, after, through, rows)
    }

    public init?(_ payload: [UInt8]) {
        guard let tree = try? JSONTree(payload, deepest: 2), let epoch = tree["ep"]?.integer,
            let after = tree["after"]?.integer, let through = tree["through"]?.integer,
            let rows = tree["rows"]?.elements?.compactMap(\.integer)
        else { return nil }
        self.init(epoch: epoch, after: after, through: through, rows: rows)
    }

    public var payload: [UInt8] {
        var json = JSONWriter(reserving: 64 + 8 * rows.count)
        json.beginObject()
        json.key("ep")
        json.integer(epoch)
        json.key("after")
        json.integer(after)
        json.key("through")
        json.integer(through)
        json.key("rows")
        json.beginArray()
        for row in rows { json.integer(row) }
        json.endArray()
        json.endObject()
        return json.bytes
    }
}
