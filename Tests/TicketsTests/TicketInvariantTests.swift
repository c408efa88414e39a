// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestKit
import Testing
import Tickets

/// What must hold under any interleaving of alarms, persons, ticks, repetitions and restarts.
@Suite struct TicketInvariantTests {
    static let assets = ["riser-1", "riser-2", "north-gate"]
    static let rules: [RuleIdentifier] = [.burst, .gateHeldOpen]
    static let persons = [li, wang, zhou]

    /// One random history of a site.
    struct Story {
        var random: SeededGenerator
        var book: TicketBook
        var log: [TicketEvent] = []
        var names: Set<String> = []
        /// By number, as the last effect showed it.
        var shown: [String: Ticket] = [:]
        var now = moment(0)
        var told: [Finding] = []
        var returns: [(asset: AssetIdentifier, rule: RuleIdentifier, name: String)] = []
        var actions: [(verb: TicketVerb, number: String, name: String)] = []
        var count = 0

        init(seed: UInt64) {
            random = SeededGenerator(seed: seed)
            let verifyFor = [Duration.zero, .seconds(1800), .seconds(7200)].randomElement(using: &random) ?? .zero
            var policy = policy(verifyFor: verifyFor)
            policy.leaders = [wang]
            // Some estates escalate.
            if Bool.random(using: &random) {
                for severity in Severity.allCases {
                    policy.levels[severity].escalation = EscalationSteps(
                        percents: [50, 80, 100], repeatMinutes: 15, repeats: 5)
                }
            }
            book = TicketBook(policy: policy, events: [])
        }

        mutating func pick<T>(_ list: [T]) -> T? { list.randomElement(using: &random) }

        mutating func step() throws {
            now = now + .seconds(Int64.random(in: 0...3600, using: &random))
            if Int.random(in: 0..<40, using: &random) == 0 { now = now + .seconds(60 * 3600) }
            count += 1
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<4:
                let fresh = finding(
                    Int64(count), asset: pick(assets) ?? "", rule: pick(rules) ?? .burst,
                    severity: pick(Severity.allCases) ?? .p1,
                    clearedAt: Int.random(in: 0..<10, using: &random) == 0 ? now : nil)
                told.append(fresh)
                take(book.raise(fresh, identifier: "raise:\(fresh.identifier)", at: now))
            case 4:
                guard var known = pick(told) else { return }
                known.severity = pick(Severity.allCases) ?? .p1
                take(book.raise(known, identifier: "raise:\(known.identifier)", at: now))
            case 5..<8:
                guard let known = pick(told) else { return }
                let name = "return:\(known.identifier):\(now.milliseconds)"
                returns.append((known.asset, known.rule, name))
                take(book.signalReturned(asset: known.asset, rule: known.rule, identifier: name, at: now))
            case 8..<15:
                try act()
            case 15:
                try repeatSomething()
            case 16..<19:
                take(book.tick(at: now))
                #expect(book.nextDeadline.map { $0 > now } ?? true)
                #expect(book.tick(at: now).isEmpty, "a tick at the same time finds nothing new")
            default:
                try restart()
            }
        }

        mutating func act() throws {
            guard let ticket = pick(book.tickets), let person = pick(persons) else { return }
            // Mostly what the state allows, so that whole lives are lived; sometimes anything.
            let isWild = Int.random(in: 0..<4, using: &random) == 0
            var choice = isWild ? TicketVerb.allCases : ticket.allowedVerbs
            // What ends a ticket or only speaks of it is rarer.
            if !isWild, Int.random(in: 0..<4, using: &random) > 0 {
                choice.removeAll { [.cancel, .falseAlarm, .merge, .handOver, .postpone, .attempt].contains($0) }
            }
            if ticket.postponement != nil, Int.random(in: 0..<6, using: &random) == 0 { choice = [.postpone] }
            guard let verb = pick(choice) else { return }
            let name = "act:\(count)"
            var order = TicketOrder(verb, on: ticket.number, by: person, note: isWild ? "" : "mended")
            order.version = isWild ? pick([nil, Int.random(in: 0...5, using: &random)]) ?? nil : ticket.version
            order.isPassed = Int.random(in: 0..<4, using: &random) > 0
            order.to = isWild ? nil : pick(persons)
            order.reason = pick(HoldReason.allCases)
            order.until = now + .seconds(Int64.random(in: -600...200_000, using: &random))
            order.approver = pick(persons)
            order.score = isWild ? Int.random(in: -1...9, using: &random) : Int.random(in: 1...5, using: &random)
            order.other = pick(book.tickets)?.number
            let before = book.tickets
            do {
                let effects = try book.act(order, identifier: name, at: now)
                #expect(ticket.allowedVerbs.contains(verb))
                #expect(order.version == nil || order.version == ticket.version)
                #expect(effects.events.map(\.identifier).contains(name))
                actions.append((verb, ticket.number, name))
                take(effects)
            } catch {
                #expect(book.tickets == before, "a refusal changes nothing")
                if case .postponementUsed = error {
                    let effects = book.noteRefusedPostponement(order, identifier: "\(name):refused", at: now)
                    #expect(effects.notices.map(\.key) == [.postponementRefused], "and is told")
                    take(effects)
                }
            }
        }

