// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Tickets

/// The persons of a simulated month: what they do next about a ticket, and when.
struct MonthStaff {
    /// Something that somebody is going to do.
    struct Step: Sendable {
        var at: Timestamp
        /// The state in which it makes sense; in another one it is thought over again.
        var state: TicketState
        var action: TicketAction
    }

    /// How well somebody repaired.
    enum Quality: Sendable {
        case holds
        /// What was done changes nothing.
        case inVain
        case holdsFor(Duration)
    }

    let site: SiteConfiguration
    var random: any RandomNumberGenerator & Sendable

    init(site: SiteConfiguration, random: any RandomNumberGenerator & Sendable) {
        (self.site, self.random) = (site, random)
    }

    private mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    /// - Parameter range: Minutes.
    private mutating func later(_ range: ClosedRange<Int64>, than now: Timestamp) -> Timestamp {
        now + .seconds(60 * Int64.random(in: range, using: &random))
    }

    /// The beginning of the next service hours, or `moment` when it lies in them.
    private func inServiceHours(_ moment: Timestamp) -> Timestamp {
        let hours = CountedHours(calendar: site.serviceHours, zone: site.site.zone)
        return hours.moment(after: moment, counting: .seconds(60)) ?? moment
    }

    private mutating func technician(at now: Timestamp) -> PersonIdentifier {
        let crew = site.roster.onDuty(.repairCrew, at: site.site.zone.local(now))
        return crew.randomElement(using: &random) ?? site.owner
    }

    private func leader(at now: Timestamp) -> PersonIdentifier {
        site.roster.onDuty(.shiftLeader, at: site.site.zone.local(now)).first ?? site.owner
    }

    /// What comes next for a ticket as it stands; `nil` when nobody will do anything.
    ///
    /// - Parameters:
    ///   - isFalse: Whether there is nothing to find.
    ///   - canMend: Whether a repair changes the readings.
    mutating func next(_ ticket: Ticket, isFalse: Bool, canMend: Bool, at now: Timestamp) -> Step? {
        let isUrgent = ticket.severity <= .p2
        // A few are forgotten until the escalation brings them back.
        let forgotten: Int64 = happens(4) ? 2 * 1440 : 0
        func step(_ at: Timestamp, _ action: TicketAction) -> Step {
            let at = at + .seconds(60 * forgotten)
            return Step(at: isUrgent ? at : inServiceHours(at), state: ticket.state, action: action)
        }
        func order(_ verb: TicketAction.Verb, _ person: PersonIdentifier, _ note: String = "") -> TicketAction {
            TicketAction(number: ticket.number, verb: verb, person: person, note: note, version: nil)
        }
        switch ticket.state {
        case .new:
            if happens(2) { return step(later(5...90, than: now), order(.cancel, leader(at: now), "planned work")) }
            let at = isUrgent ? later(0...4, than: now) : later(happens(70) ? 0...2 : 3...60, than: now)
            if !isUrgent, happens(30) {
                var assign = order(.assign, leader(at: at))
                assign.to = technician(at: at)
                return step(at, assign)
            }
            return step(at, order(happens(40) ? .grab : .accept, technician(at: at)))
        case .assigned: return step(later(0...20, than: now), order(.accept, ticket.assignee ?? technician(at: now)))
        case .accepted:
            let person = ticket.assignee ?? technician(at: now)
            if !isUrgent, ticket.attemptCount < 2, happens(8) {
                return step(later(60...600, than: now), order(.attempt, person, "nobody opened"))
            }
            if ticket.attemptCount == 2, happens(60) { return step(now, hold(ticket, .access, 1...3, person, at: now)) }
            if ticket.postponement == nil, happens(5) {
                var postpone = order(.postpone, person, "the reporter asked for another day")
                (postpone.until, postpone.approver) = (later(1440...4000, than: now), leader(at: now))
                return step(later(10...60, than: now), postpone)
            }
            return step(
                isUrgent ? later(happens(85) ? 4...11 : 12...40, than: now) : later(20...700, than: now),
                order(.arrive, person))
        case .onSite:
            let person = ticket.assignee ?? technician(at: now)
            if isFalse, happens(75) {
                return step(later(5...40, than: now), order(.falseAlarm, person, "all in order"))
            }
            return step(later(2...15, than: now), order(.start, person))
        case .inProgress:
            let person = ticket.assignee ?? technician(at: now)
            let setbacks = ticket.history.count { $0.kind == .verificationFailed }
            // Who has looked twice and found nothing says so; who has repaired in vain comes back another day.
            if isFalse, setbacks > 0 {
                return step(later(20...600, than: now), order(.falseAlarm, person, "all in order"))
            }
            if setbacks > 0, !canMend { return step(later(1440...2880, than: now), resolve(ticket, person)) }
            if happens(12) {
                return step(
                    later(20...90, than: now), hold(ticket, happens(70) ? .parts : .utility, 1...4, person, at: now))
            }
            return step(later(isUrgent ? 15...420 : 20...600, than: now), resolve(ticket, person))
        case .onHold: return step(ticket.hold?.until ?? now, order(.resume, ticket.assignee ?? technician(at: now)))
        case .awaitingSignOff:
            let signer = ticket.resolver == ticket.owner ? leader(at: now) : ticket.owner
            var sign = order(.signOff, signer)
            sign.isPassed = !happens(6)
            return step(later(10...1200, than: now), sign)
        case .closed:
            guard ticket.score == nil, happens(62) else { return nil }
            var call = order(.followUp, ticket.owner)
            call.score = happens(8) ? nil : [5, 5, 5, 5, 5, 4, 4, 4, 4, 4, 4, 3, 2, 1].randomElement(using: &random)
            return step(later(120...4200, than: now), call)
        case .resolved, .verifying, .cancelled, .merged, .falseAlarm: return nil
        }
    }

    private mutating func hold(
        _ ticket: Ticket, _ reason: HoldReason, _ days: ClosedRange<Int64>, _ person: PersonIdentifier,
        at now: Timestamp
    ) -> TicketAction {
        var order = TicketAction(
            number: ticket.number, verb: .hold, person: person, note: "order \(ticket.version)", version: nil)
        (order.reason, order.approver) = (reason.rawValue, leader(at: now))
        order.until = now + .seconds(86_400 * Int64.random(in: days, using: &random) + 7200)
        return order
    }

    private mutating func resolve(_ ticket: Ticket, _ person: PersonIdentifier) -> TicketAction {
        var order = TicketAction(number: ticket.number, verb: .resolve, person: person, note: "repaired", version: nil)
        (order.cause, order.labourMinutes) = ("wear", Int.random(in: 10...240, using: &random))
        return order
    }

    /// Some repairs are in vain, and some do not hold: soon, or days after the sign-off.
    mutating func quality() -> Quality {
        if happens(8) { return .inVain }
        guard happens(12) else { return .holds }
        return .holdsFor(.seconds(60 * Int64.random(in: 30...8000, using: &random)))
    }
}
