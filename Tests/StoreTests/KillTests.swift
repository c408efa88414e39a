// SPDX-License-Identifier: Apache-2.0

import Foundation
import Logging
import Model
import Pipeline
import Synchronization
import Testing

@testable import Store

@Suite struct KillTests {
    /// A process of its own appends, notes each number once its call has returned, and is killed by SIGKILL from a
    /// thread beside it, wherever the writer happens to be.
    @Test(arguments: 0..<4)
    func `a kill loses no row that was acknowledged`(round: Int) async throws {
        let folder = try TemporaryFolder()
        let directory = folder.path
        await #expect(processExitsWith: .signal(SIGKILL)) {
            [directory = directory as String, round = round as Int] in
            let store = try SluiceStore.open(
                directory: directory, boot: BootIdentifier("child"), now: ClockReading(morning),
                logger: Logger(label: "store"))
            try store.bind(catalogue: makeCatalogue())
            let acknowledged = Acknowledged()
            let notes = open("\(directory)/acknowledged", O_WRONLY | O_CREAT | O_APPEND, 0o600)
            Thread.detachNewThread {
                while acknowledged.count < 20 + round * 7 { sched_yield() }
                // Another length of time in each round, to hit another place of the commit.
                for _ in 0..<round * 5000 { _ = acknowledged.count }
                kill(getpid(), SIGKILL)
            }
            while true {
                let stored = try await store.append(
                    (0..<5).map { makeSweep(Int($0 % 2), value: $0) }, publishes: true)
                for sweep in stored {
                    let line = Array("\(sweep.firstSequence)\n".utf8)
                    guard write(notes, line, line.count) == line.count else { exit(3) }
                }
                acknowledged.note()
            }
        }
        let noted = String(decoding: try folder.bytes("acknowledged"), as: UTF8.self).split(separator: "\n")
        let numbers = Set(noted.compactMap { Int64($0) })
        #expect(numbers.count >= 100)
        let store = try openStore(folder, boot: "after")
        defer { close(store, in: folder) }
        let found = try await store.sweeps(after: SequenceNumber(0), limit: 1_000_000)
        #expect(numbers.isSubset(of: found.map(\.firstSequence.value)))
        #expect(found.allSatisfy { $0.sweep.readings.count == 3 })
        // Each row has its outbox row, and what comes next has a new number.
        #expect(try await store.waitingNumbers(limit: 1_000_000) == found.map(\.firstSequence.value))
        let next = try await store.append([makeSweep()], publishes: true)
        let last = try #require(found.last).firstSequence
        #expect(try #require(next.first).firstSequence > last)
    }
}

private final class Acknowledged: Sendable {
    private let calls = Atomic<Int>(0)
    var count: Int { calls.load(ordering: .relaxed) }
    func note() { calls.add(1, ordering: .relaxed) }
}
