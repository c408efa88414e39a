// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import People

private let morning = Timestamp(milliseconds: 1_795_334_400_000)
private let persons: Set<PersonIdentifier> = [PersonIdentifier("li-wei"), PersonIdentifier("wang-fang")]

@Suite struct AccountTests {
    private func book() throws -> AccountBook {
        var book = AccountBook([], persons: persons)
        book.apply(try book.made("boss", person: nil, roles: [.administrator], hash: "h", isOwn: true, at: morning))
        book.apply(
            try book.made("wei", person: PersonIdentifier("li-wei"), roles: [.technician], hash: "h", at: morning))
        return book
    }

    @Test(arguments: ["", "a", "Wei", "li wei", "-wei", "wei\n", "wei/..", String(repeating: "a", count: 33), "李伟"])
    func `a name has another shape`(name: String) throws {
        let book = try book()
        #expect(throws: AccountRefusal.badName(name)) {
            try book.made(name, person: nil, roles: [.auditor], hash: "h", at: morning)
        }
    }

    @Test func `a name, and a person of the file, is given once`() throws {
        let book = try book()
        #expect(throws: AccountRefusal.taken(AccountName("wei")!)) {
            try book.made("wei", person: nil, roles: [.auditor], hash: "h", at: morning)
        }
        #expect(throws: AccountRefusal.personTaken(PersonIdentifier("li-wei"), by: AccountName("wei")!)) {
            try book.made("second", person: PersonIdentifier("li-wei"), roles: [.auditor], hash: "h", at: morning)
        }
        #expect(throws: AccountRefusal.unknownPerson("nobody")) {
            try book.made("second", person: PersonIdentifier("nobody"), roles: [.auditor], hash: "h", at: morning)
        }
        #expect(throws: AccountRefusal.noRole) {
            try book.made("second", person: nil, roles: [], hash: "h", at: morning)
        }
    }

    @Test func `an account whose person has left the file can be disabled, and not given back to it`() throws {
        let stored = try book().all
        var book = AccountBook(stored, persons: [])
        book.apply(try book.changed("wei") { $0.disabledAt = morning })
        book.apply(try book.changed("wei") { $0.person = nil })
        #expect(throws: AccountRefusal.unknownPerson("li-wei")) {
            try book.changed("wei") { $0.person = PersonIdentifier("li-wei") }
        }
    }

    @Test func `the last administrator stays one`() throws {
        var book = try book()
        #expect(throws: AccountRefusal.lastAdministrator) { try book.changed("boss") { $0.disabledAt = morning } }
        #expect(throws: AccountRefusal.lastAdministrator) { try book.changed("boss") { $0.roles = [.manager] } }
        book.apply(try book.changed("wei") { $0.roles = [.administrator] })
        book.apply(try book.changed("boss") { $0.disabledAt = morning })
        #expect(book.hasAdministrator)
        #expect(throws: AccountRefusal.lastAdministrator) { try book.changed("wei") { $0.disabledAt = morning } }
    }

    @Test func `ASVS 6.4.1: a password that somebody else gave holds for three days`() throws {
        let account = try #require(try book()[AccountName("wei")!])
        #expect(account.mustChange)
        #expect(account.maySignIn(at: morning + .seconds(72 * 3600 - 1)))
        #expect(!account.maySignIn(at: morning + .seconds(72 * 3600)))
        var own = account
        own.mustChange = false
        #expect(own.maySignIn(at: morning + .seconds(400 * 86_400)))
        own.disabledAt = morning
        #expect(!own.maySignIn(at: morning))
    }

    @Test func `a program's token lets in until it is ended, or the account is disabled`() throws {
        var book = try book()
        book.apply(try book.changed("wei") { $0.mustChange = false })
        book.apply(try book.withToken("home", text: "secret", of: AccountName("wei")!, at: morning))
        #expect(book.account(ofToken: "secret")?.name.text == "wei")
        #expect(book.account(ofToken: "secre") == nil)
        #expect(!"\(book)".contains("secret"))
        #expect(throws: AccountRefusal.badLabel) {
            try book.withToken("home", text: "other", of: AccountName("wei")!, at: morning)
        }
        let with = book
        book.apply(try book.changed("wei") { $0.tokens = [] })
        #expect(book.account(ofToken: "secret") == nil)
        book = with
        book.apply(try book.changed("wei") { $0.disabledAt = morning })
        #expect(book.account(ofToken: "secret") == nil)
    }

    @Test func `roles are written as words, and a word that is not known gives no right`() {
        let roles: Set<Role> = [.administrator, .technician]
        #expect(roles.text == "technician,administrator")
        #expect(Set<Role>(words: "technician,administrator,emperor") == roles)
        #expect(Set<Role>(words: "").permissions.isEmpty)
    }

    @Test func `who gives rights does not act, who acts does not read the audit`() {
        #expect(
            Role.administrator.permissions == [.viewPages, .readMetrics, .readAudit, .managePeople, .changeSettings])
        #expect(Role.allCases.filter { $0.permissions.contains(.managePeople) } == [.administrator])
        #expect(Role.resident.permissions == [.reportFault])
        #expect(Role.auditor.permissions.isDisjoint(with: [.actOnTickets, .actOnAlarms, .announce, .managePeople]))
    }
}
