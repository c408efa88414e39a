// SPDX-License-Identifier: Apache-2.0

import EstateSimulator
import ModbusCodec
import Model
import Testing

@Suite struct FaultTests {
    private func estate(_ faults: ScriptedFault...) -> EstateSimulator {
        EstateSimulator(seed: 9, start: monday, zone: shanghai, faults: faults)
    }

    @Test func `a leak flows through the dwelling, its riser and the inlet`() {
        let rate = LitresPerHour(12)
        var leaking = estate(
            ScriptedFault(.leak(dwelling: "u201", rate), from: monday + hours(1), to: monday + hours(3)))
        var sound = estate()
        for (hour, litres) in [(1.0, 0.0), (2, 12), (2.5, 18), (3, 24), (5, 24)] {
            leaking.advance(to: monday + hours(hour))
            sound.advance(to: monday + hours(hour))
            for meter in ["u201", "riser-2", "inlet-meter"] {
                let extra = leaking.millilitres(through: meter)! - sound.millilitres(through: meter)!
                #expect(Double(extra) == litres * 1000, "\(meter) at \(hour) h")
            }
            for meter in ["u202", "riser-1"] {
                #expect(leaking.millilitres(through: meter) == sound.millilitres(through: meter))
            }
        }
    }

    @Test func `a burst shows on the riser and not on its dwellings, and keeps the pump running`() {
        var burst = estate(ScriptedFault(.burst(meter: "riser-1", LitresPerHour(1800)), from: monday + hours(2)))
        var sound = estate()
        burst.advance(to: monday + hours(2.5))
        sound.advance(to: monday + hours(2.5))
        #expect(burst.millilitres(through: "riser-1")! - sound.millilitres(through: "riser-1")! == 900_000)
        #expect(burst.flow(through: "riser-1")! - sound.flow(through: "riser-1")! == LitresPerHour(1800))
        for meter in ["u101", "u102", "u103"] {
            #expect(burst.millilitres(through: meter) == sound.millilitres(through: meter))
        }
        let running = ["pump-1", "pump-2"].filter { burst.words(.holdingRegister, 200, 1, of: $0)[0] & 1 << 6 != 0 }
        #expect(running.count == 1)
        #expect(burst.words(.holdingRegister, 301, 1, of: running[0]) == [18])
    }

    @Test func `a fault that is added begins now at the earliest`() {
        var late = estate()
        var sound = estate()
        late.advance(to: monday + hours(4))
        sound.advance(to: monday + hours(4))
        late.add(ScriptedFault(.burst(meter: "riser-2", LitresPerHour(600)), from: monday))
        #expect(late.allWords.count == sound.allWords.count)
        #expect(late.millilitres(through: "riser-2") == sound.millilitres(through: "riser-2"))
        late.advance(to: monday + hours(4.5))
        sound.advance(to: monday + hours(4.5))
        #expect(late.millilitres(through: "riser-2")! - sound.millilitres(through: "riser-2")! == 300_000)
    }

    @Test func `a gate that is held stays open, is counted once and closes afterwards`() {
        var held = estate(
            ScriptedFault(.gateHeldOpen(gate: "gate-1"), from: monday + hours(3), to: monday + hours(3.5)))
        held.advance(to: monday + hours(2.999))
        let before = held.gateOpenings
        for minute in 0..<30 {
            held.advance(to: monday + hours(3) + .seconds(minute * 60))
            #expect(held.words(.discreteInput, 0, 2, of: "gate-1") == [1, 0])
            #expect(held.gateOpenings <= before + 1)
        }
        held.advance(to: monday + hours(3.5) + .seconds(4))
        #expect(held.words(.discreteInput, 0, 2, of: "gate-1") == [0, 0])
        held.advance(to: monday + hours(3.5) + .seconds(9))
        #expect(held.words(.discreteInput, 0, 2, of: "gate-1") == [0, 1])
    }

    @Test func `each fault of a device shows in its reply between its start and its end`() {
        let (start, end) = (monday + hours(1), monday + hours(2))
        let good = estate().reply(.holdingRegister, 2, 3, of: "tank")
        let cases: [(ScriptedFault.Kind, (SimulatedReply) -> Bool)] = [
            (.dead(device: "tank"), { $0 == SimulatedReply(.silence) }),
            (.exception(device: "tank", code: 4), { $0 == SimulatedReply(.exception(4)) }),
            (.badChecksum(device: "tank"), { $0.isCorrupted && $0.delay == .zero }),
            (
                .lateAnswer(device: "tank", by: .milliseconds(1300)),
                { $0.delay == .milliseconds(1300) && !$0.isCorrupted }
            ),
        ]
        guard case .words = good.content else { Issue.record("a sound tank answers"); return }
        for (kind, isExpected) in cases {
            var faulty = estate(ScriptedFault(kind, from: start, to: end))
            for (hour, isFaulty) in [(0.5, false), (1, true), (1.999, true), (2, false)] {
                faulty.advance(to: monday + hours(hour))
                let reply = faulty.reply(.holdingRegister, 2, 3, of: "tank")
                #expect(isExpected(reply) == isFaulty, "\(kind) at \(hour) h")
                let neighbour = faulty.reply(.discreteInput, 0, 8, of: "lift-1")
                #expect(neighbour.delay == .zero && !neighbour.isCorrupted)
            }
        }
    }

    @Test func `a master without a wire makes of a reply what it would on one`() {
        let words = SimulatedReply.Content.words([1, 2])
        #expect(SimulatedReply(words).result() == .success([1, 2]))
        #expect(SimulatedReply(words, isCorrupted: true).result() == .failure(.badChecksum))
        #expect(SimulatedReply(words, delay: .seconds(1)).result() == .failure(.timeout))
        #expect(SimulatedReply(words, delay: .seconds(1)).result(timeout: .seconds(2)) == .success([1, 2]))
        #expect(SimulatedReply(.exception(6)).result() == .failure(.exception(6)))
        #expect(SimulatedReply(.silence).result() == .failure(.timeout))
    }

    @Test func `a fault of a device that is not there changes nothing`() {
        var stranger = estate(ScriptedFault(.dead(device: "riser-9"), from: monday))
        stranger.add(ScriptedFault(.leak(dwelling: "tank", LitresPerHour(5)), from: monday))
        var sound = estate()
        stranger.advance(to: monday + hours(10))
        sound.advance(to: monday + hours(10))
        #expect(stranger.allWords == sound.allWords)
    }
}
