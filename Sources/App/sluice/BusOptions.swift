// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Logging
import Model
import ModbusCodec
import Pipeline
import Profiles

/// A bus without a site's file.
struct WireOptions: ParsableArguments {
    @Option(help: "Device file of a serial line, instead of a bus of the site's file.")
    var serial: String?

    @Option(help: "Address of a TCP endpoint as HOST:PORT, instead of a bus of the site's file.")
    var tcp: String?

    @Option(help: "Bits a second of --serial.")
    var baud = 9600

    @Option(help: "Parity of --serial: none, even or odd.")
    var parity = "none"

    @Option(help: "Stop bits of --serial, 1 or 2.")
    var stopBits = 1

    var isGiven: Bool { serial != nil || tcp != nil }

    func validate() throws {
        guard serial == nil || tcp == nil else { throw ValidationError("Give --serial or --tcp, not both.") }
        guard [1200, 2400, 4800, 9600, 19_200, 38_400, 57_600, 115_200].contains(baud) else {
            throw ValidationError(
                "Baud \(baud) is not possible. Use 1200, 2400, 4800, 9600, 19200, 38400, 57600 or 115200.")
        }
        guard SerialLine.Parity(rawValue: parity) != nil else {
            throw ValidationError("Parity '\(parity)' is not possible. Use none, even or odd.")
        }
        guard (1...2).contains(stopBits) else { throw ValidationError("--stop-bits takes 1 or 2.") }
    }

    /// The bus that the options describe.
    func bus() throws -> BusSettings {
        if let serial {
            let line = SerialLine(
                path: serial, baud: baud, parity: SerialLine.Parity(rawValue: parity) ?? .none, stopBits: stopBits)
            return BusSettings(
                identifier: BusIdentifier("line"), wire: .serial(line), timeout: .seconds(1),
                turnaround: .milliseconds(20))
        }
        let text = tcp ?? ""
        let place = text.lastIndex(of: ":") ?? text.endIndex
        let port = place < text.endIndex ? Int(text[text.index(after: place)...]) : 502
        guard let port, (1...65_535).contains(port), place > text.startIndex else {
            throw ValidationError("'\(text)' is not HOST:PORT, such as 10.0.3.20:502.")
        }
        return BusSettings(
            identifier: BusIdentifier("endpoint"), wire: .tcp(host: String(text[..<place]), port: port),
            timeout: .seconds(1),
            turnaround: .milliseconds(2))
    }
}

extension SiteConfiguration {
    /// The bus of this name.
    ///
    /// - Throws: A validation error with the nearest name.
    func bus(named name: String) throws -> BusSettings {
        guard let bus = buses.first(where: { $0.identifier.text == name }) else {
            throw ValidationError(
                "There is no bus '\(name)'.\(help(for: name, among: buses.map(\.identifier.text), "buses"))")
        }
        return bus
    }

    /// The device of this name.
    func device(named name: String) throws -> DeviceSettings {
        let names = devices.map(\.identifier.text)
        guard let device = devices.first(where: { $0.identifier.text == name }) else {
            throw ValidationError("There is no device '\(name)'.\(help(for: name, among: names, "devices"))")
        }
        return device
    }

    /// The nearest name, else those that there are: the first twenty, and how many more.
    private func help(for name: String, among names: [String], _ noun: String) -> String {
        if let near = nearestName(to: name, in: names) { return " Did you mean '\(near)'?" }
        guard !names.isEmpty else { return " The site's file has no \(noun)." }
        let shown = names.sorted().prefix(20)
        let more = names.count > shown.count ? " and \(names.count - shown.count) more" : ""
        return " The site's \(noun) are \(shown.joined(separator: ", "))\(more)."
    }
}

/// Registers that are read now.
struct LiveReadOptions: ParsableArguments {
    @Option(help: "Read the registers now from this device of the site's file.")
    var device: String?

    @Option(help: "Read the registers now from this bus of the site's file; needs --unit-identifier.")
    var bus: String?

    @Option(help: "Unit to read on --bus, 1 ... 247.")
    var unitIdentifier: UInt8?

    @Option(help: "Registers to read from --at on, 1 ... 125.")
    var count: UInt16 = 20

    @OptionGroup var site: SiteOptions

    var isAsked: Bool { device != nil || bus != nil }

    func validate() throws {
        guard device == nil || bus == nil else { throw ValidationError("Give --device or --bus, not both.") }
        guard (bus == nil) == (unitIdentifier == nil) else {
            throw ValidationError("--bus and --unit-identifier belong together.")
        }
        guard (1...125).contains(count) else { throw ValidationError("--count \(count) is not in 1 ... 125.") }
    }

    /// Reads `count` registers of `table` from `address` on.
    func read(table: RegisterTable, at address: Int) async throws -> RegisterBlock {
        guard let first = UInt16(exactly: address), address + Int(count) <= 65_536 else {
            throw ValidationError("\(count) registers from address \(address) end beyond 65535.")
        }
        let configuration = try site.load()
        let settings = try device.map { try configuration.device(named: $0) }
        let unit = settings?.unit ?? UnitIdentifier(unitIdentifier ?? 1)
        let bus = try configuration.bus(named: settings?.bus.text ?? bus ?? "")
        let port = try BusDoor(to: configuration, for: "sluice decode", logger: .quiet).open(bus)
        let span = RegisterSpan(table, at: first, count: count)
        let answer = await port.sweep(
            [span], of: unit, answeringAs: settings?.device.manners.answersAs ?? [], timeout: bus.timeout)
        await port.close()
        switch answer.results.first ?? .failure(.timeout) {
        case .success(let words): return RegisterBlock(table: table, address: first, words: words)
        case .failure(let failure):
            say("sluice decode: unit \(unit) on bus \(bus.identifier), \(span): \(failure.words)")
            throw ExitStatus.problemsFound
        }
    }
}

extension Logger {
    /// For commands whose own lines say what went wrong.
    static var quiet: Logger {
        var logger = Logger(label: "sluice") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = .error
        return logger
    }
}

extension ReadFailure {
    /// What went wrong and what to try, in words.
    var words: String {
        switch self {
        case .timeout: "no answer. Check wiring, unit, baud and parity, or the address."
        case .torn: "the answer stopped in the middle. `sluice line` looks for the cause."
        case .badChecksum: "the answer was damaged. `sluice line` looks for the cause."
        case .refused: "the answer did not fit the request. Another device may use the same unit."
        case .exception(let code):
            "exception \(code)"
                + (code == 2
                    ? ": these addresses are not all there. Read fewer, or other ones."
                    : code == 1 ? ": the device has no such table. Try the other one." : ".")
        case .busDown(let reason): "the bus cannot be reached: \(reason)\(BusHelp.sentence(for: reason))"
        }
    }
}

/// What to look at when a bus cannot be reached, by what the system says of it.
enum BusHelp {
    static func sentence(for reason: String) -> String {
        if reason.contains("No such file or directory") {
            return ". `ls /dev/serial/by-id/` lists the lines that are there."
        }
        if reason.contains("Connection refused") { return ". Check address and port of the bus's gateway." }
        return ""
    }
}
