// SPDX-License-Identifier: Apache-2.0

/// Which closed tickets of a month somebody must ask about: all major ones, and at least half of the others at random.
///
/// A ticket is drawn when it is closed, by its number and the month's seed alone; nothing undraws it. When the month is
/// over, more are drawn in the order of their places until half of each trade and of each building are in. Anybody who
/// knows the seed can draw again and gets the same; nobody can choose.
public struct FollowUpSample: Hashable, Codable, Sendable {
    /// One closed ticket.
    public struct Candidate: Hashable, Codable, Sendable {
        /// Number of the ticket.
        public var ticket: String
        public var trade: String
        public var building: String
        /// P1, P2, a complaint, or taken up again once: always in.
        public var isMajor: Bool

        public init(ticket: String, trade: String, building: String, isMajor: Bool) {
            (self.ticket, self.trade, self.building) = (ticket, trade, building)
            self.isMajor = isMajor
        }
    }

    /// Why a ticket is in.
    public enum Ground: String, Hashable, Codable, Sendable {
        case major, drawn, toppedUp
    }

    /// By number of the ticket; those not in it need no call.
    public let grounds: [String: Ground]

    /// - Parameters:
    ///   - candidates: All tickets closed in the month, in any order.
    ///   - isMonthOver: Whether what is missing to a half is drawn as well.
    public init(of candidates: [Candidate], seed: UInt64, isMonthOver: Bool) {
        var grounds: [String: Ground] = [:]
        for candidate in candidates where candidate.isMajor { grounds[candidate.ticket] = .major }
        let rest = candidates.filter { !$0.isMajor }
        for candidate in rest where Self.place(of: candidate.ticket, seed: seed) < Self.half {
            grounds[candidate.ticket] = .drawn
        }
        if isMonthOver { Self.topUp(&grounds, from: rest, seed: seed) }
        self.grounds = grounds
    }

    private static func topUp(_ grounds: inout [String: Ground], from rest: [Candidate], seed: UInt64) {
        /// How many are still missing to a half of a group.
        func missing(_ group: KeyPath<Candidate, String>) -> [String: Int] {
            Dictionary(grouping: rest) { $0[keyPath: group] }.mapValues { members in
                (members.count + 1) / 2 - members.count { grounds[$0.ticket] != nil }
            }
        }
        var trades = missing(\.trade)
        var buildings = missing(\.building)
        let waiting = rest.filter { grounds[$0.ticket] == nil }
            .map { (place: place(of: $0.ticket, seed: seed), candidate: $0) }
            .sorted { ($0.place, $0.candidate.ticket) < ($1.place, $1.candidate.ticket) }
        for (_, candidate) in waiting
        where trades[candidate.trade, default: 0] > 0 || buildings[candidate.building, default: 0] > 0 {
            grounds[candidate.ticket] = .toppedUp
            trades[candidate.trade, default: 0] -= 1
            buildings[candidate.building, default: 0] -= 1
        }
    }

    /// Below it a ticket is drawn at closing.
    static let half: UInt64 = 1 << 63

    /// Where a ticket stands in the draw of a month: evenly spread over all 64-bit numbers.
    ///
    /// FNV-1a over the number's UTF-8, joined with the seed and mixed by the last step of SplitMix64.
    public static func place(of ticket: String, seed: UInt64) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in ticket.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        var mixed = (hash ^ seed) &+ 0x9E37_79B9_7F4A_7C15
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return mixed ^ mixed >> 31
    }
}
