// SPDX-License-Identifier: Apache-2.0

import Analysis
import Model

/// Reads rows of `readings.csv`, `ts,device_id,point,value,quality`, byte by byte: it is the hot path of a replay.
struct ReadingRows {
    /// What one row is.
    enum Row {
        case reading(AnalyzerReading)
        /// A word whose bits are signals: ``ReadingRows/parts`` holds one reading for each.
        case parts
        /// A point or device that the analyzer does not look at.
        case other
        case unreadable(String)
    }

    private struct Channel {
        enum Form {
            case register, position, measure
            /// Bits of a word with the channels that they feed.
            case bits([(bit: Int, channel: Int)])
        }
        var name: [UInt8]
        var channel: Int
        var form: Form
    }

    static let header = "ts,device_id,point,value,quality"

    private var channels: [UInt64: Channel] = [:]
    /// Readings of the last row that was ``Row/parts``.
    private(set) var parts: [AnalyzerReading] = []
    // Rows of one day follow each other: the calendar is asked once for each.
    private var date: UInt64 = 0
    private var midnight: Int64 = 0

    init(_ topology: Topology, _ site: SiteDescription) {
        for (place, meter) in site.meters.enumerated() { add(meter.asset, "total", place, .register) }
        for (place, gate) in site.gates.enumerated() { add(gate.asset, "open", site.meters.count + place, .position) }
        let first = site.meters.count + site.gates.count
        for device in topology.devices {
            let signals = Topology.signals(of: device.kind)
            func channel(_ signal: Signal) -> Int? {
                site.signals.firstIndex { $0.asset.text == device.id && $0.signal == signal }.map { first + $0 }
            }
            for (name, signal) in signals {
                if let channel = channel(signal) { add(AssetIdentifier(device.id), name, channel, .measure) }
            }
            let bits = (device.statusBits ?? []).enumerated().compactMap { bit, name in
                Topology.bits[name].flatMap(channel).map { (bit: bit, channel: $0) }
            }
            if !bits.isEmpty { add(AssetIdentifier(device.id), "status_word", 0, .bits(bits)) }
        }
    }

    private mutating func add(_ asset: AssetIdentifier, _ point: String, _ channel: Int, _ form: Channel.Form) {
        let name = Array("\(asset.text),\(point)".utf8)
        name.withUnsafeBytes {
            channels[Self.hash($0[...])] = Channel(name: name, channel: channel, form: form)
        }
    }

    mutating func row(_ line: UnsafeRawBufferPointer) -> Row {
        // Places of the four commas.
        var comma = (0, 0, 0, 0)
        var found = 0
        for place in line.indices where line[place] == UInt8(ascii: ",") {
            switch found {
            case 0: comma.0 = place
            case 1: comma.1 = place
            case 2: comma.2 = place
            case 3: comma.3 = place
            default: return .unreadable("more than five fields")
            }
            found += 1
        }
        guard found == 4 else { return .unreadable("fewer than five fields") }
        let name = line[comma.0 + 1..<comma.2]
        guard let channel = channels[Self.hash(name)], channel.name.elementsEqual(name) else { return .other }
        guard let at = timestamp(line[0..<comma.0]) else { return .unreadable("the time is not ISO 8601 in UTC") }
        let quality = line[(comma.3 + 1)...]
        if quality.elementsEqual("bad".utf8) {
            guard case .bits(let bits) = channel.form else {
                return .reading(AnalyzerReading(channel: channel.channel, value: .none, at: at))
            }
            return split(bits, at: at) { _ in .none }
        }
        guard quality.elementsEqual("good".utf8) else { return .unreadable("the quality is neither good nor bad") }
        let text = line[comma.2 + 1..<comma.3]
        switch channel.form {
        case .register:
            guard let value = integer(text) else { return .unreadable("the value is not a whole number") }
            return .reading(AnalyzerReading(channel: channel.channel, value: .count(value), at: at))
        case .position:
            guard let value = integer(text), value == 0 || value == 1 else { return .unreadable("a gate is 0 or 1") }
            return .reading(AnalyzerReading(channel: channel.channel, value: .isOpen(value == 1), at: at))
        case .measure:
            guard let value = number(text) else { return .unreadable("the value is not a number") }
            return .reading(AnalyzerReading(channel: channel.channel, value: .measure(value), at: at))
        case .bits(let bits):
            guard let word = integer(text), word >= 0 else { return .unreadable("a status word is a whole number") }
            return split(bits, at: at) { .measure(Double(word >> Int64($0) & 1)) }
        }
    }

