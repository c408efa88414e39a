// SPDX-License-Identifier: Apache-2.0

public import Model

/// Which tickets a program asks for, a page at a time.
public struct TicketQuery: Hashable, Sendable {
    /// Which states are meant.
    public enum States: Hashable, Sendable {
        case all
        /// Somebody still has to do something.
        case open
        /// Nobody has to do anything any more.
        case ended
        /// One state, by its word.
        case one(String)
    }

    public static let closedStates: Set<String> = ["closed", "cancelled", "merged", "falseAlarm"]

    public var states = States.all
    /// Only those with a line of that moment or later; `nil` means all.
    public var updatedSince: Timestamp?
    /// Number of the last ticket of the page before; `nil` for the first page.
    public var cursor: String?
    /// Most tickets of a page, at least 1.
    public var limit = 50

    public init() {}
}

/// One page of tickets, those raised last first.
public struct TicketListing: Hashable, Sendable {
    public var tickets: [TicketSnapshot]
    /// Where the next page begins; `nil` on the last one.
    public var next: String?

    /// Cuts a page out of all tickets.
    ///
    /// The order does not change while a program pages: a ticket that is raised meanwhile comes before the first page,
    /// one that changes keeps its place.
    ///
    /// - Returns: `nil` when no ticket has the number that the cursor names.
    public init?(of all: [TicketSnapshot], _ query: TicketQuery) {
        let ordered = all.sorted { Self.isLater($0, $1) }
        var rest = ordered[...]
        if let cursor = query.cursor {
            guard let place = ordered.firstIndex(where: { $0.number == cursor }) else { return nil }
            rest = ordered[(place + 1)...]
        }
        let matching = rest.filter { query.matches($0) }
        tickets = Array(matching.prefix(max(1, query.limit)))
        next = tickets.count < matching.count ? tickets.last?.number : nil
    }

    private static func isLater(_ a: TicketSnapshot, _ b: TicketSnapshot) -> Bool {
        (a.raisedAt, a.number.utf8.count, a.number) > (b.raisedAt, b.number.utf8.count, b.number)
    }
}

extension TicketQuery {
    func matches(_ ticket: TicketSnapshot) -> Bool {
        if let updatedSince, ticket.updatedAt ?? ticket.raisedAt < updatedSince { return false }
        return switch states {
        case .all: true
        case .open: !Self.closedStates.contains(ticket.state)
        case .ended: Self.closedStates.contains(ticket.state)
        case .one(let word): ticket.state == word
        }
    }
}

extension EstateView {
    public func tickets(_ query: TicketQuery) async -> TicketListing? { TicketListing(of: await tickets(), query) }
}
