// SPDX-License-Identifier: Apache-2.0

import Glibc
import Testing

@testable import WorkThread

/// The number that the kernel knows the calling thread by.
private func threadNumber() -> UInt { UInt(pthread_self()) }

@Suite struct WorkThreadTests {
    private actor Book {
        var threads: Set<UInt> = []
        func note() { threads.insert(threadNumber()) }
    }

    private actor Order {
        var woken: [Int] = []
        func note(_ milliseconds: Int) { woken.append(milliseconds) }
    }

    @Test func `tasks that prefer the thread and the actors they call run on it alone`() async throws {
        let thread = WorkThread(name: "work")
        defer { thread.stop() }
        let book = Book()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<20 {
                group.addTask(executorPreference: thread) {
                    for _ in 0..<50 {
                        await book.note()
                        await Task.yield()
                    }
                }
            }
        }
        let threads = await book.threads
        #expect(threads.count == 1)
    }

    @Test func `sleepers wake in the order of their moments`() async throws {
        let thread = WorkThread(name: "work")
        defer { thread.stop() }
        let order = Order()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for milliseconds in [30, 10, 20, 0] {
                group.addTask(executorPreference: thread) {
                    try await ThreadClock(thread).sleep(for: .milliseconds(milliseconds))
                    await order.note(milliseconds)
                }
            }
            try await group.waitForAll()
        }
        #expect(await order.woken == [0, 10, 20, 30])
    }

    @Test(arguments: 0..<50) func `a cancelled sleep ends at once, before or after it has begun`(_: Int) async throws {
        let thread = WorkThread(name: "work")
        defer { thread.stop() }
        let sleep = Task(executorPreference: thread) { try await thread.sleep(for: .seconds(1 << 40)) }
        sleep.cancel()
        await #expect(throws: CancellationError.self) { try await sleep.value }
    }

    @Test func `what was begun before the thread is stopped is finished`() async throws {
        let thread = WorkThread(name: "work")
        let work = Task(executorPreference: thread) {
            thread.stop()
            return 7
        }
        #expect(await work.value == 7)
    }

    @Test func `a blocked thread does not keep others from working`() async throws {
        let (blocked, free) = (WorkThread(name: "blocked"), WorkThread(name: "free"))
        defer {
            blocked.stop()
            free.stop()
        }
        let gate = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        sem_init(gate, 0, 0)
        defer { gate.deallocate() }
        let place = UInt(bitPattern: gate)
        let waiting = Task(executorPreference: blocked) {
            _ = UnsafeMutablePointer<sem_t>(bitPattern: place).map { sem_wait($0) }
        }
        await Task(executorPreference: free) {
            _ = UnsafeMutablePointer<sem_t>(bitPattern: place).map { sem_post($0) }
        }.value
        await waiting.value
    }
}
