// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import FoundationEssentials
import ModbusCodec
import Model
import Profiles

struct Decode: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find address, type, word order and scale of a value from the number on the device's face.",
        discussion: """
            Examples:
              sluice decode 0000 1170 0001 0000 3E80 --at 7 --face 70000.25 --unit m3
              sluice decode capture.yaml --face 70000.25 --second later.yaml --second-face 70123.5
              sluice decode --device inlet-meter --at 0 --count 40 --face 1234.567 --config site.yaml

            Registers are hexadecimal words as read, or a file that `sluice poll --once --capture` wrote; with
            --device or --bus they are read now, through the running gateway if there is one. Exits 1 when nothing
            agrees or several readings agree equally.
            """)

    @Argument(help: "Registers as read, such as 0001 F089, or a capture file.")
    var registers: [String] = []

    @Option(help: "The number on the face, with every digit that it shows.")
    var face: String

    @Option(name: .customLong("unit"), help: "Unit of the face, such as m3, L, kW.h or bar.")
    var measure: String?

    @Option(help: "Zero-based address on the wire of the first register.")
    var at: Int = 0

    @Option(help: "Table of the registers: holding or input.")
    var table = "holding"

    @Option(help: "Number that the manual prints for the value; tells whether it counts from 0 or from 1.")
    var manual: Int?

    @Option(help: "Registers of a later reading from the same address, in quotes, or a capture file.")
    var second: String?

    @Option(help: "The number on the face at the later reading.")
    var secondFace: String?

    @Option(help: "Most readings shown.")
    var show = 8

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var live: LiveReadOptions

    func validate() throws {
        guard (0...65_535).contains(at) else { throw ValidationError("--at \(at) is not in 0 ... 65535.") }
        guard table == "holding" || table == "input" else {
            throw ValidationError("--table '\(table)' holds no numbers. Use holding or input.")
        }
        guard (second == nil) == (secondFace == nil) else {
            throw ValidationError("--second and --second-face belong together: a later reading is registers and face.")
        }
        guard registers.isEmpty == live.isAsked else {
            throw ValidationError("Give the registers, or say with --device or --bus where to read them.")
        }
        guard show >= 1 else { throw ValidationError("--show takes 1 or more.") }
    }

    func run() async throws {
        let unit = try unitOfMeasure()
        let blocks =
            live.isAsked
            ? [try await live.read(table: tableRead, at: at)] : try blocks(registers.joined(separator: " "))
        var found = readings(of: blocks, showing: try number(face), unit: unit, limit: max(show, 40))
        if let second, let secondFace {
            let later = readings(of: try self.blocks(second), showing: try number(secondFace), unit: unit, limit: 400)
            found = found.confirmed(by: later)
        }
        if json { try tellJSON(found) } else { tellText(found) }
        if found.best.count != 1 { throw ExitStatus.problemsFound }
    }

    private var tableRead: RegisterTable { table == "input" ? .inputRegister : .holdingRegister }

    private func number(_ text: String) throws -> FaceNumber {
        do { return try FaceNumber(text) } catch { throw ValidationError("\(error)") }
    }

    private func unitOfMeasure() throws -> UnitOfMeasure {
        guard let measure else { return .none }
        if let unit = UnitOfMeasure(rawValue: measure) { return unit }
        let help =
            nearestUnit(to: measure).map { "Did you mean '\($0.rawValue)'?" }
            ?? "Units are written in UCUM, such as m3, m3/h, L, bar, kPa, kW.h or Cel."
        throw ValidationError("'\(measure)' is not a unit of Sluice. \(help)")
    }

    /// Words that were typed, or those of a capture file.
    private func blocks(_ text: String) throws -> [RegisterBlock] {
        if let words = registerWords(text) {
            guard at + words.count <= 65_536 else {
                throw ValidationError("\(words.count) registers from address \(at) end beyond 65535.")
            }
            return [RegisterBlock(table: tableRead, address: UInt16(at), words: words)]
        }
        guard let data = try? Data(contentsOf: URL(filePath: text)) else {
            throw ValidationError(
                "'\(text)' is neither registers nor a file. Type registers as words of four hexadecimal digits, such "
                    + "as 0001 F089.")
        }
        let (blocks, problems) = registerBlocks(ofCapture: String(decoding: data, as: UTF8.self), path: text)
        for problem in problems { say(problem.description) }
        guard !problems.contains(where: { $0.severity == .error }) else { throw ExitStatus.configuration }
        return blocks
    }

    private func tellText(_ found: FaceMatches) {
        say(found.verdict)
        for (place, match) in found.matches.prefix(max(show, found.best.count)).enumerated() {
            tell("\(place + 1). \(match.digitsAgreed)/\(found.face.digits) digits: \(match) = \(match.value)")
        }
        for match in found.best.prefix(3) {
            tell("")
            match.profileLines.forEach { tell($0) }
            if let manual { tell("# \(baseSentence(match, manual))") }
        }
    }

    private func baseSentence(_ match: FaceMatch, _ manual: Int) -> String {
        switch match.addressBase(ofManualNumber: manual) {
        case .some(let base): "The manual's number \(manual) counts from \(base)."
        case .none: "The manual's number \(manual) is neither \(match.address) counted from 0 nor from 1."
        }
    }

    private struct Answer: Encodable {
        var schema = 1
        var face: String
        var digits: Int
        var tied: Int
        var verdict: String
        var matches: [Match]

        struct Match: Encodable {
            var table: String
            var address: Int
            var types: [String]
            var order: String?
            var value: Double
            var digitsAgreed: Int
            var addressBase: Int?
            var profile: [String]
        }
    }

    private func tellJSON(_ found: FaceMatches) throws {
        let matches = found.matches.prefix(max(show, found.best.count)).map { match in
            Answer.Match(
                table: match.parts[0].table.rawValue, address: Int(match.address),
                types: match.parts.map { "\($0.type)" }, order: match.parts[0].order?.rawValue, value: match.value,
                digitsAgreed: match.digitsAgreed, addressBase: manual.flatMap(match.addressBase),
                profile: match.profileLines)
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let answer = Answer(
            face: "\(found.face)", digits: found.face.digits, tied: found.best.count, verdict: found.verdict,
            matches: matches)
        tell(String(decoding: try encoder.encode(answer), as: UTF8.self))
    }
}
