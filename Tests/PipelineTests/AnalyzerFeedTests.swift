// SPDX-License-Identifier: Apache-2.0

import Alarms
import Analysis
import Foundation
import ModbusCodec
import Model
import Outbox
import Pipeline
import Profiles
import Testing
import Tickets

/// The bundled profiles.
private let profiles = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("DeviceProfiles")

@Suite struct AnalyzerFeedTests {
    static func device(
        _ asset: String, _ path: String, parameters: [String: ParameterValue] = [:],
        change: (inout DeviceSettings) -> Void = { _ in }
    ) throws -> DeviceSettings {
        let file = profiles.appendingPathComponent("\(path)/profile.yaml")
        let profile = try #require(readProfile(String(contentsOf: file, encoding: .utf8), path: file.path).profile)
        var device = DeviceSettings(
            identifier: DeviceIdentifier(asset), profile: profile, device: profile.compile(parameters: parameters),
            bus: BusIdentifier("bus"), unit: UnitIdentifier(1), area: AreaIdentifier("area"),
            asset: AssetIdentifier(asset), name: BilingualText(asset), place: "", responsible: .contractor, meter: nil,
            gate: nil)
        change(&device)
        return device
    }

    private static func configuration(
        _ devices: [DeviceSettings], _ announcements: [AnnouncementSettings] = []
    ) -> SiteConfiguration {
        var configuration = SiteConfiguration(
            site: SiteSettings(
                identifier: SiteIdentifier("site"), name: BilingualText("site"), zone: .utc, language: .english),
            buses: [], devices: devices, persons: [], owner: PersonIdentifier("p"),
            tickets: TicketSettings(verifyFor: .zero, verifyLeakFor: .zero),
            mqtt: MQTTSettings(host: "", port: 1, replayWindow: .zero),
            storage: StorageSettings(directory: "", readingDays: 1), dashboard: DashboardSettings(host: "", port: 1),
            polling: PollingSettings(fast: .seconds(1), normal: .seconds(10), slow: .seconds(60)))
        configuration.announcements = announcements
        return configuration
    }

    /// What the analyzer is told of readings of one asset, by signal, in the order of the readings.
    private static func told(
        _ configuration: SiteConfiguration, _ asset: Int, _ readings: [(point: String, Quantity?)]
    ) throws -> [(signal: Signal, value: AnalyzerReading.Value)] {
        let catalogue = configuration.makeCatalogue()
        let feed = AnalyzerFeed(configuration, catalogue: catalogue)
        let at = Timestamp(seconds: 1_770_000_000)
        let stored = try readings.map { name, quantity in
            let place = try #require(catalogue.assets[asset].points.first { catalogue.points[$0].name == name })
            return quantity.map { Reading(point: PointIndex(place), good: $0, sourceTime: at) }
                ?? Reading(point: PointIndex(place), bad: .timeout, sourceTime: at)
        }
        var told: [(signal: Signal, value: AnalyzerReading.Value)] = []
        let sweep = Sweep(
            asset: AssetIndex(asset), receivedAt: MonotonicInstant(nanoseconds: 0), receivedWall: at,
            timeQuality: .synced, readings: stored)
        let first = feed.site.meters.count + feed.site.gates.count
        feed.forEachReading(of: StoredSweep(firstSequence: SequenceNumber(1), sweep: sweep)) { reading in
            guard reading.channel >= first else { return }
            told.append((feed.site.signals[reading.channel - first].signal, reading.value))
        }
        return told
    }

    private static func expect(
        _ told: [(signal: Signal, value: AnalyzerReading.Value)], _ expected: [(Signal, AnalyzerReading.Value)]
    ) {
        #expect(told.map(\.signal) == expected.map(\.0))
        for (told, expected) in zip(told, expected) {
            guard case .measure(let value) = told.value, case .measure(let wanted) = expected.1 else {
                #expect(told.value == expected.1, "\(told.signal)")
                continue
            }
            #expect(abs(value - wanted) < 1e-9, "\(told.signal)")
        }
    }

    @Test func `the contacts of a lift become its signals`() throws {
        let configuration = Self.configuration([try Self.device("lift-3", "lift/contact-pairs-waveshare-io-8ch")])
        let feed = AnalyzerFeed(configuration, catalogue: configuration.makeCatalogue())
        #expect(feed.site.lifts == [LiftDescription(asset: AssetIdentifier("lift-3"))])
        #expect(Set(feed.site.signals.map(\.signal)) == [.door, .isMoving, .maintenance, .safetyChain, .entrapment])
        #expect(feed.site.signals.allSatisfy { $0.period == .seconds(1) })
        Self.expect(
            try Self.told(
                configuration, 0,
                [
                    ("door", .state(0)), ("door", .state(1)), ("door", .state(2)), ("direction", .state(1)),
                    ("direction", .state(2)), ("mode", .state(1)), ("mode", .state(2)), ("safety_chain", .isOn(false)),
                    ("alarm_button", .isOn(true)), ("alarm_button", nil), ("door", .state(77)),
                ]),
            [
                (.door, .measure(1)), (.door, .measure(0)), (.door, .measure(0.5)), (.isMoving, .measure(1)),
                (.isMoving, .measure(0)), (.maintenance, .measure(1)), (.maintenance, .none),
                (.safetyChain, .measure(0)), (.entrapment, .measure(1)), (.entrapment, .none), (.door, .none),
            ])
    }

