// SPDX-License-Identifier: Apache-2.0

import SiteFiles
import Foundation
import ModbusCodec
import Model
import Outbox
import Pipeline
import Profiles
import TestKit
import Testing

/// The folder of the project, for the files that it ships.
private let project = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent().path

@Suite struct LoadSiteTests {
    @Test func `a good file becomes a configuration with its defaults`() throws {
        let folder = try SiteFolder(site: SiteRefusalTests.good)
        let loaded = folder.load()
        #expect(folder.lines(loaded) == [])
        #expect(loaded.fileCount == 3)
        #expect(loaded.summary == "0 errors, 0 warnings in 3 files")
        let site = try #require(loaded.configuration)
        #expect(site.site.identifier == SiteIdentifier("lakeside"))
        #expect(site.site.name == BilingualText(zh: "湖畔花园", en: "Lakeside"))
        #expect(site.site.zone.offsetSeconds(at: Timestamp(seconds: 1_800_000_000)) == 8 * 3600)
        #expect(site.site.language == .chinese)
        #expect(site.mqtt == MQTTSettings(host: "127.0.0.1", port: 1883, replayWindow: .seconds(180)))
        #expect(site.storage == StorageSettings(directory: "/var/lib/sluice", readingDays: 35))
        #expect(site.dashboard == DashboardSettings(host: "127.0.0.1", port: 0))
        #expect(site.polling == PollingSettings(fast: .seconds(1), normal: .seconds(10), slow: .seconds(60)))
        #expect(site.tickets == TicketSettings(verifyFor: .seconds(1800), verifyLeakFor: .seconds(86_400)))
        #expect(
            site.buses == [
                BusSettings(
                    identifier: BusIdentifier("pump-room"), wire: .tcp(host: "127.0.0.1", port: 1502),
                    timeout: .seconds(1), turnaround: .milliseconds(2)),
                BusSettings(
                    identifier: BusIdentifier("line-1"),
                    wire: .serial(SerialLine(path: "/dev/ttyUSB0", baud: 9600, parity: .none, stopBits: 1)),
                    timeout: .seconds(1), turnaround: .milliseconds(20)),
            ])
        #expect(site.owner == PersonIdentifier("wang-fang"))
        #expect(
            site.persons == [
                Person(identifier: PersonIdentifier("wang-fang"), name: BilingualText("王芳"), role: .receiver)
            ])
        let riser = try #require(site.devices.first { $0.identifier == DeviceIdentifier("riser") })
        #expect(riser.unit == UnitIdentifier(2))
        #expect(riser.name == BilingualText("riser-1"))
        #expect(riser.device.values.first?.unit == .litre)
        #expect(
            riser.meter
                == MeterSettings(
                    role: .riser, parent: AssetIdentifier("main-meter"), litresPerCount: 10, counterModulus: nil,
                    nominalFlow: nil))
        let gate = try #require(site.devices.last)
        #expect(gate.gate == GateSettings(heldOpenAfter: .seconds(300), heldOpenAfterInPeak: .seconds(1800)))
        #expect(gate.meter == nil)
    }

    @Test func `every setting can be given`() throws {
        let folder = try SiteFolder(
            site: """
                site: {id: lakeside, name: Lakeside, language: en}
                storage: {directory: state, reading_days: 7, alarm_days: 400, maximum_megabytes: 512, reserve_megabytes: 16, policy: reject_new}
                mqtt: {url: "mqtt://[::1]:2883/", replay_window_seconds: 120}
                dashboard: {address: "::1", port: 9000}
                polling: {fast_seconds: 0.5, normal_seconds: 2, slow_seconds: 15.25}
                buses:
                  l: {serial: /dev/ttyS0, baud: 19200, parity: even, stop_bits: 2, timeout_milliseconds: 250, turnaround_milliseconds: 7, gap_milliseconds: 5}
                  t: {tcp: meter.example, port: 5020}
                devices:
                  m:
                    profile: acme-wm40
                    bus: t
                    unit: 255
                    area: a
                    asset: m
                    name: {zh: 表, en: Meter}
                    place: Cellar
                    responsible: resident
                    meter: {role: irrigation, litres_per_count: 0.5, counter_modulus: 4294967296, nominal_flow_cubic_metres_per_hour: 2.5}
                persons:
                  p: {name: P, role: manager}
                duty: {owner: p}
                tickets: {verify_for_minutes: 0, verify_leak_for_hours: 0, feedback_hours: 24, photo_days: 30}

                """)
        let loaded = folder.load()
        #expect(folder.lines(loaded) == [])
        let site = try #require(loaded.configuration)
        #expect(site.site.zone == .utc)
        #expect(site.site.language == .english)
        var storage = StorageSettings(directory: folder.path + "/state", readingDays: 7)
        (storage.maximum, storage.reserve, storage.policy) = (512 << 20, 16 << 20, .rejectNew)
        storage.alarmDays = 400
        #expect(site.storage == storage)
        #expect(site.mqtt == MQTTSettings(host: "::1", port: 2883, replayWindow: .seconds(120)))
        #expect(site.dashboard == DashboardSettings(host: "::1", port: 9000))
        #expect(
            site.polling
                == PollingSettings(fast: .milliseconds(500), normal: .seconds(2), slow: .milliseconds(15_250)))
        #expect(
            site.buses.first
                == BusSettings(
                    identifier: BusIdentifier("l"),
                    wire: .serial(
                        SerialLine(
                            path: "/dev/ttyS0", baud: 19_200, parity: .even, stopBits: 2, extraGap: .milliseconds(5))),
                    timeout: .milliseconds(250), turnaround: .milliseconds(7)))
        var tickets = TicketSettings(verifyFor: .zero, verifyLeakFor: .zero)
        tickets.feedbackWithin = .seconds(24 * 3600)
        tickets.photoDays = 30
        #expect(site.tickets == tickets)
        let meter = try #require(site.devices.first)
        #expect(meter.unit == UnitIdentifier(255))
        #expect(meter.place == "Cellar")
        #expect(
            meter.meter
                == MeterSettings(
                    role: .irrigation, parent: nil, litresPerCount: 0.5, counterModulus: 1 << 32,
                    nominalFlow: LitresPerHour(2500)))
    }

    @Test func `report by exception is asked of a point or of the site`() throws {
        let folder = try SiteFolder(
            site: SiteRefusalTests.good.replacing(
                "gate: {held_open_after_minutes: 5}",
                with: "report: {position: {deadband: 0.5, maximum_silence_seconds: 20}}"))
        let site = try #require(folder.load().configuration)
        #expect(site.mqtt.maximumSilence == nil)
        #expect(
            site.devices.map(\.report) == [
                [:], [:], ["position": ReportRule(deadband: .absolute(0.5), maximumSilence: .seconds(20))],
            ])
        // A total is of the slow poll class.
        let slow = try SiteFolder(
            site: SiteRefusalTests.good.replacing(
                "    asset: main-meter\n", with: "    asset: main-meter\n    report: {total: {}}\n"))
        #expect(slow.load().configuration?.devices[0].report == ["total": ReportRule(maximumSilence: .seconds(900))])
        let everywhere = try SiteFolder(
            site: SiteRefusalTests.good.replacing("1883\"", with: "1883\", maximum_silence_seconds: 60")
                .replacing("    asset: main-meter\n", with: "    asset: main-meter\n    report: {total: {}}\n"))
        let asked = try #require(everywhere.load().configuration)
        #expect(asked.mqtt.maximumSilence == .seconds(60))
        #expect(asked.devices[0].report == ["total": ReportRule(maximumSilence: .seconds(60))])
    }

    @Test func `a deadband in per cent is one of the span that the site or the profile gives`() throws {
        let folder = try SiteFolder(
            site: SiteRefusalTests.good.replacing(
                "    asset: main-meter\n",
                with: "    asset: main-meter\n    report: {total: {deadband_percent: 2, span: [0, 50]}}\n"
            ).replacing(
                "    asset: riser-1\n", with: "    asset: riser-1\n    report: {total: {deadband_percent: 5}}\n"))
        try folder.write(
            SiteFolder.meter.replacing("poll: slow", with: "poll: slow, plausible: [10, 30]"),
            to: "profiles/water-meter/acme-wm40/profile.yaml")
        let site = try #require(folder.load().configuration)
        #expect(
            site.devices.map { $0.report["total"]?.deadband } == [
                .percent(2, ofSpan: 50), .percent(5, ofSpan: 20), nil,
            ])
    }

    @Test func `six mistakes in one file are six lines with their places`() throws {
        var text = SiteRefusalTests.good
        for (old, new) in [
            ("zone: Asia/Shanghai", "zone: Asia/Shangai"), ("baud: 9600", "baud: 9601"),
            ("unit: 1\n", "unit: 300\n"), ("    area: block-3\n", "    area: block-3\n    area: block-4\n"),
            ("parent: main-meter", "parent: mian-meter"), ("profile: acme-gate", "profile: acme-gaet"),
        ] {
            text = try #require(Refusal(old: old, new: new).applied(to: text))
        }
        let folder = try SiteFolder(site: text)
        let loaded = folder.load()
        #expect(loaded.configuration == nil)
        #expect(loaded.summary == "6 errors, 0 warnings in 2 files")
        #expect(
            folder.lines(loaded) == [
                "site.yaml:1:60: error: SL-1122: site: zone 'Asia/Shangai' is not in the tz database."
                    + " Did you mean 'Asia/Shanghai'?",
                "site.yaml:6:40: error: SL-1117: bus 'line-1': baud 9601 is not possible; nearest is 9600.",
                "site.yaml:11:11: error: SL-1109: device 'inlet-meter': unit 300 is out of range; allowed: 0 to 255.",
                "site.yaml:21:5: error: SL-1110: key 'area' stands here again; it was given in line 20.",
                "site.yaml:25:34: error: SL-1114: device 'riser': meter: parent 'mian-meter' is not an asset with a"
                    + " meter. Did you mean 'main-meter'?",
                "site.yaml:27:14: error: SL-1102: device 'gate': profile 'acme-gaet' is not known."
                    + " Did you mean 'acme-gate'? Profiles of your own are looked for in /etc/sluice/profiles and in each --profiles FOLDER.",
            ])
    }

    @Test func `the example that is shipped loads without a word`() throws {
        let loaded = loadSite(
            at: project + "/deploy/examples/lakeside.yaml", profileFolders: [project + "/DeviceProfiles"])
        #expect(loaded.problems.map(\.description) == [])
        let site = try #require(loaded.configuration)
        #expect(Set(site.devices.map(\.profile.kind)) == ["water-meter", "pump", "level", "lift", "gate"])
        #expect(Set(site.devices.map(\.profile.identifier)).count == 6)
        #expect(site.devices.first { $0.asset == AssetIdentifier("flat-3-0101") }?.meter?.litresPerCount == 0.001)
    }

    @Test func `every example loads without a word`() throws {
        let folder = project + "/deploy/examples"
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix(".yaml") }
        #expect(files.count >= 5)
        for file in files {
            let loaded = loadSite(at: "\(folder)/\(file)", profileFolders: [project + "/DeviceProfiles"])
            #expect(loaded.problems.map(\.description) == [], "\(file)")
        }
        let towers = loadSite(at: folder + "/ten-towers.yaml", profileFolders: [project + "/DeviceProfiles"])
        #expect(towers.configuration?.devices.count { $0.profile.kind == "lift" } == 20)
    }

    @Test func `a missing file, a folder and bytes that are no text are said to be so`() throws {
        let folder = try SiteFolder()
        func lines(_ name: String) -> [String] {
            folder.lines(loadSite(at: "\(folder.path)/\(name)", profileFolders: []))
        }
        let hint =
            "Name the site's file; /usr/share/doc/sluice/examples/lakeside.yaml is one to start from, in the sources "
            + "deploy/examples/lakeside.yaml."
        #expect(lines("none.yaml") == ["none.yaml:1:1: error: SL-1101: the file does not exist. \(hint)"])
        #expect(
            lines("profiles") == ["profiles:1:1: error: SL-1101: this is a folder or a device, not a file. \(hint)"])
        try folder.write(Data([0x61, 0x3A, 0x20, 0xB0, 0xA1]), to: "gbk.yaml")
        #expect(
            lines("gbk.yaml") == [
                "gbk.yaml:1:4: error: SL-1101: this is not UTF-8. Save the file as UTF-8; GBK and other encodings"
                    + " are not read."
            ])
    }

    @Test func `a byte order mark and Windows line ends change nothing`() throws {
        let folder = try SiteFolder(site: "\u{FEFF}" + SiteRefusalTests.good.replacing("\n", with: "\r\n"))
        #expect(folder.lines(folder.load()) == [])
    }

    @Test func `a later folder of profiles wins, and one that does not exist holds none`() throws {
        let folder = try SiteFolder(site: SiteRefusalTests.good)
        try folder.write(
            SiteFolder.gate.replacing("en: Gate", with: "en: Own gate"), to: "own/gate/acme-gate/profile.yaml")
        let loaded = loadSite(
            at: folder.site, profileFolders: [folder.profiles, folder.path + "/own", folder.path + "/none"])
        #expect(loaded.configuration?.devices.last?.profile.name.en == "Own gate")
        let none = loadSite(at: folder.site, profileFolders: [folder.path + "/none"])
        #expect(
            none.problems.first?.message
                == "device 'inlet-meter': profile 'acme-wm40' is not known. No profile was found at all, in "
                + "\(folder.path)/none; name the folder that has them with --profiles."
        )
    }

    @Test func `a site's own profile extends a bundled one`() throws {
        let site = SiteRefusalTests.good.replacing("profile: acme-gate", with: "profile: own-gate")
        let folder = try SiteFolder(site: site)
        try folder.write(
            "profile: own-gate\nextends: acme-gate\nkind: gate\nname: Own gate\nresponse_milliseconds: 700\n"
                + "answers_as: [17]\n",
            to: "own/gate/own-gate/profile.yaml")
        let loaded = loadSite(at: folder.site, profileFolders: [folder.profiles, folder.path + "/own"])
        #expect(loaded.problems.map(\.description) == [])
        let configuration = try #require(loaded.configuration)
        let (gate, place) = (try #require(configuration.devices.last), configuration.devices.count - 1)
        #expect(gate.profile.name.en == "Own gate" && gate.device.offers("gate.position"))
        let polled = PolledDevice(
            gate, at: place, in: configuration.makeCatalogue(), polling: configuration.polling)
        #expect(gate.device.manners.respondsWithin == .milliseconds(700))
        #expect(polled.aliases == [UnitIdentifier(17)])
    }

    @Test func `a line keeps the gap that the most demanding of its devices asks for`() throws {
        let folder = try SiteFolder(site: SiteRefusalTests.good)
        try folder.write(
            SiteFolder.gate.replacing("points:", with: "gap_milliseconds: 10\npoints:"),
            to: "profiles/gate/acme-gate/profile.yaml")
        let loaded = folder.load()
        #expect(loaded.problems.map(\.description) == [])
        let bus = try #require(loaded.configuration?.buses.last)
        guard case .serial(let line) = bus.wire else {
            Issue.record("\(bus.wire)")
            return
        }
        // 3.5 characters of 11 bits at 9600 baud are 4.01 ms of the ten.
        #expect(abs(line.extraGap / .milliseconds(1) - 5.99) < 0.01)
    }

    @Test func `a warning of a profile is told once, however many devices use it`() throws {
        let folder = try SiteFolder(site: SiteRefusalTests.good)
        try folder.write(
            SiteFolder.meter.replacing("type: uint32", with: "type: float32"),
            to: "profiles/water-meter/acme-wm40/profile.yaml")
        let loaded = folder.load()
        #expect(loaded.configuration != nil)
        #expect(loaded.summary == "0 errors, 1 warning in 3 files")
        #expect(
            folder.lines(loaded) == [
                "profiles/water-meter/acme-wm40/profile.yaml:11:3: warning: SL-1228: signal 'water.total': a lifetime"
                    + " total in float32 loses its small steps as it grows: above 16777 a step of 0.001 is not seen."
            ])
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `no slip of the keyboard makes the loader trap`(batch: UInt64) throws {
        let folder = try SiteFolder()
        for seed in batch * 100..<batch * 100 + 100 {
            var random = SeededGenerator(seed: seed)
            try folder.write(mutated(SiteRefusalTests.good, using: &random), to: "site.yaml")
            let loaded = folder.load()
            #expect((loaded.configuration == nil) == (loaded.errorCount > 0), "seed \(seed)")
            for problem in loaded.problems {
                #expect(problem.line >= 1 && problem.column >= 1 && !problem.message.contains("\n"), "seed \(seed)")
                _ = caretExcerpt(of: problem, in: SourceLines(loaded.texts[problem.path] ?? ""))
            }
        }
    }

    @Test func `an endpoint may be a serial server, or a gateway to a line`() throws {
        let text = SiteRefusalTests.good.replacing(
            "port: 1502}", with: "port: 1502, line: {baud: 19200, parity: even, gap_milliseconds: 5}}"
        ).replacing("{serial: /dev/ttyUSB0, baud: 9600}", with: "{tcp: 10.0.3.20, framing: rtu}")
        let site = try #require(try SiteFolder(site: text).load().configuration)
        #expect(
            site.buses == [
                BusSettings(
                    identifier: BusIdentifier("pump-room"), wire: .tcp(host: "127.0.0.1", port: 1502),
                    timeout: .seconds(1), turnaround: .milliseconds(20),
                    lineBehind: LineSettings(baud: 19_200, parity: .even, stopBits: 1, extraGap: .milliseconds(5))),
                BusSettings(
                    identifier: BusIdentifier("line-1"), wire: .tcp(host: "10.0.3.20", port: 502),
                    timeout: .seconds(1), turnaround: .milliseconds(20), framing: .rtu),
            ])
    }
}
