// SPDX-License-Identifier: Apache-2.0

import Pipeline
import Profiles

extension SiteReader {
    /// The `delivery:` part: who confirms rows, and how fast old ones go out.
    mutating func readDelivery(_ root: Section) -> DeliverySettings {
        var settings = DeliverySettings()
        let section = file.settings("delivery", in: root, "delivery", keys: SiteKeys.delivery)
        settings.confirmation = file.setting("confirm", in: section, "confirmation")
        settings.backlogRate = file.setting("backlog_rate", in: section)
        return settings
    }
}
