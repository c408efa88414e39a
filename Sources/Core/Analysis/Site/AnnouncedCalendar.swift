// SPDX-License-Identifier: Apache-2.0

public import Model

/// Something the estate's manager announced, which explains what would look odd without it.
public struct Announcement: Hashable, Codable, Sendable {
    public enum Kind: String, Hashable, Codable, Sendable, CaseIterable {
        case publicHoliday = "public_holiday"
        /// Nobody lives behind this meter.
        case vacancy
        /// Building works draw water behind this meter.
        case buildingWorks = "construction_water"
        case poolFilling = "pool_filling"
        case liftService = "lift_maintenance"
        case gateKeptOpen = "gate_kept_open"
        case manualIrrigation = "manual_irrigation"
        case meterExchange = "meter_replacement"
    }

    public var kind: Kind
    public var start: Timestamp
    public var end: Timestamp
    /// `nil` when the whole estate is meant.
    public var asset: AssetIdentifier?
    public var note: String

    public init(kind: Kind, start: Timestamp, end: Timestamp, asset: AssetIdentifier?, note: String = "") {
        (self.kind, self.start, self.end, self.asset, self.note) = (kind, start, end, asset, note)
    }
}

/// All announcements of an estate, earliest first.
public struct AnnouncedCalendar: Hashable, Codable, Sendable {
    public let entries: [Announcement]

    /// An announcement covers an hour more at its end: work takes longer than planned.
    public static let margin: Duration = .seconds(3600)

    public init(_ entries: [Announcement] = []) {
        self.entries = entries.sorted {
            ($0.start, $0.end, $0.kind.rawValue, $0.asset?.text ?? "", $0.note)
                < ($1.start, $1.end, $1.kind.rawValue, $1.asset?.text ?? "", $1.note)
        }
    }

    /// This one with more entries.
    func adding(_ more: [Announcement]?) -> AnnouncedCalendar {
        more.map { AnnouncedCalendar(entries + $0) } ?? self
    }

    // Up to three kinds by name, and not a list of them: these are asked each minute for each meter, and a list would
    // be taken from the heap each time.

    /// The announcement of one of these kinds that covers `moment` on `asset` or on the whole estate.
    public func covers(
        _ kind: Announcement.Kind, _ second: Announcement.Kind? = nil, _ third: Announcement.Kind? = nil,
        asset: AssetIdentifier, at moment: Timestamp
    ) -> Announcement? {
        entries.first { entry in
            (entry.kind == kind || entry.kind == second || entry.kind == third)
                && entry.start <= moment && moment <= entry.end + Self.margin
                && (entry.asset == nil || entry.asset == asset)
        }
    }

    /// Whether one of these kinds covers any moment of `span` on `asset` or on the whole estate.
    public func touches(
        _ kind: Announcement.Kind, _ second: Announcement.Kind? = nil, _ third: Announcement.Kind? = nil,
        asset: AssetIdentifier, from: Timestamp, to: Timestamp
    ) -> Bool {
        entries.contains { entry in
            (entry.kind == kind || entry.kind == second || entry.kind == third)
                && entry.start <= to && from <= entry.end + Self.margin
                && (entry.asset == nil || entry.asset == asset)
        }
    }
}
