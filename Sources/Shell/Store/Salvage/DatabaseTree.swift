// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import GRDB

/// Rows out of the pages of a tree, each page and each row for itself: what cannot be read is passed over and counted.
struct DatabaseTree {
    /// A row as it stands on its page. Trees of indexes have no number.
    struct Entry {
        var number: Int64
        var values: [DatabaseValue]
    }

    private enum Kind: UInt8 {
        case indexInterior = 2
        case tableInterior = 5
        case indexLeaf = 10
        case tableLeaf = 13
    }

    let pages: DatabasePages
    /// Pages that were reached from a root.
    private(set) var visited: Set<Int> = []
    /// Pages that a tree needs and that cannot be read as what they should be.
    private(set) var damagedPages = 0
    /// Rows that stand on a page and cannot be read.
    private(set) var damagedRows = 0

    init(_ pages: DatabasePages) { self.pages = pages }

    /// Hands every row of the tree under `root` to `visit`, in its order as far as that can be followed.
    mutating func walk(_ root: Int, _ visit: (Entry) throws -> Void) rethrows {
        var waiting = [root]
        while let number = waiting.popLast() {
            guard visited.insert(number).inserted else { continue }
            guard let page = pages.page(number), let kind = Kind(rawValue: page[Self.start(of: number)]) else {
                damagedPages += 1
                continue
            }
            switch kind {
            case .tableLeaf, .indexLeaf: for entry in entries(of: page, number, kind) { try visit(entry) }
            case .tableInterior, .indexInterior:
                if kind == .indexInterior { for entry in entries(of: page, number, kind) { try visit(entry) } }
                waiting += children(of: page, number).reversed()
            }
        }
    }

    /// Pages under `root` that hold its rows, in their order as far as that can be followed. Of pages with rows only a
    /// few are read.
    mutating func leaves(under root: Int, depth: Int = 0) -> [Int] {
        guard visited.insert(root).inserted else { return [] }
        switch pages.page(root)?.first.flatMap(Kind.init) {
        case .tableLeaf: return [root]
        case .tableInterior where depth < 20:
            guard let page = pages.page(root) else { return [] }
            let children = children(of: page, root)
            // All leaves of a tree stand at one depth.
            var below: Kind?
            for child in children where below == nil { below = pages.page(child)?.first.flatMap(Kind.init) }
            if below == .tableLeaf { return children.filter { visited.insert($0).inserted } }
            return children.flatMap { leaves(under: $0, depth: depth + 1) }
        default:
            damagedPages += 1
            return []
        }
    }

    /// Rows of a page that ``leaves(under:depth:)`` gave; `nil` when it cannot be read or holds none.
    mutating func rows(of leaf: Int) -> [Entry]? {
        guard let page = pages.page(leaf), page[0] == Kind.tableLeaf.rawValue else {
            damagedPages += 1
            return nil
        }
        return entries(of: page, leaf, .tableLeaf)
    }

    /// Rows of a table's page that no root leads to; `nil` when it is no such page.
    mutating func strayRows(of number: Int) -> [Entry]? {
        guard !visited.contains(number), number > 1, let page = pages.page(number), page[0] == Kind.tableLeaf.rawValue
        else { return nil }
        let known = damagedRows
        let entries = entries(of: page, number, .tableLeaf)
        damagedRows = known
        return entries
    }

    private static func start(of number: Int) -> Int { number == 1 ? 100 : 0 }

    /// None when the page contradicts itself: then it would lead into other trees.
    private mutating func children(of page: [UInt8], _ number: Int) -> [Int] {
        let start = Self.start(of: number)
        let cells = page.unsigned16(at: start + 3)
        let isTable = page[start] == Kind.tableInterior.rawValue
        var children: [Int] = []
        var last = Int64.min
        for cell in 0..<cells {
            let place = page.unsigned16(at: start + 12 + 2 * cell)
            guard start + 12 + 2 * cells <= page.count, place >= start + 12, place <= page.count - 5,
                let (key, _) = page.variable(at: place + 4), !isTable || key > last
            else {
                damagedPages += 1
                return []
            }
            last = key
            children.append(Int(page.unsigned32(at: place)))
        }
        children.append(Int(page.unsigned32(at: start + 8)))
        guard children.allSatisfy({ $0 > 1 && $0 <= pages.count }), Set(children).count == children.count else {
            damagedPages += 1
            return []
        }
        return children
    }

