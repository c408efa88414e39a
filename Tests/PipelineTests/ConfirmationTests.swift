// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Outbox
import Pipeline
import TestKit
import Testing

@Suite(.serialized) struct ConfirmationTests {
    @Test func `rows stay until the consumer acknowledges them, whatever the broker said`() async throws {
        let mosquitto = try await Mosquitto()
        let marks = try await mosquitto.subscriber("sluice/lakeside/_mark")
        let site = FastSite(port: mosquitto.port) {
            $0.confirmation = .consumer
            $0.replayWindow = .seconds(1)
            $0.maintenancePeriod = .seconds(1)
        }
        try await site.whilePublishing { site in
            await site.commit([1, 3, 7])
            let mark = #"{"ep":3,"after":0,"through":7,"rows":[1,3,7]}"#
            try await marks.log.wait(for: "the mark") { $0.hasSuffix(mark) }
            try await site.outbox.log.wait("twenty looks", counting: 0) { count, _ in
                count += 1
                return count == 20
            }
            #expect(await site.outbox.count == 3)
            // Of another epoch, of numbers that never were, and rubbish.
            for text in [#"{"epoch":2,"seq":7}"#, #"{"epoch":3,"seq":999999}"#, "x"] {
                try mosquitto.publish("sluice/lakeside/_ack", ["-m", text])
            }
            try await site.notices.wait(for: "the refusal") { $0.hasPrefix("implausibleAcknowledgement(999999)") }
            #expect(await site.outbox.count == 3)
            try mosquitto.publish("sluice/lakeside/_ack", ["-r", "-m", #"{"epoch":3,"seq":7}"#])
            await site.commit([11])
            try await marks.log.wait(for: "the next mark") {
                $0.hasSuffix(#"{"ep":3,"after":7,"through":11,"rows":[11]}"#)
            }
            #expect(await site.outbox.count == 1)
        }
    }

    @Test func `a ticket's message has its number in it, and is confirmed as readings are`() async throws {
        let mosquitto = try await Mosquitto()
        let all = try await mosquitto.subscriber()
        let site = FastSite(port: mosquitto.port) { $0.confirmation = .consumer }
        let event = OutboundMessage(
            topic: "sluice/lakeside/ticket/event", payload: Array(#"{"number":"7"}"#.utf8), isRetained: false)
        await site.outbox.add([OutboxRow(sequence: SequenceNumber(5), content: .message(event))])
        try await site.whilePublishing { _ in
            try await all.log.wait(for: "the event") { $0.hasSuffix(#"ticket/event {"number":"7","seq":5,"ep":3}"#) }
            try await all.log.wait(for: "the mark") { $0.hasSuffix(#""rows":[5]}"#) }
        }
    }

    @Test func `a message that has its epoch already does not get it twice`() async throws {
        let mosquitto = try await Mosquitto()
        let all = try await mosquitto.subscriber()
        let site = FastSite(port: mosquitto.port) { $0.confirmation = .consumer }
        let gap = OutboundMessage(
            topic: "sluice/lakeside/_gap", payload: Array(#"{"what":"b3/riser-2/total","ep":3}"#.utf8),
            isRetained: false)
        await site.outbox.add([OutboxRow(sequence: SequenceNumber(5), content: .message(gap))])
        try await site.whilePublishing { _ in
            try await all.log.wait(for: "the gap") { $0.hasSuffix(#"_gap {"what":"b3/riser-2/total","ep":3,"seq":5}"#) }
        }
    }

    @Test func `a row that can never be published is in no mark`() async throws {
        let mosquitto = try await Mosquitto()
        let marks = try await mosquitto.subscriber("sluice/lakeside/_mark")
        let site = FastSite(port: mosquitto.port) { $0.confirmation = .consumer }
        let bad = OutboundMessage(topic: "sluice/lakeside/+", payload: Array("{}".utf8), isRetained: false)
        await site.outbox.add([OutboxRow(sequence: SequenceNumber(1), content: .message(bad))])
        try await site.whilePublishing { site in
            await site.commit([5])
            try await marks.log.wait(for: "the mark") {
                $0.hasSuffix(#""through":5,"rows":[5]}"#) || $0.hasSuffix(#""through":1,"rows":[]}"#)
            }
        }
    }
}
