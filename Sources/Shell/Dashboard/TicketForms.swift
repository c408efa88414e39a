// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// Words of reasons for which work may wait, as the gateway knows them.
enum HoldWords {
    static let all = ["parts", "contractor", "utility", "access", "reporter", "weather", "safety", "other"]
}

extension TicketAction.Verb {
    /// Done seldom: its form is folded away.
    var isRare: Bool {
        switch self {
        case .accept, .arrive, .start, .resolve, .signOff, .resume, .takeOver, .inform, .followUp: false
        case .grab, .assign, .attempt, .hold, .postpone, .reopen, .handOver, .cancel, .falseAlarm, .merge: true
        }
    }

    /// Needs a sentence that says why.
    var needsReasonNote: Bool {
        switch self {
        case .postpone, .reopen, .cancel, .falseAlarm, .merge: true
        case .accept, .grab, .assign, .arrive, .start, .attempt, .hold, .resume, .resolve, .signOff, .inform, .followUp,
            .handOver, .takeOver:
            false
        }
    }
}

extension TicketPage.Form {
    /// - Parameter proposed: The reason for a hold that stands first; `nil` proposes none.
    init(
        _ action: String, persons: [TicketPage.PersonOption], note: String, wording: Wording, proposed: String? = nil
    ) {
        let verb = TicketAction.Verb(rawValue: action)
        actionValue = action
        actionName = wording.word(.action, action)
        isReasonNote = verb?.needsReasonNote ?? false
        isNoteRequired = verb == .resolve || verb == .inform || isReasonNote
        isSignOff = verb == .signOff
        hasReceiver = verb == .assign || verb == .handOver
        hasReasons = verb == .hold
        let words = [proposed].compactMap(\.self) + HoldWords.all.filter { $0 != proposed }
        reasons = words.map { .init(choiceValue: $0, choiceText: wording.word(.holdReason, $0)) }
        hasUntil = verb == .hold || verb == .postpone
        untilText = wording.text(verb == .postpone ? .newTime : .holdUntil)
        hasScore = verb == .followUp
        scores = (1...5).map { .init(choiceValue: "\($0)", choiceText: "\($0)") }
        hasOther = verb == .merge
        hasCause = verb == .resolve
        hasApprover = hasUntil
        self.persons = persons
        noteDraft = note
    }
}

/// What a browser's fields for date and time send.
enum LocalTimeField {
    /// - Parameter text: `2026-11-27`, a day on the site's wall; `nil` for anything else.
    /// - Returns: The moment at which that day is over.
    static func endOfDay(_ text: String, in zone: ZoneOffsets) -> Timestamp? {
        guard text.utf8.count == 10, let naive = Timestamp(rfc3339: text + "T00:00:00Z") else { return nil }
        let next = naive + .seconds(86_400)
        return next - .seconds(zone.offsetSeconds(at: next - .seconds(zone.offsetSeconds(at: next))))
    }

    /// `2026-11-27T09:00` on the site's wall, the minute rounded down.
    static func text(_ moment: Timestamp, in zone: ZoneOffsets) -> String {
        String((moment + .seconds(zone.offsetSeconds(at: moment))).rfc3339.prefix(16))
    }

    /// - Parameter text: `2026-11-27T09:00` on the site's wall; `nil` for anything else.
    static func moment(_ text: String, in zone: ZoneOffsets) -> Timestamp? {
        guard text.utf8.count == 16, let naive = Timestamp(rfc3339: text + ":00Z") else { return nil }
        let guess = naive - .seconds(zone.offsetSeconds(at: naive))
        return naive - .seconds(zone.offsetSeconds(at: guess))
    }
}
