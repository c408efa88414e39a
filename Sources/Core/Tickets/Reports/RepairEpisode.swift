// SPDX-License-Identifier: Apache-2.0

import Model

/// One life of a ticket from its report, or from being taken up again, to the sign-off that closes it.
struct RepairEpisode: Hashable, Sendable {
    var startedAt: Timestamp
    /// Whether it began by being taken up again.
    var isReopening: Bool
    /// When the last repair was reported done by a person; `nil` while none was, or when the fault went by itself.
    var repairedAt: Timestamp?
    /// Repairs that a person reported done.
    var repairs = 0
    /// Repairs that did not hold or were not accepted.
    var setbacks = 0
    var firstSignOff: SignOff?
    /// When it was closed; `nil` while it is not.
    var closedAt: Timestamp?
    /// When the next one began; `nil` while there is none.
    var reopenedAt: Timestamp?

    struct SignOff: Hashable, Sendable {
        var at: Timestamp
        var isPassed: Bool
        /// Whether a person had repaired, rather than the fault gone by itself.
        var isOfRepair: Bool
    }

    /// Whether it was taken up again in less than `window` after `moment`.
    func isReopened(within window: Duration, after moment: Timestamp) -> Bool {
        reopenedAt.map { $0 < moment + window } ?? false
    }

    /// Those of a ticket, in order.
    static func all(of history: [TicketEvent]) -> [RepairEpisode] {
        guard let first = history.first else { return [] }
        var episodes: [RepairEpisode] = []
        var present = RepairEpisode(startedAt: first.at, isReopening: false)
        for event in history {
            switch event.kind {
            case .resolved:
                present.repairs += 1
                present.repairedAt = event.at
            case .selfCleared:
                present.repairedAt = nil
            case .verificationFailed:
                if present.repairedAt != nil { present.setbacks += 1 }
            case .signedOff(let isPassed, _):
                let signOff = SignOff(at: event.at, isPassed: isPassed, isOfRepair: present.repairedAt != nil)
                present.firstSignOff = present.firstSignOff ?? signOff
                if isPassed {
                    present.closedAt = event.at
                } else if signOff.isOfRepair {
                    present.setbacks += 1
                }
            case .reopened:
                present.reopenedAt = event.at
                episodes.append(present)
                present = RepairEpisode(startedAt: event.at, isReopening: true)
            case .raised, .reported, .alarmAppended, .incidentJoined, .incidentEnded, .rootMoved, .absorbed, .merged,
                .signalReturned, .assigned, .accepted, .arrived, .grabbed, .started, .held, .resumed, .holdEnded,
                .attempted, .postponed, .postponementRefused, .handOverOffered, .handOverAccepted, .cancelled,
                .residentsTold, .reporterTold, .feedbackDue, .photographed,
                .falseAlarm, .followedUp, .escalated, .verificationStarted, .verified, .breached:
                break
            }
        }
        return episodes + [present]
    }
}

/// What became of one promise.
enum PromiseVerdict: Hashable, Sendable {
    case kept, late
    /// It runs, or waits for something that the house cannot hurry.
    case pending
    /// It ended with its ticket and nobody had to keep it.
    case void
}

extension Ticket {
    /// The ticket as its log had it before `moment`; `nil` when it was not raised yet.
    func before(_ moment: Timestamp) -> Ticket? {
        guard let last = history.last, last.at >= moment else { return self }
        return Ticket.fold(Array(history.prefix { $0.at < moment }))
    }

    /// What had become of a promise at `moment`; `nil` where it made none. One that is overdue is late, whether or not
    /// anybody has noted it and whatever came after; that of a merged ticket goes on with the other one.
    func verdict(of name: TicketClock, at moment: Timestamp) -> PromiseVerdict? {
        guard let clock = clock(name) else { return nil }
        if state == .merged { return .void }
        if clock.breachedAt != nil { return .late }
        if clock.metAt != nil { return .kept }
        if clock.isRunning { return clock.dueAt <= moment ? .late : .pending }
        switch state {
        // The repair stands; nobody had to answer and to come where the fault went by itself.
        case .resolved, .verifying, .awaitingSignOff, .closed: return name == .repair ? .kept : .void
        case .cancelled, .merged, .falseAlarm: return .void
        case .new, .assigned, .accepted, .onSite, .inProgress, .onHold: return .pending
        }
    }
}
