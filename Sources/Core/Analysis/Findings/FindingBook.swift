// SPDX-License-Identifier: Apache-2.0

import Model

/// The latest finding of each condition on each asset, open or over; it gives findings their identity.
///
/// What several rules or meters show of the same water is one finding, on the lowest meter that explains it. The other
/// hypotheses are held under it and named in its evidence.
struct FindingBook: Codable, Sendable {
    struct Entry: Codable, Sendable {
        var finding: Finding
        /// What was found, by whichever of the rules that can find it.
        var condition: RuleIdentifier
        /// Loss of earlier spells of the same finding.
        var earlier: LossEstimate?
        /// Set while a person expects the condition: nobody is told of it until then.
        var expected: Expectation?
        /// A person has said that it is over: what comes again is another finding.
        var isDismissed: Bool?

        var isOpen: Bool { finding.clearedAt == nil }
    }

    /// A condition that a person expects for a while.
    struct Expectation: Codable, Sendable {
        var until: Timestamp
        /// Whether the rules still see it.
        var isPresent: Bool
    }

    /// A hypothesis that an open finding stands for.
    struct Held: Codable, Sendable {
        var rule: RuleIdentifier
        var asset: AssetIdentifier
        var owner: FindingIdentifier
        /// When the owner was over; `nil` while it is open.
        var ownerEnded: Timestamp?
    }

    /// At most one for each condition and asset, in the order in which they first arose.
    var entries: [Entry] = []
    var held: [Held] = []

    /// Starts that differ by less may be of the same water.
    static let sameStart: Duration = .seconds(6 * 3600)
    /// Rates that differ by no more of the larger one may be of the same water.
    static let sameRate = 0.4
    /// A hypothesis that outlives the finding that stood for it by so much is one of its own.
    static let outlives: Duration = .seconds(24 * 3600)
    static let namedHypotheses = 8

    init() {}

    /// Findings that are not over, oldest first.
    var open: [Finding] { entries.lazy.filter(\.isOpen).map(\.finding) }

    /// Hypotheses that a finding stands for.
    var heldCount: Int { held.count }

    /// Notes a verdict; `nil` when it changes nothing that anybody was told.
    mutating func note(
        _ verdict: Verdict, of rule: Rule, on asset: AssetIdentifier, at: Timestamp, _ tree: MeterTree
    ) -> FindingChange? {
        let place = entries.firstIndex { $0.condition == rule.condition && $0.finding.asset == asset }
        if let place, entries[place].expected != nil {
            keep(verdict, of: rule, place)
            return nil
        }
        switch verdict {
        case .arises(let grounds): return arise(grounds, rule, asset, at, place, tree)
        case .persists(let grounds):
            if let place, entries[place].isOpen, entries[place].finding.rule == rule.identifier {
                return .updated(renew(place, grounds, rule))
            }
            guard let index = index(of: rule, asset), let ended = held[index].ownerEnded, at - ended > Self.outlives
            else { return nil }
            held.remove(at: index)
            return arise(grounds, rule, asset, at, place, tree)
        case .ends(let grounds, let end):
            if let index = index(of: rule, asset) { held.remove(at: index) }
            guard let place, entries[place].isOpen, entries[place].finding.rule == rule.identifier else { return nil }
            // Evidence stays that of the alarm: what ended it is no ground for it.
            entries[place].finding.clearedAt = end
            entries[place].finding.loss = total(grounds.loss, place)
            for index in held.indices where held[index].owner == entries[place].finding.identifier {
                held[index].ownerEnded = at
            }
            return .cleared(entries[place].finding)
        }
    }

    private mutating func arise(
        _ grounds: Grounds, _ rule: Rule, _ asset: AssetIdentifier, _ at: Timestamp, _ place: Int?, _ tree: MeterTree
    ) -> FindingChange? {
        if let place, entries[place].isOpen {
            // Another rule has told of the same condition already; the graver one gives the grounds.
            guard grounds.severity < entries[place].finding.severity else { return nil }
            return .updated(renew(place, grounds, rule))
        }
        if let (owner, reason) = owner(of: rule, grounds, on: asset, tree) {
            hold(rule, asset, grounds, under: owner, reason)
            return nil
        }
        if let upper = explained(by: rule, grounds, on: asset, tree) { return move(upper, to: asset, grounds, rule) }
        let finding = Finding(
            rule: rule.identifier, ruleVersion: rule.version, severity: grounds.severity, asset: asset,
            startedAt: grounds.startedAt, raisedAt: at, loss: grounds.loss, size: grounds.size,
            evidence: grounds.evidence)
        if let place, isSame(entries[place], as: finding, rule, at) {
            entries[place].earlier = entries[place].finding.loss
            entries[place].finding.clearedAt = nil
            entries[place].isDismissed = nil
            return .updated(renew(place, grounds, rule))
        }
        let entry = Entry(finding: finding, condition: rule.condition)
        if let place { entries.remove(at: place) }
        entries.append(entry)
        return .raised(entry.finding)
    }

    /// Whether a condition that arises is a finding that was over, come back.
    private func isSame(_ entry: Entry, as finding: Finding, _ rule: Rule, _ at: Timestamp) -> Bool {
        guard let cleared = entry.finding.clearedAt else { return false }
        // The same rule, asset and start have the same name, and two findings never share one.
        if entry.finding.identifier == finding.identifier { return true }
        return entry.isDismissed != true && at - cleared <= rule.identityHolds
    }

