// SPDX-License-Identifier: Apache-2.0

import Model
import People
import Pipeline
import Synchronization

@testable import Dashboard

/// Accounts in memory.
actor MemoryAccounts: AccountStore {
    private(set) var stored: [AccountName: Account] = [:]
    private(set) var audit: [AuditRecord] = []

    struct Full: Error {}
    private var isFull = false
    func fill(_ isFull: Bool) { self.isFull = isFull }

    func accounts() -> [Account] { stored.values.sorted { $0.name < $1.name } }
    func save(_ account: Account?, audit: [AuditRecord]) throws {
        if isFull { throw Full() }
        if let account { stored[account.name] = account }
        self.audit += audit
    }
    func newestAudit(limit: Int) -> [AuditRecord] { Array(audit.reversed().prefix(limit)) }
}

/// Costs nothing, so that what is tested is who is let in.
struct PlainWork: PasswordWork {
    func hash(_ password: String, salt: [UInt8]) -> String { "plain:" + password }
    func fits(_ password: String, _ hash: String) -> Bool { hash == "plain:" + password }
}

/// A clock that a test turns.
final class TestTime: Sendable {
    private let state = Mutex(
        ClockReading(
            instant: MonotonicInstant(nanoseconds: 5_000_000_000), wall: TestEstate.now, timeQuality: .synced))
    var now: ClockReading { state.withLock { $0 } }
    func pass(_ span: Duration) {
        state.withLock { ($0.instant, $0.wall) = ($0.instant + span, $0.wall + span) }
    }
}

/// The accounts of a page that is tested.
struct TestPeople: Sendable {
    let accounts = MemoryAccounts()
    let time = TestTime()
    let desk: PeopleDesk
    let password = "the kettle sings at noon"

    init() async throws {
        let counter = Mutex(UInt64(0))
        desk = try await PeopleDesk(
            store: accounts, work: PlainWork(), persons: Set(TestEstate.lakeside.persons.map(\.identifier)),
            siteNames: ["lakeside"], now: { [time] in time.now },
            random: { count in
                // Never the same twice, which is all that a test needs.
                (0..<count).map { place in
                    UInt8(
                        truncatingIfNeeded: counter.withLock {
                            $0 = $0 &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                            return $0
                        } >> 33 &+ UInt64(place))
                }
            })
    }

    func door(proxy: String? = nil) -> SignInDoor {
        SignInDoor(desk: desk, isRequired: true, encryptedAddress: proxy)
    }

    /// Somebody who has signed in and chosen a password.
    ///
    /// - Returns: What the browser has, and what its forms carry.
    func enter(
        _ name: String, _ roles: Set<Role>, person: String? = nil
    ) async throws -> (cookie: String, form: String) {
        let first = try await desk.make(name, person: person, roles: roles, by: "test")
        _ = try await desk.signIn(name: name, password: first)
        let text = try await desk.changePassword(of: AccountName(name)!, from: first, to: password)
        return (text, await desk.visitor(session: text, isDeed: true)?.formToken ?? "")
    }
}

extension RunningDashboard {
    func get(_ path: String, session: String) async throws -> Answer {
        try await get(path, ["Cookie: sluice_session=\(session)"])
    }

    /// A form of a page of this session.
    func submit(_ path: String, _ body: String, session: (cookie: String, form: String)) async throws -> Answer {
        try await postForm(path + "?form=" + session.form, body, ["Cookie: sluice_session=\(session.cookie)"])
    }
}

extension Answer {
    /// The session that the answer sets.
    var session: String? {
        (headers["set-cookie"] ?? []).lazy.compactMap { line in
            line.firstMatch(of: /sluice_session[a-z_-]*=([0-9a-f]+)/).map { String($0.output.1) }
        }.first
    }
}
