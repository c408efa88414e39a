// SPDX-License-Identifier: Apache-2.0

public import Model

/// What a person announces while the gateway runs.
public struct AnnouncementDraft: Hashable, Sendable {
    public var kind: AnnouncementSettings.Kind
    public var start: Timestamp
    public var end: Timestamp
    /// `nil` when the whole estate is meant.
    public var asset: AssetIdentifier?
    /// Everything behind that meter is meant as well.
    public var isZone: Bool
    /// Everything on that bus is meant, for maintenance.
    public var bus: BusIdentifier?
    public var note: String
    public var person: PersonIdentifier

    public init(
        _ kind: AnnouncementSettings.Kind, from start: Timestamp, to end: Timestamp, asset: AssetIdentifier? = nil,
        isZone: Bool = false, note: String = "", person: PersonIdentifier
    ) {
        (self.kind, self.start, self.end) = (kind, start, end)
        (self.asset, self.isZone, self.note, self.person) = (asset, isZone, note, person)
    }
}

/// An announcement as it is kept.
public struct AnnouncementLine: Hashable, Codable, Sendable {
    /// Who took it back, and why.
    public struct Withdrawal: Hashable, Codable, Sendable {
        public var at: Timestamp
        public var person: PersonIdentifier
        public var reason: String
        public init(at: Timestamp, person: PersonIdentifier, reason: String) {
            (self.at, self.person, self.reason) = (at, person, reason)
        }
    }

    /// From 1 on, never given twice; 0 for one that stands in the site's file.
    public var number: Int64
    public var kind: AnnouncementSettings.Kind
    public var start: Timestamp
    public var end: Timestamp
    public var asset: AssetIdentifier?
    public var isZone: Bool
    public var bus: BusIdentifier?
    public var note: String
    /// Empty for one that stands in the site's file.
    public var person: PersonIdentifier
    public var announcedAt: Timestamp
    public var withdrawal: Withdrawal?

    public init(_ draft: AnnouncementDraft, number: Int64, at: Timestamp) {
        (self.number, kind, announcedAt) = (number, draft.kind, at)
        (start, end) = (draft.start, draft.end)
        (asset, isZone, note, person) = (draft.asset, draft.isZone, draft.note, draft.person)
        bus = draft.bus
    }

    /// Where an announcement stands at a moment.
    public enum State: String, Hashable, Codable, Sendable, CaseIterable { case coming, present, over, withdrawn }

    public func state(at now: Timestamp) -> State {
        if withdrawal != nil { return .withdrawn }
        return now < start ? .coming : now <= end ? .present : .over
    }
}

/// What is announced and what was, for a page or a command.
public struct AnnouncementOverview: Hashable, Codable, Sendable {
    /// By when they begin.
    public var announcements: [AnnouncementLine]
    public var asOf: Timestamp
    public var zone: ZoneOffsets

    public init(_ announcements: [AnnouncementLine], asOf: Timestamp, zone: ZoneOffsets) {
        (self.announcements, self.asOf, self.zone) = (announcements, asOf, zone)
    }
}

/// Why something was not announced, or not taken back; nothing has changed then.
public enum AnnouncementRefusal: Error, Hashable, Sendable {
    case unknownPerson(PersonIdentifier)
    case unknownAsset(AssetIdentifier)
    case unknownBus(BusIdentifier, known: [BusIdentifier])
    /// This kind is about one asset; these come into question.
    case assetNeeded(AssetKind, fitting: [AssetIdentifier])
    /// A holiday is one for everybody.
    case assetNotTaken
    /// The asset is none of the kind that is announced.
    case assetOfOtherKind(AssetIdentifier, AssetKind, fitting: [AssetIdentifier])
    /// Nothing is metered behind the asset; behind these something is.
    case noZone(AssetIdentifier, zones: [AssetIdentifier])
    case endsBeforeStart
    case timePassed(Timestamp)
    case timeTooFar(Timestamp, days: Int)
    case tooMany(limit: Int)
    case unknown(number: Int64)
    /// It is over or was taken back before.
    case alreadyOver(number: Int64)
    case reasonMissing
    /// It could not be stored.
    case notStored(String)

    /// What an announcement can be about.
    public enum AssetKind: String, Hashable, Sendable, CaseIterable { case meter, dwelling, irrigation, lift, gate }
}
