// SPDX-License-Identifier: Apache-2.0

import Dashboard
import Delivery
import Logging
import Model
import Notices
import Pipeline
import ServiceLifecycle
import Store
import WorkThread

/// The channels of a site with what is needed to send by them.
struct ChannelSenders: Sendable {
    private struct Sender {
        let settings: ChannelSettings
        let writer: RequestWriter
        let transport: ChannelTransport
    }

    private let senders: [ChannelIdentifier: Sender]
    private let words: NoticeWords

    init(_ channels: [ChannelSettings], words: NoticeWords) {
        self.words = words
        senders = Dictionary(
            channels.map { channel in
                let identifier = channel.plan.identifier
                return (
                    identifier,
                    Sender(
                        settings: channel, writer: RequestWriter(identifier, channel.address),
                        transport: ChannelTransport(
                            name: identifier.text,
                            settings: TransportSettings(
                                allowsPrivateAddresses: channel.allowsPrivateAddresses, timeLimit: channel.timeLimit,
                                certificates: channel.certificates)))
                )
            }, uniquingKeysWith: { first, _ in first })
    }

    /// Sends one message and reads what its answer means.
    func send(_ dispatch: Dispatch, at wall: Timestamp) async -> DeliveryOutcome {
        guard let sender = senders[dispatch.channel] else { return .unreachable("the channel is not configured") }
        let request = sender.writer.request(for: dispatch, saying: words.message(of: dispatch), at: wall)
        return ResponseReader.outcome(of: await sender.transport.send(request), from: sender.settings.plan.kind)
    }
}

/// Lets the courier take its turns when something has come, and once a second.
struct CourierService: NamedService {
    let courier: Courier
    let senders: ChannelSenders
    let thread: WorkThread
    let store: SluiceStore
    let clock: any ClockSource
    let logger: Logger

    func run() async throws {
        await cancelWhenGracefulShutdown {
            await withDiscardingTaskGroup { group in
                group.addTask {
                    await withTaskExecutorPreference(thread) {
                        var seconds = 0
                        while !Task.isCancelled {
                            do { try await thread.sleep(for: .seconds(1)) } catch { break }
                            seconds += 1
                            courier.wake.raise()
                            if seconds % 3600 == 60 { await drop() }
                        }
                        courier.wake.finish()
                    }
                }
                for await _ in courier.wake.wakes {
                    for job in await turn() {
                        group.addTask {
                            await courier.report(await senders.send(job.dispatch, at: job.began.wall), of: job)
                        }
                    }
                }
            }
        }
    }

    private func turn() async -> [Courier.Job] {
        do {
            return try await withTaskExecutorPreference(thread) { try await courier.turn() }
        } catch is CancellationError {
            return []
        } catch {
            logger.error("Notices could not be stored; it is tried again.", metadata: ["error": "\(error)"])
            return []
        }
    }

    /// What became of notices long ago goes, by a clock that somebody vouches for.
    private func drop() async {
        let now = clock.now()
        guard now.timeQuality == .synced else { return }
        do { try await store.dropOldNotices(now: now.wall) } catch {
            logger.error("Old notices could not be dropped.", metadata: ["error": "\(error)"])
        }
    }
}
