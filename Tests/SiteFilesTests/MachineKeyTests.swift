// SPDX-License-Identifier: Apache-2.0

import Analysis
import Model
import Pipeline
import SiteFiles
import Testing

@Suite struct MachineKeyTests {
    /// A pump, a tank and an irrigation beside a riser.
    static let good = """
        site: {id: lakeside, name: Lakeside, zone: Europe/Madrid}
        mqtt: {url: "mqtt://127.0.0.1:1883"}
        buses:
          line-1: {tcp: 127.0.0.1}
        devices:
          riser:
            profile: acme-wm40
            bus: line-1
            unit: 1
            area: a
            asset: riser-1
            responsible: utility
            meter: {role: unit, litres_per_count: 1, occupants: 3, floor_area_square_metres: 85.5}
          garden:
            profile: acme-wm40
            bus: line-1
            unit: 2
            area: a
            asset: garden
            responsible: utility
            meter: {role: irrigation, litres_per_count: 1}
            irrigation: {weekdays: [1, 3, 5], start: "05:30", longest_minutes: 40, skipped_after_rain_millimetres: 2, rain_window_hours: 24}
          pump:
            profile: acme-pump
            bus: line-1
            unit: 3
            area: a
            asset: pump-1
            responsible: utility
            pump: {set: pump-1, rated_kilowatts: 2.2}
            pump_set: {control: variableSpeed, set_pressure_bar: 4.5, boosted: [riser-1]}
          tank:
            profile: acme-tank
            bus: line-1
            unit: 4
            area: a
            asset: tank-1
            responsible: utility
            tank: {volume_cubic_metres: 40, overflow_level_metres: 2.4, meter: riser-1}
            limits: {chlorine: [0.2, 0.5]}
        announcements:
          - {kind: liftService, start: 2026-07-06 08:00, end: 2026-07-06 12:30, asset: pump-1, note: yearly service}
          - {kind: publicHoliday, start: 2026-10-25 00:00, end: 2026-10-25 02:30}
        persons:
          p: {name: P, role: receiver}
        duty: {owner: p}

        """

    private static let pump = """
        profile: acme-pump
        kind: pump
        name: {zh: 泵, en: Pump}
        points:
          is_on: {table: discrete, address: 0, type: bool, poll: fast}
          head: {table: holding, address: 0, type: uint16, unit: kPa, poll: normal}
        signals:
          pump.running: {from: is_on}
          pump.outlet_pressure: {from: head}

        """

    private static let tank = """
        profile: acme-tank
        kind: level
        name: {zh: 水箱, en: Tank}
        points:
          level: {table: holding, address: 0, type: uint16, unit: mm, poll: normal}
          chlorine: {table: holding, address: 1, type: uint16, scale: 0.01, unit: mg/L, poll: normal}
        signals:
          tank.level: {from: level}
          water.chlorine: {from: chlorine}

        """

    private static func folder(_ text: String) throws -> SiteFolder {
        let folder = try SiteFolder(site: text)
        try folder.write(pump, to: "profiles/pump/acme-pump/profile.yaml")
        try folder.write(tank, to: "profiles/level/acme-tank/profile.yaml")
        return folder
    }

