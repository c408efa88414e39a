// SPDX-License-Identifier: Apache-2.0

public import ModbusCodec
public import Model

/// Registers of one device at one moment and the readings that they must give: a file of a profile's `captures`.
public struct Capture: Sendable {
    /// Where the registers come from.
    public enum Origin: String, Hashable, Sendable, CaseIterable {
        /// Read from a real device.
        case device
        /// Printed by a source of the profile.
        case printed
        /// Made up to exercise the profile.
        case constructed
    }

    public var origin: Origin
    public var parameters: [String: ParameterValue]
    public var image: RegisterImage
    public var expected: [Expectation]

    /// What one value must be.
    public struct Expectation: Hashable, Sendable {
        public var name: String
        /// As the file writes it: a number, `true`, `false` or a state; empty for a bad reading.
        public var value: String
        public var quality: Quality
        /// `nil` exactly when the quality is good.
        public var reason: QualityReason?
        public var place: FilePlace
    }

    /// What `profile` makes of the registers where it is not what is expected, one sentence each.
    public func mismatches(with profile: DeviceProfile) -> [String] {
        let device = profile.compile(parameters: parameters)
        return expected.compactMap { expectation in
            guard let index = device.values.firstIndex(where: { $0.name == expectation.name }) else {
                return "'\(expectation.name)' is not a value of the device."
            }
            let decoded = device.decode(index, from: image)
            let isSingle = device.recipes[index].isSinglePrecision
            let labels = device.values[index].stateLabels
            guard !expectation.isMet(by: decoded, labels: labels, isSinglePrecision: isSingle) else { return nil }
            return "'\(expectation.name)' is \(decoded.summary(labels)), expected \(expectation.summary)."
        }
    }
}

/// Reads a capture of `profile`; every problem of the text is gathered, each with its place.
public func readCapture(
    _ text: String, path: String, of profile: DeviceProfile
) -> (capture: Capture?, problems: [FileProblem]) {
    var reader = CaptureReader(profile: profile, file: FileReader(path: path, document: .profile))
    let capture = reader.read(text)
    return (reader.file.hasErrors ? nil : capture, reader.file.problems)
}

private struct CaptureReader {
    let profile: DeviceProfile
    var file: FileReader

    mutating func read(_ text: String) -> Capture? {
        let keys = ["profile", "origin", "taken", "note", "parameters", "registers", "expected"]
        guard let root = file.root(of: text, keys: keys) else { return nil }
        file.require("profile", in: root, "Name the profile that reads it.")
        file.require("origin", in: root, "Say where the registers come from: device, printed or constructed.")
        file.require("registers", in: root, "List what was read: {table, address, hex}.")
        file.require("expected", in: root, "List the readings that the registers must give.")
        if let name = file.text("profile", in: root), name.value != profile.identifier {
            file.error(
                .captureContent, at: name.place, "the capture is of '\(name.value)', not of '\(profile.identifier)'.")
        }
        _ = file.text("note", in: root)
        _ = file.text("taken", in: root)
        let origin: Capture.Origin? = file.word("origin", in: root, "origin")
        let parameters = readParameters(root)
        let image = readRegisters(root)
        let expected = readExpected(root, profile.compile(parameters: parameters))
        guard let origin else { return nil }
        return Capture(origin: origin, parameters: parameters, image: image, expected: expected)
    }

    private mutating func readParameters(_ root: Section) -> [String: ParameterValue] {
        guard let section = file.section("parameters", in: root, "parameters", keys: profile.parameters.map(\.name))
        else { return [:] }
        var values: [String: ParameterValue] = [:]
        for entry in section.entries {
            guard let parameter = profile.parameter(named: entry.key) else { continue }
            values[entry.key] = file.parameterValue(
                entry.value, entry.key, of: parameter, in: section, code: .captureContent)
        }
        return values
    }

    private mutating func readRegisters(_ root: Section) -> RegisterImage {
        var image = RegisterImage()
        for node in file.list("registers", in: root) ?? [] {
            let keys = ["table", "address", "hex", "bits", "count", "failure"]
            guard let section = file.section(node, "registers", at: node.place, keys: keys) else { continue }
            let table: RegisterTable? = file.word("table", in: section, "register table", code: .unknownTable)
            let address = file.integer("address", in: section, 0...65_535)
            guard let table, let address else {
                file.require("table", in: section, "Name coil, discrete, input or holding.")
                file.require("address", in: section, "Give the zero-based address on the wire.")
                continue
            }
            guard let (count, result) = content(of: section, table) else { continue }
            guard (1...2000).contains(count), address.value + count <= 65_536 else {
                file.error(.captureContent, at: address.place, section.says("the addresses end beyond 65535."))
                continue
            }
            image.store(
                result, for: RegisterSpan(table, at: UInt16(clamping: address.value), count: UInt16(clamping: count)))
        }
        return image
    }

    private mutating func content(
        of section: Section, _ table: RegisterTable
    ) -> (count: Int, result: Result<[UInt16], ReadFailure>)? {
        if section.has("failure") {
            guard let failure = file.text("failure", in: section),
                let count = file.integer("count", in: section, 1...2000)
            else {
                file.require("count", in: section, "Say how many addresses the failed read asked for.")
                return nil
            }
            guard let reason = ReadFailure(word: failure.value) else {
                file.error(
                    .captureContent, at: failure.place,
                    section.says("failure must be timeout, crc, frame, bus_down or exception_ and a code."))
                return nil
            }
            return (count.value, .failure(reason))
        }
        let key = table.isBits ? "bits" : "hex"
        file.require(key, in: section, "Give what the device answered.")
        guard let text = file.text(key, in: section) else { return nil }
        let words: [UInt16]?
        if table.isBits {
            let digits = text.value.utf8.filter { $0 != UInt8(ascii: " ") }
            let isBits = digits.allSatisfy { $0 == UInt8(ascii: "0") || $0 == UInt8(ascii: "1") }
            words = isBits ? digits.map { UInt16($0 & 1) } : nil
        } else {
            words = hexBytes(text.value).flatMap { bytes in
                guard bytes.count % 2 == 0 else { return nil }
                return stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
            }
        }
        guard let words, !words.isEmpty else {
            file.error(
                .captureContent, at: text.place,
                section.says(
                    table.isBits ? "bits are 0 and 1 only." : "hex must be whole registers, such as \"7EBD 0001\"."))
            return nil
        }
        return (words.count, .success(words))
    }

    private mutating func readExpected(_ root: Section, _ device: CompiledDevice) -> [Capture.Expectation] {
        let names = device.values.map(\.name)
        guard let section = file.section("expected", in: root, "expected", keys: names) else { return [] }
        return section.entries.filter { names.contains($0.key) }.compactMap { file.expectation($0, in: section) }
    }
}

extension ReadFailure {
    /// The failure that gives a reading of this reason.
    fileprivate init?(word: String) {
        switch QualityReason(word: word) {
        case .timeout: self = .timeout
        case .crc: self = .badChecksum
        case .frame: self = .torn
        case .busDown: self = .busDown("")
        case .exception(let code): self = .exception(code)
        default: return nil
        }
    }
}