    @Test func `a pump speaks in kilowatts, a set in bar, a tank in metres`() throws {
        let set = PumpSetSettings(control: .vessel, setPressure: 4, boosted: [AssetIdentifier("riser")])
        let configuration = Self.configuration([
            try Self.device("pump-1", "pump/grundfos-cim-epump") {
                $0.pump = PumpSettings(set: AssetIdentifier("pump-1"), ratedKilowatts: 3)
                $0.pumpSet = set
            },
            try Self.device("pump-2", "pump/grundfos-cim-epump"),
            try Self.device("tank", "level/qdy30a-level", parameters: ["level_unit": .text("cm")]) {
                $0.tank = TankSettings(volume: Litres(40_000), overflowLevel: 2.5, meter: AssetIdentifier("riser"))
            },
            try Self.device("other-tank", "level/qdy30a-level", parameters: ["level_unit": .text("kPa")]),
        ])
        let feed = AnalyzerFeed(configuration, catalogue: configuration.makeCatalogue())
        #expect(
            feed.site.pumps == [
                PumpDescription(asset: AssetIdentifier("pump-1"), set: AssetIdentifier("pump-1"), ratedPower: 3),
                PumpDescription(asset: AssetIdentifier("pump-2"), set: nil, ratedPower: nil),
            ])
        #expect(
            feed.site.pumpSets == [
                PumpSetDescription(
                    asset: AssetIdentifier("pump-1"), control: .vessel, setPressure: 4,
                    boosted: [AssetIdentifier("riser")])
            ])
        // Of a tank whose size nobody gave nothing is judged.
        #expect(feed.site.tanks.map(\.asset) == [AssetIdentifier("tank")])
        #expect(feed.site.signals.count { $0.signal == .pressure } == 1)
        Self.expect(
            try Self.told(
                configuration, 0,
                [("running", .isOn(true)), ("power", .number(1500)), ("starts", .integer(12)), ("run_hours", nil)]),
            [(.isRunning, .measure(1)), (.power, .measure(1.5)), (.startCount, .measure(12)), (.runHours, .none)])
        Self.expect(try Self.told(configuration, 2, [("level", .number(245))]), [(.level, .measure(2.45))])
        #expect(try Self.told(configuration, 3, [("level", .number(24))]).isEmpty)
    }

    @Test("an inspection shows what a tank holds now, while it is known") func inspectedLevel() throws {
        let tank = try Self.device("tank", "level/qdy30a-level", parameters: ["level_unit": .text("cm")]) {
            $0.tank = TankSettings(volume: Litres(40_000), overflowLevel: 2.5, meter: nil)
        }
        let configuration = Self.configuration([tank])
        let catalogue = configuration.makeCatalogue()
        let feed = AnalyzerFeed(configuration, catalogue: catalogue)
        let at = Timestamp(seconds: 1_770_000_000)
        var judge = Judge(
            feed: feed, analyzer: Analyzer(site: feed.site),
            books: Books(
                alarms: AlarmBook(), incidents: IncidentBook(),
                tickets: TicketBook(policy: configuration.ticketPolicy, events: [])))
        #expect(judge.books.inspection(at: at).isEmpty, "nothing is known yet")
        let place = try #require(catalogue.points.firstIndex { $0.signal == "tank.level" })
        let metres = catalogue.points[place].unit == .metre
        let sweep = Sweep(
            asset: AssetIndex(0), receivedAt: MonotonicInstant(nanoseconds: 0), receivedWall: at,
            timeQuality: .synced,
            readings: [Reading(point: PointIndex(place), good: .number(metres ? 1.806 : 180.6), sourceTime: at)])
        var verdict = Verdict()
        judge.follow(StoredSweep(firstSequence: SequenceNumber(1), sweep: sweep), isLive: true, into: &verdict)
        let line = try #require(judge.books.inspection(at: at + .seconds(3600)).first)
        #expect(line.kind == .tankLevel && line.text == "tank: 1.81 m" && line.isMet)
        #expect(judge.books.inspection(at: at + .seconds(3601)).isEmpty, "an hour later nobody knows")
    }

    @Test func `what one cause can silence is a bus, an area that is none, and a site of several buses`() throws {
        func device(_ asset: String, _ bus: String, _ area: String) throws -> DeviceSettings {
            try Self.device(asset, "level/qdy30a-level", parameters: ["level_unit": .text("cm")]) {
                ($0.bus, $0.area) = (BusIdentifier(bus), AreaIdentifier(area))
            }
        }
        let one = try WatchedDevices([device("a", "x", "p"), device("b", "x", "q")])
        #expect(one.groups.map(\.asset.text) == ["bus-x", "area-p", "area-q"])
        let two = try WatchedDevices([device("a", "x", "p"), device("b", "x", "p"), device("c", "y", "q")])
        #expect(two.groups.map(\.asset.text) == ["bus-x", "bus-y", "site"], "an area that is a bus is not told twice")
        #expect(two.groups.last?.members.count == 3 && two.assets.map(\.text) == ["a", "b", "c"])
    }

    @Test func `a controller of a set is no pump of its own`() throws {
        let configuration = Self.configuration([
            try Self.device("booster", "pump/grundfos-cim-booster") {
                $0.pumpSet = PumpSetSettings(control: .variableSpeed, setPressure: nil, boosted: [])
            }
        ])
        let site = AnalyzerFeed(configuration, catalogue: configuration.makeCatalogue()).site
        #expect(site.pumps.isEmpty)
        #expect(site.signals.map(\.signal) == [.pressure])
    }

    @Test func `a gate tells force and cycles, soil its moisture, a dwelling its people`() throws {
        let configuration = Self.configuration([
            try Self.device("gate", "gate/contact-pairs-moxa-iologik-e1200") {
                $0.gate = GateSettings(heldOpenAfter: .seconds(1200), heldOpenAfterInPeak: .seconds(1800))
            },
            try Self.device("lawn", "soil/seeed-soil-101990667"),
            try Self.device("flat", "water-meter/usw-dn15-40-ultrasonic") {
                $0.meter = MeterSettings(
                    role: .unit, parent: nil, litresPerCount: 1, counterModulus: nil, nominalFlow: nil)
                $0.meter?.occupants = 3
                $0.meter?.floorArea = 80
            },
            try Self.device("garden", "water-meter/usw-dn15-40-ultrasonic") {
                $0.meter = MeterSettings(
                    role: .irrigation, parent: nil, litresPerCount: 1, counterModulus: nil, nominalFlow: nil)
                $0.irrigation = IrrigationSettings(
                    weekdays: [1, 4], startMinute: 330, longestMinutes: 30, skippedAfterRain: 2,
                    rainWindow: .seconds(43_200))
            },
        ])
        let site = AnalyzerFeed(configuration, catalogue: configuration.makeCatalogue()).site
        #expect(site.signals.map(\.signal) == [.forced, .cycles, .soilMoisture])
        #expect(site.sensors.map(\.asset) == [AssetIdentifier("lawn")])
        #expect(
            site.dwellings == [DwellingDescription(meter: AssetIdentifier("flat"), occupants: 3, floorArea: 80)])
        #expect(site.irrigation.map(\.startMinute) == [330])
        #expect(site.irrigation.first?.weekdays == [1, 4])
        Self.expect(
            try Self.told(configuration, 0, [("forced", .isOn(true)), ("cycles", .integer(7))]),
            [(.forced, .measure(1)), (.cycles, .measure(7))])
    }

    @Test func `a reading that is not good is none`() throws {
        let configuration = Self.configuration([try Self.device("lawn", "soil/seeed-soil-101990667")])
        let catalogue = configuration.makeCatalogue()
        let feed = AnalyzerFeed(configuration, catalogue: catalogue)
        let place = try #require(catalogue.points.firstIndex { $0.name == "moisture" })
        let at = Timestamp(seconds: 1_770_000_000)
        let doubtful = Reading(point: PointIndex(place), uncertain: .number(40), reason: .frozen, sourceTime: at)
        var values: [AnalyzerReading.Value] = []
        let sweep = Sweep(
            asset: AssetIndex(0), receivedAt: MonotonicInstant(nanoseconds: 0), receivedWall: at,
            timeQuality: .synced, readings: [doubtful])
        feed.forEachReading(of: StoredSweep(firstSequence: SequenceNumber(1), sweep: sweep)) { values.append($0.value) }
        #expect(values == [.none])
    }

    @Test func `announcements become the analyzer's calendar`() {
        let start = Timestamp(seconds: 1_770_000_000)
        let configuration = Self.configuration(
            [],
            AnnouncementSettings.Kind.allCases.map {
                AnnouncementSettings(kind: $0, start: start, end: start + .seconds(60), asset: nil, note: "n")
            })
        let calendar = AnalyzerFeed(configuration, catalogue: configuration.makeCatalogue()).calendar
        // Maintenance is the alarms' matter: what is found goes on.
        #expect(Set(calendar.entries.map(\.kind)) == Set(Announcement.Kind.allCases))
        #expect(calendar.entries.count == AnnouncementSettings.Kind.allCases.count - 1)
        #expect(calendar.entries.allSatisfy { $0.start == start && $0.note == "n" })
    }
}
