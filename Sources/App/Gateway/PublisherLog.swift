// SPDX-License-Identifier: Apache-2.0

import Logging
import Model
import Pipeline

extension Logger {
    /// A line for each change of the publisher's state.
    func note(_ notice: PublisherNotice) {
        switch notice {
        case .connected(let replayedRows):
            info("Connected to the MQTT broker.", metadata: ["replayed_rows": "\(replayedRows)"])
        case .lost(let reason, let retryDelay):
            warning(
                "No MQTT broker; readings and tickets wait in the store.",
                metadata: ["reason": "\(reason)", "retry_in_seconds": "\((retryDelay.inSeconds * 10).rounded() / 10)"])
        case .identifierInUseTwice(let identifier):
            error(
                "The broker ends each session at once: another client uses the same identifier.",
                metadata: ["client_identifier": "\(identifier)"])
        case .refused(let row, let reason):
            error(
                "A message could not be published and was given up.",
                metadata: ["sequence": "\(row?.value ?? 0)", "reason": "\(reason)"])
        case .forbidden:
            error(
                """
                Publishes are refused by the broker (access list?): the gateway's own heartbeat does not come back. \
                Nothing is removed from the store until it does.
                """)
        case .admitted(let replayedRows):
            info("The broker lets messages through again.", metadata: ["replayed_rows": "\(replayedRows)"])
        case .emptied(let topics):
            info("Retained topics of a former configuration were emptied.", metadata: ["topics": "\(topics)"])
        case .consumerSilent(let acknowledged):
            error(
                "The consumer has acknowledged nothing for 15 minutes; rows stay in the store.",
                metadata: ["acknowledged": "\(acknowledged)"])
        case .consumerHeard(let acknowledged):
            info("The consumer acknowledges again.", metadata: ["acknowledged": "\(acknowledged)"])
        case .replayed(let rows):
            info("Rows that the consumer has not acknowledged go out again.", metadata: ["rows": "\(rows)"])
        case .implausibleAcknowledgement(let number):
            error(
                "An acknowledgement of rows that never were is ignored; see who publishes on _ack.",
                metadata: ["seq": "\(number)"])
        case .commandIgnored(let topic, let reason):
            warning("A command was ignored.", metadata: ["topic": "\(topic)", "reason": "\(reason)"])
        case .command(let verb, let identifier, let by, let outcome):
            info(
                "A command was answered.",
                metadata: ["verb": "\(verb)", "id": "\(identifier)", "by": "\(by)", "outcome": "\(outcome)"])
        case .storeFailed(let reason):
            error("The outbox could not be read or written.", metadata: ["error": "\(reason)"])
        }
    }
}
