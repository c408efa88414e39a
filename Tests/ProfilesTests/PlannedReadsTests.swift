// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Polling
import Profiles
import Testing

@Suite struct PlannedReadsTests {
    /// The planner bridges most where a request costs most.
    private static let dearRequests = CostModel.socket(roundTrip: .milliseconds(200))

    /// Many devices refuse a whole request for one address that they do not have, so that a bridge over
    /// addresses which nobody has seen answered can cost every value of the device.
    @Test(arguments: CatalogueEntry.all)
    func `a read touches only addresses that a point names or a capture shows`(entry: CatalogueEntry) throws {
        let profile = try #require(try entry.read().profile)
        let images = try entry.captures(of: profile).compactMap { $0.capture?.image }
        let device = profile.compile(parameters: [:])
        let plan = planReads(device.values.flatMap(\.needs), limits: device.limits, cost: Self.dearRequests)
        #expect(!plan.isEmpty)
        for span in plan {
            let unseen = (0..<span.count).map { RegisterSpan(span.table, at: span.address + $0) }.filter { address in
                !profile.points.contains { $0.span.covers(address) }
                    && !images.contains { (try? $0.words(address).get()) != nil }
            }
            #expect(unseen.isEmpty, "\(span) reaches over \(unseen.count) addresses, the first \(unseen[0])")
        }
    }
}