    private mutating func entries(of page: [UInt8], _ number: Int, _ kind: Kind) -> [Entry] {
        let start = Self.start(of: number)
        let header = kind == .indexInterior ? 12 : 8
        let cells = page.unsigned16(at: start + 3)
        guard start + header + 2 * cells <= page.count else {
            damagedPages += 1
            return []
        }
        var found: [Entry] = []
        for cell in 0..<cells {
            let place = page.unsigned16(at: start + header + 2 * cell)
            guard place >= start + header + 2 * cells, let entry = entry(in: page, at: place, kind) else {
                damagedRows += 1
                continue
            }
            found.append(entry)
        }
        return found
    }

    private func entry(in page: [UInt8], at place: Int, _ kind: Kind) -> Entry? {
        var place = kind == .indexInterior ? place + 4 : place
        guard let (length, afterLength) = page.variable(at: place) else { return nil }
        place = afterLength
        var number: Int64 = 0
        if kind == .tableLeaf {
            guard let (value, end) = page.variable(at: place) else { return nil }
            (number, place) = (value, end)
        }
        guard length > 0, length <= 1 << 30, let payload = payload(of: Int(length), in: page, at: place, kind),
            let values = Self.values(of: payload)
        else { return nil }
        return Entry(number: number, values: values)
    }

    /// The bytes of a row, with those that stand on pages of their own.
    private func payload(of length: Int, in page: [UInt8], at place: Int, _ kind: Kind) -> [UInt8]? {
        let usable = page.count
        let most = kind == .tableLeaf ? usable - 35 : (usable - 12) * 64 / 255 - 23
        var local = length
        if length > most {
            let least = (usable - 12) * 32 / 255 - 23
            let wanted = least + (length - least) % (usable - 4)
            local = wanted <= most ? wanted : least
        }
        guard place + local <= page.count else { return nil }
        var bytes = Array(page[place..<place + local])
        guard local < length else { return bytes }
        bytes.reserveCapacity(length)
        var next = Int(page.unsigned32(at: place + local))
        var steps = 0
        while bytes.count < length {
            // A chain that runs in a circle ends with its length.
            steps += 1
            guard next > 1, steps <= length / (usable - 4) + 1, let part = pages.page(next) else { return nil }
            bytes += part[4..<min(usable, 4 + length - bytes.count)]
            next = Int(part.unsigned32(at: 0))
        }
        return bytes
    }

    /// The columns of a record; `nil` when its header does not fit its length.
    private static func values(of record: [UInt8]) -> [DatabaseValue]? {
        guard let (headerLength, first) = record.variable(at: 0), headerLength >= 1, headerLength <= record.count else {
            return nil
        }
        var (place, content) = (first, Int(headerLength))
        var values: [DatabaseValue] = []
        while place < Int(headerLength) {
            guard let (type, end) = record.variable(at: place), let size = size(of: type),
                content + size <= record.count, values.count < 64,
                let value = value(of: type, record[content..<content + size])
            else { return nil }
            values.append(value)
            (place, content) = (end, content + size)
        }
        return place == Int(headerLength) && content == record.count ? values : nil
    }

    private static func size(of type: Int64) -> Int? {
        switch type {
        case 0, 8, 9: 0
        case 1...4: Int(type)
        case 5: 6
        case 6, 7: 8
        case 12...(1 << 31): Int(type - 12) / 2
        default: nil
        }
    }

    private static func value(of type: Int64, _ bytes: ArraySlice<UInt8>) -> DatabaseValue? {
        switch type {
        case 0: return .null
        case 8, 9: return (type - 8).databaseValue
        case 1...6:
            let start: Int64 = (bytes.first ?? 0) & 0x80 != 0 ? -1 : 0
            return bytes.reduce(start) { $0 << 8 | Int64($1) }.databaseValue
        case 7: return Double(bitPattern: bytes.reduce(0) { $0 << 8 | UInt64($1) }).databaseValue
        default:
            if type % 2 == 0 { return Data(bytes).databaseValue }
            return String(validating: bytes, as: UTF8.self)?.databaseValue
        }
    }
}