    /// Whether decoded state can be used without trapping.
    var isWellFormed: Bool {
        entries.allSatisfy { entry in
            [
                entry.finding.startedAt, entry.finding.raisedAt, entry.finding.clearedAt ?? entry.finding.raisedAt,
                entry.expected?.until ?? entry.finding.raisedAt,
            ]
            .allSatisfy { DataClock.believable.contains($0) }
        } && held.allSatisfy { $0.ownerEnded.map { DataClock.believable.contains($0) } ?? true }
    }

    // MARK: Which finding stands for it

    /// The open finding that stands for a hypothesis, and why; `nil` when it stands for itself.
    private func owner(
        of rule: Rule, _ grounds: Grounds, on asset: AssetIdentifier, _ tree: MeterTree
    ) -> (place: Int, OtherHypothesis.Reason)? {
        guard rule.isAboutLoss else { return nil }
        for place in entries.indices where entries[place].isOpen {
            let finding = entries[place].finding
            guard let other = Rule.named(finding.rule) else { continue }
            if other.silencesMeter, finding.asset == asset { return (place, .meterFault) }
            guard other.isAboutLoss, isSameWater(finding, grounds) else { continue }
            if tree.lies(finding.asset, below: asset) { return (place, .sameWater) }
            if finding.asset == asset, other.precedence <= rule.precedence { return (place, .sameWater) }
        }
        return nil
    }

    /// The open finding on a meter above that this one, lower down, explains.
    private func explained(
        by rule: Rule, _ grounds: Grounds, on asset: AssetIdentifier, _ tree: MeterTree
    ) -> Int? {
        guard rule.isAboutLoss else { return nil }
        return entries.indices.first { place in
            let finding = entries[place].finding
            guard entries[place].isOpen, let other = Rule.named(finding.rule), other.isAboutLoss,
                isSameWater(finding, grounds)
            else { return false }
            return tree.lies(asset, below: finding.asset)
                || finding.asset == asset && rule.precedence < other.precedence
        }
    }

    private func isSameWater(_ finding: Finding, _ grounds: Grounds) -> Bool {
        guard let a = finding.loss, let b = grounds.loss else { return false }
        let gap =
            finding.startedAt > grounds.startedAt
            ? finding.startedAt - grounds.startedAt : grounds.startedAt - finding.startedAt
        return gap < Self.sameStart && abs(a.middle - b.middle) <= Self.sameRate * max(a.middle, b.middle)
    }

    private mutating func hold(
        _ rule: Rule, _ asset: AssetIdentifier, _ grounds: Grounds, under place: Int, _ reason: OtherHypothesis.Reason
    ) {
        if let index = index(of: rule, asset) { held.remove(at: index) }
        held.append(Held(rule: rule.identifier, asset: asset, owner: entries[place].finding.identifier))
        name(
            OtherHypothesis(rule: rule.identifier, asset: asset, reason: reason, startedAt: grounds.startedAt),
            under: place)
    }

    private mutating func name(_ other: OtherHypothesis, under place: Int) {
        var others = entries[place].finding.evidence.others ?? []
        guard others.count < Self.namedHypotheses, !others.contains(other) else { return }
        others.append(other)
        entries[place].finding.evidence.others = others
    }

    /// A better place is found: the finding stays the same and moves there.
    private mutating func move(
        _ place: Int, to asset: AssetIdentifier, _ grounds: Grounds, _ rule: Rule
    ) -> FindingChange {
        let before = entries[place].finding
        held.append(Held(rule: before.rule, asset: before.asset, owner: before.identifier))
        entries[place].condition = rule.condition
        entries[place].finding.asset = asset
        if before.asset != asset { entries[place].finding.zone = before.asset }
        _ = renew(place, grounds, rule)
        name(
            OtherHypothesis(
                rule: before.rule, asset: before.asset, reason: .sameWater, startedAt: before.startedAt),
            under: place)
        // An older finding of the same condition here would stand in the way.
        let finding = entries[place].finding
        entries.removeAll {
            $0.condition == rule.condition && $0.finding.asset == asset && $0.finding.identifier != finding.identifier
        }
        return .updated(finding)
    }

    private func index(of rule: Rule, _ asset: AssetIdentifier) -> Int? {
        held.firstIndex { $0.rule == rule.identifier && $0.asset == asset }
    }

    // MARK: One finding

    mutating func renew(_ place: Int, _ grounds: Grounds, _ rule: Rule) -> Finding {
        let (others, announced) = (entries[place].finding.evidence.others, entries[place].finding.evidence.announced)
        entries[place].finding.rule = rule.identifier
        entries[place].finding.ruleVersion = rule.version
        entries[place].finding.size = grounds.size
        entries[place].finding.severity = grounds.severity
        entries[place].finding.loss = total(grounds.loss, place)
        entries[place].finding.evidence = grounds.evidence
        entries[place].finding.evidence.others = others
        entries[place].finding.evidence.announced = grounds.evidence.announced ?? announced
        return entries[place].finding
    }

    func total(_ loss: LossEstimate?, _ place: Int) -> LossEstimate? {
        loss.map { $0.adding(entries[place].earlier) }
    }
}

extension LossEstimate {
    /// Middle of the bounds of the rate, in litres an hour.
    fileprivate var middle: Double { (rateLow.value + rateHigh.value) / 2 }
}
