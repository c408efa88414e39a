// SPDX-License-Identifier: Apache-2.0

import Failpoints
import Testing

@Suite struct FailpointTests {
    @Test(arguments: [
        ("outbox.stored", [Failpoint.Order(place: .outboxStored, visit: 1, action: .abort)]),
        ("outbox.acked:3", [Failpoint.Order(place: .outboxAcknowledged, visit: 3, action: .abort)]),
        ("store.commit:20=error", [Failpoint.Order(place: .storeCommit, visit: 20, action: .error)]),
        (
            "poller.request=sleep,outbox.acked:2=error",
            [
                Failpoint.Order(place: .pollerRequest, visit: 1, action: .sleep),
                Failpoint.Order(place: .outboxAcknowledged, visit: 2, action: .error),
            ]
        ),
        ("", []),
    ])
    func `a text names places, visits and actions`(text: String, orders: [Failpoint.Order]) {
        #expect(Failpoint.orders(text) == orders)
    }

    @Test(arguments: [
        "outbox.store", "outbox.stored:0", "outbox.stored:x", "outbox.stored=burn", "store.commit:1:2", "a=b=c",
    ])
    func `what is not understood is refused as a whole`(text: String) { #expect(Failpoint.orders(text) == nil) }
}
