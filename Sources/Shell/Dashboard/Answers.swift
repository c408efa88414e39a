// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline

/// A value with the version of its shape beside its own keys.
struct Versioned<Value: Encodable>: Encodable {
    var value: Value
    init(_ value: Value) { self.value = value }

    private enum Key: String, CodingKey { case schema }

    func encode(to encoder: any Encoder) throws {
        try value.encode(to: encoder)
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(1, forKey: .schema)
    }
}

/// Answer of `GET /api/v1/tickets`.
struct TicketsAnswer: Encodable {
    var schema = 1
    var tickets: [TicketSnapshot]
    /// Value of `cursor` for the next page; absent on the last one.
    var next: String?
}

/// Answer of `GET /api/v1/overview`: the snapshot with each value as plain JSON and each word spelt out.
struct OverviewAnswer: Encodable {
    struct AssetAnswer: Encodable {
        var identifier: AssetIdentifier
        var area: AreaIdentifier
        var name: BilingualText
        var kind: String
        var profile: String
        var isBenchTested: Bool
        var availability: Availability
        var points: [PointAnswer]
    }

    struct PointAnswer: Encodable {
        var path: String
        var name: String
        /// UCUM code.
        var unit: UnitOfMeasure
        /// Absent when there is no value that may be believed.
        var value: PlainValue?
        /// `good`, `uncertain`, `bad`; absent before the first reading.
        var quality: String?
        var reason: String?
        var raw: UInt64?
        var sourceTime: Timestamp?
        var isStale: Bool
    }

    /// A number, a Boolean or a word.
    enum PlainValue: Encodable {
        case number(Double)
        case integer(Int64)
        case boolean(Bool)
        case word(String)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .number(let value): try container.encode(value)
            case .integer(let value): try container.encode(value)
            case .boolean(let value): try container.encode(value)
            case .word(let value): try container.encode(value)
            }
        }
    }

    var schema = 1
    var site: SiteIdentifier
    var siteName: BilingualText
    var asOf: Timestamp
    var zone: String
    var isBrokerConnected: Bool
    var outboxRows: Int
    var assets: [AssetAnswer]
    var findings: [FindingSnapshot]
    var persons: [PersonSnapshot]

    init(_ overview: EstateOverview, now: Timestamp) {
        site = overview.site
        siteName = overview.siteName
        asOf = overview.asOf
        zone = overview.zone.name
        isBrokerConnected = overview.isBrokerConnected
        outboxRows = overview.outboxRows
        findings = overview.findings
        persons = overview.persons
        assets = overview.assets.map { asset in
            AssetAnswer(
                identifier: asset.identifier, area: asset.area, name: asset.name, kind: asset.kind,
                profile: asset.profile, isBenchTested: asset.isBenchTested, availability: asset.availability,
                points: asset.points.map { PointAnswer($0, now: now) })
        }
    }
}

extension OverviewAnswer.PointAnswer {
    init(_ point: PointSnapshot, now: Timestamp) {
        path = point.path
        name = point.name
        unit = point.unit
        quality = point.quality?.word
        reason = point.reason
        raw = point.raw
        sourceTime = point.sourceTime
        isStale = point.isStale(at: now)
        guard point.quality != .bad else { return }
        switch point.quantity {
        case .number(let number): value = .number(number)
        case .integer(let count): value = .integer(count)
        case .isOn(let isOn): value = .boolean(isOn)
        case .state(let place): value = point.stateLabel.map { .word($0) } ?? .integer(Int64(place))
        case nil: value = nil
        }
    }
}

extension PointSnapshot {
    /// Whether the last reading is older than three periods.
    func isStale(at now: Timestamp) -> Bool {
        guard let sourceTime else { return false }
        return (now - sourceTime).inSeconds > staleAfterSeconds
    }
}
