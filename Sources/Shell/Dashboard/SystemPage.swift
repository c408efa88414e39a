// SPDX-License-Identifier: Apache-2.0

import Model
import ModbusCodec
import Outbox
import Pipeline
import Telemetry

/// The whole page.
struct SystemPage: Sendable {
    /// What somebody at the box may type to look closer.
    struct Command: Sendable {
        var commandText: String
        var commandUse: String
    }

    var frame: PageFrame
    var word: [String: String]
    var parts: SystemParts
    var commands: [Command]
    /// Whether the gateway tells its settings.
    var hasSettings: Bool

    init(frame: PageFrame, wording: Wording, parts: SystemParts, hasSettings: Bool) {
        (self.frame, self.parts, self.hasSettings) = (frame, parts, hasSettings)
        word = wording.texts
        commands = [
            ("sluice line BUS --config FILE", Phrase.systemCommandLine),
            ("sluice doctor --broker --config FILE", .systemCommandDoctor),
            ("sluice backup --config FILE COPY", .systemCommandBackup),
            ("sluice config show --effective --origin --config FILE", .systemCommandConfig),
        ].map { Command(commandText: $0.0, commandUse: wording.text($0.1)) }
    }
}

/// What the gateway knows of itself; fetched again while the page stands.
struct SystemParts: Sendable {
    struct Bus: Sendable {
        var busName: String
        var busLoad: String
        var busTone: String
        var busUnits: String
        var busVisits: String
        var busLateness: String
        var busErrors: String
        /// What the line doctor suspects.
        var busDoctor: [String]
    }

    var word: [String: String]
    var stateTone: String
    var stateWord: String
    var complaints: [String]
    var delivery: [Fact]
    var storage: [Fact]
    var machine: [Fact]
    var versions: [Fact]
    var buses: [Bus]
    var hasBuses: Bool

    /// - Parameters:
    ///   - lines: What the transport of each bus has counted, by its name.
    ///   - complaints: Why the gateway does not do its work.
    init(
        _ figures: GatewayFigures, _ lines: [String: LineEvidence], complaints: [String], in moment: EstateMoment
    ) {
        let wording = moment.wording
        word = wording.texts
        self.complaints = complaints
        stateTone = complaints.isEmpty ? "normal" : "urgent"
        stateWord = wording.text(complaints.isEmpty ? .systemWorks : .systemFails)
        func fact(_ name: String, _ text: String?) -> Fact {
            Fact(factName: wording.word(.gateway, name), factText: text ?? "—")
        }
        func age(_ at: Timestamp?) -> String? { at.map { moment.time.age(of: $0, at: figures.now) } }
        func bytes(_ count: Int64?) -> String? { count.map(Self.bytes) }
        let delivery = figures.delivery
        self.delivery = [
            fact("broker", wording.text(delivery.isConnected ? .brokerConnected : .brokerDisconnected)),
            fact("waiting", wording.counted(.waitingMessages, delivery.outboxRows)),
            fact("oldest", age(delivery.oldestRow)),
            fact("acknowledged", NumberText.integer(Int64(delivery.acknowledgedRows))),
            fact("refused", NumberText.integer(Int64(delivery.refusedRows))),
            fact("echo", wording.text(delivery.isForbidden ? .systemEchoMissing : .systemEchoThere)),
        ]
        storage = [
            fact("readings", NumberText.integer(Int64(figures.readings.values.reduce(0, +)))),
            fact("dropped", NumberText.integer(Int64(delivery.droppedSweeps))),
            fact("database", bytes(figures.machine.databaseSize)),
            fact("free", bytes(figures.machine.diskFree)),
        ]
        machine = [
            fact("since", figures.startedAt.map(moment.time.moment)),
            fact("clock", wording.text(figures.timeQuality == .synced ? .systemSynced : .systemUnsynced)),
            fact("memory", bytes(figures.machine.residentMemory)),
        ]
        versions = figures.versions.map { Fact(factName: $0.name, factText: $0.version) }
        buses = figures.buses.map { bus in
            Bus(bus, devices: figures.devices.filter { $0.bus == bus.name }, line: lines[bus.name], wording)
        }
        hasBuses = !buses.isEmpty
    }

    /// `12.3 MB`, in steps of a thousand.
    static func bytes(_ count: Int64) -> String {
        let units = ["B", "kB", "MB", "GB", "TB"]
        var (value, place) = (Double(count), 0)
        while value >= 1000, place < units.count - 1 { (value, place) = (value / 1000, place + 1) }
        return NumberText.number(value.rounded(toPlaces: 1)) + " " + units[place]
    }
}

extension SystemParts.Bus {
    init(
        _ bus: GatewayFigures.Bus, devices: [GatewayFigures.Device], line: LineEvidence?, _ wording: Wording
    ) {
        busName = bus.name
        let load = bus.load.map { $0 * 100 }
        busLoad = load.map { NumberText.number($0.rounded(toPlaces: 1)) + " %" } ?? "—"
        // Beyond 70 % a device that falls silent makes others late.
        busTone = (load ?? 0) > 70 ? "attention" : "normal"
        let down = devices.count { $0.availability == .offline }
        busUnits =
            down > 0
            ? wording.text(.systemUnitsDown, ["count": "\(devices.count)", "down": "\(down)"]) : "\(devices.count)"
        busVisits = NumberText.integer(Int64(clamping: bus.polls.count))
        let late = bus.lateness.count > 0 ? bus.lateness.sum / Double(bus.lateness.count) * 1000 : nil
        busLateness = late.map { NumberText.number($0.rounded(toPlaces: 1)) + " ms" } ?? "—"
        let units = line?.units ?? []
        let requests = units.reduce(0) { $0 + $1.requests }
        let failed = units.reduce(0) { $0 + $1.timeouts + $1.garbled + $1.exceptions }
        busErrors = NumberText.percent(Double(failed), of: Double(requests))
        busDoctor = (line.map { diagnose($0) } ?? []).map { LineWords.text($0, wording) }
    }
}
