// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Polling
import Testing

struct CostCase: Sendable, CustomTestStringConvertible {
    var baud: Int
    var turnaround: Int
    var table: RegisterTable
    var count: UInt16
    var milliseconds: Double
    var span: RegisterSpan { RegisterSpan(table, at: 9, count: count) }
    var testDescription: String { "\(baud) baud, \(turnaround) ms, \(span)" }
}

@Suite struct CostModelTests {
    /// The figures of the fieldbus reference, for characters of 11 bits, and a few bits counted by hand.
    @Test(arguments: [
        CostCase(baud: 9600, turnaround: 5, table: .holdingRegister, count: 2, milliseconds: 32.5),
        CostCase(baud: 9600, turnaround: 20, table: .inputRegister, count: 125, milliseconds: 329.4),
        CostCase(baud: 19_200, turnaround: 20, table: .holdingRegister, count: 2, milliseconds: 33.75),
        CostCase(baud: 115_200, turnaround: 5, table: .holdingRegister, count: 2, milliseconds: 10.1),
        CostCase(baud: 115_200, turnaround: 20, table: .holdingRegister, count: 125, milliseconds: 48.6),
        CostCase(baud: 9600, turnaround: 20, table: .coil, count: 8, milliseconds: 44.06),
        CostCase(baud: 9600, turnaround: 20, table: .discreteInput, count: 9, milliseconds: 45.2),
    ])
    func `a request on a line costs its characters, its silences and the turnaround`(_ c: CostCase) {
        let cost = CostModel.serial(baud: c.baud, bitsPerCharacter: 11, turnaround: .milliseconds(c.turnaround))
        #expect(abs(cost.duration(of: c.span) / .milliseconds(1) - c.milliseconds) < 0.06)
    }

    @Test func `silence beyond the standard's costs its time, also for a unit that taught its turnaround`() {
        let span = RegisterSpan(.holdingRegister, at: 0, count: 2)
        let plain = CostModel.serial(baud: 9600, bitsPerCharacter: 10, turnaround: .milliseconds(20))
        let patient = CostModel.serial(
            baud: 9600, bitsPerCharacter: 10, turnaround: .milliseconds(20), extraGap: .milliseconds(7))
        #expect(patient.duration(of: span) - plain.duration(of: span) == .milliseconds(7))
        let learned = patient.with(turnaround: .milliseconds(3))
        #expect(learned.duration(of: span) == plain.duration(of: span) - .milliseconds(10))
    }

    @Test func `a request on a socket costs a round trip and a hundredth of a millisecond a register`() {
        let cost = CostModel.socket(roundTrip: .milliseconds(2))
        #expect(cost.duration(of: RegisterSpan(.holdingRegister, at: 0, count: 100)) == .milliseconds(3))
        #expect(cost.duration(of: RegisterSpan(.coil, at: 0, count: 16)) == .microseconds(2010))
    }

    @Test func `absurd line settings cost time but never trap`() {
        let cost = CostModel.serial(baud: 0, bitsPerCharacter: .max, turnaround: .seconds(Int64.max))
        #expect(cost.duration(of: RegisterSpan(.holdingRegister, at: 0, count: 125)) > .seconds(1))
    }
}
