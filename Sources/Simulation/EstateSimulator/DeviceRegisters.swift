// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

extension EstateSimulator {
    /// Exception codes (Modbus Application Protocol V1.1b3, section 7).
    private static let illegalFunction: UInt8 = 1
    private static let illegalAddress: UInt8 = 2

    /// What the registers of `machine` hold now.
    func registers(of machine: Machine, _ span: RegisterSpan) -> SimulatedReply.Content {
        guard let readable = machine.readableRuns(of: span.table) else { return .exception(Self.illegalFunction) }
        guard readable.contains(where: { $0.clamped(to: span.range) == span.range }) else {
            return .exception(Self.illegalAddress)
        }
        switch machine {
        case .inletMeter: return .words(inletMeter(span))
        case .waterMeter(let place): return .words(waterMeter(place, span))
        case .levelTransmitter: return .words(levelTransmitter(span))
        case .pump(let place): return .words(pump(place, span))
        case .liftContacts: return .words(liftContacts(span))
        case .gateContacts: return .words(gateContacts(span))
        }
    }

    /// TUF-2000F: low word first; the total in a whole and a fraction part, in cubic metres.
    private func inletMeter(_ span: RegisterSpan) -> [UInt16] {
        var page = RegisterPage(span)
        let flow = Float(Double(millilitresPerHour(through: Self.inlet)) / 1e6)
        let total = total(of: Self.inlet, at: now.milliseconds)
        page.putCDAB(flow.bitPattern, at: 0)
        // A pipe of 80 mm has a section of 0.005027 square metres.
        page.putCDAB((flow / 3600 / 0.005_027).bitPattern, at: 4)
        page.putCDAB(Float(1482).bitPattern, at: 6)
        page.putCDAB(UInt32(truncatingIfNeeded: total / 1_000_000), at: 8)
        page.putCDAB(Float(Double(total % 1_000_000) / 1e6).bitPattern, at: 10)
        page.put(2, at: 1436)
        return page.words
    }

    /// USW DN15-40: high word first; volumes in millilitres, the short form in tenths of a litre.
    private func waterMeter(_ place: Int, _ span: RegisterSpan) -> [UInt16] {
        var page = RegisterPage(span)
        let total = UInt64(clamping: total(of: place, at: now.milliseconds))
        page.put(UInt16(place < Self.dwellings.lowerBound ? place + 1 : place + 8), at: 0x0010)
        page.putABCD(total, at: 0x0204)
        page.putABCD(UInt32(truncatingIfNeeded: total / 100), at: 0x0802)
        return page.words
    }

    /// QDY30A: unit code 1 (cm), one decimal; the float valve holds the water near 185 cm, waves move it a little.
    private func levelTransmitter(_ span: RegisterSpan) -> [UInt16] {
        var page = RegisterPage(span)
        var wave = SeededGenerator(seed, 0x7A4C, UInt64(truncatingIfNeeded: now.milliseconds / 10_000))
        page.put(5, at: 0)
        page.put(3, at: 1)
        page.put(1, at: 2)
        page.put(1, at: 3)
        page.put(UInt16(1850 + wave.number(-6...6)), at: 4)
        page.put(0, at: 5)
        page.put(3000, at: 6)
        return page.words
    }

