// SPDX-License-Identifier: Apache-2.0

import Glibc
import ModbusCodec

/// Hostile frames against both dialogues in virtual time: `HostileFrames [frames] [seed]`.
///
/// Each hostile request is followed by right ones of the same shape and unit, which have to be answered rightly within
/// 50 tries. Exits with 1 when a wrong value was taken or a bus got stuck.
@main
enum HostileFrames {
    struct Row {
        var frames = 0
        var refused = 0
        var right = 0
        var wrong = 0
        var stuck = 0
        var time = Duration.zero
    }

    static func main() throws {
        let arguments = CommandLine.arguments.dropFirst().compactMap { UInt64($0) }
        let frames = Int(clamping: arguments.first ?? 1_000_000)
        let seed = arguments.count > 1 ? arguments[1] : 1
        print("\(frames) hostile frames, seed \(seed)")
        print("framing  kind                 frames   refused  values right  wrong values  stuck buses    time/ms")
        var total = Row()
        let kinds = [true, false].flatMap { isSocket in Kind.all(isSocket: isSocket).map { (isSocket, $0) } }
        for (place, (isSocket, kind)) in kinds.enumerated() {
            let row = try run(
                kind, isSocket: isSocket, frames: frames / kinds.count + 1, seed: seed &* 1000 &+ UInt64(place))
            show(isSocket ? "mbap" : "rtu", kind.rawValue, row)
            total.frames += row.frames
            total.refused += row.refused
            total.right += row.right
            total.wrong += row.wrong
            total.stuck += row.stuck
            total.time += row.time
        }
        show("", "all", total)
        if total.wrong + total.stuck > 0 { exit(1) }
    }

    static func run(_ kind: Kind, isSocket: Bool, frames: Int, seed: UInt64) throws -> Row {
        var random = Seeded(state: seed)
        let timeout: Int64 = 300_000_000
        let dialogue: any WireDialogue =
            isSocket
            ? SocketDialogue() : TunnelDialogue(timing: LineTiming(baud: 19_200, bitsPerCharacter: 10))
        var wire = VirtualWire(
            dialogue, HostileDevice(isSocket: isSocket, timeout: timeout, random: Seeded(state: random.next())))
        var row = Row()
        var number: UInt64 = 0
        let start = ContinuousClock.now
        var requests = 0
        while wire.frames < frames, requests < frames {
            requests += 1
            number += 1
            let request = randomRequest(using: &random)
            note(try wire.ask(request, number: number, kind: kind), in: &row)
            // Another address of the same shape: a late answer to the hostile request would fit it.
            guard
                let next = ReadRequest(
                    RegisterSpan(request.span.table, at: request.span.address + 7, count: request.span.count),
                    of: request.unit)
            else { continue }
            var tries = 0
            var outcome = VirtualWire.Outcome.refused
            // What comes late comes among several requests.
            let least = kind == .late || kind == .duplicate ? 6 : 1
            while tries < least || (outcome != .rightValue && tries < 50) {
                number += 1
                tries += 1
                outcome = try wire.ask(next, number: number, kind: .right)
                if outcome == .wrongValue { row.wrong += 1 }
                // What keeps a request back passes with time; it is tried again at any moment of it.
                if outcome == .refused || tries < least {
                    try wire.rest(milliseconds: .random(in: 1...200, using: &random))
                }
            }
            if outcome != .rightValue { row.stuck += 1 }
        }
        row.frames = wire.frames
        row.time = ContinuousClock.now - start
        return row
    }

    private static func note(_ outcome: VirtualWire.Outcome, in row: inout Row) {
        switch outcome {
        case .rightValue: row.right += 1
        case .wrongValue: row.wrong += 1
        case .refused: row.refused += 1
        case .stuck: row.stuck += 1
        }
    }

    private static func randomRequest(using random: inout Seeded) -> ReadRequest {
        while true {
            let table = RegisterTable.allCases.randomElement(using: &random) ?? .holdingRegister
            // A bit says too little to tell one answer from another, so bits are asked for by the dozen.
            let least: UInt16 = table.isBits ? 100 : 2
            let count = UInt16.random(
                in: least...(Bool.random(using: &random) ? least + 8 : table.maximumRead), using: &random)
            let span = RegisterSpan(table, at: .random(in: 0...60_000, using: &random), count: count)
            if let request = ReadRequest(span, of: UnitIdentifier(.random(in: 1...247, using: &random))) {
                return request
            }
        }
    }

    private static func show(_ framing: String, _ kind: String, _ row: Row) {
        func right(_ text: String, _ width: Int) -> String {
            String(repeating: " ", count: max(0, width - text.count)) + text
        }
        func left(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        let milliseconds = row.time / .milliseconds(1)
        print(
            left(framing, 8), left(kind, 18), right("\(row.frames)", 8), right("\(row.refused)", 9),
            right("\(row.right)", 13), right("\(row.wrong)", 13), right("\(row.stuck)", 12),
            right("\(Int(milliseconds))", 10))
    }
}
