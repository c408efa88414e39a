// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import ModbusCodec
import Model
import Testing

/// What each device shows, decoded by hand from its maker's register table.
@Suite struct RegisterTests {
    /// A Monday evening, when water runs.
    static let evening: EstateSimulator = {
        var estate = EstateSimulator(seed: 7, start: monday, zone: shanghai)
        estate.advance(to: monday + hours(18))
        while estate.flow(through: "inlet-meter") == .zero { estate.advance(to: estate.now + .seconds(5)) }
        return estate
    }()

    @Test func `the estate has at least a dozen devices, each at a place of its own`() {
        let devices = Self.evening.devices
        #expect(devices.count == 14)
        #expect(Set(devices.map { "\($0.bus) \($0.unit)" }).count == devices.count)
        #expect(Set(devices.map(\.asset)).count == devices.count)
        #expect(devices.allSatisfy { AssetIdentifier.isValid($0.asset.text) && AreaIdentifier.isValid($0.area.text) })
        #expect(Set(devices.map(\.bus)) == Set(EstateSimulator.buses.map(\.name)))
    }

    @Test(arguments: ["riser-1", "riser-2", "u101", "u102", "u103", "u201", "u202", "u203"])
    func `a dwelling's meter shows millilitres, high word first`(meter: String) throws {
        let total = try #require(Self.evening.millilitres(through: meter))
        #expect(abcd(Self.evening.words(.holdingRegister, 0x0204, 4, of: meter)) == UInt64(total))
        #expect(abcd(Self.evening.words(.holdingRegister, 0x0200, 4, of: meter)) == 0)
        #expect(abcd(Self.evening.words(.holdingRegister, 0x0802, 2, of: meter)) == UInt64(total) / 100)
        #expect(total > 0)
    }

    @Test func `the inlet meter shows flow and a total in two parts, low word first`() throws {
        let words = Self.evening.words(.holdingRegister, 0, 16, of: "inlet-meter")
        let flow = try #require(Self.evening.flow(through: "inlet-meter"))
        #expect(flow.value > 0)
        #expect(abs(Double(Float(bitPattern: cdab(words[0..<2]))) * 1000 - flow.value) < 0.001)
        let whole = Double(cdab(words[8..<10]))
        let fraction = Double(Float(bitPattern: cdab(words[10..<12])))
        let total = try #require(Self.evening.millilitres(through: "inlet-meter"))
        #expect((0..<1).contains(fraction))
        #expect(abs((whole + fraction) * 1e6 - Double(total)) < 0.1)
        #expect(Array(words[12..<16]) == [0, 0, 0, 0])
    }

    @Test func `the tank shows its level in centimetres with one decimal`() {
        let words = Self.evening.words(.holdingRegister, 0, 7, of: "tank")
        #expect(Array(words[0..<4]) == [5, 3, 1, 1])
        #expect((1840...1860).contains(words[4]))
    }

    @Test func `one pump runs while water is drawn, the other one stands by`() throws {
        let estate = Self.evening
        let running = ["pump-1", "pump-2"].filter { estate.words(.inputRegister, 200, 1, of: $0)[0] & 1 << 6 != 0 }
        #expect(running.count == 1)
        for pump in ["pump-1", "pump-2"] {
            let data = estate.words(.holdingRegister, 300, 36, of: pump)
            let flow = try #require(estate.flow(through: "inlet-meter"))
            let isRunning = running == [pump]
            #expect(estate.words(.holdingRegister, 200, 1, of: pump)[0] & (1 << 10 | 1 << 11) == 0)
            #expect((3000...3500).contains(data[0]))
            #expect(data[1] == (isRunning ? UInt16((flow.value / 100).rounded()) : 0))
            #expect(abcd(data[11..<13]) == (isRunning ? UInt64(350 + 0.22 * flow.value) : 0))
            #expect(abcd(data[26..<28]) > 1000)
            #expect(abcd(data[31..<33]) > 100)
            #expect(abcd(data[33..<35]) > 1000)
            // What this pump does not know reads 0xFFFF.
            #expect(data[35] == 0xFFFF)
        }
    }

