// SPDX-License-Identifier: Apache-2.0

import Foundation
import GRDB
import Model
import People
import Pipeline
import Testing

@testable import Store

/// Accounts and the audit beside them: across restarts, copies and damage.
@Suite struct AccountRowTests {
    private static func account(_ name: String, _ roles: Set<Role> = [.technician]) -> Account {
        var account = Account(
            name: AccountName(name)!, person: PersonIdentifier("li-wei"), roles: roles,
            hash: "$scrypt$ln=14,r=8,p=5$\(String(repeating: "ab", count: 16))$\(String(repeating: "cd", count: 32))",
            mustChange: true, createdAt: morning, changedAt: morning + .seconds(60),
            disabledAt: name == "gone" ? morning + .seconds(120) : nil)
        account.tokens = [ProgramToken(label: "家 home", digest: String(repeating: "0f", count: 32), madeAt: morning)]
        return account
    }

    private static func line(_ action: String) -> AuditRecord {
        AuditRecord(at: morning, actor: "boss", action: action, subject: "li-wei", result: "")
    }

    private static let all = [account("boss", [.administrator, .manager]), account("gone"), account("li-wei")]

    private func filled(_ folder: TemporaryFolder) async throws -> SluiceStore {
        let store = try openStore(folder)
        for account in Self.all.reversed() { try await store.save(account, audit: [Self.line("account made")]) }
        return store
    }

    @Test func `accounts are after a restart what they were, and a change replaces one`() async throws {
        let folder = try TemporaryFolder()
        let store = try await filled(folder)
        var changed = Self.all[2]
        (changed.person, changed.mustChange, changed.tokens) = (nil, false, [])
        try await store.save(changed, audit: [Self.line("account changed")])
        try await store.save(nil, audit: [Self.line("sign-in")])
        try store.close()
        let again = try openStore(folder)
        #expect(try await again.accounts() == [Self.all[0], Self.all[1], changed])
        #expect(
            try await again.newestAudit(limit: 3).map(\.action) == ["sign-in", "account changed", "account made"])
        try again.close()
        #expect(try SluiceStore.verify(folder.path).defects == [])
    }

    @Test func `an account and its line of the audit are stored together or not at all`() async throws {
        let folder = try TemporaryFolder()
        let store = try await filled(folder)
        try withOtherConnection(folder) {
            try $0.execute(
                sql: """
                    CREATE TRIGGER no_more BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END;
                    """)
        }
        await #expect(throws: (any Error).self) {
            try await store.save(Self.account("new"), audit: [Self.line("account made")])
        }
        #expect(try await store.accounts().map(\.name.text) == ["boss", "gone", "li-wei"])
        try store.close()
    }

    @Test func `a copy that is restored keeps the accounts`() async throws {
        let (folder, other) = (try TemporaryFolder(), try TemporaryFolder())
        let store = try await filled(folder)
        let (path, _) = try SluiceStore.backUp(folder.path, to: other.path, now: morning)
        try store.close()
        let fresh = try TemporaryFolder()
        _ = try SluiceStore.restore(path, into: fresh.path, now: morning)
        let again = try openStore(fresh)
        #expect(try await again.accounts() == Self.all)
        try again.close()
    }

    @Test func `a damaged database keeps the accounts`() async throws {
        let folder = try TemporaryFolder()
        let store = try await filled(folder)
        for batch in 0..<40 {
            _ = try await store.append(
                (0..<20).map { makeSweep($0 % 2, at: morning + .seconds(batch), value: Int64($0)) }, publishes: true)
        }
        try store.close()
        var bytes = try folder.bytes("sluice.db")
        let pageLength = Int(SluiceStore.newPageSize)
        let name = Data("$scrypt$".utf8)
        // Pages of readings, and the header; not that of the accounts, of which nobody has another copy.
        let kept = try #require(bytes.range(of: name)).lowerBound / pageLength
        for page in [0] + (bytes.count / pageLength - 12..<bytes.count / pageLength - 2) where page != kept {
            for place in page * pageLength..<page * pageLength + 64 { bytes[place] = 0xA5 }
        }
        try bytes.write(to: URL(fileURLWithPath: folder.file("sluice.db")))
        let again = try openStore(folder)
        while try await again.continueSalvage() {}
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path).contains {
                $0.hasPrefix("sluice.db.damaged-")
            })
        #expect(try await again.accounts() == Self.all)
        try again.close()
    }

    @Test func `a database of before accounts has none, and takes them`() async throws {
        let folder = try TemporaryFolder()
        try openStore(folder).close()
        try withOtherConnection(folder) { try $0.execute(sql: "DROP TABLE account; PRAGMA user_version = 15") }
        let store = try openStore(folder)
        #expect(try await store.accounts() == [])
        try await store.save(Self.all[0], audit: [])
        #expect(try await store.accounts() == [Self.all[0]])
        try store.close()
    }

    @Test func `an account that cannot be read lets nobody in and stops nothing`() async throws {
        let folder = try TemporaryFolder()
        let store = try await filled(folder)
        try withOtherConnection(folder) {
            try $0.execute(sql: "UPDATE account SET tokens = 'x' WHERE name = 'gone'")
        }
        #expect(try await store.accounts().map(\.name.text) == ["boss", "li-wei"])
        try store.close()
    }
}
