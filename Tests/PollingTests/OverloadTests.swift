// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model
import Polling
import Testing

@Suite struct OverloadTests {
    @Test(arguments: [20, 37, 60])
    func `a bus with too much to do leaves every unit its turn`(period: Int) {
        let spans = [RegisterSpan(.holdingRegister, at: 0)]
        let devices = (1...10).map { unit in
            ScheduledDevice(
                unit: UnitIdentifier(UInt8(unit)),
                groups: [PollGroup(period: .milliseconds(period), items: spans)], limits: ReadLimits(),
                probe: spans[0])
        }
        var now = MonotonicInstant(nanoseconds: 5_000_000_000)
        var schedule = BusSchedule(
            devices: devices, cost: .serial(baud: 9600, bitsPerCharacter: 10, turnaround: .zero),
            timeout: .milliseconds(200), arrangement: .serial, start: now)
        var visits = [Int](repeating: 0, count: devices.count)
        for _ in 0..<2000 {
            switch schedule.next(at: now) {
            case .wait(let until): now = until
            case .visit(let visit):
                visits[visit.device] += 1
                now = now + .milliseconds(10)
                _ = schedule.finished(visit, .answered, at: now)
            }
        }
        let (fewest, most) = (visits.min() ?? 0, visits.max() ?? 0)
        #expect(most - fewest <= most / 20 + 2, "\(visits)")
    }
}
