// SPDX-License-Identifier: Apache-2.0

import FoundationEssentials
import Glibc
public import ModbusCodec
import Model
public import Pipeline

/// Reads the probe of each device of a bus in turn for a while and counts what comes.
///
/// - Parameters:
///   - units: Each with its probe and the units that may answer in its place; several devices may share a unit.
///   - span: Time after which no new read begins. A line is read as fast as it goes; a socket, which would take
///     thousands of reads a second, no more than fifty times.
public func watchLine(
    _ bus: BusSettings, units: [(unit: UnitIdentifier, aliases: [UnitIdentifier], probe: RegisterSpan)],
    on port: any ModbusPort, for span: Duration
) async -> LineEvidence {
    let clock = SystemClock()
    let end = clock.now().instant + span
    var counts: [UnitIdentifier: LineEvidence.Unit] = [:]
    var times: [UnitIdentifier: [Int64]] = [:]
    repeat {
        for (unit, aliases, probe) in units {
            let answer = await port.sweep([probe], of: unit, answeringAs: aliases, timeout: bus.timeout)
            counts[unit, default: LineEvidence.Unit(unit)].note(answer.results.first ?? .failure(.timeout))
            if let time = answer.turnarounds.first ?? nil { times[unit, default: []].append(time) }
            if case .tcp = bus.wire { try? await Task.sleep(for: .milliseconds(20)) }
        }
    } while !units.isEmpty && clock.now().instant < end && !Task.isCancelled
    for (unit, list) in times {
        let sorted = list.sorted()
        counts[unit]?.turnaroundP50Milliseconds = milliseconds(sorted, at: 0.5)
        counts[unit]?.turnaroundP99Milliseconds = milliseconds(sorted, at: 0.99)
    }
    var evidence = bus.emptyEvidence
    evidence.units = counts.values.sorted { $0.unit < $1.unit }
    // The transport has seen more than its answers tell: late ones, echoes, strangers.
    if let statistics = port.lineStatistics { evidence.take(statistics) }
    return evidence
}

extension BusSettings {
    /// What is known of the bus before anything was read.
    public var emptyEvidence: LineEvidence {
        let timeout = self.timeout.inSeconds * 1000
        switch wire {
        case .tcp: return LineEvidence(units: [], baud: nil, timeoutMilliseconds: timeout)
        case .serial(let line):
            let timing = LineTiming(baud: line.baud, bitsPerCharacter: line.bitsPerCharacter, extraGap: line.extraGap)
            return LineEvidence(
                units: [], baud: line.baud, timeoutMilliseconds: timeout, gapMilliseconds: timing.gap.inSeconds * 1000,
                usbLatencyMilliseconds: usbLatencyMilliseconds(of: line.path))
        }
    }
}

/// What the kernel says of a USB adapter's latency timer; `nil` for other lines and adapters without one.
func usbLatencyMilliseconds(of path: String, devices: String = "/sys/bus/usb-serial/devices") -> Int? {
    guard let real = realpath(path, nil) else { return nil }
    defer { free(real) }
    let name = String(cString: real).split(separator: "/").last ?? ""
    guard name.hasPrefix("tty"),
        let data = FileManager.default.contents(atPath: "\(devices)/\(name)/latency_timer")
    else { return nil }
    return Int(String(decoding: data, as: UTF8.self).prefix { $0.isNumber })
}

extension LineEvidence.Unit {
    fileprivate mutating func note(_ result: Result<[UInt16], ReadFailure>) {
        requests += 1
        switch result {
        case .success: answers += 1
        case .failure(.exception): exceptions += 1
        case .failure(.timeout): timeouts += 1
        case .failure(.torn): tornFrames += 1
        case .failure(.badChecksum): checksumErrors += 1
        case .failure(.refused): refusals += 1
        case .failure(.busDown): requests -= 1
        }
    }
}

private func milliseconds(_ sorted: [Int64], at share: Double) -> Double {
    let place = min(sorted.count - 1, Int((Double(sorted.count) * share).rounded(.up)) - 1)
    return (Double(sorted[max(0, place)]) / 10_000).rounded() / 100
}
