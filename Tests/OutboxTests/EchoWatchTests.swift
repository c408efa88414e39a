// SPDX-License-Identifier: Apache-2.0

import Model
import Outbox
import Testing

@Suite struct EchoWatchTests {
    private func at(_ seconds: Double) -> MonotonicInstant { MonotonicInstant(nanoseconds: Int64(seconds * 1e9)) }

    @Test func `a heartbeat that comes back in time says nothing`() {
        var watch = EchoWatch()
        watch.sessionBegan(at: at(0))
        #expect(watch.clockTick(at: at(0.5)) == [])
        for number in 1...100 as ClosedRange<Int64> {
            let due = 1 + 20 * Double(number - 1)
            #expect(watch.clockTick(at: at(due)) == [.send(number)])
            #expect(watch.heard(number) == [])
        }
        #expect(watch.isGood)
    }

    @Test func `a missing heartbeat is told once, within a minute of the broker's change of mind`() {
        var watch = EchoWatch()
        watch.sessionBegan(at: at(0))
        _ = watch.clockTick(at: at(1))
        _ = watch.heard(1)
        // The broker begins to refuse right after the first one came back.
        var told: [Double] = []
        for tenth in 10...2000 where watch.clockTick(at: at(Double(tenth) / 10)).contains(.missing) {
            told.append(Double(tenth) / 10)
        }
        #expect(told == [51])
        #expect(!watch.isGood && watch.isMissing)
        #expect(watch.heard(2) == [.returned])
        #expect(watch.isGood)
    }

    @Test func `a new session waits anew, and an old heartbeat proves nothing`() {
        var watch = EchoWatch()
        watch.sessionBegan(at: at(0))
        _ = watch.clockTick(at: at(1))
        watch.sessionEnded()
        #expect(watch.deadline == nil)
        #expect(watch.clockTick(at: at(100)) == [])
        watch.sessionBegan(at: at(100))
        #expect(watch.clockTick(at: at(101)) == [.send(2)])
        #expect(watch.heard(1) == [])
        #expect(!watch.isGood)
        #expect(watch.heard(3) == [])
        #expect(watch.clockTick(at: at(131)).contains(.missing))
    }

    @Test func `a run that begins while messages are refused tells when they are not any more`() {
        var watch = EchoWatch(wasMissing: true)
        watch.sessionBegan(at: at(0))
        #expect(watch.clockTick(at: at(1)) == [.send(1)])
        #expect(watch.heard(1) == [.returned])
    }

    @Test func `only the own run's heartbeat is one`() {
        let payload = EchoWatch.payload(5, run: "boot-1-7")
        #expect(EchoWatch.number(in: payload, run: "boot-1-7") == 5)
        #expect(EchoWatch.number(in: payload, run: "boot-1-8") == nil)
        #expect(EchoWatch.number(in: Array("5".utf8), run: "boot-1-7") == nil)
        #expect(EchoWatch.number(in: Array(repeating: 0x5B, count: 100_000), run: "") == nil)
    }

    @Test func `health says what is known and leaves out what is not`() throws {
        var facts = HealthReport.Facts()
        facts.residentMemory = 12_000_000
        facts.buses = [.init(name: "line-1", units: 3, down: 1), .init(name: "line-2", units: 2, down: 2)]
        let now = Timestamp(milliseconds: 1_790_000_000_000)
        let report = HealthReport(
            facts: facts, outboxRows: 7, oldestRow: now - .seconds(90), clock: .unsynced, uptime: .seconds(61),
            isEchoMissing: true, commandsIgnored: 4)
        let text = String(decoding: report.payload(epoch: 3, version: "0.1.0", at: now), as: UTF8.self)
        #expect(
            text == #"{"ts":"\#(now.rfc3339)","ep":3,"version":"0.1.0","uptime_seconds":61,"tq":"unsynced","#
                + #""outbox":{"rows":7,"oldest_seconds":90,"refused_rows":0,"echo":"missing"},"commands_ignored":4,"#
                + #""disk":{},"rss_bytes":12000000,"units_down":3,"#
                + #""buses":{"line-1":{"units":3,"down":1},"line-2":{"units":2,"down":2}}}"#)
    }
}
