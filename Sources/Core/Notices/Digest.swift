// SPDX-License-Identifier: Apache-2.0

/// What a digest counts, for its words.
public struct DigestFigures: Hashable, Sendable {
    public var total: Int
    public var new: Int
    public var overdue: Int
    /// Numbers of tickets, each once, in order.
    public var tickets: [String]

    public init(_ rows: [NoticeRow]) {
        total = rows.count
        new = rows.count { $0.notice.kind.isNew }
        overdue = rows.count { $0.notice.kind.isOverdue }
        tickets = rows.map(\.notice.ticket).reduce(into: []) { list, ticket in
            if !list.contains(ticket) { list.append(ticket) }
        }
    }
}

extension Dispatch {
    /// The end of its text: ticket and sequence, or the beginning of the digest's key and the number of its members.
    public var ending: String { isDigest ? "\(key.prefix(15)) #\(rows.count)" : rows[0].notice.ending }
}
