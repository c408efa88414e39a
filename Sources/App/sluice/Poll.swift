// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway
import Glibc
import Model
import ModbusCodec
import Pipeline
import Profiles

struct Poll: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Read each device once and show its values, without storing or publishing anything.",
        discussion: """
            Examples:
              sluice poll --once --config site.yaml
              sluice poll --once --config site.yaml --device inlet-meter --raw --capture inlet.yaml

            Reads through the running gateway if there is one, when nothing else is due. Exits 1 if a device did not
            answer.
            """)

    @Flag(help: "Read once and end.")
    var once = false

    @Option(help: "Only this device.")
    var device: String?

    @Flag(help: "Show the registers as read, too.")
    var raw = false

    @Option(
        help: "Write registers and values of --device to this new file, as a capture for its profile; - writes here.")
    var capture: String?

    @OptionGroup var site: SiteOptions
    @OptionGroup var log: LogOptions

    func validate() throws {
        guard once else { throw ValidationError("Say --once: polling for ever is what `sluice run` does.") }
        guard capture == nil || device != nil else {
            throw ValidationError("A capture is of one device. Name it with --device.")
        }
    }

    func run() async throws {
        let configuration = try site.load()
        let settings = try device.map { try configuration.device(named: $0) }
        let door = try BusDoor(to: configuration, for: "sluice poll", logger: try log.makeLogger())
        var silent = 0
        var captured: String?
        try await pollOnce(configuration, only: settings?.identifier, open: door.open) { polled in
            if capture != "-" {
                show(polled, configuration.devices.first { $0.identifier == polled.device }?.device)
            }
            if !polled.isAnswered { silent += 1 }
            if let settings, polled.isAnswered {
                captured = captureText(
                    of: settings.profile, parameters: settings.parameters,
                    taken: String(SystemClock().now().wall.rfc3339.prefix(10)), answers: polled.answers)
            }
        }
        if let capture, let captured { try write(captured, to: capture) }
        if silent > 0 {
            say("\(counted(silent, "device")) did not answer. Check wiring, unit, baud and parity, or the address.")
            throw ExitStatus.problemsFound
        }
    }

    /// - Throws: `cannotCreate` when there is such a file already, or none can be made.
    private func write(_ text: String, to path: String) throws {
        if path == "-" { return tell(String(text.dropLast())) }
        guard let file = fopen(path, "wx") else {
            say(
                "sluice poll: \(path) cannot be made: \(String(cString: strerror(errno))). Name a new file in a folder of yours."
            )
            throw ExitStatus.cannotCreate
        }
        let isWritten = fputs(text, file) >= 0
        guard fclose(file) == 0, isWritten else {
            say("sluice poll: \(path) cannot be written: \(String(cString: strerror(errno))).")
            throw ExitStatus.inputOutput
        }
        say(
            "Capture written to \(path). Compare its values with the face of the device, then put it into the profile's captures."
        )
    }

    private func show(_ polled: PolledOnce, _ device: CompiledDevice?) {
        let milliseconds = (polled.elapsed.inSeconds * 10_000).rounded() / 10
        tell("\(polled.device) (bus \(polled.bus), unit \(polled.unit)): \(milliseconds) ms")
        if raw {
            for (place, answer) in polled.answers.enumerated() {
                let time = polled.turnarounds.indices.contains(place) ? polled.turnarounds[place] : nil
                let turnaround = time.map { " (turnaround \(($0.inSeconds * 10_000).rounded() / 10) ms)" } ?? ""
                switch answer.result {
                case .success(let words):
                    tell("  \(answer.span): \(words.map(hexText).joined(separator: " "))\(turnaround)")
                case .failure(let failure):
                    tell("  \(answer.span): \(failure.words)\(turnaround)")
                }
            }
        }
        for (reading, point) in zip(polled.readings, polled.points) {
            let reason = reading.reason.map { " (\($0.word))" } ?? ""
            tell("  \(point.name): \(text(reading, point, device)) \(reading.quality.word)\(reason)")
        }
    }

    private func text(_ reading: Reading, _ point: Point, _ device: CompiledDevice?) -> String {
        guard let quantity = reading.quantity else { return "-" }
        let unit = point.unit.symbol.isEmpty ? "" : " \(point.unit.symbol)"
        switch quantity {
        case .number(let value):
            let place = device?.values.firstIndex { $0.name == point.name }
            return "\(place.flatMap { device?.meaningful(value, at: $0) } ?? value)\(unit)"
        case .integer(let value): return "\(value)\(unit)"
        case .isOn(let isOn): return isOn ? "on" : "off"
        case .state(let index):
            return point.stateLabels.indices.contains(Int(index)) ? point.stateLabels[Int(index)] : "\(index)"
        }
    }
}
