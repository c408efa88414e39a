// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Polling
import Testing

@testable import Gateway

@Suite struct VisitPartsTests {
    private let spans = [0, 100, 200].map { RegisterSpan(.holdingRegister, at: $0, count: 2) }

    private func visit(_ groups: [Int], isContinuation: Bool = false, continues: Bool = false) -> BusSchedule.Visit {
        BusSchedule.Visit(
            device: 3, groups: groups, spans: [], isProbe: false, isContinuation: isContinuation, continues: continues,
            lateness: .zero)
    }

    private func outcome(_ span: RegisterSpan, firstByte: Int64?) -> VisitOutcome {
        var outcome = VisitOutcome()
        outcome.firstByte = firstByte
        outcome.note(.success([7, UInt16(span.address)]), for: span)
        return outcome
    }

    @Test func `parts are put together in their order, with the time of the first byte of all`() {
        var parts = VisitParts()
        parts.add(visit([0, 1], continues: true), outcome(spans[0], firstByte: nil))
        parts.add(visit([0, 1], isContinuation: true, continues: true), outcome(spans[1], firstByte: 40))
        parts.add(visit([0, 1], isContinuation: true), outcome(spans[2], firstByte: 50))
        #expect(parts.whole?.spans == spans && parts.whole?.groups == [0, 1] && parts.whole?.device == 3)
        #expect(parts.answer.results == spans.map { .success([7, $0.address]) })
        #expect(parts.answer.firstByteNanoseconds == 40)
    }

    @Test func `what was not asked for after a silence counts as silent`() {
        var parts = VisitParts()
        parts.add(visit([1], continues: true), outcome(spans[0], firstByte: 1))
        parts.add(visit([0]), VisitOutcome(spans: [spans[1]], results: [.failure(.timeout)], isAnswered: false))
        #expect(parts.whole?.groups == [0, 1])
        parts.fillUp(spans)
        #expect(parts.whole?.spans == spans)
        #expect(parts.answer.results == [.success([7, 0]), .failure(.timeout), .failure(.timeout)])
    }
}
