// SPDX-License-Identifier: Apache-2.0

import Alarms
import Analysis
import Model
import Pipeline
import Testing

/// What may be announced, and what the analyzer is told of it.
@Suite struct CalendarBookTests {
    private static let now = Timestamp(seconds: 1_800_000_000)
    private static let person = PersonIdentifier("li-wei")
    private static let book: CalendarBook = {
        func meter(_ name: String, _ role: MeterDescription.Role, _ parent: String?) -> MeterDescription {
            MeterDescription(
                asset: AssetIdentifier(name), role: role, parent: parent.map { AssetIdentifier($0) },
                litresPerCount: 1, period: .seconds(60))
        }
        var site = SiteDescription(
            zone: .utc,
            meters: [
                meter("inlet", .bulk, nil), meter("riser", .riser, "inlet"), meter("a", .unit, "riser"),
                meter("b", .unit, "riser"), meter("lawn", .irrigation, "inlet"),
            ], gates: [GateDescription(asset: AssetIdentifier("gate"))])
        site.lifts = [LiftDescription(asset: AssetIdentifier("lift"))]
        return CalendarBook(site: site, file: AnnouncedCalendar())
    }()

    private static func draft(
        _ kind: AnnouncementSettings.Kind, _ asset: String?, isZone: Bool = false, days: ClosedRange<Int64> = 0...1
    ) -> AnnouncementDraft {
        AnnouncementDraft(
            kind, from: now + .seconds(days.lowerBound * 86_400), to: now + .seconds(days.upperBound * 86_400),
            asset: asset.map { AssetIdentifier($0) }, isZone: isZone, note: "n", person: person)
    }

    private static func told(_ draft: AnnouncementDraft) throws -> [String?] {
        var book = book
        _ = try book.announce(draft, at: now)
        return book.calendar.entries.map { $0.asset?.text }
    }

    @Test func `a zone is its meter and everything behind it that the kind is about`() throws {
        #expect(try Self.told(Self.draft(.buildingWorks, "riser", isZone: true)) == ["a", "b", "riser"])
        #expect(try Self.told(Self.draft(.vacancy, "riser", isZone: true)) == ["a", "b"])
        #expect(try Self.told(Self.draft(.buildingWorks, "riser")) == ["riser"])
        #expect(try Self.told(Self.draft(.liftService, "lift")) == ["lift"])
        #expect(try Self.told(Self.draft(.gateKeptOpen, nil)) == [nil])
        #expect(try Self.told(Self.draft(.publicHoliday, nil)) == [nil])
    }

