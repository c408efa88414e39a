// SPDX-License-Identifier: Apache-2.0

import Model
import TestKit
import Testing

@testable import Store

@Suite struct ReadingBodyTests {
    private func pack(_ readings: [Reading], wall: Timestamp = morning) -> [UInt8] {
        var writer = PackedWriter()
        ReadingBody.write(readings, receivedWall: wall, to: &writer) { Int64($0.value) }
        return writer.bytes
    }

    private func unpack(_ bytes: [UInt8], count: Int, wall: Timestamp = morning) throws(PackedFault) -> [Reading] {
        var readings: [Reading] = []
        let outcome = bytes.withUnsafeBytes { bytes -> Result<Void, PackedFault> in
            do throws(PackedFault) {
                return .success(
                    try ReadingBody.read(bytes, count: count, receivedWall: wall) {
                        readings.append($0.reading(of: PointIndex(Int(truncatingIfNeeded: $0.point & 0xFFFF))))
                    })
            } catch {
                return .failure(error)
            }
        }
        try outcome.get()
        return readings
    }

    /// Rows as version 1 writes them, by hand from the format's table. They must be readable for ever: when the
    /// format changes, these stay and new ones join them.
    private static let golden: [(bytes: [UInt8], readings: [Reading])] = [
        (
            // version; good integer of point 1 at the sweep's time; 8812
            [0x01, 0xD0, 0xD8, 0x89, 0x01],
            [Reading(point: PointIndex(1), good: .integer(8812), sourceTime: morning)]
        ),
        (
            [
                0x01,
                // good real with raw; point 0 + 7; 12.345; raw 12345; 40 ms before the sweep
                0x24, 0x0E, 0x71, 0x3D, 0x0A, 0xD7, 0xA3, 0xB0, 0x28, 0x40, 0xB9, 0x60, 0x4F,
                // bad without a quantity; next point, same time; timeout
                0xC2, 0x14,
                // uncertain short real, same time; point 8 + 2; frozen; 0.5
                0x8D, 0x04, 0x01, 0x00, 0x00, 0x00, 0x3F,
                // good and on, with raw; point 10 - 1; raw 1; 40 ms later
                0x38, 0x01, 0x01, 0x50,
                // good state, next point, same time; place 3
                0xDC, 0x03,
                // good whole real; -21
                0xC8, 0x29,
                // bad with raw; exception 2; raw 65535
                0xE2, 0x82, 0x02, 0xFF, 0xFF, 0x03,
                // good and off
                0xD4,
            ],
            [
                Reading(
                    point: PointIndex(7), good: .number(12.345), raw: 12345, sourceTime: morning - .milliseconds(40)),
                Reading(point: PointIndex(8), bad: .timeout, sourceTime: morning - .milliseconds(40)),
                Reading(
                    point: PointIndex(10), uncertain: .number(0.5), reason: .frozen,
                    sourceTime: morning - .milliseconds(40)),
                Reading(point: PointIndex(9), good: .isOn(true), raw: 1, sourceTime: morning),
                Reading(point: PointIndex(10), good: .state(3), sourceTime: morning),
                Reading(point: PointIndex(11), good: .number(-21), sourceTime: morning),
                Reading(point: PointIndex(12), bad: .exception(2), raw: 65535, sourceTime: morning),
                Reading(point: PointIndex(13), good: .isOn(false), sourceTime: morning),
            ]
        ),
    ]

    @Test(arguments: golden.indices)
    func `rows of version 1 read as they were written`(place: Int) throws {
        let row = Self.golden[place]
        #expect(try unpack(row.bytes, count: row.readings.count) == row.readings)
        #expect(pack(row.readings) == row.bytes)
    }

    private static let quantities: [Quantity] = [
        .number(0), .number(-0.0), .number(1), .number(-1), .number(0.1), .number(12.5), .number(1e300),
        .number(.leastNonzeroMagnitude), .number(.greatestFiniteMagnitude), .number(-.greatestFiniteMagnitude),
        .number(9_007_199_254_740_991), .number(9_007_199_254_740_992), .number(-9_007_199_254_740_994),
        .number(16_777_217), .integer(0), .integer(.max), .integer(.min), .integer(-1), .isOn(true), .isOn(false),
        .state(0), .state(.max),
    ]

