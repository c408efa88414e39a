// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import ModbusCodec
import Model

let shanghai = ZoneOffsets(name: "Asia/Shanghai", initialOffsetSeconds: 8 * 3600, transitions: [])
/// 2026-03-02, a Monday, 00:00 in Shanghai.
let monday = Timestamp(
    CivilTime(date: CivilDate(year: 2026, month: 3, day: 2), hour: 0, minute: 0), offsetSeconds: 28_800)

func hours(_ count: Double) -> Duration { .milliseconds(Int64(count * 3_600_000)) }

extension EstateSimulator {
    /// The words of one read that must be answered; empty when it was not.
    func words(_ table: RegisterTable, _ address: UInt16, _ count: UInt16, of device: String) -> [UInt16] {
        guard case .words(let words) = reply(table, address, count, of: device).content else { return [] }
        return words
    }

    func reply(_ table: RegisterTable, _ address: UInt16, _ count: UInt16, of device: String) -> SimulatedReply {
        guard let found = devices.first(where: { $0.identifier.text == device }) else {
            return SimulatedReply(.silence)
        }
        return read(RegisterSpan(table, at: address, count: count), of: found.unit, on: found.bus)
    }

    /// Everything that every device shows, as one list.
    var allWords: [UInt16] {
        var all = words(.holdingRegister, 0, 16, of: "inlet-meter") + words(.holdingRegister, 0, 7, of: "tank")
        for meter in ["riser-1", "riser-2", "u101", "u102", "u103", "u201", "u202", "u203"] {
            all += words(.holdingRegister, 0x0200, 8, of: meter)
        }
        for pump in ["pump-1", "pump-2"] {
            all += words(.holdingRegister, 200, 12, of: pump) + words(.inputRegister, 300, 60, of: pump)
        }
        all += words(.discreteInput, 0, 8, of: "lift-1") + words(.discreteInput, 0, 3, of: "gate-1")
        return all + words(.inputRegister, 16, 2, of: "gate-1")
    }
}

/// High word first.
func abcd(_ words: some Collection<UInt16>) -> UInt64 { words.reduce(0) { $0 << 16 | UInt64($1) } }
/// Low word first.
func cdab(_ words: some BidirectionalCollection<UInt16>) -> UInt32 {
    words.reversed().reduce(0) { $0 << 16 | UInt32($1) }
}
