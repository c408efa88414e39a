// SPDX-License-Identifier: Apache-2.0

/// The few things about the analyzer that a site may set.
public struct AnalyzerSettings: Hashable, Codable, Sendable {
    /// A stamp further ahead of data time than this is refused (default: a day).
    public var maximumStampLead: Duration

    public init(maximumStampLead: Duration = .seconds(86_400)) {
        self.maximumStampLead = maximumStampLead
    }
}
