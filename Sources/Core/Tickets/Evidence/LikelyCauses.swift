// SPDX-License-Identifier: Apache-2.0

public import Model

/// What was found behind the same fault before, on this estate.
public struct LikelyCause: Hashable, Codable, Sendable {
    /// In the words of those who repaired it.
    public var cause: String
    /// What was done the last time.
    public var action: String
    /// Repairs that were signed off with this cause.
    public var count: Int
    /// Those of them on the same asset.
    public var onAsset: Int
    /// The newest of them.
    public var ticket: String

    public init(cause: String, action: String, count: Int, onAsset: Int, ticket: String) {
        (self.cause, self.action, self.count) = (cause, action, count)
        (self.onAsset, self.ticket) = (onAsset, ticket)
    }

    /// Causes of a failure mode, those found most often on the asset first, then those found most often at all.
    ///
    /// Tickets that are not closed, or closed without a cause, say nothing. Causes that differ by case and by the space
    /// around them alone are one.
    ///
    /// - Parameters:
    ///   - history: Tickets of the estate in any order; of the asked one nothing is learned.
    ///   - limit: Most causes.
    public static func ranked(
        of rule: RuleIdentifier, on asset: AssetIdentifier, but number: String, from history: [Ticket], limit: Int = 5
    ) -> [LikelyCause] {
        var found: [String: LikelyCause] = [:]
        for ticket in history.sorted(by: { ($0.raisedAt, $0.number) < ($1.raisedAt, $1.number) }) {
            guard ticket.rule == rule, ticket.number != number, ticket.state == .closed, let report = ticket.report
            else { continue }
            let key = Self.key(report.cause)
            guard !key.isEmpty else { continue }
            var cause =
                found[key]
                ?? LikelyCause(cause: report.cause, action: report.action, count: 0, onAsset: 0, ticket: ticket.number)
            cause.count += 1
            cause.onAsset += ticket.asset == asset ? 1 : 0
            (cause.action, cause.ticket) = (report.action, ticket.number)
            found[key] = cause
        }
        let ranked = found.values.sorted {
            ($1.onAsset, $1.count, $0.cause) < ($0.onAsset, $0.count, $1.cause)
        }
        return Array(ranked.prefix(limit))
    }

    private static func key(_ cause: String) -> String {
        cause.lowercased().split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
}
