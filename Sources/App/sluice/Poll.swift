// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway
import Model
import ModbusCodec
import Pipeline
import Store

struct Poll: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read each device once and show its values, without storing or publishing anything.",
        discussion: """
            Examples:
              sluice poll --once --config site.yaml
              sluice poll --once --config site.yaml --device inlet-meter --raw

            Exits 1 if a device did not answer, 75 while a gateway runs on the same site.
            """)

    @Flag(help: "Read once and end.")
    var once = false

    @Option(help: "Only this device.")
    var device: String?

    @Flag(help: "Show the registers as read, too.")
    var raw = false

    @OptionGroup var site: SiteOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard once else { throw ValidationError("Say --once: polling for ever is what `sluice run` does.") }
    }

    func run() async throws {
        let configuration = try site.load()
        let names = configuration.devices.map(\.identifier.text)
        if let device, !names.contains(device) {
            throw ValidationError("There is no device '\(device)'.\(suggestion(for: device, in: names))")
        }
        if let holder = StateLock.holder(of: configuration.storage.directory) {
            say("sluice poll: a gateway (process \(holder)) is running on this site, and a bus has one master.")
            say("Stop it first, or look at its page.")
            throw ExitStatus.locked
        }
        var silent = 0
        await pollOnce(configuration, only: device.map { DeviceIdentifier($0) }, logger: try log.makeLogger()) {
            show($0)
            if !$0.isAnswered { silent += 1 }
        }
        if silent > 0 {
            say("\(counted(silent, "device")) did not answer. Check wiring, unit, baud and parity, or the address.")
            throw ExitStatus.problemsFound
        }
    }

    private func show(_ polled: PolledOnce) {
        let milliseconds = (polled.elapsed.inSeconds * 10_000).rounded() / 10
        tell("\(polled.device) (bus \(polled.bus), unit \(polled.unit)): \(milliseconds) ms")
        if raw {
            for answer in polled.answers {
                switch answer.result {
                case .success(let words):
                    tell("  \(answer.span): \(words.map(hex).joined(separator: " "))")
                case .failure(let failure):
                    tell("  \(answer.span): \(failure)")
                }
            }
        }
        for (reading, point) in zip(polled.readings, polled.points) {
            let reason = reading.reason.map { " (\($0.word))" } ?? ""
            tell("  \(point.name): \(text(reading, point)) \(reading.quality.word)\(reason)")
        }
    }

    private func hex(_ word: UInt16) -> String {
        let digits = String(word, radix: 16, uppercase: true)
        return String(repeating: "0", count: 4 - digits.count) + digits
    }

    private func text(_ reading: Reading, _ point: Point) -> String {
        guard let quantity = reading.quantity else { return "-" }
        let unit = point.unit.symbol.isEmpty ? "" : " \(point.unit.symbol)"
        switch quantity {
        case .number(let value): return "\(value)\(unit)"
        case .integer(let value): return "\(value)\(unit)"
        case .isOn(let isOn): return isOn ? "on" : "off"
        case .state(let index):
            return point.stateLabels.indices.contains(Int(index)) ? point.stateLabels[Int(index)] : "\(index)"
        }
    }
}