    @Test func `the pump counts its starts, hours and energy`() {
        func totals(_ estate: EstateSimulator) -> [UInt64] {
            ["pump-1", "pump-2"].flatMap { pump in
                let data = estate.words(.holdingRegister, 326, 9, of: pump)
                return [abcd(data[0..<2]), abcd(data[5..<7]), abcd(data[7..<9])]
            }
        }
        var estate = EstateSimulator(seed: 3, start: monday, zone: shanghai)
        let before = totals(estate)
        estate.advance(to: monday + hours(48))
        let after = totals(estate)
        // Each pump had one of the two days.
        for (earlier, later) in zip(before, after) { #expect(later > earlier) }
        for place in [0, 3] { #expect((1...12).contains(after[place] - before[place])) }
        for place in [2, 5] { #expect((20...400).contains(after[place] - before[place])) }
    }

    @Test func `the lift's pairs are never both closed and show every state of a trip`() {
        var estate = EstateSimulator(seed: 5, start: monday + hours(8), zone: shanghai)
        var seen: Set<[UInt16]> = []
        for _ in 0..<3600 {
            estate.advance(to: estate.now + .seconds(1))
            let inputs = estate.words(.discreteInput, 0, 8, of: "lift-1")
            #expect(Array(inputs[4..<8]) == [1, 0, 1, 0])
            seen.insert(Array(inputs[0..<4]))
        }
        // Door open, moving, closed; up and down with a closed door only.
        #expect(seen == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 1, 0, 0], [0, 1, 1, 0], [0, 1, 0, 1]])
    }

    @Test func `the gate's counter counts each time its open limit closes`() {
        var estate = EstateSimulator(seed: 5, start: monday + hours(7), zone: shanghai)
        let first = abcd(estate.words(.inputRegister, 16, 2, of: "gate-1"))
        var (rises, wasOpen) = (UInt64(0), false)
        var seen: Set<[UInt16]> = []
        for _ in 0..<7200 {
            estate.advance(to: estate.now + .seconds(1))
            let inputs = estate.words(.discreteInput, 0, 3, of: "gate-1")
            seen.insert(inputs)
            if inputs[0] == 1, !wasOpen { rises += 1 }
            wasOpen = inputs[0] == 1
            #expect(abcd(estate.words(.inputRegister, 16, 2, of: "gate-1")) == first + rises)
        }
        #expect(rises > 10)
        #expect(seen == [[1, 0, 0], [0, 0, 0], [0, 1, 0]])
    }

    @Test(
        arguments: [
            ("inlet-meter", RegisterTable.inputRegister, 0, 1, SimulatedReply.Content.exception(1)),
            ("inlet-meter", .holdingRegister, 164, 1, .exception(2)),
            ("u101", .coil, 0, 1, .exception(1)),
            ("u101", .holdingRegister, 0x0204, 5, .exception(2)),
            ("u101", .holdingRegister, 0x01FF, 2, .exception(2)),
            ("tank", .holdingRegister, 6, 2, .exception(2)),
            ("pump-1", .coil, 0, 1, .exception(1)),
            ("pump-1", .holdingRegister, 65_535, 1, .exception(2)),
            ("lift-1", .discreteInput, 8, 1, .exception(2)),
            ("lift-1", .inputRegister, 0, 1, .exception(1)),
            ("gate-1", .inputRegister, 0, 1, .exception(2)),
            ("nobody", .holdingRegister, 0, 1, .silence),
        ] as [(String, RegisterTable, UInt16, UInt16, SimulatedReply.Content)])
    func `what a device does not have is an exception`(
        device: String, table: RegisterTable, address: UInt16, count: UInt16, expected: SimulatedReply.Content
    ) {
        #expect(Self.evening.reply(table, address, count, of: device).content == expected)
    }
}
