// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Testing

@Suite struct ProgressWatchTests {
    private let start = MonotonicInstant(nanoseconds: 1_000_000_000)

    @Test func `a task is late once the moment it named has passed, and in order again after it spoke`() {
        var watch = ProgressWatch()
        watch.note("store", at: start, next: start + .seconds(8))
        #expect(watch.late(at: start + .seconds(8)) == [])
        #expect(watch.late(at: start + .seconds(9)) == ["store"])
        watch.note("store", at: start, next: start + .seconds(20))
        #expect(watch.late(at: start + .seconds(9)) == [])
    }

    @Test func `a task without work is never late`() {
        var watch = ProgressWatch()
        watch.note("committer", at: start, next: start + .seconds(1))
        watch.note("committer", at: start, next: nil)
        #expect(watch.late(at: start + .seconds(1_000_000)) == [])
    }

    @Test func `more work for a task that owes an answer does not give it more time`() {
        var watch = ProgressWatch()
        watch.expect("committer", by: start + .seconds(8))
        watch.expect("committer", by: start + .seconds(30))
        #expect(watch.late(at: start + .seconds(9)) == ["committer"])
        watch.note("committer", at: start, next: nil)
        watch.expect("committer", by: start + .seconds(40))
        #expect(watch.late(at: start + .seconds(39)) == [])
        #expect(watch.late(at: start + .seconds(41)) == ["committer"])
    }

    @Test func `tasks of an estate that ended are missed by nobody, and those of another stay`() {
        var watch = ProgressWatch()
        for name in ["east/store", "east/bus meters", "eastern/store"] { watch.note(name, at: start, next: start) }
        watch.forget("east/")
        #expect(watch.late(at: start + .seconds(1)) == ["eastern/store"])
    }

    @Test func `what a task was last heard of is kept when it has nothing to do, and goes with its estate`() {
        var watch = ProgressWatch()
        watch.note("east/store", at: start, next: start + .seconds(8))
        watch.note("east/committer", at: start + .seconds(2), next: nil)
        watch.note("west/store", at: start, next: nil)
        watch.note("east/store", at: start + .seconds(5), next: start + .seconds(13))
        watch.expect("east/store", by: start + .seconds(6))
        let heard = watch.lastProgress(of: "east/")
        #expect(heard.map(\.task) == ["committer", "store"])
        #expect(heard.map(\.at) == [start + .seconds(2), start + .seconds(5)])
        watch.forget("east/")
        #expect(watch.lastProgress(of: "east/").isEmpty && watch.lastProgress(of: "west/").count == 1)
    }

    @Test func `the late ones are named in order`() {
        var watch = ProgressWatch()
        for name in ["c", "a", "b"] { watch.note(name, at: start, next: start) }
        #expect(watch.late(at: start + .nanoseconds(1)) == ["a", "b", "c"])
    }
}
