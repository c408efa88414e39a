// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import Gateway

@main
struct Sluice: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sluice",
        abstract: "Gateway of a housing estate: Modbus in, MQTT out, leaks found, repair tickets raised.",
        discussion: """
            Examples:
              sluice demo                           a simulated estate with a leak, on this machine
              sluice check site.yaml                every mistake of a site's file, touching no device
              sluice run --config site.yaml         the gateway
            """,
        version: Version.sluice,
        subcommands: [
            Demo.self, Run.self, Reload.self, Status.self, Tail.self, Check.self, ConfigCommand.self, Plan.self,
            Poll.self,
            Scan.self, Decode.self, Line.self, Simulate.self, Replay.self, ExportCommand.self, Findings.self,
            Explain.self, SavingsCommand.self, ReportsCommand.self, Tickets.self, AlarmsCommand.self,
            ChannelsCommand.self, WorkCommand.self, LogsCommand.self, Meter.self, Announce.self, PeopleCommand.self,
            Consume.self, Doctor.self, ProfilesCommand.self, PointsCommand.self, BackupCommand.self,
            RestoreCommand.self, VerifyCommand.self, PurgeCommand.self, BundleCommand.self, ShowVersion.self,
        ])
}
