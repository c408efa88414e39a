// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import Store

@Suite struct CommandRowTests {
    @Test func `the first reply to a command is repeated for a day, over a restart as well`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        #expect(try await store.reply(toCommand: "a", now: morning) == nil)
        try await store.keep(reply: Array("yes".utf8), toCommand: "a", at: morning)
        try store.close()
        let again = try openStore(folder)
        #expect(try await again.reply(toCommand: "a", now: morning + .seconds(24 * 3600)) == Array("yes".utf8))
        #expect(try await again.reply(toCommand: "b", now: morning) == nil)
        try again.close()
    }

    @Test func `since when the broker forbids what is published outlives a restart`() async throws {
        let folder = try TemporaryFolder()
        let store = try openStore(folder)
        #expect(try await store.forbiddenSince() == nil)
        try await store.noteForbidden(since: morning)
        try store.close()
        let again = try openStore(folder)
        #expect(try await again.forbiddenSince() == morning)
        try await again.noteForbidden(since: nil)
        #expect(try await again.forbiddenSince() == nil)
        try again.close()
    }
}
