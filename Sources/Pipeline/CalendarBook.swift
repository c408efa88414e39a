// SPDX-License-Identifier: Apache-2.0

public import Alarms
public import Analysis
public import Model

/// The calendar of an estate as it stands: what the site's file announces and what persons have announced since.
public struct CalendarBook: Sendable {
    /// Announcements that have not ended, at most.
    public static let limit = 500
    /// How far ahead the end of an announcement may lie, and how long it may have been going on.
    public static let longest: Duration = .seconds(366 * 86_400)

    private let site: SiteDescription
    private let file: [Announcement]
    private let works: [AnnouncementSettings]
    private let places: WorkPlaces
    /// What persons have announced, in the order of their numbers.
    public private(set) var lines: [AnnouncementLine]

    /// - Parameters:
    ///   - file: What the site's file announces.
    ///   - works: What of it takes alarms out of service.
    ///   - lines: What persons announced before.
    public init(
        site: SiteDescription, file: AnnouncedCalendar, works: [AnnouncementSettings] = [],
        places: WorkPlaces = WorkPlaces(), lines: [AnnouncementLine] = []
    ) {
        (self.site, self.file, self.works, self.places) = (site, file.entries, works, places)
        self.lines = lines.sorted { $0.number < $1.number }
    }

    /// What the analyzer is told.
    public var calendar: AnnouncedCalendar {
        AnnouncedCalendar(file + lines.filter { $0.withdrawal == nil }.flatMap(entries))
    }

    /// Times in which alarms are out of service.
    public var windows: [WorkWindow] {
        (works.map { AnnouncementLine($0) } + lines.filter { $0.withdrawal == nil }).compactMap { line in
            places.assets(of: line, lifts: site.lifts.map(\.asset)).map { assets in
                WorkWindow(
                    number: line.number, scope: WorkPlaces.scope(of: line), assets: assets, from: line.start,
                    to: line.end, person: line.person, reason: line.note)
            }
        }
    }

    /// Takes an announcement in.
    public mutating func announce(
        _ draft: AnnouncementDraft, at now: Timestamp
    ) throws(AnnouncementRefusal) -> AnnouncementLine {
        try checkAsset(of: draft)
        guard draft.start <= draft.end else { throw .endsBeforeStart }
        guard draft.end > now else { throw .timePassed(draft.end) }
        for moment in [draft.start, draft.end]
        where moment - now > Self.longest || now - moment > Self.longest {
            throw .timeTooFar(moment, days: Int(Self.longest.components.seconds / 86_400))
        }
        guard lines.count(where: { $0.withdrawal == nil && $0.end > now }) < Self.limit else {
            throw .tooMany(limit: Self.limit)
        }
        let line = AnnouncementLine(draft, number: (lines.last?.number ?? 0) + 1, at: now)
        lines.append(line)
        return line
    }

    /// Takes an announcement back: from now on it counts as one that was never made.
    public mutating func withdraw(
        _ number: Int64, by person: PersonIdentifier, reason: String, at now: Timestamp
    ) throws(AnnouncementRefusal) -> AnnouncementLine {
        guard let place = lines.firstIndex(where: { $0.number == number }) else { throw .unknown(number: number) }
        guard lines[place].withdrawal == nil, lines[place].end + AnnouncedCalendar.margin > now else {
            throw .alreadyOver(number: number)
        }
        if reason.allSatisfy(\.isWhitespace) { throw .reasonMissing }
        lines[place].withdrawal = .init(at: now, person: person, reason: reason)
        return lines[place]
    }

    // MARK: Assets

    private func checkAsset(of draft: AnnouncementDraft) throws(AnnouncementRefusal) {
        if draft.kind == .maintenance { return try places.check(draft) }
        if draft.bus != nil { throw .assetNotTaken }
        guard let kind = Self.assets(of: draft.kind) else {
            if draft.asset != nil { throw .assetNotTaken }
            return
        }
        let fitting = assets(kind)
        guard let asset = draft.asset else {
            // Who moved out, and which meter is exchanged, cannot be meant for the whole estate.
            if draft.kind == .vacancy || draft.kind == .meterExchange || draft.isZone {
                throw .assetNeeded(kind, fitting: fitting)
            }
            return
        }
        if draft.isZone {
            guard !behind(asset).isEmpty else {
                throw .noZone(asset, zones: assets(.meter).filter { !behind($0).isEmpty })
            }
            guard entries(of: draft).contains(where: { fitting.contains($0) }) else {
                throw .assetOfOtherKind(asset, kind, fitting: fitting)
            }
        } else if !fitting.contains(asset) {
            throw .assetOfOtherKind(asset, kind, fitting: fitting)
        }
    }

    /// What a kind is about; `nil` for one that is about everybody.
    private static func assets(of kind: AnnouncementSettings.Kind) -> AnnouncementRefusal.AssetKind? {
        switch kind {
        case .publicHoliday, .maintenance: nil
        case .vacancy: .dwelling
        case .buildingWorks, .poolFilling, .meterExchange: .meter
        case .manualIrrigation: .irrigation
        case .liftService: .lift
        case .gateKeptOpen: .gate
        }
    }

    private func assets(_ kind: AnnouncementRefusal.AssetKind) -> [AssetIdentifier] {
        switch kind {
        case .meter: site.meters.map(\.asset)
        case .dwelling: site.meters.filter { $0.role == .unit }.map(\.asset)
        case .irrigation: site.meters.filter { $0.role == .irrigation }.map(\.asset)
        case .lift: site.lifts.map(\.asset)
        case .gate: site.gates.map(\.asset)
        }
    }

    /// Meters whose water passes the meter of `asset` before.
    private func behind(_ asset: AssetIdentifier) -> [AssetIdentifier] {
        var found: [AssetIdentifier] = []
        var level = [asset]
        // A circle of parents, which a description could hold, ends the search.
        while !level.isEmpty, found.count <= site.meters.count {
            level = site.meters.filter { $0.parent.map { level.contains($0) } ?? false }.map(\.asset)
                .filter { !found.contains($0) && $0 != asset }
            found += level
        }
        return found
    }

    /// The assets that a draft covers.
    private func entries(of draft: AnnouncementDraft) -> [AssetIdentifier] {
        guard let asset = draft.asset else { return [] }
        guard draft.isZone else { return [asset] }
        let all = [asset] + behind(asset)
        guard let kind = Self.assets(of: draft.kind), kind != .meter else { return all }
        let fitting = Set(assets(kind))
        return all.filter { fitting.contains($0) }
    }

    private func entries(of line: AnnouncementLine) -> [Announcement] {
        let draft = AnnouncementDraft(
            line.kind, from: line.start, to: line.end, asset: line.asset, isZone: line.isZone, person: line.person)
        let assets = line.asset == nil ? [nil] : entries(of: draft).map(Optional.some)
        return assets.compactMap {
            Announcement(
                AnnouncementSettings(kind: line.kind, start: line.start, end: line.end, asset: $0, note: line.note))
        }
    }
}

extension AnnouncementLine {
    /// An announcement of the site's file, as it is listed beside the others.
    public init(_ settings: AnnouncementSettings) {
        self.init(
            AnnouncementDraft(
                settings.kind, from: settings.start, to: settings.end, asset: settings.asset, note: settings.note,
                person: PersonIdentifier("")),
            number: 0, at: settings.start)
        bus = settings.bus
    }
}
