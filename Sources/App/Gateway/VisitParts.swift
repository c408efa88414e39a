// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Polling

/// What the requests of one visit brought, those of a bisection included.
struct VisitOutcome {
    var spans: [RegisterSpan] = []
    var results: [Result<[UInt16], ReadFailure>] = []
    /// Monotonic nanoseconds of the first byte of the first answer.
    var firstByte: Int64?
    /// A visit whose requests all wait for a busy device asks nothing, and says nothing against it.
    var isAnswered = true

    mutating func note(_ result: Result<[UInt16], ReadFailure>, for span: RegisterSpan) {
        spans.append(span)
        results.append(result)
    }
}

/// A visit put together again from the parts in which it was handed out.
struct VisitParts {
    private(set) var whole: BusSchedule.Visit?
    private(set) var firstByte: Int64?
    private var results: [Result<[UInt16], ReadFailure>] = []

    var answer: SweepAnswer {
        SweepAnswer(results: results, firstByteNanoseconds: firstByte, finishedNanoseconds: 0)
    }

    mutating func add(_ visit: BusSchedule.Visit, _ outcome: VisitOutcome) {
        if let before = whole {
            whole?.spans += outcome.spans
            whole?.groups = Set(before.groups + visit.groups).sorted()
            whole?.isProbe = before.isProbe && visit.isProbe
        } else {
            whole = visit
            whole?.spans = outcome.spans
        }
        results += outcome.results
        firstByte = firstByte ?? outcome.firstByte
    }

    /// Notes that what is missing of `spans` was not asked for, because the device had fallen silent.
    mutating func fillUp(_ spans: [RegisterSpan]) {
        for span in spans where whole?.spans.contains(where: { $0.covers(span) }) == false {
            whole?.spans.append(span)
            results.append(.failure(.timeout))
        }
    }
}
