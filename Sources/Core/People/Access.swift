// SPDX-License-Identifier: Apache-2.0

/// Who may use a route.
public enum Access: Hashable, Sendable {
    /// Anybody, without signing in.
    case open
    /// Anybody who is signed in, also while the password must be changed first.
    case ownAccount
    case needs(Permission)

    public func isGranted(to permissions: Set<Permission>) -> Bool {
        switch self {
        case .open, .ownAccount: true
        case .needs(let permission): permissions.contains(permission)
        }
    }
}

/// What each route of the page's port asks for. A route that does not stand here is nobody's.
public enum AccessTable {
    /// - Parameter route: Method and path as `GET /tickets/{number}`; `HEAD` is asked for as `GET`.
    /// - Returns: `nil` for a route that does not stand in the table.
    public static func access(to route: String) -> Access? { rules[route] }

    public static let rules: [String: Access] = {
        var rules: [String: Access] = [:]
        for (access, routes) in sections { for route in routes { rules[route] = access } }
        return rules
    }()

    private static let sections: [(Access, [String])] = [
        (
            .open,
            [
                "GET /healthz", "GET /static/{name}", "GET /sign-in", "POST /sign-in", "GET /first-run",
                "POST /first-run",
                // Residents report by the code beside a machine.
                "GET /report", "POST /report",
                // Documents of the product tell nothing of the estate.
                "GET /help", "GET /help/{page}", "GET /help/{page}/{part}",
            ]
        ),
        (.ownAccount, ["GET /account", "POST /account", "POST /sign-out"]),
        (
            .needs(.viewPages),
            [
                "GET /", "GET /tickets", "GET /tickets/{number}", "GET /tickets/{number}/trend.svg",
                "GET /tickets/{number}/trend.csv", "GET /tickets/{number}/sheet", "GET /assets/{asset}/label",
                "GET /findings/{finding}", "GET /alarms", "GET /alarms/{asset}/{rule}", "GET /estates", "GET /history",
                "GET /history.csv", "GET /wall", "GET /water", "GET /fragments/water", "GET /assets",
                "GET /assets/{asset}", "GET /fragments/asset-rows", "GET /fragments/asset-values/{asset}",
                "GET /planned-work", "GET /fragments/{name}",
                "GET /fragments/ticket-summary/{number}", "GET /fragments/ticket-history/{number}",
                "GET /fragments/finding-facts/{finding}", "GET /fragments/alarm-list",
                "GET /fragments/alarm-facts/{asset}/{rule}", "GET /events", "GET /api/v1/overview",
                "GET /api/v1/trend", "GET /api/v1/water", "GET /api/v1/points/{point}/history",
                "GET /api/v1/findings/{finding}",
                "GET /api/v1/announcements", "GET /api/v1/tickets", "GET /api/v1/tickets/{number}",
                "GET /api/v1/tickets/{number}/photos/{name}", "GET /api/v1/planned-work", "GET /api/v1/alarms",
                "GET /api/v1/alarms/{asset}/{rule}", "GET /api/v1/alarms/{asset}/{rule}/history",
                "GET /api/v1/events/stream", "GET /api/v1/openapi.json",
            ]
        ),
        (.needs(.reportFault), ["POST /api/v1/tickets"]),
        (
            .needs(.actOnTickets),
            [
                "POST /tickets/{number}", "POST /tickets/{number}/photos", "POST /api/v1/tickets/{number}/events",
                "PUT /api/v1/tickets/{number}/photos/{name}", "POST /v2/enqueue",
            ]
        ),
        (
            .needs(.actOnAlarms),
            ["POST /alarms", "POST /alarms/{asset}/{rule}", "POST /api/v1/alarms/{asset}/{rule}/events"]
        ),
        (.needs(.judgeFindings), ["POST /findings/{finding}", "POST /api/v1/findings/{finding}/verdicts"]),
        (
            .needs(.announce),
            ["POST /api/v1/announcements", "POST /api/v1/announcements/{number}/withdrawal"]
        ),
        (.needs(.recordWork), ["POST /planned-work", "POST /api/v1/planned-work/{work}/records"]),
        (
            .needs(.approveNotices),
            ["GET /resident-notice", "POST /resident-notice", "POST /api/v1/tickets/{number}/resident-notices"]
        ),
        (
            .needs(.readReports),
            [
                "GET /reports", "GET /api/v1/reports/kpi", "GET /api/v1/reports/weekly", "GET /api/v1/reports/monthly",
            ]
        ),
        (.needs(.readMetrics), ["GET /metrics", "GET /system", "GET /system/settings", "GET /fragments/system"]),
        (.needs(.changeSettings), ["POST /system/settings"]),
        (.needs(.readAudit), ["GET /people/audit"]),
        (.needs(.managePeople), ["GET /people", "POST /people"]),
    ]
}
