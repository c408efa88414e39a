// SPDX-License-Identifier: Apache-2.0

public import Model

/// The few things about the analyzer that a site may set.
public struct AnalyzerSettings: Hashable, Codable, Sendable {
    /// How soon a meter's own history accuses it.
    public enum Sensitivity: String, Hashable, Codable, Sendable, CaseIterable {
        /// Fewer false alarms: right for dwellings.
        case calm
        /// Sooner, with more false alarms: always used on shared meters.
        case sensitive
    }

    /// A stamp further ahead of data time than this is refused (default: a day).
    public var maximumStampLead: Duration
    /// For dwelling meters (default: calm).
    public var dwellings: Sensitivity
    /// Rules that raise nothing; everything else they do for other rules goes on (default: none).
    public var disabledRules: Set<RuleIdentifier>

    public init(
        maximumStampLead: Duration = .seconds(86_400), dwellings: Sensitivity = .calm,
        disabledRules: Set<RuleIdentifier> = []
    ) {
        self.maximumStampLead = maximumStampLead
        self.dwellings = dwellings
        self.disabledRules = disabledRules
    }
}
