// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import ModbusCodec
import Profiles
import Testing

/// Every profile of the catalogue with its captures, as the folders hold them.
struct CatalogueEntry: Sendable, CustomTestStringConvertible {
    let kind: String
    let name: String
    let folder: URL
    var testDescription: String { "\(kind)/\(name)" }

    static let all: [CatalogueEntry] = {
        let root = URL(fileURLWithPath: #filePath)
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("DeviceProfiles")
        func folders(in parent: URL) -> [URL] {
            let names = (try? FileManager.default.contentsOfDirectory(atPath: parent.path)) ?? []
            return names.sorted().map { parent.appendingPathComponent($0) }
        }
        return folders(in: root).flatMap { kind in
            folders(in: kind).map {
                CatalogueEntry(kind: kind.lastPathComponent, name: $0.lastPathComponent, folder: $0)
            }
        }
    }()

    func read() throws -> (profile: DeviceProfile?, problems: [FileProblem]) {
        let file = folder.appendingPathComponent("profile.yaml")
        return readProfile(try String(contentsOf: file, encoding: .utf8), path: "\(kind)/\(name)/profile.yaml")
    }

    func captures(of profile: DeviceProfile) throws -> [(file: String, capture: Capture?, problems: [FileProblem])] {
        let folder = folder.appendingPathComponent("captures")
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { file in
            let text = try String(contentsOf: folder.appendingPathComponent(file), encoding: .utf8)
            let (capture, problems) = readCapture(text, path: file, of: profile)
            return (file, capture, problems)
        }
    }
}

@Suite struct CatalogueTests {
    @Test func `the catalogue holds the devices of the simulated estate`() {
        let names = Set(CatalogueEntry.all.map { "\($0.kind)/\($0.name)" })
        #expect(
            names.isSuperset(of: [
                "water-meter/usw-dn15-40-ultrasonic", "water-meter/tuf-2000-ultrasonic", "pump/grundfos-cim-epump",
                "level/qdy30a-level", "lift/contact-pairs-waveshare-io-8ch", "gate/contact-pairs-moxa-iologik-e1200",
            ]))
    }

    @Test func `a site names a profile by its folder alone, so that no two kinds share a name`() {
        let names = CatalogueEntry.all.map(\.name).sorted()
        let shared = zip(names, names.dropFirst()).filter { $0.0 == $0.1 }.map(\.0)
        #expect(shared == [])
    }

    @Test(arguments: CatalogueEntry.all)
    func `a bundled profile has no mistake and says what it rests on`(entry: CatalogueEntry) throws {
        let (profile, problems) = try entry.read()
        // A lifetime total in float32 is the maker's choice, and a warning to whoever uses such a meter.
        let isFloatTotal = { (problem: FileProblem) in problem.code == ErrorCode.floatTotal.rawValue }
        #expect(problems.filter { !isFloatTotal($0) }.map(\.description) == [])
        let read = try #require(profile)
        #expect(read.identifier == entry.name)
        #expect(read.kind == entry.kind)
        #expect(!read.signals.isEmpty)
        for point in read.points {
            #expect(point.source != nil, "\(point.name) names no source")
            #expect(point.confidence != nil, "\(point.name) has no confidence")
        }
    }

    @Test(arguments: CatalogueEntry.all)
    func `every capture gives the readings that it expects`(entry: CatalogueEntry) throws {
        let profile = try #require(try entry.read().profile)
        let captures = try entry.captures(of: profile)
        #expect(!captures.isEmpty, "\(entry.name) has no capture")
        var covered: Set<String> = []
        for (file, capture, problems) in captures {
            #expect(problems.map(\.description) == [], "\(file)")
            let found = try #require(capture, "\(file)")
            #expect(found.mismatches(with: profile) == [], "\(file)")
            #expect(!found.expected.isEmpty, "\(file) expects nothing")
            covered.formUnion(found.expected.map(\.name))
        }
        let values = profile.compile(parameters: [:]).values.map(\.name)
        #expect(covered == Set(values), "each value of the device has an expected reading somewhere")
        // A claim of a bench test rests on registers of a real device.
        #expect(profile.isBenchTested == captures.contains { $0.capture?.origin == .device })
    }

    @Test(arguments: CatalogueEntry.all)
    func `frames that a source printed are whole`(entry: CatalogueEntry) throws {
        let profile = try #require(try entry.read().profile)
        for example in profile.examples {
            #expect(crcRemainder(example.request) == 0)
            #expect(example.request.count == 8)
            guard !example.answer.isEmpty else { continue }
            #expect(crcRemainder(example.answer) == 0)
            #expect(example.answer[1] == example.request[1])
            #expect(Int(example.answer[2]) == example.answer.count - 5)
            #expect(Int(example.answer[2]) == 2 * (Int(example.request[4]) << 8 | Int(example.request[5])))
        }
    }

    @Test func `the totals that the ultrasonic meter's manual prints come out of its frames`() throws {
        let entry = try #require(CatalogueEntry.all.first { $0.name == "usw-dn15-40-ultrasonic" })
        let profile = try #require(try entry.read().profile)
        var image = RegisterImage()
        for example in profile.examples {
            let address = UInt16(example.request[2]) << 8 | UInt16(example.request[3])
            let data = example.answer.dropFirst(3).dropLast(2)
            let words = stride(from: data.startIndex, to: data.endIndex, by: 2).map {
                UInt16(data[$0]) << 8 | UInt16(data[$0 + 1])
            }
            image.store(.success(words), for: RegisterSpan(.holdingRegister, at: address, count: UInt16(words.count)))
        }
        let device = profile.compile(parameters: [:])
        #expect(device.values.map(\.name) == ["total", "reverse_total", "status"])
        #expect(device.decode(0, from: image) == .good(.number(127.113), raw: 0x1F089))
        #expect(device.decode(1, from: image) == .good(.number(32.445), raw: 0x7EBD))
        #expect(device.decode(2, from: image) == .good(.integer(64), raw: 0x40))
        #expect(device.startsWithin == .seconds(30))
        #expect(profile.litresPerCount == 0.001)
    }

    @Test func `parts of one total are read by one request`() throws {
        let entry = try #require(CatalogueEntry.all.first { $0.name == "tuf-2000-ultrasonic" })
        let device = try #require(try entry.read().profile).compile(parameters: ["total_unit": .text("L")])
        let total = try #require(device.values.first { $0.name == "total" })
        #expect(total.needs == [RegisterSpan(.holdingRegister, at: 8, count: 4)])
        #expect(total.unit == .litre)
        #expect(total.signal == "water.total")
        #expect(total.pollClass == .slow)
        #expect(device.probe == RegisterSpan(.holdingRegister, at: 0, count: 2))
    }
}

/// What is left of a frame divided by the generator of Modbus's CRC-16: 0 when its checksum is right.
private func crcRemainder(_ frame: [UInt8]) -> UInt16 {
    frame.reduce(0xFFFF as UInt16) { crc, byte in
        (0..<8).reduce(crc ^ UInt16(byte)) { value, _ in value & 1 == 1 ? value >> 1 ^ 0xA001 : value >> 1 }
    }
}
