// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import ModbusCodec
import Profiles
import Testing

/// From one number on the face of a device to the place, type, order and scale of its register.
@Suite struct FaceMatchTests {
    private func block(_ hex: String, at address: UInt16) throws -> RegisterBlock {
        RegisterBlock(table: .holdingRegister, address: address, words: try #require(registerWords(hex)))
    }

    private func find(_ hex: String, at address: UInt16, face: String, unit: UnitOfMeasure = .cubicMetre) throws
        -> FaceMatches
    {
        readings(of: [try block(hex, at: address)], showing: try FaceNumber(face), unit: unit)
    }

    // MARK: The catalogue with its answers hidden

    /// Values of a capture that a person could read off the device, with the truth that the profile knows.
    private struct Hidden {
        var profile: String
        var face: String
        var unit: UnitOfMeasure
        var blocks: [RegisterBlock]
        var points: [(address: UInt16, type: PointType, order: WordOrder?)]
    }

    private func hidden(in entry: CatalogueEntry) throws -> [Hidden] {
        let profile = try #require(try entry.read().profile)
        let folder = entry.folder.appendingPathComponent("captures")
        return try entry.captures(of: profile).flatMap { file, capture, _ -> [Hidden] in
            let capture = try #require(capture, "\(file)")
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            let blocks = registerBlocks(ofCapture: text, path: file).blocks
            let device = profile.compile(parameters: capture.parameters)
            return capture.expected.compactMap { expected in
                guard expected.quality == .good, let face = try? FaceNumber(expected.value), face.digits >= 4,
                    let value = device.values.first(where: { $0.name == expected.name })
                else { return nil }
                let names: [String]
                switch profile.signals.first(where: { $0.name == value.signal })?.form {
                case .point(let name): names = [name]
                case .sumParts(let parts): names = parts
                case nil: names = [expected.name]
                default: return nil
                }
                let points = names.compactMap { name in profile.points.first { $0.name == name } }
                guard points.count == names.count, points.allSatisfy({ isUsual($0) }) else { return nil }
                return Hidden(
                    profile: profile.identifier, face: expected.value, unit: value.unit, blocks: blocks,
                    points: points.map { ($0.address, $0.type, order(of: $0, profile, capture)) })
            }
        }
    }

    /// Whether a point is within what is searched: a power of ten, no mask, no offset.
    private func isUsual(_ point: ProfilePoint) -> Bool {
        guard case .fixed(let factor) = point.scale else { return false }
        let scale = factor.asDouble
        let isPower = (-4...3).contains { scale == pow(10, Double($0)) }
        return isPower && point.offset == .zero && point.mask == nil && point.shift == 0 && !point.type.isBitfield
            && !point.table.isBits
    }

    private func order(of point: ProfilePoint, _ profile: DeviceProfile, _ capture: Capture) -> WordOrder? {
        guard point.type.width > 1 else { return nil }
        switch point.order {
        case .fixed(let order): return order
        case .parameter(let name):
            guard case .text(let word) = capture.parameters[name] ?? profile.parameter(named: name)?.defaultValue else {
                return nil
            }
            return WordOrder(rawValue: word)
        }
    }

    private func isTrue(_ match: FaceMatch, _ truth: Hidden) -> Bool {
        match.parts.count == truth.points.count
            && zip(match.parts.sorted { $0.address < $1.address }, truth.points.sorted { $0.address < $1.address })
                .allSatisfy { part, point in
                    part.address == point.address && part.order == point.order
                        && (part.type == .plain(point.type) || part.alsoType == point.type)
                }
    }

    @Test func `one number finds order, type and address of the catalogue's devices`() throws {
        var found: Set<String> = []
        for truth in try CatalogueEntry.all.flatMap(hidden) {
            let matches = readings(of: truth.blocks, showing: try FaceNumber(truth.face), unit: truth.unit)
            let best = matches.best
            #expect(best.contains { isTrue($0, truth) }, "\(truth.profile) \(truth.face): \(best)")
            // A tie is said, and how to end it.
            let saysHow = ["--second-face", "if the manual says so"].contains { matches.verdict.contains($0) }
            #expect(saysHow == (best.count > 1), "\(truth.profile): \(matches.verdict)")
            found.insert(truth.profile)
        }
        #expect(found.count >= Self.leastDevices, "only \(found.sorted())")
    }

    /// Devices of the catalogue with a number of four digits in a capture.
    private static let leastDevices = 24

    // MARK: Every order and type

    @Test(arguments: WordOrder.allCases)
    func `a long, a float and digits are found in every order`(order: WordOrder) throws {
        func words(_ bytes: [UInt8]) -> [UInt16] {
            var words = stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
            if order == .cdab || order == .dcba { words.reverse() }
            return order == .badc || order == .dcba ? words.map(\.byteSwapped) : words
        }
        func bytes(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.bigEndian) { Array($0) } }
        let cases: [(FaceType, [UInt8], String)] = [
            (.plain(.uint32), bytes(UInt32(9_834_567)), "9834.567"),
            (.plain(.int32), bytes(Int32(-1_234_567)), "-1234.567"),
            (.plain(.float32), bytes(Float(1234.567).bitPattern), "1234.567"),
            (.plain(.float64), bytes(1234.567.bitPattern), "1234.567"),
            (.plain(.uint64), bytes(UInt64(912_345_678_901)), "912345678.901"),
            (.plain(.int64), bytes(Int64(-912_345_678_901)), "-912345678.901"),
            (.decimalDigits(registers: 2), [0x01, 0x23, 0x45, 0x67], "1234.567"),
            (.decimalDigits(registers: 3), [0x00, 0x12, 0x34, 0x56, 0x78, 0x90], "1234567.890"),
        ]
        for (type, raw, face) in cases {
            let block = RegisterBlock(table: .inputRegister, address: 40, words: [0x5555] + words(raw) + [0xAAAA])
            let matches = readings(of: [block], showing: try FaceNumber(face), unit: .cubicMetre)
            let first = try #require(matches.best.first, "\(type) \(order)")
            #expect(first.parts.map(\.type) == [type] && first.parts.map(\.order) == [order], "\(matches.best)")
            #expect(first.address == 41)
            #expect(first.digitsAgreed == FaceNumberDigits.count(face))
        }
    }

