// SPDX-License-Identifier: Apache-2.0

import Model

/// What a person says about findings, as the book keeps it.
extension FindingBook {
    /// The open finding of this name, or the one that is expected; `nil` when there is neither.
    func finding(_ identifier: FindingIdentifier) -> Finding? {
        entries.first { ($0.isOpen || $0.expected != nil) && $0.finding.identifier == identifier }?.finding
    }

    /// Ends an open finding because a person said so; `nil` when there is none of this name.
    mutating func dismiss(_ identifier: FindingIdentifier, at: Timestamp) -> Finding? {
        guard let place = entries.firstIndex(where: { $0.isOpen && $0.finding.identifier == identifier }) else {
            return nil
        }
        entries[place].finding.clearedAt = at
        entries[place].isDismissed = true
        for index in held.indices where held[index].owner == identifier { held[index].ownerEnded = at }
        return entries[place].finding
    }

    /// Ends an open finding until `until`, or moves the end of an expectation; `nil` when nobody has to be told.
    mutating func expect(_ identifier: FindingIdentifier, until: Timestamp, at: Timestamp) -> Finding? {
        let named = entries.firstIndex {
            ($0.isOpen || $0.expected != nil) && $0.finding.identifier == identifier
        }
        guard let place = named else { return nil }
        let wasOpen = entries[place].isOpen
        let isPresent = wasOpen || entries[place].expected?.isPresent ?? false
        entries[place].expected = Expectation(until: until, isPresent: isPresent)
        for index in held.indices where held[index].owner == identifier { held[index].ownerEnded = until }
        guard wasOpen else { return nil }
        entries[place].finding.clearedAt = at
        return entries[place].finding
    }

    /// Findings that were expected until `now` and are there still: they are open again.
    mutating func takeOverdue(at now: Timestamp) -> [Finding] {
        var findings: [Finding] = []
        for place in entries.indices {
            guard let expected = entries[place].expected, expected.until <= now else { continue }
            entries[place].expected = nil
            guard expected.isPresent else { continue }
            entries[place].finding.clearedAt = nil
            let finding = entries[place].finding
            for index in held.indices where held[index].owner == finding.identifier { held[index].ownerEnded = nil }
            findings.append(finding)
        }
        return findings
    }

    /// What the rules say of a condition that is expected is kept for the day on which it is no more.
    mutating func keep(_ verdict: Verdict, of rule: Rule, _ place: Int) {
        let isOwn = entries[place].finding.rule == rule.identifier
        switch verdict {
        case .arises(let grounds):
            if entries[place].expected?.isPresent == false {
                entries[place].earlier = entries[place].finding.loss
            }
            entries[place].expected?.isPresent = true
            _ = renew(place, grounds, rule)
        case .persists(let grounds):
            if isOwn { _ = renew(place, grounds, rule) }
        case .ends(let grounds, _):
            guard isOwn else { return }
            entries[place].expected?.isPresent = false
            entries[place].finding.loss = total(grounds.loss, place)
        }
    }
}