    @Test func `every quantity comes back bit by bit`() throws {
        for quantity in Self.quantities {
            for raw in [nil, 0, 1, 0x7F, 0x80, UInt64.max] as [UInt64?] {
                let reading = Reading(point: PointIndex(3), good: quantity, raw: raw, sourceTime: morning)
                let back = try unpack(pack([reading]), count: 1)
                #expect(back == [reading])
                if case .number(let value) = quantity, case .number(let found)? = back.first?.quantity {
                    #expect(value.bitPattern == found.bitPattern)
                }
            }
        }
    }

    @Test func `every reason comes back, with a value and without`() throws {
        let reasons = (UInt16(0)...600).compactMap { QualityReason(code: $0) }
        #expect(reasons.count == 18 + 256)
        let readings = reasons.flatMap { reason in
            [
                Reading(point: PointIndex(1), uncertain: .number(4.25), reason: reason, sourceTime: morning),
                Reading(point: PointIndex(2), bad: reason, raw: 9, sourceTime: morning),
            ]
        }
        #expect(try unpack(pack(readings), count: readings.count) == readings)
    }

    @Test func `times far from the sweep's come back`() throws {
        let times = [Int64.min, -1, 0, 1, .max].map { Timestamp(milliseconds: $0) }
        for wall in times {
            let readings = times.map { Reading(point: PointIndex(1), good: .isOn(true), sourceTime: $0) }
            #expect(try unpack(pack(readings, wall: wall), count: readings.count, wall: wall) == readings)
        }
    }

    @Test func `a number that is none is stored as bad and spoils no other`() throws {
        let readings = [
            Reading(point: PointIndex(1), good: .number(.nan), raw: 0x7FC0_0000, sourceTime: morning),
            Reading(point: PointIndex(2), good: .number(.infinity), sourceTime: morning),
            Reading(point: PointIndex(3), good: .number(2), sourceTime: morning),
        ]
        #expect(
            try unpack(pack(readings), count: 3) == [
                Reading(point: PointIndex(1), bad: .notFinite, raw: 0x7FC0_0000, sourceTime: morning),
                Reading(point: PointIndex(2), bad: .notFinite, sourceTime: morning),
                Reading(point: PointIndex(3), good: .number(2), sourceTime: morning),
            ])
    }

    @Test(
        arguments: [
            ([], .ended),
            ([0x02, 0xD4], .unknownVersion(2)),
            ([0x01], .miscounted(expected: 1, found: 0)),
            ([0x01, 0xD4, 0xD4], .miscounted(expected: 1, found: 2)),
            ([0x01, 0xD7], .invalid("quality")),
            ([0x01, 0x14], .ended),
            ([0x01, 0xC2], .ended),
            ([0x01, 0xC2, 0x63], .invalid("reason")),
            ([0x01, 0xC2, 0xFF, 0xFF, 0x07], .invalid("reason")),
            ([0x01, 0xDC, 0x80, 0x80, 0x04], .invalid("state")),
            ([0x01, 0xC4, 0, 0, 0, 0, 0, 0, 0xF0, 0x7F], .invalid("number")),
            ([0x01, 0xCC, 0, 0, 0x80, 0x7F], .invalid("number")),
            ([0x01, 0xC4, 0, 0, 0], .ended),
            ([0x01, 0xD0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x02], .overlong),
            ([0x01, 0xD0, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x00], .overlong),
        ] as [([UInt8], PackedFault)])
    func `a row that nobody wrote is an error`(bytes: [UInt8], fault: PackedFault) {
        #expect(throws: fault) { try unpack(bytes, count: 1) }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `damaged bytes are an error or readings, never a crash`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let whole = Self.golden[1].bytes
        var errors = 0
        for _ in 0..<400 {
            var bytes = whole
            switch Int.random(in: 0..<3, using: &random) {
            case 0:
                bytes = (0..<Int.random(in: 0..<60, using: &random)).map { _ in .random(in: 0...255, using: &random) }
            case 1: bytes.removeLast(Int.random(in: 1...bytes.count, using: &random))
            default:
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255, using: &random)
                }
            }
            do throws(PackedFault) {
                // Whatever still reads keeps the promises of its type.
                for reading in try unpack(bytes, count: 8) {
                    if case .number(let value)? = reading.quantity { #expect(value.isFinite) }
                }
            } catch {
                errors += 1
            }
        }
        #expect(errors > 100)
    }

    @Test func `a meter's reading takes no more than 16 bytes`() {
        let readings = (0..<40).map {
            Reading(
                point: PointIndex(100 + $0), good: .number(1234.5 + Double($0) * 0.013), raw: UInt64(1_234_500 + $0),
                sourceTime: morning - .milliseconds(30))
        }
        #expect(pack(readings).count <= 16 * readings.count)
    }
}
