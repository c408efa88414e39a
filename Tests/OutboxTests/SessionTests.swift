// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import Testing

@Suite struct ReconnectDelayTests {
    @Test func `the delay doubles from 1 s to 60 s`() {
        var delay = ReconnectDelay()
        let waits = (0..<9).map { _ in delay.lost(at: second(0), random: 1).inSeconds }
        #expect(waits == [1, 2, 4, 8, 16, 32, 60, 60, 60])
    }

    @Test func `the jitter is full`() {
        for random in [0, 0.25, 0.999] {
            var delay = ReconnectDelay()
            for _ in 0..<20 { _ = delay.lost(at: second(0), random: random) }
            #expect(abs(delay.lost(at: second(0), random: random).inSeconds - 60 * random) < 1e-9)
        }
    }

    @Test func `only a session of 60 s makes the delay short again`() {
        var delay = ReconnectDelay()
        for _ in 0..<5 { _ = delay.lost(at: second(0), random: 1) }
        delay.connected(at: second(100))
        #expect(delay.lost(at: second(159.9), random: 1) == .seconds(32))
        delay.connected(at: second(200))
        #expect(delay.lost(at: second(260), random: 1) == .seconds(1))
    }

    @Test func `three short sessions in a row look like a shared identifier`() {
        var delay = ReconnectDelay()
        var found: [Bool] = []
        for length in [1.0, 1, 30, 1, 1, 1] {
            delay.connected(at: second(0))
            _ = delay.lost(at: second(length), random: 0)
            found.append(delay.isIdentifierInUseTwice)
        }
        #expect(found == [false, false, false, false, false, true])
    }
}

@Suite struct BrokerSessionTests {
    private func online() -> BrokerSession {
        var session = BrokerSession(startingAt: second(0))
        _ = session.apply(.clockTick, at: second(0), random: 0)
        _ = session.apply(.connected, at: second(1), random: 0)
        return session
    }

    @Test func `the first attempt is made at once, the next after the delay`() {
        var session = BrokerSession(startingAt: second(0))
        #expect(session.apply(.clockTick, at: second(0), random: 0) == [.connect])
        #expect(session.apply(.clockTick, at: second(1), random: 0) == [])
        #expect(
            session.apply(.disconnected(isClean: false, reason: "no route"), at: second(2), random: 0.5)
                == [.reset(reason: "no route", retryDelay: .milliseconds(500))])
        #expect(session.apply(.clockTick, at: second(2.4), random: 0) == [])
        #expect(session.deadline == second(2.5))
        #expect(session.apply(.clockTick, at: second(2.5), random: 0) == [.connect])
        #expect(session.apply(.connected, at: second(3), random: 0) == [.open])
        #expect(session.isOnline && session.deadline == nil)
    }

    @Test func `an attempt that cannot be begun waits like one that failed`() {
        var session = BrokerSession(startingAt: second(0))
        _ = session.apply(.clockTick, at: second(0), random: 0)
        #expect(
            session.apply(.refused(reason: "busy"), at: second(0), random: 0.5)
                == [.reset(reason: "busy", retryDelay: .milliseconds(500))])
    }

    @Test func `an attempt without a verdict is closed and counted as lost`() {
        var session = BrokerSession(startingAt: second(0))
        _ = session.apply(.clockTick, at: second(0), random: 0)
        #expect(session.apply(.clockTick, at: second(15), random: 0) == [.close])
        #expect(session.apply(.clockTick, at: second(19), random: 0) == [])
        #expect(
            session.apply(.clockTick, at: second(20), random: 1)
                == [.reset(reason: "the attempt to connect brought no answer in 15 s", retryDelay: .seconds(1))])
    }

    @Test func `an unusable session is closed, and the reason survives the closing`() {
        var session = online()
        #expect(session.apply(.unusable(reason: "no PUBACK for 30 s"), at: second(9), random: 0) == [.close])
        #expect(session.apply(.unusable(reason: "again"), at: second(9), random: 0) == [])
        #expect(
            session.apply(.disconnected(isClean: true, reason: "closed by Sluice"), at: second(9.1), random: 0)
                == [.reset(reason: "no PUBACK for 30 s", retryDelay: .zero)])
        var gone = online()
        _ = gone.apply(.unusable(reason: "not connected"), at: second(9), random: 0)
        #expect(
            gone.apply(.disconnected(isClean: false, reason: "reset by peer"), at: second(9.1), random: 0)
                == [.reset(reason: "reset by peer", retryDelay: .zero)])
    }

    @Test func `a stop closes what is open, and nothing follows`() {
        for prepare in [[], [BrokerSession.Event.clockTick], [.clockTick, .connected]] {
            var session = BrokerSession(startingAt: second(0))
            for event in prepare { _ = session.apply(event, at: second(0), random: 0) }
            #expect(session.apply(.stop, at: second(1), random: 0) == (prepare.isEmpty ? [] : [.close]))
            for event in [BrokerSession.Event.clockTick, .connected, .disconnected(isClean: true, reason: ""), .stop] {
                #expect(session.apply(event, at: second(100), random: 0) == [])
            }
            #expect(session.state == .stopped)
        }
    }

    @Test func `a session that comes too late is closed again`() {
        var session = BrokerSession(startingAt: second(50))
        #expect(session.apply(.connected, at: second(1), random: 0) == [.close])
        #expect(session.apply(.disconnected(isClean: true, reason: "closed"), at: second(1), random: 0).count == 1)
    }

    @Test func `in a day without a broker no more than one attempt a minute is made in the end`() {
        var session = BrokerSession(startingAt: second(0))
        var attempts: [Double] = []
        var now = 0.0
        while now < 86_400 {
            for effect in session.apply(.clockTick, at: second(now), random: 1) where effect == .connect {
                attempts.append(now)
                _ = session.apply(.disconnected(isClean: false, reason: "refused"), at: second(now), random: 1)
            }
            now += 1
        }
        #expect(zip(attempts.dropFirst(7), attempts.dropFirst(8)).allSatisfy { $1 - $0 >= 60 })
        #expect(attempts.count < 1450)
    }
}