        /// Tells something again under the name it had, as after a lost confirmation.
        mutating func repeatSomething() throws {
            let before = book.tickets
            if let known = pick(told) {
                let effects = book.raise(known, identifier: "raise:\(known.identifier)", at: now)
                #expect(effects.events.allSatisfy(isRise))
                // A step up in urgency is news; take the book as it was, so that the log stays whole.
                book = TicketBook(policy: book.policy, events: log)
            }
            let noted = returns.filter { names.contains($0.name) }
            if let entry = pick(noted) {
                #expect(
                    book.signalReturned(asset: entry.asset, rule: entry.rule, identifier: entry.name, at: now).isEmpty)
            }
            if let entry = pick(actions) {
                let effects = try book.act(
                    entry.verb, on: entry.number, by: li, note: "mended", version: 0, identifier: entry.name, at: now)
                #expect(effects.isEmpty)
            }
            #expect(book.tickets == before)
        }

        private func isRise(_ event: TicketEvent) -> Bool {
            switch event.kind {
            case .alarmAppended(_, let severity): severity < (shown[event.ticket]?.severity ?? .p4)
            case .raised, .reopened, .verificationFailed, .assigned, .breached, .escalated: true
            case .reported, .incidentJoined, .incidentEnded, .rootMoved, .absorbed, .merged, .signalReturned,
                .selfCleared, .accepted, .arrived, .resolved, .verificationStarted, .verified, .signedOff, .grabbed,
                .started, .held,
                .resumed, .holdEnded, .attempted, .postponed, .postponementRefused, .handOverOffered,
                .handOverAccepted, .cancelled, .falseAlarm, .followedUp, .residentsTold,
                .reporterTold, .feedbackDue, .photographed:
                false
            }
        }

        mutating func restart() throws {
            let data = try JSONEncoder().encode(log.shuffled(using: &random))
            let restored = TicketBook(
                policy: book.policy, events: try JSONDecoder().decode([TicketEvent].self, from: data))
            #expect(restored.passedOver.isEmpty)
            #expect(restored.tickets == book.tickets)
            #expect(restored.nextDeadline == book.nextDeadline)
            book = restored
        }

        mutating func take(_ effects: [TicketEffect]) {
            for notice in effects.notices {
                #expect(effects.events.contains { $0.identifier == notice.event }, "a notice of no line")
                #expect(!notice.audience.isEmpty)
            }
            for case .appended(let event, let ticket) in effects {
                let before = shown[event.ticket]
                #expect(event.index == before?.version ?? 0)
                #expect(ticket.version == event.index + 1)
                #expect(names.insert(event.identifier).inserted, "a name twice")
                if let before, before.state != ticket.state {
                    #expect(before.state.successors.contains(ticket.state), "\(before.state) to \(ticket.state)")
                }
                switch event.kind {
                case .postponed:
                    #expect(effects.notices.contains { $0.event == event.identifier && $0.key == .postponed })
                    #expect(before?.postponement == nil, "postponed twice")
                case .handOverAccepted:
                    #expect(ticket.owner == event.actor.person && before?.offeredTo == ticket.owner)
                case .escalated(let clock, let step, _):
                    #expect(step > before?.clock(clock)?.lastStep ?? 0, "a step twice or out of order")
                    #expect(effects.notices.contains { $0.event == event.identifier })
                default:
                    #expect(before.map { $0.owner == ticket.owner } ?? true, "another owner by \(event.kind)")
                }
                if let before {
                    for clock in TicketClock.allCases {
                        guard let old = before.clock(clock), let new = ticket.clock(clock) else { continue }
                        #expect(new.used(at: event.at) >= old.used(at: event.at), "elapsed fell")
                    }
                    #expect(before.state.isOpen || before.state == .closed, "a way out of \(before.state)")
                }
                if ticket.severity == .p1, ticket.state.asksForRepair { #expect(ticket.repair.isRunning, "P1 waits") }
                if case .alarmAppended = event.kind, let before {
                    for clock in TicketClock.allCases {
                        guard let old = before.clock(clock) else { continue }
                        guard let new = ticket.clock(clock) else { continue }
                        #expect(new.remaining(at: event.at) <= old.remaining(at: event.at), "more time")
                        // Of a clock that stands it is not known when it will be due.
                        if old.isRunning || old.metAt != nil { #expect(new.dueAt <= old.dueAt, "a later deadline") }
                    }
                    #expect(ticket.severity <= before.severity)
                }
                if ticket.state == .closed, before?.state != .closed {
                    guard case .signedOff(true, _) = event.kind else {
                        Issue.record("closed without a sign-off by \(event.kind)")
                        continue
                    }
                    #expect(ticket.signer != nil && ticket.signer == event.actor.person)
                    #expect(ticket.signer != before?.resolver)
                }
                shown[event.ticket] = ticket
                log.append(event)
            }
        }

        /// What must hold after every step.
        func check() {
            let tickets = book.tickets
            let open = tickets.filter { !$0.isClosed }
            #expect(Set(open.map(\.dedupKey)).count == open.count, "two open tickets of one fault")
            #expect(tickets.count == shown.count)
            #expect(tickets.allSatisfy { shown[$0.number]?.version == $0.version })
        }

        /// The same counted over again from the log alone.
        func checkLog() {
            let lines = Dictionary(grouping: log, by: \.ticket)
            #expect(lines.count == book.tickets.count)
            for ticket in book.tickets {
                #expect(shown[ticket.number] == ticket)
                #expect(Ticket.fold(lines[ticket.number] ?? []) == ticket)
                let hasAbsorbed = ticket.history.contains { $0.kind.word == "absorbed" }
                for clock in TicketClock.allCases {
                    let breaches = ticket.history.filter { $0.kind == .breached(clock: clock, step: 100) }
                    #expect(breaches.count <= 1)
                    guard !hasAbsorbed else { continue }
                    #expect(breaches.first?.at == ticket.clock(clock)?.breachedAt)
                }
                guard !hasAbsorbed else { continue }
                let left = ticket.repair.remaining(at: now)
                #expect(left == remaining(of: ticket, at: now), "\(ticket.number)")
            }
        }

        /// Counts the repair clock over again from the history alone: it runs in every state before `resolved`.
        private func remaining(of ticket: Ticket, at now: Timestamp) -> Duration {
            var budget = Duration.seconds(1 << 40)
            var elapsed = Duration.zero
            var (isRunning, last) = (true, ticket.raisedAt)
            var waits: HoldReason?
            for event in ticket.history {
                if isRunning { elapsed += event.at - last }
                last = event.at
                switch event.kind {
                case .raised(let opening): budget = opening.terms.levels[opening.severity].repair.budget
                case .alarmAppended(_, let severity), .reported(_, let severity):
                    budget = min(budget, ticket.terms.levels[severity].repair.budget)
                    if let reason = waits, !reason.pauses(severity) { isRunning = true }
                case .selfCleared, .resolved, .cancelled, .falseAlarm, .merged: (isRunning, waits) = (false, nil)
                case .verificationFailed, .reopened, .signedOff(false, _): isRunning = true
                case .held(let hold):
                    if hold.isPausing { (isRunning, waits) = (false, hold.reason) }
                case .resumed, .holdEnded: (isRunning, waits) = (true, nil)
                case .signalReturned, .assigned, .accepted, .arrived, .verificationStarted, .verified, .breached,
                    .signedOff(true, _), .incidentJoined, .incidentEnded, .rootMoved, .absorbed, .grabbed, .started,
                    .attempted, .postponed, .postponementRefused, .handOverOffered, .handOverAccepted, .followedUp,
                    .escalated, .residentsTold, .reporterTold, .feedbackDue, .photographed:
                    break
                }
            }
            return budget - elapsed - (isRunning ? now - last : .zero)
        }
    }

    @Test(arguments: seedChunks)
    func `tickets keep their promises under any interleaving`(seeds: Range<UInt64>) throws {
        var (tickets, lines) = (0, 0)
        for seed in seeds {
            var story = Story(seed: seed)
            for step in 0..<60 {
                try story.step()
                story.check()
                if step % 20 == 19 { story.checkLog() }
            }
            tickets += story.book.tickets.count
            lines += story.log.count
        }
        print("ticket stories: \(seeds.count) seeds, \(tickets) tickets, \(lines) lines of their logs")
    }

    @Test func `the stories are not empty: every state and every kind of line is met`() throws {
        var states: Set<TicketState> = []
        var words: Set<String> = []
        for seed in 0..<60 as Range<UInt64> {
            var story = Story(seed: seed)
            for _ in 0..<80 {
                try story.step()
                states.formUnion(story.book.tickets.map(\.state))
            }
            words.formUnion(story.log.map(\.kind.word))
        }
        #expect(
            states == [
                .new, .assigned, .accepted, .onSite, .inProgress, .onHold, .verifying, .awaitingSignOff, .closed,
                .cancelled, .merged, .falseAlarm,
            ])
        #expect(
            words == [
                "grab", "start", "hold", "resume", "holdEnded", "attempt", "postpone", "postponementRefused",
                "handOver", "takeOver", "cancel", "falseAlarm", "followUp", "escalated", "merged", "absorbed",
                "raised", "breached", "cleared", "selfCleared", "verifying", "alarmAppended", "verifyFailed", "assign",
                "accept", "arrive", "resolve", "verified", "signOffFailed", "signOff", "reopen",
            ])
    }
}

/// Seeds of the long tests, fifty at a time: 200, or as many as `SLUICE_TICKET_SEEDS` says.
let seedChunks: [Range<UInt64>] = {
    let count = ProcessInfo.processInfo.environment["SLUICE_TICKET_SEEDS"].flatMap(UInt64.init) ?? 200
    return stride(from: 0, to: count, by: 50).map { $0..<min($0 + 50, count) }
}()

extension TicketState {
    /// Whether somebody still has to repair.
    fileprivate var asksForRepair: Bool {
        [.new, .assigned, .accepted, .onSite, .inProgress, .onHold].contains(self)
    }
}
