// SPDX-License-Identifier: Apache-2.0

/// Where a ticket stands. ``TicketTransition/table`` says what may follow.
public enum TicketState: String, Codable, Sendable, CaseIterable {
    /// 待派单. Waits for somebody to take it on. May be assigned, accepted, or resolve itself.
    case new
    /// 已派单. Waits for the technician to accept.
    case assigned
    /// 已接单. The acknowledgement promise is met; waits for arrival.
    case accepted
    /// 已到场. Waits for the work to start or to be done.
    case onSite
    /// 维修中. Waits for technical completion; a repair that did not hold comes back here.
    case inProgress
    /// 挂起. Waits for its resume date, then goes back to where it came from.
    case onHold
    /// 已修复. Technically complete; verification starts at once.
    case resolved
    /// 验证中. Waits for the signal to stay normal.
    case verifying
    /// 待验收. Waits for a sign-off by another person than the one who repaired it.
    case awaitingSignOff
    /// 已关闭. Waits for nothing; the same fault inside the reopen window takes it up again.
    case closed
    /// 已取消. The end.
    case cancelled
    /// 已合并. The end; another ticket carries on.
    case merged
    /// 误报. The end.
    case falseAlarm

    /// Whether somebody still has to do something.
    public var isOpen: Bool {
        switch self {
        case .new, .assigned, .accepted, .onSite, .inProgress, .onHold, .resolved, .verifying, .awaitingSignOff: true
        case .closed, .cancelled, .merged, .falseAlarm: false
        }
    }

    /// States that may follow, in the order of the table.
    public var successors: [TicketState] {
        TicketTransition.table.filter { $0.from == self }.map(\.to).reduce(into: []) { list, state in
            if !list.contains(state) { list.append(state) }
        }
    }

    /// What a person may do in this state.
    public var allowedVerbs: [TicketVerb] {
        TicketVerb.allCases.filter { verb in
            switch verb {
            case .grab: self == .new
            case .attempt: self == .accepted || self == .onSite || self == .inProgress
            case .postpone: isBeforeRepair
            case .handOver, .takeOver, .inform: isOpen
            case .followUp: self == .closed
            case .accept, .assign, .arrive, .start, .hold, .resume, .resolve, .signOff, .reopen, .cancel, .falseAlarm,
                .merge:
                TicketTransition.table.contains { $0.from == self && verb.causes.contains($0.cause) }
            }
        }
    }

    /// Whether the repair has not been reported done.
    var isBeforeRepair: Bool {
        switch self {
        case .new, .assigned, .accepted, .onSite, .inProgress, .onHold: true
        case .resolved, .verifying, .awaitingSignOff, .closed, .cancelled, .merged, .falseAlarm: false
        }
    }
}

/// What moves a ticket from one state to another.
public enum TicketCause: String, Codable, Sendable, CaseIterable {
    case assign, accept, arrive, start, hold, resume, resolve
    /// The signal came back to normal before anybody accepted.
    case selfClear
    case beginVerification
    /// The signal stayed normal long enough.
    case verify
    /// The alarm came back although the repair was reported done.
    case failVerification
    case passSignOff, failSignOff, reopen, merge, cancel, dismiss
}

/// One row of the ticket state machine.
public struct TicketTransition: Hashable, Sendable {
    public let from: TicketState
    public let cause: TicketCause
    public let to: TicketState

    /// All moves there are. Whatever is not in it is refused; the end states have no way out.
    public static let table: [TicketTransition] = [
        row(.new, .assign, .assigned), row(.new, .accept, .accepted), row(.new, .selfClear, .resolved),
        row(.new, .merge, .merged), row(.new, .cancel, .cancelled), row(.new, .dismiss, .falseAlarm),

        row(.assigned, .accept, .accepted), row(.assigned, .assign, .assigned),
        row(.assigned, .selfClear, .resolved), row(.assigned, .merge, .merged),
        row(.assigned, .cancel, .cancelled), row(.assigned, .dismiss, .falseAlarm),

        row(.accepted, .arrive, .onSite), row(.accepted, .assign, .assigned), row(.accepted, .hold, .onHold),
        row(.accepted, .merge, .merged), row(.accepted, .cancel, .cancelled),
        row(.accepted, .dismiss, .falseAlarm),

        row(.onSite, .start, .inProgress), row(.onSite, .hold, .onHold), row(.onSite, .resolve, .resolved),
        row(.onSite, .dismiss, .falseAlarm),

        row(.inProgress, .hold, .onHold), row(.inProgress, .resolve, .resolved),
        row(.inProgress, .assign, .assigned), row(.inProgress, .dismiss, .falseAlarm),

        // A resumed ticket goes back to the one of these that it came from.
        row(.onHold, .resume, .accepted), row(.onHold, .resume, .onSite), row(.onHold, .resume, .inProgress),
        row(.onHold, .cancel, .cancelled),

        row(.resolved, .beginVerification, .verifying), row(.resolved, .failVerification, .inProgress),
        row(.verifying, .verify, .awaitingSignOff), row(.verifying, .failVerification, .inProgress),
        row(.awaitingSignOff, .passSignOff, .closed), row(.awaitingSignOff, .failSignOff, .inProgress),
        row(.awaitingSignOff, .failVerification, .inProgress),
        row(.closed, .reopen, .inProgress),
    ]

    /// Where `cause` leads from `state`; `nil` when it does not, or when the table alone cannot tell.
    public static func destination(from state: TicketState, by cause: TicketCause) -> TicketState? {
        let rows = table.filter { $0.from == state && $0.cause == cause }
        return rows.count == 1 ? rows[0].to : nil
    }

    private static func row(_ from: TicketState, _ cause: TicketCause, _ to: TicketState) -> TicketTransition {
        TicketTransition(from: from, cause: cause, to: to)
    }
}
