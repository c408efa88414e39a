// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Polling
import Testing

@Suite struct RehearsalTests {
    @Test func `a visit lasts as long as its own device was learned to take`() {
        let span = RegisterSpan(.holdingRegister, at: 0, count: 2)
        let devices = [1, 2].map { unit in
            ScheduledDevice(
                unit: UnitIdentifier(unit), groups: [PollGroup(period: .seconds(2), items: [span])],
                limits: ReadLimits(), probe: span)
        }
        let cost = CostModel.serial(baud: 9600, bitsPerCharacter: 10, turnaround: .milliseconds(20))
        var rehearsal = BusRehearsal(devices: devices, cost: cost, timeout: .seconds(1), arrangement: .serial)
        let before = rehearsal.schedule.load
        rehearsal.learn(turnaround: .milliseconds(220), of: 1)
        rehearsal.learn(turnaround: .seconds(9), of: 2)
        var lasted: [Int: Set<Duration>] = [:]
        rehearsal.run(to: .seconds(20), note: { lasted[$0.visit.device, default: []].insert($0.lasted) })
        #expect(lasted[0] == [cost.duration(of: span)])
        #expect(lasted[1] == [cost.duration(of: span) + .milliseconds(200)])
        #expect(abs(rehearsal.schedule.load - before - 0.1) < 0.001, "200 ms more in two seconds")
    }
}