    private mutating func split(
        _ bits: [(bit: Int, channel: Int)], at: Timestamp, value: (Int) -> AnalyzerReading.Value
    ) -> Row {
        parts.removeAll(keepingCapacity: true)
        for (bit, channel) in bits {
            parts.append(AnalyzerReading(channel: channel, value: value(bit), at: at))
        }
        return .parts
    }

    // MARK: Fields

    /// FNV-1a, 64 bit.
    private static func hash(_ bytes: Slice<UnsafeRawBufferPointer>) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return hash
    }

    private func integer(_ bytes: Slice<UnsafeRawBufferPointer>) -> Int64? {
        var digits = bytes
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        guard !digits.isEmpty, digits.count <= 18 else { return nil }
        var value: Int64 = 0
        for byte in digits {
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
        }
        return isNegative ? -value : value
    }

    /// A decimal such as `-12.5`, without an exponent.
    private func number(_ bytes: Slice<UnsafeRawBufferPointer>) -> Double? {
        var digits = bytes
        let isNegative = digits.first == UInt8(ascii: "-")
        if isNegative { digits = digits.dropFirst() }
        guard !digits.isEmpty, digits.count <= 17 else { return nil }
        var value: Int64 = 0
        var scale: Int64 = 1
        var isFraction = false
        for byte in digits {
            if byte == UInt8(ascii: "."), !isFraction {
                isFraction = true
                continue
            }
            guard byte >= 0x30, byte <= 0x39 else { return nil }
            value = value * 10 + Int64(byte - 0x30)
            if isFraction { scale *= 10 }
        }
        guard digits.count > (isFraction ? 1 : 0) else { return nil }
        let magnitude = Double(value) / Double(scale)
        return isNegative ? -magnitude : magnitude
    }

    /// `2026-05-04T00:00:02Z`, with or without a fraction of up to nine digits.
    private mutating func timestamp(_ bytes: Slice<UnsafeRawBufferPointer>) -> Timestamp? {
        let first = bytes.startIndex
        guard bytes.count >= 20, bytes.count <= 30, bytes.last == UInt8(ascii: "Z"),
            bytes[first + 10] == UInt8(ascii: "T"), bytes[first + 13] == UInt8(ascii: ":"),
            bytes[first + 16] == UInt8(ascii: ":")
        else { return nil }
        func pair(_ place: Int) -> Int64? {
            let (tens, ones) = (bytes[first + place] &- 0x30, bytes[first + place + 1] &- 0x30)
            return tens <= 9 && ones <= 9 ? Int64(tens) * 10 + Int64(ones) : nil
        }
        // YYYY-MM-DD as a number in base 256, without the century's first byte, tells one day from another.
        var key: UInt64 = 0
        for place in 1...9 where place != 4 { key = key << 8 | UInt64(bytes[first + place]) }
        key ^= UInt64(bytes[first]) << 24 ^ UInt64(bytes[first + 4]) << 32
        if key != date || date == 0 {
            guard bytes[first + 4] == UInt8(ascii: "-"), bytes[first + 7] == UInt8(ascii: "-"),
                let century = pair(0), let year = pair(2), let month = pair(5), let day = pair(8)
            else { return nil }
            let civil = CivilDate(year: Int(century * 100 + year), month: Int(month), day: Int(day))
            guard (1...12).contains(month), (1...31).contains(day),
                CivilDate(daysSince1970: civil.daysSince1970) == civil
            else { return nil }
            (date, midnight) = (key, Int64(civil.daysSince1970) * 86_400_000)
        }
        guard let hour = pair(11), let minute = pair(14), let second = pair(17), hour < 24, minute < 60, second <= 60
        else { return nil }
        var milliseconds: Int64 = 0
        if bytes.count > 20 {
            guard bytes[first + 19] == UInt8(ascii: "."), bytes.count > 21 else { return nil }
            var weight: Int64 = 100
            for byte in bytes[first + 20..<bytes.endIndex - 1] {
                guard byte >= 0x30, byte <= 0x39 else { return nil }
                milliseconds += Int64(byte - 0x30) * weight
                weight /= 10
            }
        }
        return Timestamp(milliseconds: midnight + ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds)
    }
}