    /// Grundfos CIM: high word first, 0xFFFF where there is nothing to say. Both pumps see the header's pressure.
    private func pump(_ place: Int, _ span: RegisterSpan) -> [UInt16] {
        var page = RegisterPage(span, filler: 0xFFFF)
        let isRunning = place == dutyPump && isDutyPumpRunning
        let flow = isRunning ? Self.risers.reduce(0) { $0 + millilitresPerHour(through: $1) } : 0
        let totals = pumpTotals(place)
        let cubicMetresPerHour = Double(flow) / 1e6
        let watts = isRunning ? 350 + 220 * cubicMetresPerHour : 0
        let bar = max(1.5, 3.5 - 0.05 * Double(Self.risers.reduce(0) { $0 + millilitresPerHour(through: $1) }) / 1e6)
        // Running idle takes 350 W, lifting a cubic metre 220 Wh.
        let kilowattHours = (Double(totals.milliseconds) / 3.6e6 * 350 + Double(totals.millilitres) / 1e6 * 220) / 1000
        func word(_ value: Double) -> UInt16 { UInt16(clamping: Int(min(value.rounded(), 65_534))) }
        // Rotating, remote access, on.
        page.put((isRunning ? 1 << 6 : 0) | 1 << 8 | 1 << 9, at: 200)
        page.put(4, at: 202)
        for address in 203...205 { page.put(0, at: address) }
        page.put(12, at: 206)
        page.put(0, at: 208)
        page.put(word(bar * 1000), at: 300)
        page.put(word(cubicMetresPerHour * 10), at: 301)
        page.put(word(isRunning ? 7800 : 0), at: 302)
        page.put(word(isRunning ? 2400 + 60 * cubicMetresPerHour : 0), at: 303)
        page.put(word(isRunning ? 400 + 10 * cubicMetresPerHour : 0), at: 304)
        page.put(word(watts / 23), at: 308)
        page.putABCD(UInt32(clamping: Int(watts)), at: 311)
        page.putABCD(UInt32(clamping: totals.milliseconds / 3_600_000), at: 326)
        page.putABCD(UInt32(clamping: Int(kilowattHours)), at: 331)
        page.putABCD(UInt32(clamping: totals.starts), at: 333)
        page.put(UInt16(place + 1), at: 23)
        page.put(1, at: 29)
        page.put(3, at: 30)
        page.put(1, at: 31)
        return page.words
    }

    /// Pairs door open and closed, up and down, normal and inspection; then safety chain and alarm button.
    private func liftContacts(_ span: RegisterSpan) -> [UInt16] {
        var page = RegisterPage(span)
        guard span.table == .discreteInput else { return page.words }
        let lift = liftState
        page.put(lift.door == .open, at: 0)
        page.put(lift.door == .closed, at: 1)
        page.put(lift.isGoingUp, at: 2)
        page.put(lift.isGoingDown, at: 3)
        page.put(true, at: 4)
        page.put(true, at: 6)
        return page.words
    }

    /// Limits open and closed, forced; input 0 is counted.
    private func gateContacts(_ span: RegisterSpan) -> [UInt16] {
        var page = RegisterPage(span)
        let position = gatePosition
        switch span.table {
        case .discreteInput:
            page.put(position == .open, at: 0)
            page.put(position == .closed, at: 1)
        case .inputRegister:
            page.putABCD(UInt32(truncatingIfNeeded: gateOpenings), at: 16)
            page.put((position == .open ? 1 : 0) | (position == .closed ? 2 : 0), at: 48)
        case .coil, .holdingRegister: break
        }
        return page.words
    }
}

extension Machine {
    private static let inletMeterRuns = [0..<164, 1436..<1437]
    private static let waterMeterRuns = [0x0010..<0x0011, 0x0200..<0x0208, 0x0802..<0x0805, 0x0E60..<0x0E61]

    /// Runs of addresses that the device answers; `nil` when it does not know the function.
    fileprivate func readableRuns(of table: RegisterTable) -> [Range<Int>]? {
        switch (self, table) {
        case (.inletMeter, .holdingRegister): Self.inletMeterRuns
        case (.waterMeter, .holdingRegister): Self.waterMeterRuns
        case (.levelTransmitter, .holdingRegister): [0..<7]
        case (.pump, .holdingRegister), (.pump, .inputRegister): [0..<512]
        case (.liftContacts, .coil), (.liftContacts, .discreteInput): [0..<8]
        case (.liftContacts, .holdingRegister): [4096..<4104]
        case (.gateContacts, .coil), (.gateContacts, .discreteInput): [0..<16]
        case (.gateContacts, .inputRegister): [16..<49]
        case (.gateContacts, .holdingRegister): [32..<33]
        case (.inletMeter, _), (.waterMeter, _), (.levelTransmitter, _), (.pump, _), (.liftContacts, _): nil
        }
    }
}
