// SPDX-License-Identifier: Apache-2.0

import Model

/// D19, lift flapping: one fault that comes, mends itself and comes again.
struct LiftFlapping: Hashable, Codable, Sendable {
    /// So many times within so long.
    struct Limit {
        var times: Int
        var window: Duration
    }

    /// Three times in half an hour is no chance; nor is five times in six hours, for blips that mend themselves come
    /// less than once a day.
    static let limits = [
        Limit(times: 3, window: .seconds(1800)), Limit(times: 5, window: .seconds(6 * 3600)),
    ]
    /// Faults remembered: more than the largest limit, so that two codes in turn do not hide each other.
    private static let length = 16

    /// Stamps in milliseconds and codes of the newest faults, in a ring; 0 for none.
    private var stamps = Array(repeating: Int64(0), count: length)
    private var codes = Array(repeating: Int32(0), count: length)
    private var next = 0
    private var code: Int32 = 0
    /// Of the alarm: what comes again, since when, how often, and for how long it must be quiet.
    private var alarmCode: Int32?
    private var alarmSince = Timestamp(milliseconds: 0)
    private var alarmTimes = 0
    private var alarmWindow: Int64 = 0
    private var told = ToldSize()

    init() {}

    var isInAlarm: Bool { alarmCode != nil }

    /// Takes the newest fault code; a fault bit without a code is code 1.
    ///
    /// - Parameter counts: Whether a fault that comes now counts: not while somebody works at the lift.
    mutating func take(code value: Double, at: Timestamp, counts: Bool) {
        let newest = Int32(exactly: value.rounded()) ?? -1
        defer { code = newest }
        guard newest != 0, newest != code, counts else { return }
        (stamps[next], codes[next]) = (at.milliseconds, newest)
        next = (next + 1) % Self.length
        if newest == alarmCode, alarmTimes < .max { alarmTimes += 1 }
    }

    mutating func judge(_ lift: AssetIdentifier, at now: Timestamp, into rulings: inout [Ruling]) {
        func rule(_ verdict: Verdict) { rulings.append(Ruling(rule: .liftFlapping, asset: lift, verdict: verdict)) }
        if let code = alarmCode {
            guard let last = newestStamp(of: code), now.milliseconds - last < 2 * alarmWindow else {
                let end = Timestamp(milliseconds: newestStamp(of: code) ?? now.milliseconds)
                let grounds = grounds(to: end)
                alarmCode = nil
                forget(code)
                rule(.persists(grounds))
                rule(.ends(grounds, at: end))
                return
            }
            if told.grows(to: Double(alarmTimes)) { rule(.persists(grounds(to: now))) }
            return
        }
        let newest = codes[(next + Self.length - 1) % Self.length]
        guard newest != 0 else { return }
        for limit in Self.limits {
            let from = now.milliseconds - limit.window.wholeMilliseconds
            var (times, first) = (0, Int64.max)
            for place in 0..<Self.length where codes[place] == newest && stamps[place] >= from {
                times += 1
                first = min(first, stamps[place])
            }
            guard times >= limit.times else { continue }
            (alarmCode, alarmTimes) = (newest, times)
            alarmSince = Timestamp(milliseconds: first)
            alarmWindow = limit.window.wholeMilliseconds
            told.tell(Double(times))
            rule(.arises(grounds(to: now)))
            return
        }
    }

    private func newestStamp(of code: Int32) -> Int64? {
        (0..<Self.length).filter { codes[$0] == code }.map { stamps[$0] }.max()
    }

    private mutating func forget(_ code: Int32) {
        for place in 0..<Self.length where codes[place] == code { (stamps[place], codes[place]) = (0, 0) }
    }

    private func grounds(to: Timestamp) -> Grounds {
        let times = Measure("faults", Double(alarmTimes))
        return Grounds(
            startedAt: alarmSince, severity: .p3, size: times,
            evidence: Evidence(
                from: alarmSince, to: max(alarmSince, to),
                measures: [
                    times, Measure("fault_code", Double(alarmCode ?? 0)),
                    Measure("window_minutes", Double(alarmWindow) / 60_000, .minute),
                ]))
    }

    var isWellFormed: Bool {
        stamps.count == Self.length && codes.count == Self.length && (0..<Self.length).contains(next)
            && stamps.allSatisfy { $0 == 0 || DataClock.believable.contains(Timestamp(milliseconds: $0)) }
            && (alarmCode == nil || DataClock.believable.contains(alarmSince)) && alarmTimes >= 0
            && (0...86_400_000).contains(alarmWindow)
    }
}
