// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Store
import Synchronization
import WorkThread

/// Where the critical tasks of all gateways of a program say that they are getting on.
public final class ProgressBoard: Sendable {
    private let watch = Mutex(ProgressWatch())

    public init() {}

    /// `task` makes progress and will do so again within `span`; `nil` when it has nothing to do.
    func note(_ task: String, within span: Duration?) {
        let now = SystemClock.instant()
        watch.withLock { $0.note(task, at: now, next: span.map { now + $0 }) }
    }

    /// `task` was given work, to be done within `span`.
    func expect(_ task: String, within span: Duration) {
        let moment = SystemClock.instant() + span
        watch.withLock { $0.expect(task, by: moment) }
    }

    /// The tasks of a gateway that ended are missed by nobody.
    func forget(_ prefix: String) { watch.withLock { $0.forget(prefix) } }

    /// When each task whose name begins with `prefix` last made progress, by name without it.
    func lastProgress(of prefix: String) -> [(task: String, at: MonotonicInstant)] {
        watch.withLock { $0.lastProgress(of: prefix) }
    }

    /// Tasks that do not get on, by name.
    public var late: [String] { watch.withLock { $0.late(at: SystemClock.instant()) } }
}

/// One gateway's part of the board.
struct SiteProgress: Sendable {
    let board: ProgressBoard
    let site: String

    /// Longest time a transaction may take: five seconds for another process that holds the lock, and the disk.
    static let commitPatience: Duration = .seconds(8)
    /// What a bus may need beyond its timeouts: opening a line or a connection.
    static let busPatience: Duration = .seconds(5)
    /// The publisher looks at its outbox every ten seconds when nothing else is to be done.
    static let publisherPatience: Duration = .seconds(14)
    private static let probePeriod: Duration = .seconds(2)
    private static let probePatience: Duration = .seconds(8)

    func note(_ task: String, within span: Duration?) { board.note("\(site)/\(task)", within: span) }
    func expect(_ task: String, within span: Duration) { board.expect("\(site)/\(task)", within: span) }
    func end() { board.forget("\(site)/") }

    /// Tasks of this site that do not get on, by name.
    var late: [String] {
        board.late.filter { $0.hasPrefix("\(site)/") }.map { String($0.dropFirst(site.count + 1)) }
    }

    /// When each task of this site last made progress, by name.
    var lastProgress: [(task: String, at: MonotonicInstant)] { board.lastProgress(of: "\(site)/") }

    /// Asks again and again whether `answer` comes, until the task is cancelled.
    private func probe(_ task: String, _ answer: () async -> Void) async {
        while !Task.isCancelled {
            note(task, within: Self.probePatience)
            await answer()
            note(task, within: Self.probePeriod + Self.probePatience)
            try? await Task.sleep(for: Self.probePeriod)
        }
        note(task, within: nil)
    }

    /// Watches what does not speak by itself: the thread of the store, and the loop of the publisher.
    func watch(_ thread: WorkThread, _ publisher: Publisher<ThreadClock>) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await probe("store") { await withTaskExecutorPreference(thread) { await Task.yield() } }
            }
            group.addTask {
                await probe("publisher") {
                    let due = await publisher.lastTurn + Self.publisherPatience
                    note("publisher loop", within: due - SystemClock.instant())
                }
            }
        }
    }
}
