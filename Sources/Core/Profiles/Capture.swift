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
    public struct Expectation: Sendable {
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
            return "'\(expectation.name)' is \(decoded), expected \(expectation.summary)."
        }
    }
}

extension Capture.Expectation {
    fileprivate var summary: String {
        ([value, quality.word, reason?.word ?? ""].filter { !$0.isEmpty }).joined(separator: " ")
    }

    fileprivate func isMet(by decoded: DecodedValue, labels: [String], isSinglePrecision: Bool) -> Bool {
        switch decoded {
        case .good(let quantity, _): quality == .good && isEqual(quantity, labels, isSinglePrecision)
        case .uncertain(let quantity, let why, _):
            quality == .uncertain && reason == why && isEqual(quantity, labels, isSinglePrecision)
        case .bad(let why, _): quality == .bad && reason == why
        }
    }

    private func isEqual(_ quantity: Quantity, _ labels: [String], _ isSinglePrecision: Bool) -> Bool {
        switch quantity {
        case .integer(let whole): wholeNumber(value).map { Int64($0) == whole } ?? false
        case .isOn(let isOn): value == (isOn ? "true" : "false")
        case .state(let index): labels.indices.contains(Int(index)) && labels[Int(index)] == value
        case .number(let number):
            // A decimal fraction that a 32-bit float cannot hold is off by half of its last place at most.
            realNumber(value).map { abs($0 - number) <= (isSinglePrecision ? abs($0) / 16_777_216 : 0) } ?? false
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
        return section.entries.compactMap { entry in
            guard names.contains(entry.key) else { return nil }
            if case .map = entry.value.content { return expectation(entry) }
            guard case .scalar(let text, _) = entry.value.content, !text.isEmpty else {
                file.error(.captureContent, at: entry.value.place, section.says("'\(entry.key)' has no value."))
                return nil
            }
            return Capture.Expectation(
                name: entry.key, value: text, quality: .good, reason: nil, place: entry.keyPlace)
        }
    }

    private mutating func expectation(_ entry: YAMLEntry) -> Capture.Expectation? {
        let subject = "expected '\(entry.key)'"
        guard let section = file.section(entry.value, subject, at: entry.keyPlace, keys: ["value", "uncertain", "bad"])
        else { return nil }
        let quality: Quality = section.has("bad") ? .bad : section.has("uncertain") ? .uncertain : .good
        var reason: QualityReason?
        if let word = file.text(quality == .bad ? "bad" : "uncertain", in: section) {
            reason = QualityReason(word: word.value)
            if reason == nil {
                file.error(
                    .captureContent, at: word.place, section.says("reason '\(shortened(word.value))' is not known."))
                return nil
            }
        }
        var value = ""
        if let given = section.entry("value"), case .scalar(let text, _) = given.value.content { value = text }
        guard quality == .bad ? value.isEmpty : !value.isEmpty else {
            file.error(
                .captureContent, at: entry.keyPlace,
                section.says("a bad reading has no value, and every other has one."))
            return nil
        }
        return Capture.Expectation(
            name: entry.key, value: value, quality: quality, reason: reason, place: entry.keyPlace)
    }
}

extension QualityReason {
    /// The reason with this ``word``.
    fileprivate init?(word: String) {
        let codes = (1...99).map { UInt16($0) } + (256...511).map { UInt16($0) }
        guard let reason = codes.lazy.compactMap(QualityReason.init(code:)).first(where: { $0.word == word }) else {
            return nil
        }
        self = reason
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