    private enum FaceNumberDigits {
        static func count(_ text: String) -> Int { text.filter(\.isNumber).drop { $0 == "0" }.count }
    }

    @Test func `a register in litres is found under a face in cubic metres`() throws {
        let first = try #require(try find("0000 3039", at: 0, face: "0.0012345").best.first)
        #expect(first.parts[0].unit == .litre && first.parts[0].exponent == -4)
    }

    // MARK: Ties and the second reading

    @Test func `two readings that agree equally are said, and a second reading settles them`() throws {
        // One word of 16 bits, or the low word of 32 bits.
        let now = try find("0000 3039", at: 16, face: "12.345")
        #expect(
            now.verdict
                == "2 readings agree equally, in all 5 digits; nothing in these registers tells them apart. Read "
                + "registers and face again when the number has changed, and give both with --second and --second-face."
        )
        let later = try find("0001 0000", at: 16, face: "65.536")
        let settled = now.confirmed(by: later)
        #expect(settled.verdict == "One reading agrees in all 5 digits.")
        #expect(settled.best.map(\.description) == ["holding 16, uint32 or int32, order ABCD, times 0.001 m³"])
    }

    @Test func `a number with zeros beside it is said to be one number, and which reading to take`() throws {
        let now = try find("0000 0000 0096 1077", at: 16, face: "9834.615")
        #expect(now.best.map(\.parts[0].type) == [.plain(.uint32), .plain(.uint64)], "\(now.best)")
        #expect(
            now.verdict
                == "2 readings agree equally, in all 7 digits, and are the same number: the wider one takes in zeros beside "
                + "the narrower one. No second reading tells them apart before the registers count past 4294967295. "
                + "Take the wider one, uint64 at 16, if the manual says so.")
        #expect(now.confirmed(by: try find("0000 0000 0096 1078", at: 16, face: "9834.616")).best.count == 2)
    }

    @Test func `what agrees now and not later is dropped`() throws {
        let now = try find("3039 3039", at: 0, face: "12.345")
        #expect(now.best.map(\.address) == [0, 1])
        let later = try find("3039 303A", at: 0, face: "12.346")
        #expect(now.confirmed(by: later).best.map(\.address) == [1])
    }

    // MARK: What is written

    @Test(arguments: [
        ("0000 0001 F089", "127.113"), ("1170 0001 0000 3E80", "70000.25"), ("0123 4567", "1234.567"),
        ("449A 5225", "1234.567"),
    ])
    func `the written lines decode to the face`(hex: String, face: String) throws {
        let first = try #require(try find(hex, at: 8, face: face).best.first)
        var lines = first.profileLines
        if !lines.contains("signals:") {
            let names = lines.dropFirst().map { $0.drop { $0 == " " }.prefix { $0 != ":" } }
            lines += ["signals:", "  water.total: {sum_parts: [\(names.joined(separator: ", "))]}"]
            if names.count == 1 { lines[lines.count - 1] = "  water.total: {from: \(names[0])}" }
        }
        let head = ["profile: found", "kind: water-meter", "name: {zh: 水表, en: Meter}", "sources: {S1: {title: Face}}"]
        let (profile, problems) = readProfile((head + lines).joined(separator: "\n"), path: "found/profile.yaml")
        let device = try #require(profile, "\(problems) \(lines)").compile(parameters: [:])
        var image = RegisterImage()
        let block = try block(hex, at: 8)
        image.store(
            .success(block.words), for: RegisterSpan(.holdingRegister, at: 8, count: UInt16(block.words.count)))
        guard case .good(let quantity, _) = device.decode(0, from: image) else {
            Issue.record("no good value from \(lines)")
            return
        }
        #expect(try FaceNumber(face).digitsAgreed(with: quantity.asDouble) == FaceNumber(face).digits)
    }

    @Test func `the manual's number tells from where it counts`() throws {
        let first = try #require(try find("0001 F089", at: 8, face: "127.113").best.first)
        #expect(first.addressBase(ofManualNumber: 8) == 0)
        #expect(first.addressBase(ofManualNumber: 9) == 1)
        #expect(first.addressBase(ofManualNumber: 40_009) == 1)
        #expect(first.addressBase(ofManualNumber: 12) == nil)
    }

    // MARK: Refusals

    @Test func `no match, a short face and a wrong face are answered in whole sentences`() throws {
        #expect(
            try find("0001 0002", at: 0, face: "98765.4").verdict
                == "No reading of these registers shows 98765.4. Check that they were read at the moment of the face "
                + "number, read some more registers on either side, or try the other table.")
        #expect(
            try find("0032", at: 0, face: "50").verdict
                == "One reading agrees in all 2 digits. 50 has few digits, so chance may have helped; type every digit "
                + "of the face.")
        #expect(throws: FaceNumber.Mistake.zero) { try FaceNumber("0.000") }
        #expect(throws: FaceNumber.Mistake.notANumber("12,5")) { try FaceNumber("12,5") }
        #expect(
            FaceNumber.Mistake.zero.description
                == "a face that shows 0 agrees with every empty register. Read again once it shows something else.")
        #expect(registerWords("12 34 5") == nil && registerWords("") == nil && registerWords("00ZZ") == nil)
    }

    @Test func `a face that the meter has left behind by a little still finds its register`() throws {
        let matches = try find("0012 D687", at: 0, face: "1234.560")
        #expect(matches.best.first?.digitsAgreed == 5)
        #expect(matches.best.first?.parts.first?.type == .plain(.uint32))
        #expect(matches.verdict == "One reading agrees in 5 of 7 digits.")
    }
}
