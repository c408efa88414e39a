// SPDX-License-Identifier: Apache-2.0

public import Model
public import Outbox
import Profiles

extension SiteConfiguration {
    /// What Home Assistant is told of the site, whose catalogue is that of ``makeCatalogue()``.
    public func homeAssistant(_ catalogue: Catalogue, version: String) -> HomeAssistantDiscovery {
        let silences = devices.flatMap { device in
            device.device.values.map { value in
                device.report[value.name]?.maximumSilence ?? mqtt.maximumSilence ?? ReportRule.usualSilence
            }
        }
        let isChinese = site.language == .chinese
        return HomeAssistantDiscovery(
            catalogue: catalogue, siteName: site.name, version: version, silences: silences,
            name: { isChinese ? $0.zh : $0.en })
    }
}
