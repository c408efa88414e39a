// SPDX-License-Identifier: Apache-2.0

import Aggregation
import Model
import TestKit
import Testing

@testable import Store

@Suite struct HistoryChunkTests {
    /// Buckets of one row as readings of some device would give them.
    private func buckets(
        _ resolution: HistoryResolution, chunk: Int64, _ make: (inout SeededGenerator) -> Double,
        using random: inout SeededGenerator
    ) -> [HistoryBucket] {
        let first = chunk * HistoryChunk.slots(resolution)
        return (first..<first + HistoryChunk.slots(resolution)).compactMap { slot in
            guard Int.random(in: 0..<5, using: &random) > 0 else { return nil }
            var whole: HistoryBucket?
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let at = Timestamp(
                    milliseconds: slot * resolution.milliseconds
                        + Int64.random(in: -50_000_000..<50_000_000, using: &random))
                let isBad = Int.random(in: 0..<6, using: &random) == 0
                let bucket = HistoryBucket(
                    slot: slot, at: at, value: isBad ? nil : make(&random),
                    isGood: !isBad && Bool.random(using: &random))
                if whole == nil { whole = bucket } else { whole?.merge(bucket) }
            }
            return whole
        }
    }

    @Test(arguments: 0..<160 as Range<UInt64>)
    func `a row comes back as it was written`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let laws: [(inout SeededGenerator) -> Double] = [
            { Double(Int.random(in: -50...50, using: &$0)) },
            { Double(Int.random(in: 0...9_999_999, using: &$0)) / 1000 },
            { Double(Int.random(in: 0...9_999_999, using: &$0)) * 0.001 },
            { Double(Float.random(in: -1e6...1e6, using: &$0)) },
            { Double.random(in: -1e300...1e300, using: &$0) },
            { Double(Int64.random(in: 0...1 << 50, using: &$0)) },
        ]
        let make = laws[Int(seed) % laws.count]
        let resolution = HistoryResolution.allCases[Int(seed / 7) % 4]
        let chunk = Int64.random(in: -2...500_000, using: &random)
        let written = buckets(resolution, chunk: chunk, make, using: &random)
        guard !written.isEmpty else { return }
        let totals = HistoryChunk.bytes(of: written, chunk: chunk, resolution, keepsEnds: true)
        let found = try HistoryChunk.buckets(totals, chunk: chunk, resolution)
        for (found, written) in zip(found, written) {
            #expect(written.valued > 0 ? found == written : found == written.withoutEnds)
        }
        #expect(found.count == written.count)
        let levels = HistoryChunk.bytes(of: written, chunk: chunk, resolution, keepsEnds: false)
        #expect(try HistoryChunk.buckets(levels, chunk: chunk, resolution) == written.map(\.withoutEnds))
        #expect(levels.count <= totals.count)
    }

    @Test func `the bytes of a version stay what they are`() throws {
        var bucket = HistoryBucket(
            slot: 61, at: Timestamp(milliseconds: 3_660_000 + 5000), value: 12.345, isGood: true)
        let single = bucket
        bucket.slot = 63
        bucket.merge(HistoryBucket(slot: 63, at: Timestamp(milliseconds: 3_780_000), value: 12.5, isGood: true))
        bucket.merge(HistoryBucket(slot: 63, at: Timestamp(milliseconds: 3_781_000), value: nil, isGood: false))
        let bytes = HistoryChunk.bytes(of: [single, bucket], chunk: 1, .minute, keepsEnds: true)
        #expect(
            bytes == [
                1, 0x83, 5, 0xF2, 0xC0, 1, 0x90, 0x4E, 4, 3, 1, 1, 0, 0xB6, 2, 0xEC, 4, 0, 0xEF, 0x84, 0x0E, 0xF0, 0x84,
                0x0E,
            ])
        #expect(try HistoryChunk.buckets(bytes, chunk: 1, .minute) == [single, bucket])
    }

    @Test(arguments: 0..<400 as Range<UInt64>)
    func `damaged bytes are refused or read, and never trap`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let written = buckets(
            .minute, chunk: 9, { Double(Int.random(in: 0...99_999, using: &$0)) / 100 }, using: &random)
        guard !written.isEmpty else { return }
        var bytes = HistoryChunk.bytes(of: written, chunk: 9, .minute, keepsEnds: Bool.random(using: &random))
        for _ in 0...Int.random(in: 0...3, using: &random) {
            bytes[Int.random(in: bytes.indices, using: &random)] = UInt8.random(in: 0...255, using: &random)
        }
        if Bool.random(using: &random) { bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random)) }
        guard let found = try? HistoryChunk.buckets(bytes, chunk: 9, .minute) else { return }
        for bucket in found {
            #expect((540..<600).contains(bucket.slot))
            #expect(bucket.count >= 1 && bucket.valued <= bucket.count && bucket.good <= bucket.count)
            var sum = bucket
            for other in found { sum.merge(other) }
            #expect(sum.count > 0)
            #expect(bucket.mean.map(\.isFinite) ?? true)
        }
    }

    @Test func `a quiet meter costs few bytes`() {
        let buckets = (0..<60).map {
            HistoryBucket(
                slot: Int64($0), at: Timestamp(milliseconds: Int64($0) * 60_000 + 412),
                value: 812.345 + Double($0 / 9) / 1000,
                isGood: true)
        }
        #expect(HistoryChunk.bytes(of: buckets, chunk: 0, .minute, keepsEnds: true).count < 60 * 5)
        #expect(HistoryChunk.bytes(of: buckets, chunk: 0, .minute, keepsEnds: false).count < 60 * 3)
    }
}
