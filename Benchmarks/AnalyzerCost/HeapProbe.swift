// SPDX-License-Identifier: Apache-2.0

import HeapCount
import Model

/// Counts the blocks that single readings take from the heap.
struct HeapProbe {
    /// What a reading brought with it: it moves data time into the next minute, or into one at which hours close.
    private enum Kind: Int, CaseIterable {
        case plain, minute, hour

        var text: String {
            switch self {
            case .plain: "nothing due"
            case .minute: "a minute judged"
            case .hour: "hours closed"
            }
        }
    }

    private struct Count {
        var readings = 0
        var taking = 0
        var blocks: UInt64 = 0
        var most: UInt64 = 0
    }

    private var counts = Array(repeating: Count(), count: Kind.allCases.count)
    private var before: UInt64 = 0
    private var minute: Int64 = 0

    /// Whether an array on the heap is seen.
    static var isAtWork: Bool {
        let before = heap_allocations()
        let array = (0..<100).map { Int($0) &* Int(before & 1) }
        return heap_allocations() > before && array.count == 100
    }

    mutating func begin(_ dataTime: Timestamp?) {
        minute = (dataTime?.milliseconds ?? 0) / 60_000
        before = heap_allocations()
    }

    mutating func end(_ dataTime: Timestamp?) {
        let blocks = heap_allocations() - before
        let now = (dataTime?.milliseconds ?? 0) / 60_000
        // Hours close at the full hour and a quarter after it; what a leap of time closes is counted there too.
        let isHour = now / 15 > minute / 15 && now % 60 / 15 < 2
        let kind = now == minute ? Kind.plain : isHour ? .hour : .minute
        counts[kind.rawValue].readings += 1
        counts[kind.rawValue].taking += blocks > 0 ? 1 : 0
        counts[kind.rawValue].blocks += blocks
        counts[kind.rawValue].most = max(counts[kind.rawValue].most, blocks)
    }

    var text: String {
        let readings = counts.reduce(0) { $0 + $1.readings }
        let blocks = counts.reduce(0) { $0 + $1.blocks }
        let taking = counts.reduce(0) { $0 + $1.taking }
        var lines = [
            "  blocks of a reading    \(Self.ratio(blocks, readings)); "
                + "none on \(Self.ratio(UInt64(readings - taking) * 100, readings)) % of them"
        ]
        for kind in Kind.allCases {
            let count = counts[kind.rawValue]
            lines.append(
                "    \(kind.text.padded(to: 20)) \(count.readings) readings, \(Self.ratio(count.blocks, count.readings)) "
                    + "blocks each, \(count.most) at most")
        }
        return lines.joined(separator: "\n")
    }

    /// With four digits behind the point.
    private static func ratio(_ part: UInt64, _ whole: Int) -> String {
        "\((Double(part) / Double(max(1, whole)) * 10_000).rounded() / 10_000)"
    }
}
