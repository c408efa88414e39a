// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model

/// What an independent subscriber saw: when each message of each asset came, and the time of the reading in it.
final class Witness: @unchecked Sendable {
    struct Arrival {
        var asset: Int
        /// Seconds since 1970 at which the subscriber had the message.
        var received: Double
        /// Seconds since 1970 of the first byte of the device's answer, as the message says.
        var read: Double
    }

    private let condition = NSCondition()
    private var arrivals: [Arrival] = []

    /// - Parameter handle: Lines of `mosquitto_sub -F '%U %t %p'`, topics ending in `asset-<number>`.
    init(_ handle: FileHandle) {
        Thread.detachNewThread { [self] in
            var rest = Data()
            while true {
                let data = handle.availableData
                if data.isEmpty { return }
                rest.append(data)
                while let end = rest.firstIndex(of: 10) {
                    let line = rest[rest.startIndex..<end]
                    if let arrival = Self.arrival(line) { note(arrival) }
                    rest = rest[rest.index(after: end)...]
                }
                rest = Data(rest)
            }
        }
    }

    private func note(_ arrival: Arrival) {
        condition.lock()
        arrivals.append(arrival)
        condition.broadcast()
        condition.unlock()
    }

    /// Waits for the first message; `false` when none came in time.
    func sawMessage(within seconds: Double) -> Bool {
        let limit = Date(timeIntervalSinceNow: seconds)
        condition.lock()
        defer { condition.unlock() }
        while arrivals.isEmpty { if !condition.wait(until: limit) { return !arrivals.isEmpty } }
        return true
    }

    func arrivals(from start: Double, to end: Double) -> [Arrival] {
        condition.lock()
        defer { condition.unlock() }
        return arrivals.filter { start <= $0.received && $0.received < end }
    }

    private static func arrival(_ line: Data) -> Arrival? {
        // Values are taken from the front, so that a long message is not read to its end.
        let head = String(decoding: line.prefix(200), as: UTF8.self)
        let words = head.split(separator: " ", maxSplits: 2)
        guard words.count == 3, let received = Double(words[0]),
            let asset = words[1].split(separator: "-").last.flatMap({ Int($0) }),
            let stamp = words[2].firstRange(of: "\"ts\":\""), words[2].contains("\"q\":\"good\"")
        else { return nil }
        let text = words[2][stamp.upperBound...].prefix(24)
        guard let read = Timestamp(rfc3339: text) else { return nil }
        return Arrival(asset: asset, received: received, read: Double(read.milliseconds) / 1000)
    }
}

/// Percentiles by nearest rank.
struct Ranks {
    private let sorted: [Double]
    init(_ values: [Double]) { sorted = values.sorted() }
    func percent(_ share: Double) -> Double {
        sorted.isEmpty ? .nan : sorted[max(0, Int((Double(sorted.count) * share / 100).rounded(.up)) - 1)]
    }
}
