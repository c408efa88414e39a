// SPDX-License-Identifier: Apache-2.0

import ModbusCodec

/// What a device, a line or a network does to one answer.
enum Kind: String, CaseIterable {
    case right, exception, silence, torn, drip, pieces, late, duplicate, noise, bitFlips = "bit flips"
    case wrongUnit = "wrong unit", wrongFunction = "wrong function", wrongByteCount = "wrong byte count"
    case lyingByteCount = "lying byte count", foreignFunction = "function 0x41"
    // Modbus TCP
    case wrongTransaction = "wrong transaction", wrongProtocol = "wrong protocol", wrongLength = "wrong length"
    case merged
    // serial frames
    case badChecksum = "bad checksum", foreign, echo, secondMaster = "second master"

    private static let socketOnly: Set<Kind> = [.wrongTransaction, .wrongProtocol, .wrongLength]
    private static let serialOnly: Set<Kind> = [.badChecksum, .foreign, .echo, .secondMaster]

    static func all(isSocket: Bool) -> [Kind] {
        allCases.filter { !(isSocket ? serialOnly : socketOnly).contains($0) }
    }
}

/// Bytes on their way, and when they arrive after the request.
struct Chunk {
    var delay: Int64
    var bytes: [UInt8]
}

/// A device behind either framing; each of its answers carries the number of its request in all words.
struct HostileDevice {
    let isSocket: Bool
    let timeout: Int64
    var random: Seeded
    private static let millisecond: Int64 = 1_000_000

    /// Words that no other request gets.
    static func words(of request: ReadRequest, number: UInt64) -> [UInt16] {
        var source = Seeded(state: number &* 0x1_0001 &+ UInt64(request.span.address))
        return (0..<request.span.count).map { _ in
            UInt16(truncatingIfNeeded: source.next()) & (request.span.table.isBits ? 1 : 0xFFFF)
        }
    }

    private func body(_ request: ReadRequest, _ words: [UInt16]) -> [UInt8] {
        let function: UInt8 = ["coil": 1, "discrete": 2, "holding": 3, "input": 4][request.span.table.rawValue] ?? 0
        guard function <= 2 else {
            return [function, UInt8(2 * words.count)] + words.flatMap { [UInt8($0 / 256), UInt8($0 % 256)] }
        }
        var bytes = [UInt8](repeating: 0, count: (words.count + 7) / 8)
        for (place, word) in words.enumerated() where word == 1 { bytes[place / 8] += 1 << UInt8(place % 8) }
        return [function, UInt8(bytes.count)] + bytes
    }

    private func frame(_ unit: UInt8, _ body: [UInt8], _ head: ArraySlice<UInt8>, length: Int? = nil) -> [UInt8] {
        guard isSocket else { return [unit] + body + Oracle.checksum([unit] + body) }
        let length = length ?? body.count + 1
        return head.prefix(4) + [UInt8(length / 256), UInt8(length % 256), unit] + body
    }

