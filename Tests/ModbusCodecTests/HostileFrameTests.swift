// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import TestKit
import Testing

/// Right answers changed at random: the codec must accept exactly what a reader of the standard would accept.
///
/// 32 seeds of 320 frames for each framing.
@Suite struct HostileFrameTests {
    private static let framesPerSeed = 320

    /// What a frame legally says, worked out from the standard and not from the codec.
    private enum Legal: Equatable {
        case words([UInt16])
        case exception(UInt8)
    }

    @Test(arguments: [UInt64](0..<32))
    func `no changed socket frame becomes a wrong value`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 1)
        for _ in 0..<Self.framesPerSeed {
            let request = try randomRequest(using: &random)
            var conversation = SocketConversation(identifiersAfter: UInt16.random(in: 0 ... .max, using: &random))
            guard let earlier = conversation.begin(request), let sent = conversation.begin(request) else {
                Issue.record("a request behind no bytes was not built")
                return
            }
            let identifiers = (earlier: Array(earlier.prefix(2)), own: Array(sent.prefix(2)))
            let body = randomBody(of: request, using: &random)
            var stream = identifiers.own + [0, 0] + [UInt8((body.count + 1) / 256), UInt8((body.count + 1) % 256)]
            stream += [request.unit.value] + body
            if Bool.random(using: &random) {
                stream = identifiers.earlier + [0, 0, 0, 3, request.unit.value, 0x83, 4] + stream
            }
            mutate(&stream, using: &random)

            var said: Legal?
            var rest = stream[...]
            feeding: while !rest.isEmpty {
                var chunk = rest.prefix(Int.random(in: 1...64, using: &random))
                rest = rest.dropFirst(chunk.count)
                while let event = conversation.next(from: &chunk) {
                    switch event {
                    case .accepted(let words): said = .words(words)
                    case .exception(let code): said = .exception(code)
                    case .discarded: continue
                    case .refused: break
                    }
                    break feeding
                }
            }
            #expect(said == legalSocket(stream, request, own: identifiers.own, earlier: identifiers.earlier))
        }
    }

    @Test(arguments: [UInt64](0..<32))
    func `no changed serial frame becomes a wrong value`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed &+ 1000)
        for _ in 0..<Self.framesPerSeed {
            let request = try randomRequest(using: &random)
            var frame = [request.unit.value] + randomBody(of: request, using: &random)
            // A device that is wrong computes its checksum afterwards, a disturbed line before.
            if Bool.random(using: &random) {
                mutate(&frame, using: &random)
                frame += checksumByTheBook(frame)
            } else {
                frame += checksumByTheBook(frame)
                mutate(&frame, using: &random)
            }
            var conversation = SerialConversation()
            var said: Legal?
            switch conversation.judge(frame, for: request, at: 0) {
            case .accepted(let words): said = .words(words)
            case .exception(let code): said = .exception(code)
            case .late, .foreign, .echo, .garbled: said = nil
            }
            #expect(said == legalSerial(frame[...], request))

            var recovered: Legal?
            if case .settled(let answer) = conversation.recover(frame, from: .badChecksum, for: request) {
                switch answer {
                case .success(let words): recovered = .words(words)
                case .failure(.exception(let code)): recovered = .exception(code)
                case .failure: Issue.record("a recovery that is neither")
                }
            }
            let count = Int(request.span.count)
            let lengths = [5, 5 + (request.span.table.isBits ? (count + 7) / 8 : count * 2)]
            let legal = frame.indices.lazy.filter { frame[$0] == request.unit.value }.compactMap { start in
                lengths.lazy.map { start + $0 }.filter { $0 <= frame.count }
                    .compactMap { legalSerial(frame[start..<$0], request) }.first
            }.first
            #expect(recovered == legal)
        }
    }

    @Test func `random bytes are never a value`() throws {
        var random = SeededGenerator(seed: 7)
        let request = try read(.holdingRegister, 0, 1)
        for _ in 0..<2000 {
            let noise = (0..<300).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
            var socket = SocketConversation(identifiersAfter: 0)
            _ = socket.begin(request)
            var bytes = noise[...]
            while let event = socket.next(from: &bytes) {
                guard case .refused = event else {
                    Issue.record("noise was taken for \(event)")
                    return
                }
                break
            }
            var serial = SerialConversation()
            let length = serialAnswerLength(noise) ?? 0
            if case .accepted = serial.judge(Array(noise.prefix(length)), for: request, at: 0) {
                Issue.record("noise accepted")
            }
        }
    }

    // MARK: The makers of bytes

    private func randomRequest(using random: inout SeededGenerator) throws -> ReadRequest {
        let table = RegisterTable.allCases.randomElement(using: &random) ?? .coil
        let count = UInt16.random(in: 1...(Bool.random(using: &random) ? 4 : table.maximumRead), using: &random)
        return try read(
            table, UInt16.random(in: 0...1000, using: &random), count, of: .random(in: 0...247, using: &random))
    }

    private func randomBody(of request: ReadRequest, using random: inout SeededGenerator) -> [UInt8] {
        let function = request.span.table.readFunction
        if Int.random(in: 0..<8, using: &random) == 0 {
            return [function + 128, UInt8.random(in: 0 ... .max, using: &random)]
        }
        let count = Int(request.span.count)
        let bytes = function <= 2 ? count / 8 + (count % 8 == 0 ? 0 : 1) : count * 2
        return [function, UInt8(bytes)] + (0..<bytes).map { _ in UInt8.random(in: 0 ... .max, using: &random) }
    }

    private func mutate(_ bytes: inout [UInt8], using random: inout SeededGenerator) {
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            // The heads of frames decide, so half of all changes go there.
            let end = Bool.random(using: &random) ? min(bytes.count, 12) : bytes.count
            guard end > 0 else { return }
            let place = Int.random(in: 0..<end, using: &random)
            let byte = UInt8.random(in: 0 ... .max, using: &random)
            switch Int.random(in: 0..<9, using: &random) {
            case 0, 1: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 2: bytes[place] = byte
            case 3: bytes[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &random) ?? 0
            case 4: bytes.insert(byte, at: place)
            case 5: bytes.remove(at: place)
            case 6: bytes.removeLast(bytes.count - place)
            case 7: bytes += (0..<Int.random(in: 1...20, using: &random)).map { _ in byte }
            default: bytes.insert(contentsOf: bytes.prefix(place), at: 0)
            }
        }
    }

    // MARK: The oracle

    /// Function code and all behind it.
    private func legalBody(_ body: [UInt8], _ request: ReadRequest) -> Legal? {
        let function: UInt8 = ["coil": 1, "discrete": 2, "holding": 3, "input": 4][request.span.table.rawValue] ?? 0
        if body.count == 2, body[0] == function + 128 { return .exception(body[1]) }
        let count = Int(request.span.count)
        guard body.count >= 2, body[0] == function else { return nil }
        let data = Array(body[2...])
        if function >= 3 {
            guard body[1] == count * 2, data.count == count * 2 else { return nil }
            var words: [UInt16] = []
            for place in 0..<count { words.append(UInt16(data[2 * place]) * 256 + UInt16(data[2 * place + 1])) }
            return .words(words)
        }
        let byteCount = Int(body[1])
        guard byteCount == (count + 7) / 8, data.count == byteCount else { return nil }
        let digits = data.flatMap { byte in
            let text = String(byte, radix: 2)
            return (String(repeating: "0", count: 8 - text.count) + text).reversed()
        }
        return .words(digits.prefix(count).map { $0 == "1" ? 1 : 0 })
    }

    private func legalSerial(_ frame: ArraySlice<UInt8>, _ request: ReadRequest) -> Legal? {
        guard frame.count >= 5, frame.first == request.unit.value,
            let legal = legalBody(Array(frame.dropFirst().dropLast(2)), request),
            Array(frame.suffix(2)) == checksumByTheBook(frame.dropLast(2))
        else { return nil }
        return legal
    }

    private func legalSocket(_ stream: [UInt8], _ request: ReadRequest, own: [UInt8], earlier: [UInt8]) -> Legal? {
        var rest = stream
        while rest.count >= 9 {
            let length = Int(rest[4]) * 256 + Int(rest[5])
            guard rest[2] == 0, rest[3] == 0, length >= 3, length <= 254, rest.count >= 6 + length else { return nil }
            if Array(rest[0..<2]) == own {
                guard rest[6] == request.unit.value else { return nil }
                return legalBody(Array(rest[7..<6 + length]), request)
            }
            guard Array(rest[0..<2]) == earlier else { return nil }
            rest.removeFirst(6 + length)
        }
        return nil
    }
}
