// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Gateway

@Suite struct SiteSimulationTests {
    private static let site = Result {
        try SiteSimulation.practiceSite(profileFolders: ["\(Programs.root)/DeviceProfiles"])
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func `whatever fails, what was accepted arrives and what was concluded stands`(seed: UInt64) throws {
        let outcome = SiteSimulation(try Self.site.get(), seed: seed, hours: 40).run()
        #expect(outcome.violations.isEmpty, "sluice simulate --seed \(seed) --hours 40")
        #expect(outcome.acceptedRows > 3000)
    }

    @Test func `a connection given up because nothing could be read is followed by one that stands`() throws {
        // In this story the program starts on a full disk, connects, and cannot read what it has to send.
        let outcome = SiteSimulation(try Self.site.get(), seed: 58, hours: 50).run()
        #expect(outcome.violations.isEmpty, "sluice simulate --seed 58 --hours 50")
        #expect(outcome.refusedTransactions > 1000)
    }

    @Test func `the faults are met, and the same seed tells the same story`() throws {
        let site = try Self.site.get()
        let outcomes = (1...6).map { SiteSimulation(site, seed: $0, hours: 40).run() }
        #expect(outcomes.reduce(0) { $0 + $1.kills } > 5)
        #expect(outcomes.reduce(0) { $0 + $1.powerCuts } > 5)
        #expect(outcomes.reduce(0) { $0 + $1.forgottenByBroker } > 20)
        #expect(outcomes.reduce(0) { $0 + $1.refusedTransactions } > 20)
        #expect(outcomes.reduce(0) { $0 + $1.duplicates } > 100)
        #expect(outcomes.reduce(0) { $0 + $1.tickets } > 5)
        let again = SiteSimulation(site, seed: 3, hours: 40).run()
        #expect(again.acceptedRows == outcomes[2].acceptedRows && again.duplicates == outcomes[2].duplicates)
    }

    @Test func `without replay a broker that forgets loses rows, and it shows`() throws {
        let site = try Self.site.get()
        let broken = (1...6).filter { seed in
            !SiteSimulation(site, seed: seed, hours: 40, replayWindow: .zero).run().violations.isEmpty
        }
        #expect(!broken.isEmpty)
    }
}