    @Test func `what makes no sense is refused and changes nothing`() {
        func refusal(_ draft: AnnouncementDraft) -> AnnouncementRefusal? {
            var book = Self.book
            do {
                _ = try book.announce(draft, at: Self.now)
                return nil
            } catch {
                #expect(book.lines.isEmpty)
                return error
            }
        }
        let lift = AssetIdentifier("lift")
        #expect(refusal(Self.draft(.liftService, "gate")) == .assetOfOtherKind(.init("gate"), .lift, fitting: [lift]))
        #expect(
            refusal(Self.draft(.vacancy, nil)) == .assetNeeded(.dwelling, fitting: [.init("a"), .init("b")]))
        #expect(refusal(Self.draft(.publicHoliday, "lift")) == .assetNotTaken)
        #expect(
            refusal(Self.draft(.buildingWorks, "a", isZone: true))
                == .noZone(.init("a"), zones: [.init("inlet"), .init("riser")]))
        #expect(refusal(Self.draft(.liftService, "lift", days: -2...(-1))) == .timePassed(Self.now - .seconds(86_400)))
        #expect(
            refusal(Self.draft(.liftService, "lift", days: 0...400))
                == .timeTooFar(Self.now + .seconds(400 * 86_400), days: 366))
        var backwards = Self.draft(.liftService, "lift")
        (backwards.start, backwards.end) = (backwards.end, backwards.start)
        #expect(refusal(backwards) == .endsBeforeStart)
    }

    @Test func `what is taken back is told no more, and numbers are not given twice`() throws {
        var book = Self.book
        let first = try book.announce(Self.draft(.liftService, "lift"), at: Self.now)
        #expect(throws: AnnouncementRefusal.reasonMissing) {
            try book.withdraw(first.number, by: Self.person, reason: " ", at: Self.now)
        }
        _ = try book.withdraw(first.number, by: Self.person, reason: "Put off.", at: Self.now)
        #expect(book.calendar.entries.isEmpty)
        #expect(try book.announce(Self.draft(.liftService, "lift"), at: Self.now).number == 2)
        #expect(throws: AnnouncementRefusal.unknown(number: 7)) {
            try book.withdraw(7, by: Self.person, reason: "x", at: Self.now)
        }
    }

    // MARK: Work

    private static func works(_ draft: AnnouncementDraft) throws -> [String] {
        let devices = try ["inlet", "riser", "a", "b", "lift"].map {
            try AnalyzerFeedTests.device($0, "water-meter/tuf-2000-ultrasonic") { device in
                if device.asset.text == "a" { device.bus = BusIdentifier("other") }
            }
        }
        var topology = Topology()
        topology.connect(AssetIdentifier("riser"), below: AssetIdentifier("inlet"))
        for unit in ["a", "b"] { topology.connect(AssetIdentifier(unit), below: AssetIdentifier("riser")) }
        var site = SiteDescription(zone: .utc, meters: [], gates: [])
        site.lifts = [LiftDescription(asset: AssetIdentifier("lift"))]
        var book = CalendarBook(
            site: site, file: AnnouncedCalendar(), places: WorkPlaces(devices, topology: topology))
        _ = try book.announce(draft, at: now)
        return book.windows.flatMap { [$0.scope] + $0.assets.map(\.text).sorted() }
    }

    @Test func `an asset, what is behind it, a bus or the whole estate is under work`() throws {
        var bus = Self.draft(.maintenance, nil)
        bus.bus = BusIdentifier("other")
        #expect(try Self.works(bus) == ["bus/other", "a"])
        #expect(try Self.works(Self.draft(.maintenance, "riser")) == ["asset/riser", "riser"])
        #expect(
            try Self.works(Self.draft(.maintenance, "riser", isZone: true)) == ["zone/riser", "a", "b", "riser"])
        #expect(try Self.works(Self.draft(.maintenance, nil)) == ["site", "a", "b", "inlet", "lift", "riser"])
        // Announced service of a lift switches it off and on; a public holiday does nothing of the kind.
        #expect(try Self.works(Self.draft(.liftService, nil)) == ["site", "lift"])
        #expect(try Self.works(Self.draft(.publicHoliday, nil)) == [])
    }

    @Test func `work without a reason or at a place that is not there is refused`() {
        func refusal(_ change: (inout AnnouncementDraft) -> Void) -> AnnouncementRefusal? {
            var draft = Self.draft(.maintenance, "riser")
            change(&draft)
            do {
                _ = try Self.works(draft)
                return nil
            } catch { return error as? AnnouncementRefusal }
        }
        #expect(refusal { $0.note = " " } == .reasonMissing)
        #expect(refusal { $0.asset = AssetIdentifier("x") } == .unknownAsset(AssetIdentifier("x")))
        let other = BusIdentifier("none")
        #expect(
            refusal { ($0.bus, $0.asset) = (other, nil) }
                == .unknownBus(other, known: [BusIdentifier("bus"), BusIdentifier("other")]))
        #expect(
            refusal { ($0.isZone, $0.asset) = (true, AssetIdentifier("a")) }
                == .noZone(AssetIdentifier("a"), zones: [AssetIdentifier("inlet"), AssetIdentifier("riser")]))
        #expect(
            refusal {
                $0.kind = .publicHoliday; $0.bus = other; $0.asset = nil
            } == .assetNotTaken)
    }
}
