// SPDX-License-Identifier: Apache-2.0

/// What somebody may be on a site; an account has one role or several.
public enum Role: String, CaseIterable, Hashable, Codable, Sendable {
    case resident, receiver, technician, shiftLeader, manager, auditor, engineer, administrator
}

/// What a route or an action asks of the one who uses it.
public enum Permission: String, CaseIterable, Hashable, Sendable {
    /// Pages of the estate, its tickets, alarms and values.
    case viewPages
    case reportFault
    /// Any action on a ticket but signing off.
    case actOnTickets
    case signOff
    case actOnAlarms
    case judgeFindings
    /// Announces works, and takes that back.
    case announce
    /// Puts on record that planned work was done.
    case recordWork
    /// Approves what residents are told.
    case approveNotices
    case readReports
    case readMetrics
    case readAudit
    /// Enters what another person did or agreed to, as a service centre does on the telephone.
    case actForOthers
    case managePeople
    /// Changes what the page offers of the site's settings.
    case changeSettings
}

extension Role {
    /// What the role may; several roles of one account add up.
    public var permissions: Set<Permission> {
        switch self {
        case .resident: [.reportFault]
        case .receiver:
            [
                .viewPages, .reportFault, .actOnTickets, .signOff, .actOnAlarms, .announce, .recordWork,
                .approveNotices, .readReports, .actForOthers,
            ]
        case .technician: [.viewPages, .reportFault, .actOnTickets, .actOnAlarms, .judgeFindings, .recordWork]
        case .shiftLeader:
            [
                .viewPages, .reportFault, .actOnTickets, .signOff, .actOnAlarms, .judgeFindings, .announce, .recordWork,
                .approveNotices, .readReports, .actForOthers,
            ]
        case .manager:
            [
                .viewPages, .reportFault, .actOnTickets, .signOff, .announce, .approveNotices, .readReports, .readAudit,
            ]
        case .auditor: [.viewPages, .readReports, .readAudit]
        case .engineer:
            [
                .viewPages, .reportFault, .actOnTickets, .actOnAlarms, .judgeFindings, .announce, .recordWork,
                .readReports, .readMetrics,
            ]
        // Who gives rights does not use them: an administrator who also repairs has two roles.
        case .administrator: [.viewPages, .readMetrics, .readAudit, .managePeople, .changeSettings]
        }
    }
}

extension Set<Role> {
    public var permissions: Set<Permission> { reduce(into: []) { $0.formUnion($1.permissions) } }
    /// Their words in the order of the roles, separated by commas, as a database keeps them.
    public var text: String { Role.allCases.filter(contains).map(\.rawValue).joined(separator: ",") }

    /// - Parameter text: As ``text`` writes it; words that are not known are passed over, and give no right.
    public init(words text: String) { self.init(text.split(separator: ",").compactMap { Role(rawValue: String($0)) }) }
}
