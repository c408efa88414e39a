// SPDX-License-Identifier: Apache-2.0

import Model

/// Which openings of a gate somebody asked for, and which requests the gate answered.
///
/// A gate's commands are believed only after they have explained its openings for a while: on some sites a part of the
/// drivers opens with a remote control that tells nobody.
struct GateCommands: Hashable, Codable, Sendable {
    /// A gate follows its command within ten seconds, or one poll later where it is polled seldom.
    static let shortestSlack: Duration = .seconds(10)
    /// Openings and requests that must be known before they accuse, and the part of them that must agree.
    private static let leastKnown = 20
    private static let agreeing = 0.95
    /// Older ones fade beyond this number.
    private static let mostKnown = 400

    /// What became of an opening or a request.
    enum Outcome: Hashable, Sendable {
        /// The gate opened and nobody had asked for it.
        case openedUnasked(Timestamp)
        /// Somebody asked and the gate stayed closed.
        case unanswered(Timestamp)
    }

    private var isOn = false
    /// The newest reading of the command, and the newest that said yes.
    private var newestCommand: Timestamp?
    private(set) var newestRequest: Timestamp?
    private var isOpen: Bool?
    private var newestPosition: Timestamp?
    private var newestOpening: Timestamp?
    /// An opening that waits for its command, and a command that waits for its opening.
    private var opening: Timestamp?
    private var request: Timestamp?
    private var openings = 0.0
    private var openingsAsked = 0.0
    private var requests = 0.0
    private var requestsAnswered = 0.0

    init() {}

    /// Whether openings without a command mean something.
    var explainsOpenings: Bool {
        openings >= Double(Self.leastKnown) && openingsAsked >= Self.agreeing * openings
    }

    /// Whether commands without an opening mean something.
    private var isObeyed: Bool { requests >= Double(Self.leastKnown) && requestsAnswered >= Self.agreeing * requests }

    /// Whether commands were read over the whole of this time and none of them said yes.
    func saysNothing(from: Timestamp, to: Timestamp, slack: Duration) -> Bool {
        guard let newestCommand, newestCommand >= from else { return false }
        return !isOn && (newestRequest.map { $0 < from - slack } ?? true) && newestCommand + slack >= to
    }

    /// Takes a value of the command.
    mutating func take(command: Bool, at: Timestamp, slack: Duration) {
        newestCommand = max(newestCommand ?? at, at)
        defer { isOn = command }
        guard command else { return }
        newestRequest = at
        if opening != nil { noteOpening(asked: true) }
        // A command that lasts, or a second one while the first waits, is one request.
        guard !isOn, request == nil else { return }
        if let newestOpening, at - newestOpening <= slack { return noteRequest(answered: true) }
        // One who asks an open gate asks for nothing.
        if isOpen == false { request = at }
    }

    /// Takes the gate's position.
    mutating func take(isOpen newest: Bool, at: Timestamp, slack: Duration) {
        newestPosition = max(newestPosition ?? at, at)
        let hasOpened = newest && isOpen == false
        isOpen = newest
        if hasOpened { opened(at: at, slack: slack) }
    }

    /// Takes an opening that the gate's counter tells.
    mutating func opened(at: Timestamp, slack: Duration) {
        newestOpening = at
        if request != nil { noteRequest(answered: true) }
        guard opening == nil else { return }
        opening = at
        if isOn || newestRequest.map({ at - $0 <= slack }) ?? false { noteOpening(asked: true) }
    }

    /// What time alone decides, at some data time.
    mutating func decide(at now: Timestamp, slack: Duration) -> [Outcome] {
        var outcomes: [Outcome] = []
        if let at = opening, now - at >= slack {
            if let newestCommand, newestCommand >= at {
                let isMeant = explainsOpenings
                noteOpening(asked: false)
                if isMeant { outcomes.append(.openedUnasked(at)) }
            } else if now - at > slack * 10 {
                // Commands are not read; nothing can be said about this opening.
                opening = nil
            }
        }
        if let at = request, now - at >= slack {
            if let newestPosition, newestPosition - at >= slack || newestPosition > at && now - at >= slack * 2 {
                let isMeant = isObeyed
                noteRequest(answered: false)
                if isMeant { outcomes.append(.unanswered(at)) }
            } else if now - at > slack * 100 {
                request = nil
            }
        }
        return outcomes
    }

    private mutating func noteOpening(asked: Bool) {
        opening = nil
        // A series without any command must not make the commands meaningless while it is being told.
        if !asked, explainsOpenings, openingsAsked < Self.agreeing * (openings + 1) { return }
        if openings >= Double(Self.mostKnown) { (openings, openingsAsked) = (openings / 2, openingsAsked / 2) }
        (openings, openingsAsked) = (openings + 1, openingsAsked + (asked ? 1 : 0))
    }

    private mutating func noteRequest(answered: Bool) {
        request = nil
        if !answered, isObeyed, requestsAnswered < Self.agreeing * (requests + 1) { return }
        if requests >= Double(Self.mostKnown) { (requests, requestsAnswered) = (requests / 2, requestsAnswered / 2) }
        (requests, requestsAnswered) = (requests + 1, requestsAnswered + (answered ? 1 : 0))
    }

    var isWellFormed: Bool {
        [openings, openingsAsked, requests, requestsAnswered].allSatisfy { $0.isFinite && $0 >= 0 }
            && [newestCommand, newestRequest, newestPosition, newestOpening, opening, request].allSatisfy { stamp in
                stamp.map { DataClock.believable.contains($0) } ?? true
            }
    }
}
