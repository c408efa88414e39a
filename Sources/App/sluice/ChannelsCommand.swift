// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway
import Glibc
import Model
import Notices
import Pipeline
import Store

struct ChannelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "channels", abstract: "See how notices of tickets leave the site, and try a channel.",
        discussion: """
            Examples:
              sluice channels list --config site.yaml
              sluice channels test duty-robot --config site.yaml
              sluice channels replay lakeside-20261122-001-0 --config site.yaml
            """,
        subcommands: [List.self, Test.self, Dead.self, Replay.self], defaultSubcommand: List.self)

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The channels of the site and what became of their notices.",
            discussion: "Reads the database of the state directory; the gateway may be running.")
        @OptionGroup var from: StateOptions

        func run() throws {
            let site = try from.site.load()
            let directory = from.state ?? site.storage.directory
            // Before the gateway's first run there is no database, and nothing can have been sent.
            let isNew = access("\(directory)/sluice.db", F_OK) != 0 && errno == ENOENT
            let reports = isNew ? [] : try store("list") { try SluiceStore.channelReports(inDirectory: directory) }
            if site.channels.isEmpty { say("The site's file has no channels.") }
            for channel in site.channels {
                let name = channel.plan.identifier
                let report = reports.first { $0.channel == name } ?? ChannelReport(channel: name)
                let fallback = channel.plan.fallback.map { ", then \($0)" } ?? ""
                let rows = report.rows.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
                let sent = rows.isEmpty ? "nothing sent yet" : rows.joined(separator: ", ")
                tell("\(name)  \(channel.plan.kind.rawValue)\(fallback)  \(sent)")
                if let last = report.lastAttempt {
                    let taken = report.lastDelivered.map { "last taken \($0.rfc3339)" } ?? "nothing taken yet"
                    let reason = report.lastReason.isEmpty ? "" : ": \(report.lastReason)"
                    tell("  \(taken); last tried \(last.rfc3339)\(reason)")
                }
            }
            let known = Set(site.channels.map(\.plan.identifier))
            for report in reports where !known.contains(report.channel) {
                tell("\(report.channel)  is in the database, but no longer in the site's file")
            }
        }
    }

    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send one message by a channel; exits 1 when it was not taken.")
        @OptionGroup var site: SiteOptions
        @Argument(help: "Name of the channel.") var name: String

        func run() async throws {
            let site = try site.load()
            guard let outcome = try await ChannelTrial.run(ChannelIdentifier(name), of: site) else {
                let names = site.channels.map(\.plan.identifier.text)
                say("sluice channels test: there is no channel '\(name)'.\(suggestion(for: name, in: names))")
                throw ExitStatus.problemsFound
            }
            guard outcome != .delivered else { return tell("\(name) took the message.") }
            say("sluice channels test: \(name) did not take the message (\(outcome.word)): \(outcome.reason).")
            throw ExitStatus.problemsFound
        }
    }

    struct Dead: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Notices that were given up, the newest first.")
        @OptionGroup var from: StateOptions

        func run() throws {
            let rows = try store("dead") {
                try SluiceStore.deadNotices(limit: 200, inDirectory: try from.directory())
            }
            if rows.isEmpty { say("None.") }
            for row in rows {
                tell("\(row.notice.key)  \(row.channel)  \(row.stored.wall.rfc3339)  \(row.notice.title)")
            }
        }
    }

    struct Replay: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a notice that was given up wait again.",
            discussion: "A gateway that runs takes it up within a minute, else the next one that starts.")
        @OptionGroup var from: StateOptions
        @Argument(help: "Key of the notice, as `sluice channels dead` shows it.") var key: String

        func run() throws {
            let clock = SystemClock()
            let mark = ClockMark(clock.now(), boot: clock.boot)
            let count = try store("replay") {
                try SluiceStore.replayNotices(key: key, at: mark, inDirectory: try from.directory())
            }
            guard count > 0 else {
                say("sluice channels replay: no notice of key '\(key)' was given up.")
                throw ExitStatus.problemsFound
            }
            tell("\(counted(count, "notice")) \(count == 1 ? "waits" : "wait") again.")
        }
    }
}

private func store<T>(_ command: String, _ body: () throws -> T) throws -> T {
    do {
        return try body()
    } catch let error as StoreError {
        say("sluice channels \(command): \(error)")
        throw error.exitStatus
    }
}
