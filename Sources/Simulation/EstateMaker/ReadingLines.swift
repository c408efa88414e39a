// SPDX-License-Identifier: Apache-2.0

import Model

/// Turns true samples into rows in their order of arrival: with the clocks of the devices, and with rows that come
/// late, twice, without a value or never.
struct ReadingLines {
    static let header = "ts,device_id,point,value,quality\n"

    private let period: Period
    private var signals: [Signal]
    private let names: [[UInt8]]
    private let clocks: [DeviceClock?]
    private let gaps: [[CommunicationGap]]
    private var dice: Dice
    private var stamps = StampWriter()
    /// The sample of each signal that is looked at next.
    private var next: [Int]
    /// Rows that come late, by the minute of their arrival.
    private var later: [Int: [[UInt8]]] = [:]
    /// The minute that is handed out next.
    private(set) var minute = 0

    init(_ plan: EstatePlan, _ innocents: Innocents, signals: [Signal], seed: UInt64) {
        period = plan.period
        self.signals = signals
        next = Array(repeating: 0, count: signals.count)
        dice = Dice(seed: seed, "lines")
        names = signals.map { Array(",\($0.device),\($0.point),".utf8) }
        clocks = signals.map { signal in
            signal.dwelling.map { home in
                DeviceClock(
                    offset: plan.dwellings[home].clockOffset, drift: plan.dwellings[home].clockDrift,
                    wrong: innocents.wrongHours.filter { $0.home == home }.map {
                        ($0.span.lowerBound * 60..<$0.span.upperBound * 60, $0.seconds)
                    })
            }
        }
        gaps = signals.map { signal in
            innocents.gaps.filter { gap in
                switch gap.reach {
                case .dwellings(let riser): signal.dwelling.map { plan.dwellings[$0].riser == riser } ?? false
                case let reach: signal.reach == reach
                }
            }
        }
    }

    /// Hands out all rows, a minute's worth at a time.
    ///
    /// - Returns: How many rows there were.
    mutating func forEachMinute(_ body: ([UInt8]) throws -> Void) rethrows -> Int {
        var rows = 0
        while let (bytes, count) = nextMinute() {
            rows += count
            if !bytes.isEmpty { try body(bytes) }
        }
        return rows
    }

    /// Rows that were due near the end still come.
    private var last: Int { period.minutes + 60 }

    /// The rows of the next minute and how many they are; `nil` when there is no more.
    mutating func nextMinute() -> (bytes: [UInt8], rows: Int)? {
        guard minute < last else { return nil }
        defer { minute += 1 }
        var bytes: [UInt8] = []
        var rows = 0
        for place in signals.indices {
            while next[place] < signals[place].samples.count {
                let sample = signals[place].samples[next[place]]
                guard sample.second < (minute + 1) * 60 else { break }
                next[place] += 1
                let fate = fate(of: sample, of: place, minute: minute)
                guard fate != .lost else { continue }
                let row = row(sample, of: place, isBad: fate == .withoutValue)
                switch fate {
                case .lost: break
                case .late(let arrival):
                    later[min(arrival, last - 1), default: []].append(row)
                case .twice(let arrival):
                    later[min(arrival, last - 1), default: []].append(row)
                    bytes += row
                case .onTime, .withoutValue: bytes += row
                }
                if case .late = fate { continue }
                rows += 1
            }
        }
        for row in later.removeValue(forKey: minute) ?? [] {
            bytes += row
            rows += 1
        }
        return (bytes, rows)
    }

    /// Goes on with other samples of the same points; what has been handed out or is on its way stays as it is.
    mutating func goOn(with signals: [Signal]) {
        self.signals = signals
        next = signals.map { signal in
            signal.samples.partitioningIndex { $0.second >= minute * 60 }
        }
    }

    private enum Fate: Equatable {
        case onTime, lost, withoutValue
        case late(Int)
        case twice(Int)
    }

    private mutating func fate(of sample: Signal.Sample, of place: Int, minute: Int) -> Fate {
        for gap in gaps[place] where gap.span.contains(minute) {
            if gap.isDeliveredLate { return .late(gap.span.upperBound + dice.whole(0...2)) }
            // A poll or two fail loudly before the device is given up.
            return minute - gap.span.lowerBound < 4 && dice.chance(0.5) ? .withoutValue : .lost
        }
        switch dice.share() {
        case ..<0.0030: return .lost
        case ..<0.0035: return .withoutValue
        case ..<0.0065: return .late(minute + dice.whole(2...45))
        case ..<0.0095: return .twice(minute + dice.whole(0...30))
        default: return .onTime
        }
    }

    private mutating func row(_ sample: Signal.Sample, of place: Int, isBad: Bool) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64)
        stamps.write(period.start, sample.second + (clocks[place]?.error(at: sample.second) ?? 0), to: &bytes)
        bytes += names[place]
        guard !isBad else { return bytes + ",bad\n".utf8 }
        let decimals = signals[place].decimals
        if decimals == 0 {
            bytes += String(sample.value).utf8
        } else {
            var digits = String(sample.value)
            while digits.utf8.count <= decimals { digits = "0" + digits }
            bytes += digits.dropLast(decimals).utf8
            bytes.append(UInt8(ascii: "."))
            bytes += digits.suffix(decimals).utf8
        }
        bytes += ",good\n".utf8
        return bytes
    }
}

/// How far the clock of a device is off.
private struct DeviceClock {
    var offset: Double
    /// Seconds gained in a day.
    var drift: Double
    /// Spans in seconds of true time in which it is wrong by so many seconds more.
    var wrong: [(span: Range<Int>, seconds: Int)]

    func error(at second: Int) -> Int {
        let slow = max(-180, min(180, offset + drift * Double(second) / 86_400))
        return Int(slow) + (wrong.first { $0.span.contains(second) }?.seconds ?? 0)
    }
}

/// Writes moments as `2026-05-04T00:00:02Z`; the date is worked out once a day.
private struct StampWriter {
    private var day = Int64.min
    private var date: [UInt8] = []

    mutating func write(_ start: Timestamp, _ offset: Int, to bytes: inout [UInt8]) {
        let second = start.milliseconds / 1000 + Int64(offset)
        let newDay = second / 86_400
        if newDay != day {
            day = newDay
            date = Array(Timestamp(seconds: newDay * 86_400).rfc3339.utf8.prefix(11))
        }
        bytes += date
        let rest = Int(second - newDay * 86_400)
        func pair(_ value: Int, _ after: UInt8) {
            bytes.append(UInt8(0x30 + value / 10))
            bytes.append(UInt8(0x30 + value % 10))
            bytes.append(after)
        }
        pair(rest / 3600, UInt8(ascii: ":"))
        pair(rest / 60 % 60, UInt8(ascii: ":"))
        pair(rest % 60, UInt8(ascii: "Z"))
    }
}

extension Array where Element == Signal.Sample {
    /// Place of the first sample that `belongs` to the second part, where those of the first part stand before it.
    fileprivate func partitioningIndex(_ belongs: (Element) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if belongs(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}
