// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import ModbusCodec
import ModbusTransport
import Pipeline
import Synchronization

struct PseudoLineError: Error { var code = errno }

/// A serial line made of a pseudo-terminal, with scripted units on a thread of their own at its other end.
final class PseudoLine: Sendable {
    private struct State {
        var requests: [SeenRequest] = []
        /// When the last byte of the answer before each request was about to be written.
        var gaps: [Duration] = []
    }

    /// `TIOCGPTN` and `TIOCSPTLCK` of Linux (asm-generic/ioctls.h), macros that are not imported.
    private static let terminalNumber: UInt = 0x8004_5430
    private static let unlockTerminal: UInt = 0x4004_5431

    private let master: Int32
    /// Kept open so that the other end does not hang up between two openings by the transport.
    private let keeper: Int32
    private let wake: (read: Int32, write: Int32)
    private let state = Mutex(State())
    private let thread = Mutex<pthread_t?>(nil)
    private let script: Script
    /// Device file of the line.
    let path: String

    init(_ script: @escaping Script) throws {
        self.script = script
        master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var number: Int32 = 0
        var unlocked: Int32 = 0
        guard master >= 0, ioctl(master, Self.unlockTerminal, &unlocked) == 0,
            ioctl(master, Self.terminalNumber, &number) == 0
        else { throw PseudoLineError() }
        path = "/dev/pts/\(number)"
        keeper = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC)
        var ends: [Int32] = [0, 0]
        guard keeper >= 0, pipe(&ends) == 0 else { throw PseudoLineError() }
        wake = (ends[0], ends[1])
        var handle: pthread_t = 0
        let code = pthread_create(
            &handle, nil,
            { argument in
                if let argument { Unmanaged<PseudoLine>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        guard code == 0 else { throw PseudoLineError(code: code) }
        thread.withLock { $0 = handle }
    }

    var requests: [SeenRequest] { state.withLock { $0.requests } }
    /// Time from the last answer to each further request.
    var gaps: [Duration] { state.withLock { $0.gaps } }

    /// Ends the thread and removes the terminal, as when an adapter is pulled out.
    func unplug() {
        let handle = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let handle else { return }
        var byte: UInt8 = 0
        write(wake.write, &byte, 1)
        pthread_join(handle, nil)
        for descriptor in [keeper, master, wake.read, wake.write] { close(descriptor) }
    }

    private func run() {
        var held: [UInt8] = []
        var answeredAt: ContinuousClock.Instant?
        var beganAt = ContinuousClock.now
        while true {
            guard wait(milliseconds: -1, forByte: true) else { return }
            var buffer = [UInt8](repeating: 0, count: 256)
            let count = read(master, &buffer, buffer.count)
            guard count > 0 else { return }
            if held.isEmpty { beganAt = .now }
            held += buffer.prefix(count)
            while held.count >= 8 {
                let bytes = Array(held.prefix(8))
                held.removeFirst(8)
                guard crc16(bytes) == 0 else { continue }
                let request = state.withLock { state in
                    let request = SeenRequest(
                        number: state.requests.count, unit: bytes[0], body: bytes[1...], seenAt: beganAt)
                    state.requests.append(request)
                    if let answeredAt { state.gaps.append(beganAt - answeredAt) }
                    return request
                }
                for step in script(request) {
                    switch step {
                    case .send(let answer):
                        answeredAt = .now
                        write(master, answer, answer.count)
                    case .pause(let milliseconds):
                        guard wait(milliseconds: Int32(milliseconds), forByte: false) else { return }
                    case .hangUp:
                        return
                    }
                }
            }
        }
    }

    /// Waits for a byte, or only for the time to pass; `false` when the line is unplugged.
    private func wait(milliseconds: Int32, forByte: Bool) -> Bool {
        // Two pollfd by their layout: descriptor, wanted events and, in the high half, reported events.
        var requests: [Int32] = [wake.read, Int32(POLLIN), forByte ? master : -1, Int32(POLLIN)]
        let count = requests.withUnsafeMutableBytes { bytes in
            var count: Int32 = -1
            repeat {
                count = poll(bytes.assumingMemoryBound(to: pollfd.self).baseAddress, 2, milliseconds)
            } while count < 0 && errno == EINTR
            return count
        }
        return count >= 0 && requests[1] >> 16 == 0
    }
}

/// Runs `body` against a scripted line with a transport whose pauses are short.
func withLine(
    baud: Int = 115_200, extraGap: Duration = .zero, _ script: @escaping Script,
    _ body: (SerialTransport, PseudoLine) async throws -> Void
) async throws {
    let line = try PseudoLine(script)
    defer { line.unplug() }
    let transport = SerialTransport(
        line: SerialLine(path: line.path, baud: baud, parity: .none, stopBits: 1, extraGap: extraGap), logger: quiet,
        reopenDelay: ReopenDelay(seed: 1, first: .milliseconds(1), greatest: .milliseconds(20)))
    try await body(transport, line)
    await transport.close()
}
