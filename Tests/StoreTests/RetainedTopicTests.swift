// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Store

@Suite struct RetainedTopicTests {
    @Test func `topics of a former configuration are told until they are known to be empty`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        #expect(try await store.noteRetained(["a", "b", "c"]) == [])
        try store.close()
        let again = try openStore(folder)
        #expect(try await again.noteRetained(["b", "d"]) == ["a", "c"])
        #expect(try await again.noteRetained(["b", "d"]) == ["a", "c"])
        try await again.forgetRetained(["a", "c"])
        #expect(try await again.noteRetained(["b"]) == ["d"])
        try again.close()
    }
}
