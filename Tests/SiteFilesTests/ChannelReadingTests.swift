// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import Notices
import Pipeline
import SiteFiles
import Testing
import Tickets

/// `channels` of a site's file.
@Suite struct ChannelReadingTests {
    private func read(_ more: String) throws -> (SiteConfiguration?, [String]) {
        let folder = try SiteFolder(
            site: """
                site: {id: lakeside, zone: Asia/Shanghai}
                buses: {t: {tcp: 127.0.0.1}}
                devices:
                  m: {profile: acme-wm40, bus: t, unit: 1, area: a, asset: m, responsible: resident, meter: {role: irrigation, litres_per_count: 0.5}}
                persons:
                  wang: {name: Wang, role: shiftLeader, channel: duty}
                duty: {owner: wang}
                \(more)
                """)
        try folder.write("https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=TOPSECRET\n", to: "robot.key")
        try folder.write("https://oapi.dingtalk.com/robot/send?access_token=TOPSECRET\nSECxyz\n", to: "ding.key")
        try folder.write("TOPSECRET\nOLDER\n", to: "hook.key")
        try folder.write("https://x/\n", to: "open.key")
        let root = URL(fileURLWithPath: folder.path)
        for name in ["robot.key", "ding.key", "hook.key"] {
            try FileManager.default.setAttributes(
                [.posixPermissions: 0o640], ofItemAtPath: root.appendingPathComponent(name).path)
        }
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o644], ofItemAtPath: root.appendingPathComponent("open.key").path)
        let loaded = folder.load()
        return (loaded.configuration, folder.lines(loaded))
    }

    @Test func `channels of every kind are read, and no secret is printed`() throws {
        let (site, problems) = try read(
            """
            channels:
              duty: {kind: wecom, secret_file: robot.key, priorities: [p1, p2], posts: [shiftLeader], fallback: spare}
              spare: {kind: dingtalk, secret_file: ding.key, keyword: 报修, priorities: [], per_minute: 10}
              erp: {kind: webhook, url: "http://10.0.0.9/tickets", allow_private: true, secret_file: hook.key}
              letters: {kind: email, host: mail.example.org, from: a@example.org, to: [b@example.org], time_limit_seconds: 20}
            """)
        #expect(problems == [])
        let channels = try #require(site).channels
        #expect(channels.map(\.plan.kind) == [.wecom, .dingtalk, .webhook, .email])
        #expect(channels[0].priorities == [.p1, .p2] && channels[0].posts == [.shiftLeader])
        #expect(channels[0].plan.fallback == ChannelIdentifier("spare"))
        #expect(channels[0].plan.limits == [RateLimit(18, in: .seconds(60))])
        #expect(channels[1].priorities == [] && channels[1].plan.limits == [RateLimit(10, in: .seconds(60))])
        #expect(
            channels[2].address
                == .webhook(
                    .init(url: Secret("http://10.0.0.9/tickets"), secrets: [Secret("TOPSECRET"), Secret("OLDER")])))
        guard case .email(let mailbox) = channels[3].address else { Issue.record("no mailbox"); return }
        #expect(mailbox.security == .starttls && mailbox.port == 587)
        var dumped = "\(channels)"
        dump(channels, to: &dumped)
        #expect(!dumped.contains("TOPSECRET") && !dumped.contains("SECxyz"))
    }

    @Test func `mistakes are told with their places`() throws {
        let (site, problems) = try read(
            """
            channels:
              duty: {kind: wecom, url: "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=TOPSECRET"}
              a: {kind: webhook, url: "http://example.org/x", fallback: dutty}
              b: {kind: webhook, url: "https://u:TOPSECRET@example.org/x", priorities: [p5]}
              c: {kind: feishu, secret_file: nowhere.key}
              d: {kind: wecom, secret_file: open.key}
              e: {kind: email, host: m.example.org, from: a@example.org, to: [b@example.org], security: plain, user: u, secret_file: hook.key}
              f: {kind: webhook, url: "https://example.org/f", fallback: g}
              g: {kind: webhook, url: "https://example.org/g", fallback: f}
              h: {kind: pager}
            """)
        #expect(site == nil)
        #expect(!problems.joined().contains("TOPSECRET"))
        let expected = [
            "SL-1127: channel 'duty': the address of a robot holds its key (***)",
            "SL-1138: channel 'a': url 'http://example.org/x' is without TLS",
            "SL-1138: channel 'b': url '***' is not of the form https://HOST/PATH",
            "SL-1108: channel 'b': a priority 'p5' is not known.",
            "SL-1140: channel 'c': the secret file", "SL-1140: channel 'd': the secret file",
            "SL-1108: channel 'e': a password must not go over a connection without TLS.",
            "SL-1140: channel 'e': the secret file",
            "SL-1139: channel 'f': fallbacks lead in a ring: f, g, f.",
            "SL-1108: channel 'h': kind 'pager' is not known.",
        ]
        for text in expected { #expect(problems.contains { $0.contains(text) }, "\(text)\n\(problems)") }
        #expect(problems.contains { $0.hasPrefix("9:27: error") || $0.contains("9:") })
    }

    @Test func `a person's channel must be one of them`() throws {
        let (_, problems) = try read("channels: {duti: {kind: wecom, secret_file: robot.key}}")
        #expect(problems.count == 1)
        #expect(
            problems.first?.contains(
                "SL-1139: person 'wang': channel 'duty' is not under 'channels'. Did you mean 'duti'?") == true)
    }
}
