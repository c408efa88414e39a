// SPDX-License-Identifier: Apache-2.0

public import EstateSimulator
import Glibc
import Synchronization

/// How fast a paced line is.
public struct LinePace: Hashable, Sendable {
    /// Bits a second.
    public var baud: Int
    /// 10 for 8N1, 11 with parity or two stop bits.
    public var bitsPerCharacter: Int
    /// Time that a unit takes to answer, beyond the silence by which it knows the end of a request.
    public var turnaround: Duration

    public init(baud: Int, bitsPerCharacter: Int = 10, turnaround: Duration = .milliseconds(2)) {
        (self.baud, self.bitsPerCharacter, self.turnaround) = (baud, bitsPerCharacter, turnaround)
    }
}

/// A pseudo-terminal whose characters take the time that they take on a real line.
///
/// One thread waits for requests and for the next portion of an answer, always until an absolute moment, so that
/// errors do not add up. What is written while another answer is under way is mixed with it, as on a real line.
public final class PacedLine: Sendable {
    private struct Pending {
        var portion: PacedWire.Portion
        var bytes: [UInt8]
    }

    /// Longer than 3.5 characters at 1200 baud: what no request ends with is forgotten.
    private static let quiet: Int64 = 40_000_000

    /// Device file that a master opens.
    public let path: String
    private let pace: LinePace
    private let answer: @Sendable (_ request: [UInt8], _ unit: UInt8) -> WireAnswer?
    private let wire: Mutex<PacedWire>
    private let terminal: PseudoTerminal
    /// Reading and writing end of a pipe that tells the thread to end.
    private let alarm: [CInt]
    private let thread = Mutex<pthread_t?>(nil)

    /// Begins to answer as `units` do.
    ///
    /// - Throws: `SimulatorError.pseudoTerminal` with what the system reported.
    public convenience init(units: PacedUnits, pace: LinePace) throws {
        try self.init(pace: pace) { units.answer($0, $1) }
    }

    init(
        pace: LinePace, answer: @escaping @Sendable (_ request: [UInt8], _ unit: UInt8) -> WireAnswer?
    ) throws {
        self.pace = pace
        self.answer = answer
        wire = Mutex(PacedWire(baud: pace.baud, bitsPerCharacter: pace.bitsPerCharacter))
        let terminal = try PseudoTerminal()
        self.terminal = terminal
        path = terminal.path
        var alarm: [CInt] = [-1, -1]
        guard pipe(&alarm) == 0 else {
            let code = errno
            terminal.close()
            throw SimulatorError.pseudoTerminal(code: code)
        }
        for end in alarm { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        self.alarm = alarm
        let kept = Unmanaged.passRetained(self)
        var thread: pthread_t = 0
        let code = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<PacedLine>.fromOpaque(argument).takeRetainedValue().serve() }
                return nil
            }, kept.toOpaque())
        guard code == 0 else {
            kept.release()
            terminal.close()
            for end in alarm { close(end) }
            throw SimulatorError.pseudoTerminal(code: code)
        }
        self.thread.withLock { $0 = thread }
    }

    /// What the line has seen since it was opened, or since ``resetStatistics()``.
    public var statistics: PacedStatistics { wire.withLock { $0.statistics } }

    public func resetStatistics() { wire.withLock { $0.resetStatistics() } }

    /// Hangs up. A second time it does nothing.
    public func stop() {
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        guard let running else { return }
        _ = write(alarm[1], [1] as [UInt8], 1)
        pthread_join(running, nil)
        for end in alarm { close(end) }
        terminal.close()
    }

    // MARK: The thread

    private func serve() {
        var search = RequestSearch()
        var pending: [Pending] = []
        var forgetAt: Int64?
        while true {
            let wake = [pending.first?.portion.due, forgetAt].compactMap(\.self).min()
            switch wait(until: wake) {
            case .stopped: return
            case .readable:
                guard let bytes = read() else { return }
                let arrival = Self.now()
                search.add(bytes)
                while let request = search.next() { take(request, at: arrival, &pending) }
                forgetAt = search.isEmpty ? nil : arrival + Self.quiet
            case .due: break
            }
            while let first = pending.first, first.portion.due <= Self.now() {
                pending.removeFirst()
                // The moment before the write: a master cannot have seen the character earlier.
                wire.withLock { $0.write(first.portion, at: Self.now()) }
                _ = write(terminal.near, first.bytes, first.bytes.count)
            }
            if let moment = forgetAt, moment <= Self.now() {
                if let request = search.endOfFrame() { take(request, at: moment - Self.quiet, &pending) }
                forgetAt = nil
            }
        }
    }

    private func take(_ request: RequestSearch.Request, at arrival: Int64, _ pending: inout [Pending]) {
        let found = answer(request.body, request.unit)
        let portions = wire.withLock { wire in
            let end = wire.request(to: request.unit, characters: request.characters, at: arrival)
            return found.map { found in
                let frame = found.serialFrame(of: request.unit)
                return wire.answer(characters: frame.count, after: end, turnaround: pace.turnaround + found.delay)
                    .map { Pending(portion: $0, bytes: Array(frame[$0.characters])) }
            }
        }
        guard let portions else { return }
        pending += portions
        pending.sort { $0.portion.due < $1.portion.due }
    }

    private enum Event { case stopped, readable, due }

    private func wait(until moment: Int64?) -> Event {
        while true {
            var descriptors = [
                pollfd(fd: terminal.near, events: Int16(POLLIN), revents: 0),
                pollfd(fd: alarm[0], events: Int16(POLLIN), revents: 0),
            ]
            let left = moment.map { max(0, $0 - Self.now()) } ?? 1_000_000_000
            // poll counts in milliseconds. What is left of the last one is slept to its absolute end, during which only
            // a master that talks into an answer could be heard.
            let count = poll(&descriptors, 2, CInt(clamping: left / 1_000_000))
            guard count >= 0 || errno == EINTR else { return .stopped }
            if descriptors[1].revents != 0 { return .stopped }
            if descriptors[0].revents & Int16(POLLIN) != 0 { return .readable }
            if descriptors[0].revents != 0 { return .stopped }
            guard let moment, moment - Self.now() < 1_000_000 else { continue }
            var end = timespec(tv_sec: Int(moment / 1_000_000_000), tv_nsec: Int(moment % 1_000_000_000))
            while clock_nanosleep(CLOCK_MONOTONIC, CInt(TIMER_ABSTIME), &end, nil) == EINTR {}
            return .due
        }
    }

    /// `nil` when the line is gone.
    private func read() -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: 512)
        let count = Glibc.read(terminal.near, &buffer, buffer.count)
        guard count > 0 else { return count < 0 && (errno == EINTR || errno == EAGAIN) ? [] : nil }
        return Array(buffer.prefix(count))
    }

    private static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }
}
