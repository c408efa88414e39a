// SPDX-License-Identifier: Apache-2.0

import Pipeline
import Profiles

extension SiteReader {
    /// The `delivery:` part: who confirms rows, and how fast old ones go out.
    mutating func readDelivery(_ root: Section) -> DeliverySettings {
        var settings = DeliverySettings()
        let keys = ["confirm", "backlog_rate"]
        let section = file.settings("delivery", in: root, "delivery", keys: keys)
        settings.confirmation = file.word("confirm", in: section, "confirmation", default: settings.confirmation)
        settings.backlogRate = file.number(
            "backlog_rate", in: section, 1...100_000, default: settings.backlogRate)
        return settings
    }
}
