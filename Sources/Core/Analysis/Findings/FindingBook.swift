// SPDX-License-Identifier: Apache-2.0

import Model

/// The latest finding of each condition on each asset, open or over; it gives findings their identity.
struct FindingBook: Codable, Sendable {
    private struct Entry: Codable, Sendable {
        var finding: Finding
        /// What was found, by whichever of the rules that can find it.
        var condition: RuleIdentifier
        /// Litres of earlier spells of the same finding.
        var earlierLitres = 0.0
    }

    /// At most one for each condition and asset, in the order in which they first arose.
    private var entries: [Entry] = []

    init() {}

    /// Findings that are not over, oldest first.
    var open: [Finding] { entries.lazy.map(\.finding).filter { $0.clearedAt == nil } }

    /// Notes a verdict; `nil` when it changes nothing that anybody was told.
    mutating func note(_ verdict: Verdict, of rule: Rule, on asset: AssetIdentifier, at: Timestamp) -> FindingChange? {
        let place = entries.firstIndex { $0.condition == rule.condition && $0.finding.asset == asset }
        switch verdict {
        case .arises(let grounds):
            if let place, entries[place].finding.clearedAt == nil {
                // Another rule has told of the same condition already; the graver one gives the grounds.
                guard grounds.severity < entries[place].finding.severity else { return nil }
                return .updated(renew(place, grounds, rule))
            }
            if let place, let cleared = entries[place].finding.clearedAt, at - cleared <= rule.identityHolds {
                entries[place].earlierLitres = entries[place].finding.loss?.litres.value ?? 0
                entries[place].finding.clearedAt = nil
                return .updated(renew(place, grounds, rule))
            }
            let entry = Entry(
                finding: Finding(
                    rule: rule.identifier, ruleVersion: rule.version, severity: grounds.severity, asset: asset,
                    startedAt: grounds.startedAt, raisedAt: at, loss: grounds.loss, size: grounds.size,
                    evidence: grounds.evidence),
                condition: rule.condition)
            if let place { entries.remove(at: place) }
            entries.append(entry)
            return .raised(entry.finding)
        case .persists(let grounds):
            guard let place, entries[place].finding.clearedAt == nil, entries[place].finding.rule == rule.identifier
            else { return nil }
            return .updated(renew(place, grounds, rule))
        case .ends(let grounds, let end):
            guard let place, entries[place].finding.clearedAt == nil, entries[place].finding.rule == rule.identifier
            else { return nil }
            // Evidence stays that of the alarm: what ended it is no ground for it.
            entries[place].finding.clearedAt = end
            entries[place].finding.loss = total(grounds.loss, place)
            return .cleared(entries[place].finding)
        }
    }

    private mutating func renew(_ place: Int, _ grounds: Grounds, _ rule: Rule) -> Finding {
        entries[place].finding.rule = rule.identifier
        entries[place].finding.ruleVersion = rule.version
        entries[place].finding.size = grounds.size
        entries[place].finding.severity = grounds.severity
        entries[place].finding.loss = total(grounds.loss, place)
        entries[place].finding.evidence = grounds.evidence
        return entries[place].finding
    }

    private func total(_ loss: LossEstimate?, _ place: Int) -> LossEstimate? {
        loss.map {
            LossEstimate(
                rateLow: $0.rateLow, rateHigh: $0.rateHigh, litres: $0.litres + Litres(entries[place].earlierLitres))
        }
    }
}
