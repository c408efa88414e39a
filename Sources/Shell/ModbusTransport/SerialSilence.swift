// SPDX-License-Identifier: Apache-2.0

import ModbusCodec

/// The silence before a request and after damage.
extension SerialBus {
    /// Longest time spent on reading until a line is silent; a line that chatters on is reported as down.
    private static let babbleLimit: Int64 = 1_000_000_000

    /// Reads and counts what nobody asked for.
    func drain(_ wire: SerialWire) throws(WireFault) {
        var bytes: [UInt8] = []
        let began = WireClock.now()
        while bytes.count < Self.strayLimit, try wire.waitForByte(until: .min) {
            let count = bytes.count
            try wire.readAvailable(into: &bytes)
            guard bytes.count > count else { break }
            lastByte = WireClock.now()
        }
        guard !bytes.isEmpty else { return }
        if let late = conversation.settlesLateAnswer(bytes, at: began) {
            counters.note(late.note, of: late.unit)
            return
        }
        let sifting = conversation.sift(bytes, for: nil)
        for (note, unit) in sifting.notes(asked: lastUnit) { counters.note(note, of: unit) }
        if !sifting.rest.isEmpty { counters.note(.stray(sifting.rest.count), of: lastUnit) }
    }

    /// Waits until the line has been silent for the gap before a request, and until `moment`.
    func waitForSilence(_ wire: SerialWire, atLeastUntil moment: Int64) throws(WireFault) {
        let giveUp = max(WireClock.now(), moment, lastByte) + timing.gap.wholeNanoseconds + Self.babbleLimit
        while true {
            let due = max(lastByte + timing.gap.wholeNanoseconds, moment)
            guard try wire.waitForByte(until: due) else { return }
            try drain(wire)
            guard WireClock.now() < giveUp else {
                throw WireFault(text: "the line is never silent; another master may be talking on it")
            }
        }
    }

    /// Appends all bytes until the line has been silent for 3.5 characters.
    func readToSilence(_ wire: SerialWire, into bytes: inout [UInt8]) throws(WireFault) {
        let giveUp = WireClock.now() + Self.babbleLimit
        while bytes.count < Self.strayLimit, WireClock.now() < giveUp,
            try wire.waitForByte(until: lastByte + timing.silence.wholeNanoseconds)
        {
            try wire.readAvailable(into: &bytes)
            lastByte = WireClock.now()
        }
    }

    /// Most unasked bytes that are looked at together.
    private static let strayLimit = 4096
}
