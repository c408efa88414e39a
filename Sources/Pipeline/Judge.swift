// SPDX-License-Identifier: Apache-2.0

public import Alarms
public import Analysis
public import Model
public import Tickets

/// Analyzer, alarms and tickets joined: what was stored goes in, what must be stored and told comes out.
///
/// It is a value. A caller works on a copy, saves what came out together with the cursor in one transaction, and
/// keeps the copy only then; a restart therefore repeats nothing and loses nothing.
public struct Judge: Sendable {
    public private(set) var analyzer: Analyzer
    public private(set) var books: Books
    private let feed: AnalyzerFeed

    public init(feed: AnalyzerFeed, analyzer: Analyzer, books: Books) {
        self.feed = feed
        self.analyzer = analyzer
        self.books = books
    }

    public var alarms: AlarmBook { books.alarms }
    public var tickets: TicketBook { books.tickets }

    /// Looks at one stored sweep. Its time of receipt is the time of whatever follows from it.
    public mutating func follow(_ stored: StoredSweep, into verdict: inout Verdict) {
        let now = stored.sweep.receivedWall
        books.run(to: now, into: &verdict)
        var changes: [FindingChange] = []
        feed.forEachReading(of: stored) { changes += analyzer.ingest($0) }
        for change in changes { take(change, at: now, into: &verdict) }
    }

    /// Lets the clocks of alarms, incidents and tickets run to `now`.
    public mutating func tick(at now: Timestamp, into verdict: inout Verdict) {
        books.tick(at: now, into: &verdict)
    }

    /// Carries out what a person wants to do to a ticket; whoever does anything to it has seen its alarm as well.
    ///
    /// - Parameter identifier: A name for this action that no other action has; the same twice is done once.
    public mutating func act(
        _ action: TicketAction, identifier: String, at now: Timestamp, into verdict: inout Verdict
    ) throws(TicketRefusal) {
        try books.act(
            TicketVerb(action.verb), on: action.number, by: action.person, note: action.note,
            version: action.version, isPassed: action.isPassed, identifier: identifier, at: now, into: &verdict)
    }

    /// Carries out what a person wants to do to an alarm.
    public mutating func act(
        _ action: AlarmAction, at now: Timestamp, into verdict: inout Verdict
    ) throws(AlarmRefusal) {
        try books.act(action, at: now, into: &verdict)
    }

    private mutating func take(_ change: FindingChange, at now: Timestamp, into verdict: inout Verdict) {
        verdict.findings.append(change)
        // It is kept and shown, but asks nobody to do anything.
        if Rule.named(change.finding.rule)?.isForInformation == true { return }
        books.take(change, at: now, into: &verdict)
    }
}

extension TicketVerb {
    init(_ verb: TicketAction.Verb) {
        switch verb {
        case .accept: self = .accept
        case .arrive: self = .arrive
        case .resolve: self = .resolve
        case .signOff: self = .signOff
        }
    }
}
