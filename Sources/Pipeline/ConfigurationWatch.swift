// SPDX-License-Identifier: Apache-2.0

import Alarms
public import Model

extension RuleIdentifier {
    /// A changed configuration has mistakes, and the one before goes on.
    public static let configurationRefused = RuleIdentifier("configuration_refused")
}

extension Books {
    /// What the alarm about a refused configuration is about; no asset of the estate.
    static let configurationAsset = AssetIdentifier("configuration")

    /// Raises that the files on disk say something that the gateway does not do, and clears it when they are accepted.
    public mutating func watchConfiguration(isRefused: Bool, at now: Timestamp, into verdict: inout Verdict) {
        settle(
            severity: isRefused ? .p3 : nil, asset: Self.configurationAsset, rule: .configurationRefused, at: now,
            into: &verdict)
    }
}
