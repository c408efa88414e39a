// SPDX-License-Identifier: Apache-2.0

import Model

func moment(_ minutes: Int64) -> Timestamp { Timestamp(seconds: 1_795_334_400 + minutes * 60) }

/// A burst of `riser-1` that began at `start` minutes.
func finding(
    _ start: Int64, asset: String = "riser-1", rule: RuleIdentifier = .burst, severity: Severity = .p2,
    clearedAt: Timestamp? = nil
) -> Finding {
    var finding = Finding(
        rule: rule, ruleVersion: 1, severity: severity, asset: AssetIdentifier(asset), startedAt: moment(start),
        raisedAt: moment(start + 10), loss: nil,
        evidence: Evidence(from: moment(start), to: moment(start + 10), measures: []))
    finding.clearedAt = clearedAt
    return finding
}

extension Finding {
    func cleared(at minutes: Int64) -> Finding {
        var copy = self
        copy.clearedAt = moment(minutes)
        return copy
    }
}
