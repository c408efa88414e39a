// SPDX-License-Identifier: Apache-2.0

public import Model

/// How long may pass from the report until somebody has answered, arrived and repaired.
public struct ServiceLevel: Hashable, Sendable {
    public var acknowledge: Duration
    /// `nil` when arrival is by appointment only.
    public var onSite: Duration?
    public var repair: Duration

    public init(acknowledge: Duration, onSite: Duration?, repair: Duration) {
        self.acknowledge = acknowledge
        self.onSite = onSite
        self.repair = repair
    }
}

/// The promised times by severity, counted around the clock.
public struct ServiceLevels: Hashable, Codable, Sendable {
    /// Rises with every edit, so that two tickets can be compared by the table they were raised under.
    public var version: Int
    public var p1: ServiceLevel
    public var p2: ServiceLevel
    public var p3: ServiceLevel
    public var p4: ServiceLevel

    public init(version: Int, p1: ServiceLevel, p2: ServiceLevel, p3: ServiceLevel, p4: ServiceLevel) {
        self.version = version
        self.p1 = p1
        self.p2 = p2
        self.p3 = p3
        self.p4 = p4
    }

    public subscript(severity: Severity) -> ServiceLevel {
        switch severity {
        case .p1: p1
        case .p2: p2
        case .p3: p3
        case .p4: p4
        }
    }

    /// The promises common in estate service: an answer in 3 minutes, an urgent job reached in 15 minutes and
    /// repaired in 8 hours, common parts reached in 8 hours and repaired in 3 days.
    public static let standard = ServiceLevels(
        version: 1,
        p1: ServiceLevel(acknowledge: .seconds(180), onSite: .seconds(900), repair: .seconds(8 * 3600)),
        p2: ServiceLevel(acknowledge: .seconds(180), onSite: .seconds(900), repair: .seconds(8 * 3600)),
        p3: ServiceLevel(acknowledge: .seconds(180), onSite: .seconds(8 * 3600), repair: .seconds(3 * 86_400)),
        p4: ServiceLevel(acknowledge: .seconds(86_400), onSite: nil, repair: .seconds(7 * 86_400)))
}

extension ServiceLevel: Codable {
    private enum CodingKeys: String, CodingKey {
        case acknowledge = "acknowledge_milliseconds"
        case onSite = "on_site_milliseconds"
        case repair = "repair_milliseconds"
    }

    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        acknowledge = .milliseconds(try container.decode(Int64.self, forKey: .acknowledge))
        onSite = try container.decodeIfPresent(Int64.self, forKey: .onSite).map { .milliseconds($0) }
        repair = .milliseconds(try container.decode(Int64.self, forKey: .repair))
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(acknowledge.wholeMilliseconds, forKey: .acknowledge)
        try container.encodeIfPresent(onSite?.wholeMilliseconds, forKey: .onSite)
        try container.encode(repair.wholeMilliseconds, forKey: .repair)
    }
}
