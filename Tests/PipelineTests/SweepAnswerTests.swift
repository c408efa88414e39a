// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Pipeline
import Testing

@Suite struct SweepAnswerTests {
    @Test(
        arguments: [
            (.success([1]), true), (.failure(.exception(2)), true), (.failure(.exception(6)), true),
            (.failure(.badChecksum), true), (.failure(.torn), true), (.failure(.refused(.shape)), true),
            (.failure(.timeout), false), (.failure(.busDown("gone")), false),
            // By these a gateway says that the unit behind it did not answer.
            (.failure(.exception(10)), false), (.failure(.exception(11)), false),
        ] as [(Result<[UInt16], ReadFailure>, Bool)])
    func `a device is alive when it says anything at all`(result: Result<[UInt16], ReadFailure>, isAnswered: Bool) {
        func answer(_ results: [Result<[UInt16], ReadFailure>]) -> SweepAnswer {
            SweepAnswer(results: results, firstByteNanoseconds: nil, finishedNanoseconds: 0)
        }
        #expect(answer([result]).isAnswered == isAnswered)
        #expect(answer([.failure(.timeout), result]).isAnswered == isAnswered)
        #expect(answer([result, .success([0])]).isAnswered)
        #expect(!answer([]).isAnswered)
    }
}
