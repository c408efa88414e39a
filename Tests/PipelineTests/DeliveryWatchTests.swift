// SPDX-License-Identifier: Apache-2.0

import Alarms
import Model
import Pipeline
import Testing
import Tickets

/// What is wrong on the way to the far end is an alarm and a ticket, not only a line of the log.
@Suite struct DeliveryWatchTests {
    private static func open(_ estate: CorrelatedEstate) -> [String] {
        estate.books.alarms.alarms.filter(\.isActive).map(\.identifier).sorted()
    }

    private func estate() -> CorrelatedEstate {
        var estate = CorrelatedEstate()
        estate.watchLines()
        return estate
    }

    /// Every ten seconds as the desk looks, from `start` to `end`.
    private func hold(_ state: DeliveryState, _ estate: inout CorrelatedEstate, from start: Double, to end: Double) {
        for second in stride(from: start, through: end, by: 10) { estate.note(state, at: second) }
    }

    @Test func `a broker that refuses the login is told as that, and not as one that is away`() {
        var estate = estate()
        var status = PublisherStatus()
        status.isRefusedEntry = true
        let refused = DeliveryState(status, certificateEndsIn: nil)
        hold(refused, &estate, from: 0, to: 50)
        #expect(Self.open(estate) == [], "a broker that starts anew may refuse for a moment")
        hold(refused, &estate, from: 60, to: 900)
        #expect(Self.open(estate) == ["delivery/broker_refuses"])
        #expect(estate.books.tickets.tickets.count == 1)
        status = PublisherStatus()
        status.isConnected = true
        estate.note(DeliveryState(status, certificateEndsIn: nil), at: 910)
        #expect(Self.open(estate) == [])
    }

    @Test func `what is forbidden and a silent consumer are alarms of their own`() {
        var estate = estate()
        var status = PublisherStatus()
        (status.isConnected, status.isForbidden, status.isConsumerSilent) = (true, true, true)
        estate.note(DeliveryState(status, certificateEndsIn: nil), at: 0)
        #expect(Self.open(estate) == ["delivery/consumer_silent", "delivery/publish_forbidden"])
        for second in [60.0, 120, 180] { estate.note(DeliveryState(status, certificateEndsIn: nil), at: second) }
        #expect(!estate.books.tickets.tickets.isEmpty)
        (status.isForbidden, status.isConsumerSilent) = (false, false)
        estate.note(DeliveryState(status, certificateEndsIn: nil), at: 240)
        #expect(Self.open(estate) == [])
    }

    @Test(arguments: [
        (31.0, nil), (30, nil), (29.9, Severity.p4), (7, .p4), (6.9, .p3), (0.1, .p3), (0, .p2), (-3, .p2),
    ])
    func `a certificate is told from 30 days before its end on`(days: Double, severity: Severity?) {
        #expect(DeliveryTrouble(certificateEndsIn: .seconds(days * 86_400))?.severity == severity)
    }

    @Test func `a certificate's ticket becomes more urgent and ends with the new certificate`() {
        var estate = estate()
        var status = PublisherStatus()
        status.isConnected = true
        func look(_ days: Double, _ second: Double) {
            estate.note(DeliveryState(status, certificateEndsIn: .seconds(days * 86_400)), at: second)
        }
        look(31, 0)
        #expect(estate.books.tickets.tickets.isEmpty)
        for second in [10.0, 60, 120, 180] { look(29, second) }
        #expect(Self.open(estate) == ["delivery/certificate_expires"])
        #expect(estate.books.tickets.tickets.count == 1)
        look(5, 200)
        look(-1, 300)
        #expect(estate.books.alarms.alarms.first?.severity == .p2)
        #expect(estate.books.tickets.tickets.count == 1)
        look(365, 400)
        #expect(Self.open(estate) == [])
    }
}
