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
                metadata: ["reason": "\(reason)", "retry_in_seconds": "\(retryDelay.inSeconds)"])
        case .identifierInUseTwice(let identifier):
            error(
                "The broker ends each session at once: another client uses the same identifier.",
                metadata: ["client_identifier": "\(identifier)"])
        case .refused(let row, let reason):
            error(
                "A message could not be published and was given up.",
                metadata: ["sequence": "\(row?.value ?? 0)", "reason": "\(reason)"])
        case .storeFailed(let reason):
            error("The outbox could not be read or written.", metadata: ["error": "\(reason)"])
        }
    }
}
