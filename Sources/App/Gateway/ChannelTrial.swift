// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Model
public import Notices
public import Pipeline

/// Sends one message by a channel, to see whether it arrives. It goes past the queue and its limits, which leave room
/// for it.
public enum ChannelTrial {
    /// - Returns: what came of it; `nil` when the site has no channel of this name.
    public static func run(_ channel: ChannelIdentifier, of site: SiteConfiguration) async throws -> DeliveryOutcome? {
        guard site.channels.contains(where: { $0.plan.identifier == channel }) else { return nil }
        let clock = SystemClock()
        let now = clock.now()
        let words = try NoticeWords(site.site.language, zone: site.site.zone)
        let (title, text) = words.test(site: site.site.name)
        let notice = Notice(
            ticket: "test", sequence: Int(clamping: now.wall.milliseconds / 1000), severity: .p4, kind: .raised,
            title: title, text: text, site: site.site.identifier, asset: AssetIdentifier("test"),
            rule: RuleIdentifier("test"), at: now.wall, channels: [channel])
        let row = NoticeRow(
            number: 0, channel: channel, notice: notice, stored: ClockMark(now, boot: clock.boot))
        let dispatch = Dispatch(channel: channel, key: notice.key, rows: [row], severity: .p4)
        return await ChannelSenders(site.channels, words: words).send(dispatch, at: now.wall)
    }
}
