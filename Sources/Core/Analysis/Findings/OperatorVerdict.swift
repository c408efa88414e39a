// SPDX-License-Identifier: Apache-2.0

public import Model

/// Why a verdict cannot be taken in.
public enum VerdictRefusal: Error, Hashable, Sendable {
    /// No finding of this name is open or expected.
    case notOpen(FindingIdentifier)
    /// The rule learns nothing, so that it would tell the same again; these learn.
    case notLearned(by: RuleIdentifier, learnedBy: [RuleIdentifier])
    /// The end has come already in data time.
    case timePassed(Timestamp)
    /// The end is further away than anybody can know.
    case timeTooFar(Timestamp, longest: Duration)
}

/// What a person who looked says about a finding or a meter.
public enum OperatorVerdict: Hashable, Codable, Sendable {
    /// Without an end it is as it should be from now on, such as new tenants or a new irrigation: what is usual is learned
    /// anew at once. Until a moment it is known and nobody has to be told, such as works on a lift: nothing is learned,
    /// and what is there still at that moment is told again.
    case expected(FindingIdentifier, until: Timestamp? = nil)
    /// It is what the finding says. It stays open until its condition is over, and nothing is learned from it.
    case confirmed(FindingIdentifier)
    /// It was harmless and may come again: so much is innocent on this asset from now on.
    case notALeak(FindingIdentifier)
    /// The meter of this asset was exchanged: its register starts anew.
    case meterExchanged(AssetIdentifier)

    /// The verdict without what it is about, as the rules see it.
    enum Judgement: Hashable, Sendable { case expected, confirmed, notALeak, meterExchanged }
}

extension OperatorVerdict {
    /// Rules that learn from it when a finding is harmless or expected for good. Any finding can be confirmed, and expected
    /// until a moment.
    public static let learningRules: [RuleIdentifier] = [
        .leak, .toiletLeak, .toiletCycling, .drippingTap, .continuousFlow, .liftSilent, .liftDecline, .liftDoor,
        .gateChatter, .pumpCondition,
    ]

    /// How far ahead the end of an expectation may lie.
    public static let longestExpectation: Duration = .seconds(366 * 86_400)
}

extension Analyzer {
    /// Why a verdict would change nothing; `nil` when it can be taken in at `moment` of data time.
    public func refusal(of verdict: OperatorVerdict, at moment: Timestamp) -> VerdictRefusal? {
        let identifier: FindingIdentifier
        var learns = false
        switch verdict {
        case .expected(let named, let until):
            identifier = named
            learns = until == nil
            if let until, until <= moment { return .timePassed(until) }
            if let until, until - moment > OperatorVerdict.longestExpectation {
                return .timeTooFar(until, longest: OperatorVerdict.longestExpectation)
            }
        case .confirmed(let named): identifier = named
        case .notALeak(let named): (identifier, learns) = (named, true)
        case .meterExchanged: return nil
        }
        // Only an expectation with an end can be said of what is expected already.
        let isEnded = if case .expected(_, .some) = verdict { true } else { false }
        guard let finding = state.book.finding(identifier), finding.clearedAt == nil || isEnded else {
            return .notOpen(identifier)
        }
        let rules = OperatorVerdict.learningRules
        return learns && !rules.contains(finding.rule) ? .notLearned(by: finding.rule, learnedBy: rules) : nil
    }

    /// How long before it is told an exchange of a meter may have been.
    static let exchangeIsToldWithin: Duration = .seconds(86_400)
    /// How long an exchange that was told is near anything that is judged.
    static let exchangeMatters: Duration = .seconds(60 * 86_400)

    /// Takes in what a person said, at `moment` of data time.
    ///
    /// A verdict about a finding that is not open, or about an asset that is no meter, changes nothing.
    ///
    /// - Returns: What changed: a finding that is expected or harmless is cleared.
    public mutating func apply(_ verdict: OperatorVerdict, at moment: Timestamp) -> [FindingChange] {
        var changes = advance(to: moment)
        // A moment that data time has passed is now; one that makes no sense was refused.
        let now = state.clock.now ?? moment
        switch verdict {
        case .expected(let identifier, let until?):
            if let finding = state.book.expect(identifier, until: until, at: now) { changes.append(.cleared(finding)) }
        case .expected(let identifier, nil): dismiss(identifier, .expected, at: now, &changes)
        case .notALeak(let identifier): dismiss(identifier, .notALeak, at: now, &changes)
        case .confirmed(let identifier):
            guard let finding = openFindings.first(where: { $0.identifier == identifier }) else { break }
            tell(.confirmed, of: finding, at: now)
        case .meterExchanged(let asset):
            guard let meter = site.meters.firstIndex(where: { $0.asset == asset }) else { break }
            // Rules ask the calendar whether a step of the register was announced.
            let told = Announcement(
                kind: .meterExchange, start: now - Self.exchangeIsToldWithin, end: now, asset: asset)
            let earlier = (state.exchanges ?? []).filter { $0.asset != asset && $0.end > now - Self.exchangeMatters }
            state.exchanges = earlier + [told]
            calendar = announced.adding(state.exchanges)
            state.meters[meter].accept(.meterExchanged, nil, layout.laws[meter], layout.levels[meter], at: now)
        }
        return changes
    }

    /// Puts another calendar in the place of the one so far, at `moment` of data time.
    ///
    /// Findings that are open stay open; what is judged from then on is judged by the new one. Exchanges of meters that
    /// were told stay beside it.
    ///
    /// - Parameter moment: `nil` lets no time pass.
    /// - Returns: What the passing of time until `moment` changed.
    public mutating func replace(calendar: AnnouncedCalendar, at moment: Timestamp?) -> [FindingChange] {
        let changes = moment.map { advance(to: $0) } ?? []
        announced = calendar
        self.calendar = announced.adding(state.exchanges)
        return changes
    }

    /// The earliest data time at which ``advance(to:)`` can change anything; `nil` before data time is known.
    public var nextDeadline: Timestamp? {
        state.clock.now == nil ? nil : Timestamp(milliseconds: state.nextEvent)
    }

    private mutating func dismiss(
        _ identifier: FindingIdentifier, _ judgement: OperatorVerdict.Judgement, at now: Timestamp,
        _ changes: inout [FindingChange]
    ) {
        guard let finding = state.book.dismiss(identifier, at: now) else { return }
        changes.append(.cleared(finding))
        tell(judgement, of: finding, at: now)
    }

    /// Hands a judgement to whatever can find such a thing on that asset.
    private mutating func tell(_ judgement: OperatorVerdict.Judgement, of finding: Finding, at now: Timestamp) {
        for meter in site.meters.indices where site.meters[meter].asset == finding.asset {
            state.meters[meter].accept(judgement, finding, layout.laws[meter], layout.levels[meter], at: now)
        }
        for place in site.pumps.indices where site.pumps[place].asset == finding.asset {
            state.pumpRoom.accept(judgement, finding, of: place)
        }
        for place in site.lifts.indices where site.lifts[place].asset == finding.asset {
            state.liftRoom.accept(judgement, finding, of: place, at: now)
        }
        for place in site.gates.indices where site.gates[place].asset == finding.asset {
            state.gateRoom.accept(judgement, finding, of: place, at: now)
        }
    }
}