    @Test func `machines and announcements are read`() throws {
        let folder = try Self.folder(Self.good)
        let loaded = folder.load()
        #expect(folder.lines(loaded) == [])
        let site = try #require(loaded.configuration)
        #expect(site.devices[0].meter?.occupants == 3)
        #expect(site.devices[0].meter?.floorArea == 85.5)
        #expect(
            site.devices[1].irrigation
                == IrrigationSettings(
                    weekdays: [1, 3, 5], startMinute: 330, longestMinutes: 40, skippedAfterRain: 2,
                    rainWindow: .seconds(86_400)))
        #expect(site.devices[2].pump == PumpSettings(set: AssetIdentifier("pump-1"), ratedKilowatts: 2.2))
        #expect(
            site.devices[2].pumpSet
                == PumpSetSettings(
                    control: .variableSpeed, setPressure: 4.5, boosted: [AssetIdentifier("riser-1")]))
        #expect(
            site.devices[3].tank
                == TankSettings(volume: Litres(40_000), overflowLevel: 2.4, meter: AssetIdentifier("riser-1")))
        #expect(site.devices[3].limits == QualityLimits(chlorine: 0.2...0.5))
        // Madrid is two hours ahead of UTC in July; at 02:30 of that October day its clock shows the hour twice.
        #expect(
            site.announcements.map { "\($0.start.rfc3339) \($0.end.rfc3339) \($0.note)" } == [
                "2026-07-06T06:00:00.000Z 2026-07-06T10:30:00.000Z yearly service",
                "2026-10-24T22:00:00.000Z 2026-10-25T00:30:00.000Z ",
            ])
        #expect(site.announcements.map(\.kind) == [.liftService, .publicHoliday])
        #expect(site.announcements.map(\.asset) == [AssetIdentifier("pump-1"), nil])
    }

    private static let asTank = """
            tank: {volume_cubic_metres: 40, overflow_level_metres: 2.4, meter: riser-1}
            limits: {chlorine: [0.2, 0.5]}
        """
    private static let asFireWater =
        "    facility: {kind: fire_water, lowest_level_metres: 2.5, highest_level_metres: 4}"

    @Test func `a facility is read, and the analyzer hears of its level`() throws {
        let folder = try Self.folder(Self.good.replacing(Self.asTank, with: Self.asFireWater))
        let loaded = folder.load()
        #expect(folder.lines(loaded) == [])
        let site = try #require(loaded.configuration)
        #expect(
            site.devices[3].facility == FacilitySettings(kind: .fireWater, lowestLevel: 2.5, highestLevel: 4))
        let described = AnalyzerFeed(site, catalogue: site.makeCatalogue()).site
        let sensor = try #require(described.sensors.first { $0.asset == AssetIdentifier("tank-1") })
        #expect(sensor.facility == .fireWater)
        #expect(sensor.limits.first == SignalLimits(signal: .level, lowest: 2.5, highest: 4))
        #expect(described.signals.contains { $0.asset == sensor.asset && $0.signal == .level })
    }

    @Test(arguments: [
        (
            "{kind: fire}",
            "39:22: error: SL-1108: device 'tank': facility: kind 'fire' is not known. Allowed: drain, fire_water."
        ),
        ("{kind: drain}", "it has no limit. Give lowest_level_metres, highest_level_metres or lowest_pressure_bar."),
        ("{lowest_level_metres: 2}", "Name drain or fire_water."),
    ])
    func `a facility that says too little is refused`(text: String, words: String) throws {
        let folder = try Self.folder(Self.good.replacing(Self.asTank, with: "    facility: \(text)"))
        let loaded = folder.load()
        #expect(loaded.configuration == nil)
        #expect(folder.lines(loaded).contains { $0.contains(words) }, "\(folder.lines(loaded))")
    }

    @Test func `one device is a tank or a facility`() throws {
        let both = Self.asTank + "\n" + Self.asFireWater
        let folder = try Self.folder(Self.good.replacing(Self.asTank, with: both))
        let loaded = folder.load()
        #expect(loaded.configuration == nil)
        #expect(folder.lines(loaded).contains { $0.contains("a level is that of a 'tank' or of a 'facility'") })
    }

    @Test(arguments: cases)
    func `a mistake is told with place, cause and cure`(_ refusal: Refusal) throws {
        let text = try #require(refusal.applied(to: Self.good), "the good file has no '\(refusal.old)'")
        let folder = try Self.folder(text)
        let loaded = folder.load()
        #expect(folder.lines(loaded) == refusal.lines)
        #expect(loaded.configuration == nil)
    }

    static let cases = Refusal.table(
        """
        ## a tank without a level
        - pump: {set: pump-1, rated_kilowatts: 2.2}
        + tank: {volume_cubic_metres: 4, overflow_level_metres: 2}
        30:5: error: SL-1136: device 'pump': profile 'acme-pump' offers no tank.level, so it is no tank. Remove 'tank'.
        ## a tank without a size
        - volume_cubic_metres: 40, overflow_level_metres: 2.4, meter
        + meter
        39:5: error: SL-1105: device 'tank': tank: key 'volume_cubic_metres' is missing. Give its volume up to the overflow edge.
        39:5: error: SL-1105: device 'tank': tank: key 'overflow_level_metres' is missing. Give the height of the overflow edge above the floor.
        ## a set that is none
        - pump: {set: pump-1
        + pump: {set: tank-1
        30:17: error: SL-1137: device 'pump': pump: set 'tank-1' is not an asset with a pump_set. Allowed: pump-1.
        ## a boosted meter that is not there
        - boosted: [riser-1]
        + boosted: [riser-2]
        31:73: error: SL-1137: device 'pump': pump_set: boosted 'riser-2' is not an asset with a meter. Did you mean 'riser-1'?
        ## how a set is governed
        - variableSpeed
        + variable_speed
        31:25: error: SL-1108: device 'pump': pump_set: control 'variable_speed' is not known. Did you mean 'variableSpeed'?
        ## a time of the day
        - "05:30"
        + "5:30"
        22:46: error: SL-1108: device 'garden': irrigation: start '5:30' is no time of the day such as 05:30.
        ## a day of the week
        - weekdays: [1, 3, 5]
        + weekdays: [1, 8]
        22:32: error: SL-1109: device 'garden': irrigation: a day of 'weekdays' 8 is out of range; allowed: 1 to 7.
        ## limits the wrong way round
        - [0.2, 0.5]
        + [0.5, 0.2]
        40:24: error: SL-1108: device 'tank': limits: 'chlorine' must be the lowest and the highest value, such as [0.2, 0.5].
        ## an announcement of an unknown kind
        - kind: liftService
        + kind: liftservice
        42:12: error: SL-1108: announcement 1: kind 'liftservice' is not known. Did you mean 'liftService'?
        ## a date that is none
        - 2026-07-06 08:00
        + 2026-02-30 08:00
        42:32: error: SL-1108: announcement 1: start '2026-02-30 08:00' is no local time such as 2026-05-04 08:00.
        ## an end before its start
        - 2026-07-06 12:30
        + 2026-07-06 07:30
        42:55: error: SL-1108: announcement 1: it ends before it starts. Exchange 'start' and 'end'.
        ## an announcement for nobody
        - asset: pump-1, note
        + asset: pump-2, note
        42:80: error: SL-1137: announcement 1: asset 'pump-2' is not the asset of a device. Did you mean 'pump-1'?
        """)
}
