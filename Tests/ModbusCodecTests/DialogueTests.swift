// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Testing

/// The dialogues of both framings in virtual time.
@Suite struct DialogueTests {
    private let millisecond: Int64 = 1_000_000
    private let timing = LineTiming(baud: 9600, bitsPerCharacter: 10)
    private let right = [1, 3, 2, 0, 9] + checksumByTheBook([1, 3, 2, 0, 9])

    private func settled(_ acts: [WireAct]) -> Result<[UInt16], ReadFailure>? {
        acts.lazy.compactMap { if case .settled(let settlement) = $0 { settlement.result } else { nil } }.first
    }

    private func notes(_ acts: [WireAct]) -> [WireNote] {
        acts.compactMap { if case .note(let note, _) = $0 { note } else { nil } }
    }

    private func lost(_ acts: [WireAct]) -> String? {
        acts.lazy.compactMap { if case .lose(let reason) = $0 { reason } else { nil } }.first
    }

    @Test func `the turnaround begins when the request is out`() throws {
        var dialogue = TunnelDialogue(timing: timing)
        dialogue.opened(at: -100 * millisecond, word: 0)
        let request = try read(.holdingRegister, 0, 1)
        let start = 100 * millisecond
        #expect(dialogue.ask(request, timeout: 500 * millisecond, at: start).contains(.send(request.serialFrame)))
        let out = start + timing.request.wholeNanoseconds
        let acts = dialogue.received(right[...], at: out + 20 * millisecond)
        #expect(settled(acts) == .success([9]))
        #expect(notes(acts) == [.answer(turnaround: 20 * millisecond)])
    }

    @Test func `an answer that begins after the timeout is late, with its lateness`() throws {
        var dialogue = TunnelDialogue(timing: timing)
        dialogue.opened(at: -100 * millisecond, word: 0)
        let request = try read(.holdingRegister, 0, 1)
        _ = dialogue.ask(request, timeout: 500 * millisecond, at: 0)
        let out = timing.request.wholeNanoseconds
        let limit = out + 500 * millisecond + TunnelDialogue.allowance
        #expect(dialogue.wake(at: limit - 1) == [.wake(at: limit)])
        #expect(settled(dialogue.wake(at: limit)) == .failure(.timeout))
        _ = dialogue.received(right[...], at: out + 700 * millisecond)
        // The same shape may be asked at once, for the debt is paid.
        let acts = dialogue.ask(request, timeout: 500 * millisecond, at: out + 800 * millisecond)
        #expect(
            notes(acts) == [.late(by: 200 * millisecond, turnaround: 700 * millisecond), .request])
    }

    @Test func `noise without end closes the connection and holds little`() throws {
        var dialogue = TunnelDialogue(timing: timing)
        dialogue.opened(at: -100 * millisecond, word: 0)
        _ = dialogue.ask(try read(.holdingRegister, 0, 1), timeout: 500 * millisecond, at: 100 * millisecond)
        let noise = [UInt8](repeating: 0xFF, count: 256)
        var acts: [WireAct] = []
        for piece in 0..<5 as Range<Int64> {
            #expect(lost(acts) == nil)
            acts = dialogue.received(noise[...], at: (120 + piece) * millisecond)
        }
        #expect(lost(acts) == "noise without end")
        #expect(settled(acts) == .failure(.badChecksum))
    }

    @Test func `a line that is never silent is given up after a second`() throws {
        var dialogue = TunnelDialogue(timing: timing)
        dialogue.opened(at: -100 * millisecond, word: 0)
        _ = dialogue.received([0xAA], at: 99 * millisecond)
        var acts = dialogue.ask(try read(.holdingRegister, 0, 1), timeout: 500 * millisecond, at: 100 * millisecond)
        var now = 100 * millisecond
        while lost(acts) == nil, now < 5000 * millisecond {
            guard case .wake(let moment)? = acts.last else {
                Issue.record("nothing is waited for")
                return
            }
            _ = dialogue.received([0xAA], at: moment - 1)
            now = moment
            acts = dialogue.wake(at: moment)
        }
        #expect(lost(acts) == "the line is never silent; another master may be talking on it")
        #expect(now < 1200 * millisecond)
    }

    @Test func `half an echo is waited for, and an answer of its form is found at the end`() throws {
        var dialogue = TunnelDialogue(timing: timing)
        dialogue.opened(at: -100 * millisecond, word: 0)
        let request = try read(.holdingRegister, 0, 1)
        _ = dialogue.ask(request, timeout: 500 * millisecond, at: 100 * millisecond)
        let echo = request.serialFrame
        #expect(settled(dialogue.received(echo[..<5], at: 110 * millisecond)) == nil)
        let acts = dialogue.received(echo[5...] + right, at: 115 * millisecond)
        #expect(notes(acts).first == .echo)
        #expect(settled(acts) == .success([9]))
    }

    @Test func `the line behind a gateway lengthens the wait and shortens the turnaround`() throws {
        var dialogue = SocketDialogue(line: timing)
        dialogue.opened(at: -100 * millisecond, word: 0)
        let request = try read(.holdingRegister, 0, 125)
        let wire = (timing.request + timing.answer(to: request.span)).wholeNanoseconds
        let acts = dialogue.ask(request, timeout: 100 * millisecond, at: 0)
        #expect(acts.last == .wake(at: 100 * millisecond + wire * 6 / 5))
        let body = [UInt8](repeating: 7, count: 250)
        let answer = [0, 1, 0, 0, 0, 253, 1, 3, 250] + body
        let end = dialogue.received(answer[...], at: wire + 30 * millisecond)
        #expect(notes(end) == [.answer(turnaround: 30 * millisecond)])
    }
}
