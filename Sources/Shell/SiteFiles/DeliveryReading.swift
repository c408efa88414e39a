// SPDX-License-Identifier: Apache-2.0

import Pipeline
import Profiles

extension SiteReader {
    /// The `delivery:` part: who confirms rows, and how fast old ones go out.
    mutating func readDelivery(_ root: Section) -> DeliverySettings {
        var settings = DeliverySettings()
        let keys = ["confirm", "backlog_rate"]
        guard let section = file.section("delivery", in: root, "delivery", keys: keys) else { return settings }
        if section.has("confirm"),
            let word: DeliverySettings.Confirmation = file.word(
                "confirm", in: section, "confirmation")
        {
            settings.confirmation = word
        }
        if let rate = file.number("backlog_rate", in: section, 1...100_000) { settings.backlogRate = rate.value }
        return settings
    }
}