    /// What comes back for `sent`, the bytes of `request`.
    ///
    /// - Returns: What arrives, and all words that may be taken for its answer.
    mutating func answer(
        _ kind: Kind, to request: ReadRequest, number: UInt64, sent: [UInt8]
    ) -> (chunks: [Chunk], allowed: Set<[UInt16]>) {
        let unit = request.unit.value
        let head = sent.prefix(4)
        let words = Self.words(of: request, number: number)
        let body = body(request, words)
        let right = frame(unit, body, head)
        let soon = Int64.random(in: 1...20, using: &random) * Self.millisecond
        func once(_ bytes: [UInt8]) -> ([Chunk], Set<[UInt16]>) { ([Chunk(delay: soon, bytes: bytes)], [words]) }
        let other = (0..<Int(request.span.count)).map { _ in
            UInt16.random(in: 0...1, using: &random) &+ (request.span.table.isBits ? 0 : 0x5A5A)
        }
        switch kind {
        case .right: return once(right)
        case .exception:
            return once(frame(unit, [body[0] + 128, .random(in: 0 ... .max, using: &random)], head))
        case .silence: return ([], [])
        case .torn:
            let end = Int.random(in: 1..<right.count, using: &random)
            var chunks = [Chunk(delay: soon, bytes: Array(right[..<end]))]
            if Bool.random(using: &random) {
                chunks.append(Chunk(delay: timeout * 2, bytes: Array(right[end...])))
            }
            return (chunks, [words])
        case .drip:
            let pause = Int64.random(in: 2...60, using: &random) * Self.millisecond
            return (right.enumerated().map { Chunk(delay: soon + Int64($0) * pause, bytes: [$1]) }, [words])
        case .pieces:
            let cut = Int.random(in: 1..<right.count, using: &random)
            return (
                [
                    Chunk(delay: soon, bytes: Array(right[..<cut])),
                    Chunk(delay: soon + 3_000_000, bytes: Array(right[cut...])),
                ],
                [words]
            )
        case .late:
            // A serial line keeps a shape back for twice the timeout after the deadline; what comes later still is
            // the answer to whatever is open then. A transaction is known as long as 16 others.
            let share = Double.random(in: 0.1...(isSocket ? 3 : 1.7), using: &random)
            let allowance = 2 * TunnelDialogue.settling
            return ([Chunk(delay: timeout + Int64(Double(timeout) * share) + allowance, bytes: right)], [words])
        case .duplicate:
            guard isSocket else { return once(right + right) }
            let second = soon + Int64.random(in: 0...2000, using: &random) * Self.millisecond
            return ([Chunk(delay: soon, bytes: right), Chunk(delay: second, bytes: right)], [words])
        case .noise:
            let noise = (0..<Int.random(in: 1...300, using: &random)).map { _ in
                UInt8.random(in: 0 ... .max, using: &random)
            }
            return (
                [Chunk(delay: soon, bytes: noise + (Bool.random(using: &random) ? right : []))],
                Oracle.serialWords(noise, to: request).union([words])
            )
        case .bitFlips: return mutated(right, request, head, words, soon)
        case .wrongUnit:
            return once(frame(unit &+ .random(in: 1...255, using: &random), self.body(request, other), head))
        case .wrongFunction:
            let function = body[0] == 3 ? 4 : 3 as UInt8
            return once(frame(unit, [function] + self.body(request, other).dropFirst(), head))
        case .wrongByteCount:
            let shorter = Int.random(in: 0..<max(1, body.count - 2), using: &random)
            return once(
                frame(unit, [body[0], UInt8(shorter)] + self.body(request, other).dropFirst(2).prefix(shorter), head))
        case .lyingByteCount:
            let lie = body[1] == 250 ? 251 : UInt8.random(in: (body[1] + 1)...251, using: &random)
            return once(frame(unit, [body[0], lie] + self.body(request, other).dropFirst(2), head))
        case .foreignFunction: return once(frame(unit, [0x41, 1, 2, 3, 4, 5, 6, 7, 8], head))
        case .wrongTransaction:
            let foreign = [head[0] ^ .random(in: 1...255, using: &random), head[1], 0, 0]
            return once(frame(unit, self.body(request, other), foreign[...]))
        case .wrongProtocol:
            return once(
                frame(
                    unit, self.body(request, other), (head.prefix(2) + [.random(in: 1...255, using: &random), 0])[...]))
        case .wrongLength:
            let lengths = [0, 1, 2, body.count, body.count + 2, 255, 65_535].filter { $0 != body.count + 1 }
            let length = lengths.randomElement(using: &random) ?? 0
            return once(frame(unit, self.body(request, other), head, length: length))
        case .merged:
            if isSocket { return once(frame(unit, self.body(request, other), [head[0], head[1], 0, 1]) + right) }
            return once(frame(unit % 247 + 1, self.body(request, other), head) + right)
        case .badChecksum:
            var broken = right
            broken[.random(in: broken.indices, using: &random)] ^= 1 << UInt8.random(in: 0...7, using: &random)
            return once(broken)
        case .foreign:
            let foreign = frame(unit % 247 + 1, self.body(request, other), head)
            return (
                [Chunk(delay: soon, bytes: foreign), Chunk(delay: soon + 10_000_000, bytes: right)], [words]
            )
        case .echo:
            let answers = Bool.random(using: &random) ? right : []
            if Bool.random(using: &random) { return once(sent + answers) }
            return ([Chunk(delay: 0, bytes: sent), Chunk(delay: soon, bytes: answers)], [words])
        case .secondMaster:
            let theirs = Bool.random(using: &random) ? unit : unit % 247 + 1
            let question = [theirs, body[0], 0, 0, sent[4], sent[5]]
            let bytes = question + Oracle.checksum(question) + frame(theirs, self.body(request, other), head)
            return once(bytes + (Bool.random(using: &random) ? right : []))
        }
    }

    private mutating func mutated(
        _ right: [UInt8], _ request: ReadRequest, _ head: ArraySlice<UInt8>, _ words: [UInt16], _ soon: Int64
    ) -> ([Chunk], Set<[UInt16]>) {
        var bytes = isSocket ? right : Array(right.dropLast(2))
        for _ in 0..<Int.random(in: 1...3, using: &random) {
            let end = Bool.random(using: &random) ? min(bytes.count, 12) : bytes.count
            guard end > 0 else { break }
            let place = Int.random(in: 0..<end, using: &random)
            let byte = UInt8.random(in: 0 ... .max, using: &random)
            switch Int.random(in: 0..<6, using: &random) {
            case 0, 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes[place] = byte
            case 3: bytes.insert(byte, at: place)
            case 4: bytes.remove(at: place)
            default: bytes.removeLast(bytes.count - place)
            }
        }
        // A device that is wrong computes its checksum afterwards.
        if !isSocket { bytes += Oracle.checksum(bytes) }
        let legal =
            isSocket
            ? Oracle.socketWords(bytes, transaction: head.prefix(2), to: request)
            : Oracle.serialWords(bytes, to: request)
        return ([Chunk(delay: soon, bytes: bytes)], legal.union([words]))
    }
}
