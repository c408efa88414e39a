// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import People

private let start = MonotonicInstant(nanoseconds: 5_000_000_000)
private let morning = Timestamp(milliseconds: 1_795_334_400_000)
private let wei = AccountName("li-wei")!
private let lei = AccountName("zhao-lei")!

/// What one gateway leaves to the next.
@Suite struct AttendanceTests {
    private static func account(_ name: AccountName) -> Account {
        Account(
            name: name, person: PersonIdentifier(name.text), roles: [.technician], hash: "h", mustChange: false,
            createdAt: morning, changedAt: morning)
    }

    private static func attendance() -> Attendance {
        var (sessions, failures) = (SessionBook(), FailureLedger())
        for name in [wei, lei] { sessions.begin(name, text: name.text, formToken: "f-\(name)", at: start) }
        for _ in 0..<5 { _ = failures.began("boss", isOfAccount: true, at: start) }
        return Attendance(
            sessions: sessions, failures: failures, firstRun: nil, accounts: [account(wei), account(lei)])
    }

    @Test func `a session goes on with its form token, and ends when it would have ended`() throws {
        var going = Self.attendance().sessions(at: AccountBook([Self.account(wei), Self.account(lei)], persons: []))
        #expect(going.session("li-wei", isDeed: false, at: start + .seconds(1))?.formToken == "f-li-wei")
        #expect(going.count == 2)
        let idle = SessionBook.idleLife
        #expect(going.session("li-wei", isDeed: true, at: start + (idle - .seconds(1))) != nil)
        #expect(going.session("zhao-lei", isDeed: true, at: start + idle) == nil)
    }

    struct Change: Sendable, CustomTestStringConvertible {
        var name: String
        var ends: Bool
        var account: @Sendable (inout Account) -> Void
        var testDescription: String { name }
    }

    @Test(arguments: [
        Change(name: "password", ends: true) { $0.hash = "other" },
        Change(name: "password to be changed", ends: true) { $0.mustChange = true },
        Change(name: "role", ends: true) { $0.roles.insert(.auditor) },
        Change(name: "person", ends: true) { $0.person = nil },
        Change(name: "disabled", ends: true) { $0.disabledAt = morning },
        Change(name: "another of the name", ends: true) { $0.createdAt = morning + .seconds(1) },
        Change(name: "token for a program", ends: false) {
            $0.tokens = [ProgramToken(label: "script", digest: "d", madeAt: morning)]
        },
    ])
    func `an account that has changed meanwhile ends its own sessions`(change: Change) {
        var changed = Self.account(wei)
        change.account(&changed)
        var going = Self.attendance().sessions(at: AccountBook([changed, Self.account(lei)], persons: []))
        #expect((going.session("li-wei", isDeed: true, at: start) == nil) == change.ends)
        #expect(going.session("zhao-lei", isDeed: true, at: start) != nil)
    }

    @Test func `an account that is gone has no session, and a name that must wait waits on`() {
        let attendance = Self.attendance()
        var going = attendance.sessions(at: AccountBook([Self.account(lei)], persons: []))
        #expect(going.session("li-wei", isDeed: true, at: start) == nil)
        #expect(going.count == 1)
        #expect(attendance.failures.wait(of: "boss", at: start + .seconds(1)) == .seconds(29))
    }
}
