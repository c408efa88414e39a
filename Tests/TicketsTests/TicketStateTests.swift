// SPDX-License-Identifier: Apache-2.0

import Tickets
import Testing

@Suite struct TicketStateTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let state: TicketState
        let successors: Set<TicketState>
        let verbs: [TicketVerb]
        var testDescription: String { state.rawValue }
    }

    static let rows: [Row] = [
        Row(
            state: .new, successors: [.assigned, .accepted, .resolved, .merged, .cancelled, .falseAlarm],
            verbs: [.accept, .grab, .assign, .postpone, .inform, .handOver, .takeOver, .cancel, .falseAlarm, .merge]),
        Row(
            state: .assigned, successors: [.accepted, .assigned, .resolved, .merged, .cancelled, .falseAlarm],
            verbs: [.accept, .assign, .postpone, .inform, .handOver, .takeOver, .cancel, .falseAlarm, .merge]),
        Row(
            state: .accepted, successors: [.onSite, .assigned, .onHold, .merged, .cancelled, .falseAlarm],
            verbs: [
                .assign, .arrive, .attempt, .hold, .postpone, .inform, .handOver, .takeOver, .cancel, .falseAlarm,
                .merge,
            ]),
        Row(
            state: .onSite, successors: [.inProgress, .onHold, .resolved, .falseAlarm],
            verbs: [.start, .attempt, .hold, .postpone, .resolve, .inform, .handOver, .takeOver, .falseAlarm]),
        Row(
            state: .inProgress, successors: [.onHold, .resolved, .assigned, .falseAlarm],
            verbs: [.assign, .attempt, .hold, .postpone, .resolve, .inform, .handOver, .takeOver, .falseAlarm]),
        Row(
            state: .onHold, successors: [.accepted, .onSite, .inProgress, .cancelled],
            verbs: [.resume, .postpone, .inform, .handOver, .takeOver, .cancel]),
        Row(state: .resolved, successors: [.verifying, .inProgress], verbs: [.inform, .handOver, .takeOver]),
        Row(state: .verifying, successors: [.awaitingSignOff, .inProgress], verbs: [.inform, .handOver, .takeOver]),
        Row(
            state: .awaitingSignOff, successors: [.closed, .inProgress],
            verbs: [.signOff, .inform, .handOver, .takeOver]),
        Row(state: .closed, successors: [.inProgress], verbs: [.followUp, .reopen]),
        Row(state: .cancelled, successors: [], verbs: []),
        Row(state: .merged, successors: [], verbs: []),
        Row(state: .falseAlarm, successors: [], verbs: []),
    ]

    @Test(arguments: rows)
    func `a state goes where the table says`(row: Row) {
        #expect(Set(row.state.successors) == row.successors)
        #expect(row.state.allowedVerbs == row.verbs)
    }

    @Test func `every state has a row and every state can be reached from new`() {
        #expect(Self.rows.map(\.state) == TicketState.allCases)
        var reached: Set<TicketState> = [.new]
        for _ in TicketState.allCases { reached.formUnion(reached.flatMap(\.successors)) }
        #expect(reached == Set(TicketState.allCases))
    }

    @Test(arguments: TicketState.allCases, TicketCause.allCases)
    func `a cause leads to one state at most, save a resume`(state: TicketState, cause: TicketCause) {
        let rows = TicketTransition.table.filter { $0.from == state && $0.cause == cause }
        #expect(rows.count <= 1 || cause == .resume)
        #expect(TicketTransition.destination(from: state, by: cause) == (rows.count == 1 ? rows[0].to : nil))
    }

    @Test func `only closed and the end states are not open`() {
        #expect(TicketState.allCases.filter { !$0.isOpen } == [.closed, .cancelled, .merged, .falseAlarm])
    }

    @Test func `the words never change`() {
        #expect(
            TicketState.allCases.map(\.rawValue) == [
                "new", "assigned", "accepted", "onSite", "inProgress", "onHold", "resolved", "verifying",
                "awaitingSignOff", "closed", "cancelled", "merged", "falseAlarm",
            ])
        #expect(
            TicketVerb.allCases.map(\.rawValue) == [
                "accept", "grab", "assign", "arrive", "start", "attempt", "hold", "resume", "postpone", "resolve",
                "sign-off", "inform", "follow-up", "reopen", "hand-over", "take-over", "cancel", "false-alarm", "merge",
            ])
        #expect(TicketClock.allCases.map(\.rawValue) == ["acknowledge", "onSite", "repair"])
    }
}
