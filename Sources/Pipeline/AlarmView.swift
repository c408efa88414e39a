// SPDX-License-Identifier: Apache-2.0

public import Alarms
public import Model

/// The alarms of a site at one moment, for pages and commands.
public struct AlarmOverview: Codable, Sendable, Hashable {
    /// Those that are not normal, the most urgent first; then the others by name.
    public var alarms: [Alarm]
    /// How many a person has shelved.
    public var shelved: Int
    /// Names of those that have been active for longer than a day.
    public var standing: [String]
    /// More alarms come than anybody can look at.
    public var isInFlood: Bool
    /// More incidents come than anybody can look at.
    public var isInStorm: Bool
    /// Rules that could be dropped, joined or mended.
    public var audit: AlarmAudit
    /// Why what was asked was not done; `nil` when it was.
    public var refusal: String?

    public init(_ books: Books, at now: Timestamp) {
        let all = books.alarms.alarms
        let waiting = all.filter { $0.state != .normal }
            .sorted { ($0.severity, $0.raisedAt, $0.identifier) < ($1.severity, $1.raisedAt, $1.identifier) }
        alarms = waiting + all.filter { $0.state == .normal }
        shelved = books.alarms.shelvedCount
        standing = books.alarms.standing(at: now).map(\.identifier)
        (isInFlood, isInStorm) = (books.incidents.isInFlood, books.incidents.isInStorm)
        audit = AlarmAudit(all)
    }

    /// Nothing but why the alarms cannot be told.
    public init(refusal: String) {
        (alarms, shelved, standing, isInFlood, isInStorm) = ([], 0, [], false, false)
        audit = AlarmAudit([])
        self.refusal = refusal
    }
}

extension EstateView {
    public func alarms() async -> AlarmOverview { AlarmOverview(refusal: "this gateway does not tell its alarms") }
    public func act(_ action: AlarmAction) async -> AlarmOverview { await alarms() }
}
