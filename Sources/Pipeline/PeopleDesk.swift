// SPDX-License-Identifier: Apache-2.0

public import Model
public import People

/// The accounts of a running gateway and who is signed in.
///
/// What is decided about an account holds at once and is stored before it is answered; when it cannot be stored, the
/// accounts are read again as they are.
public actor PeopleDesk {
    private let store: any AccountStore
    private let work: any PasswordWork
    private let now: @Sendable () -> ClockReading
    private let random: @Sendable (Int) -> [UInt8]
    private let persons: Set<PersonIdentifier>
    private let siteNames: [String]
    private var book: AccountBook
    private var sessions = SessionBook()
    private var ledger = FailureLedger()
    private var firstRun: FirstRunToken?
    /// Looked at where a name has no account, so that the answer takes as long.
    private var decoy = ""

    /// - Parameters:
    ///   - persons: Those of the site's file.
    ///   - siteNames: What passwords must not be made of.
    ///   - random: So many bytes that nobody can foresee.
    /// - Throws: What the store reports.
    public init(
        store: any AccountStore, work: any PasswordWork, persons: Set<PersonIdentifier>, siteNames: [String],
        now: @escaping @Sendable () -> ClockReading, random: @escaping @Sendable (Int) -> [UInt8]
    ) async throws {
        (self.store, self.work, self.persons, self.siteNames) = (store, work, persons, siteNames)
        (self.now, self.random) = (now, random)
        book = AccountBook(try await store.accounts(), persons: persons)
    }

    // MARK: From one gateway to the next

    /// What the next desk takes over.
    public var attendance: Attendance {
        Attendance(sessions: sessions, failures: ledger, firstRun: firstRun, accounts: book.all)
    }

    /// Goes on where an earlier desk of this process ended, before anybody comes to this one.
    ///
    /// - Parameter keepsSessions: Whether browsers still send what they got of the earlier one.
    public func takeOver(_ earlier: Attendance, keepsSessions: Bool) {
        (ledger, firstRun) = (earlier.failures, earlier.firstRun)
        if keepsSessions { sessions = earlier.sessions(at: book) }
    }

    // MARK: The first administrator

    /// Makes ready for people to sign in, with a token for the first administrator while there is none.
    ///
    /// - Returns: The token, to be shown once; `nil` when there is an administrator, or a token that was shown still fits.
    public func open() async -> String? {
        decoy = (try? await work.hash(Secret.hexadecimal(random(16)), salt: random(16))) ?? ""
        guard !book.hasAdministrator, !awaitsFirstRun else { return nil }
        let text = Secret.hexadecimal(random(Secret.byteCount))
        firstRun = FirstRunToken(text, at: now().instant)
        return text
    }

    public var awaitsFirstRun: Bool {
        !book.hasAdministrator && !(firstRun?.isOver(at: now().instant) ?? true)
    }

    /// Makes the first administrator and signs in.
    ///
    /// - Returns: What the browser gets.
    public func firstRun(token: String, name: String, password: String) async throws(PeopleRefusal) -> String {
        guard awaitsFirstRun, firstRun?.fits(token, at: now().instant) == true else { throw .tokenInvalid }
        try check(password, of: name)
        let hash = try await hashed(password)
        guard awaitsFirstRun, firstRun?.fits(token, at: now().instant) == true else { throw .tokenInvalid }
        let account = try deciding { () throws(AccountRefusal) in
            try book.made(name, person: nil, roles: [.administrator], hash: hash, isOwn: true, at: now().wall)
        }
        firstRun?.use()
        try await keep(account, by: name, "first-run token used", "administrator")
        return try await begin(account)
    }

    // MARK: Sessions

    /// - Returns: What the browser gets; nobody else ever sees it.
    public func signIn(name: String, password: String) async throws(PeopleRefusal) -> String {
        let name = String(name.unicodeScalars.prefix(64).map(Character.init)).lowercased()
        if let wait = ledger.wait(of: name, at: now().instant) {
            throw .mustWait(seconds: Int(wait.inSeconds.rounded(.up)))
        }
        let known = AccountName(name).flatMap { book[$0] }
        let failures = ledger.began(name, isOfAccount: known != nil, at: now().instant)
        let isRight: Bool
        do {
            // Nobody has a longer one, and nobody shall make the gateway work on it.
            let isPossible = password.utf8.count <= PasswordRule.mostBytes
            isRight = isPossible ? try await work.fits(password, known?.hash ?? decoy) : false
        } catch {
            ledger.tookBack(name)
            throw .busy
        }
        // As the account is now, which somebody may have changed meanwhile.
        guard isRight, let known, let account = book[known.name], account.hash == known.hash,
            account.maySignIn(at: now().wall)
        else {
            await noteFailure(of: name, failures)
            throw .wrong
        }
        ledger.succeeded(name)
        return try await begin(account)
    }

    private func begin(_ account: Account) async throws(PeopleRefusal) -> String {
        try await note(account.name.text, "sign-in", account.name.text, account.roles.text)
        let (text, form) = (Secret.hexadecimal(random(Secret.byteCount)), Secret.hexadecimal(random(Secret.byteCount)))
        sessions.begin(account.name, text: text, formToken: form, at: now().instant)
        return text
    }

    /// The audit is kept for ever, so a stranger gets a bounded number of lines.
    private func noteFailure(of name: String, _ failures: Int) async {
        let line = ledger.audit(at: now().instant)
        guard line != .none else { return }
        let action = failures >= FailureLedger.freeTries ? "sign-in failed, locked" : "sign-in failed"
        let result =
            line == .last ? "failure \(failures); further ones of this hour have no line" : "failure \(failures)"
        try? await note("page", action, name, result)
    }

    /// Ends a session on this side; what the browser still has is worth nothing.
    public func signOut(_ text: String) async {
        guard let session = sessions.end(text) else { return }
        try? await note(session.account.text, "sign-out", session.account.text, "")
    }

    /// Who has this session; `nil` for nobody.
    ///
    /// - Parameter isDeed: Whether a person asked, and not an open page by itself.
    public func visitor(session text: String, isDeed: Bool) -> Visitor? {
        guard let session = sessions.session(text, isDeed: isDeed, at: now().instant),
            let account = book[session.account], account.isEnabled
        else { return nil }
        return Visitor(account, formToken: session.formToken)
    }

    /// The program that has this token; `nil` for nobody.
    public func visitor(token text: String) -> Visitor? {
        book.account(ofToken: text).map { Visitor($0, formToken: nil) }
    }

    // MARK: Accounts

    public var accounts: [Account] { book.all }
    public func account(_ name: AccountName) -> Account? { book[name] }
    public var knownPersons: [PersonIdentifier] { persons.sorted() }

    /// - Parameter actor: Who does it: an account, or the command.
    /// - Returns: The password for the first sign-in, to be shown once.
    public func make(
        _ name: String, person: String?, roles: Set<Role>, by actor: String
    ) async throws(PeopleRefusal) -> String {
        let password = Secret.oneTimePassword(random(20))
        let person = person.map { PersonIdentifier($0) }
        // Refused before the slow part where it will be refused anyway.
        _ = try refusing { () throws(AccountRefusal) in
            try book.made(name, person: person, roles: roles, hash: "", at: now().wall)
        }
        let hash = try await hashed(password)
        let account = try deciding { () throws(AccountRefusal) in
            try book.made(name, person: person, roles: roles, hash: hash, at: now().wall)
        }
        try await keep(account, by: actor, "account made", describe(account))
        return password
    }

    /// Gives other roles and another person; its sessions end when that changes what it may.
    public func change(
        _ name: String, person: String?, roles: Set<Role>, by actor: String
    ) async throws(PeopleRefusal) {
        let account = try deciding { () throws(AccountRefusal) in
            try book.changed(name) { ($0.person, $0.roles) = (person.map { PersonIdentifier($0) }, roles) }
        }
        sessions.endAll(of: account.name)
        try await keep(account, by: actor, "account changed", describe(account))
    }

    public func setEnabled(_ isEnabled: Bool, _ name: String, by actor: String) async throws(PeopleRefusal) {
        let account = try deciding { () throws(AccountRefusal) in
            try book.changed(name) { $0.disabledAt = isEnabled ? nil : now().wall }
        }
        sessions.endAll(of: account.name)
        try await keep(account, by: actor, isEnabled ? "account enabled" : "account disabled", describe(account))
    }

    /// - Returns: The password for the next sign-in, to be shown once.
    public func reset(_ name: String, by actor: String) async throws(PeopleRefusal) -> String {
        _ = try refusing { () throws(AccountRefusal) in try book.account(name) }
        let password = Secret.oneTimePassword(random(20))
        let hash = try await hashed(password)
        let account = try setPassword(name, hash, mustChange: true)
        ledger.succeeded(account.name.text)
        try await keep(account, by: actor, "password reset", "")
        return password
    }

    /// Changes one's own password; all sessions end, and a new one begins.
    ///
    /// - Returns: What the browser gets.
    public func changePassword(
        of name: AccountName, from old: String, to new: String
    ) async throws(PeopleRefusal) -> String {
        guard let known = book[name] else { throw .wrong }
        if let wait = ledger.wait(of: name.text, at: now().instant) {
            throw .mustWait(seconds: Int(wait.inSeconds.rounded(.up)))
        }
        try check(new, of: name.text)
        let failures = ledger.began(name.text, isOfAccount: true, at: now().instant)
        let isRight: Bool
        do { isRight = try await work.fits(old, known.hash) } catch {
            ledger.tookBack(name.text)
            throw .busy
        }
        guard isRight, old != new else {
            if isRight { ledger.succeeded(name.text) } else { await noteFailure(of: name.text, failures) }
            throw .wrong
        }
        ledger.succeeded(name.text)
        let hash = try await hashed(new)
        let account = try setPassword(name.text, hash, mustChange: false)
        try await keep(account, by: name.text, "password changed", "")
        return try await begin(account)
    }

    private func setPassword(_ name: String, _ hash: String, mustChange: Bool) throws(PeopleRefusal) -> Account {
        let account = try deciding { () throws(AccountRefusal) in
            try book.changed(name) {
                ($0.hash, $0.mustChange, $0.changedAt) = (hash, mustChange, now().wall)
            }
        }
        sessions.endAll(of: account.name)
        return account
    }

    /// - Returns: The token for a program, to be shown once.
    public func makeToken(_ label: String, of name: AccountName) async throws(PeopleRefusal) -> String {
        let text = "sluice_" + Secret.hexadecimal(random(Secret.byteCount))
        let account = try deciding { () throws(AccountRefusal) in
            try book.withToken(label, text: text, of: name, at: now().wall)
        }
        try await keep(account, by: name.text, "program token made", account.tokens.last?.label ?? "")
        return text
    }

    /// Ends a program's token; nothing happens when there is none of the label.
    public func endToken(_ label: String, of name: AccountName) async throws(PeopleRefusal) {
        let account = try deciding { () throws(AccountRefusal) in
            try book.changed(name.text) { $0.tokens.removeAll { $0.label == label } }
        }
        try await keep(account, by: name.text, "program token ended", label)
    }

    /// Puts on record which settings somebody changes at the page, before they are written.
    public func note(_ changes: [SettingsTrial.Change], by actor: String) async throws(PeopleRefusal) {
        for change in changes {
            try await note(
                actor, "setting changed", change.path.joined(separator: "."),
                "\(change.old ?? "nothing") -> \(change.new ?? "the file's value")")
        }
    }

    /// Puts on record that what was noted last could not be written.
    public func noteSettingsNotWritten(by actor: String) async throws(PeopleRefusal) {
        try await note(actor, "settings not written", "page-settings.yaml", "failed")
    }

    /// The newest lines of the audit, newest first.
    public func newestAudit(limit: Int) async throws(PeopleRefusal) -> [AuditRecord] {
        do { return try await store.newestAudit(limit: limit) } catch { throw .notStored("\(error)") }
    }

    // MARK: What all share

    private func check(_ password: String, of name: String) throws(PeopleRefusal) {
        if let fault = PasswordRule.fault(of: password, names: siteNames + [name]) { throw .password(fault) }
    }

    private func hashed(_ password: String) async throws(PeopleRefusal) -> String {
        do { return try await work.hash(password, salt: random(16)) } catch { throw .busy }
    }

    private func refusing<Value>(
        _ decide: () throws(AccountRefusal) -> Value
    ) throws(PeopleRefusal) -> Value {
        do { return try decide() } catch { throw .account(error) }
    }

    /// What is decided holds from here on: nobody can decide something else that does not go with it.
    private func deciding(_ decide: () throws(AccountRefusal) -> Account) throws(PeopleRefusal) -> Account {
        let account = try refusing(decide)
        book.apply(account)
        return account
    }

    private func keep(
        _ account: Account, by actor: String, _ action: String, _ result: String
    ) async throws(PeopleRefusal) {
        let line = AuditRecord(
            at: now().wall, actor: actor, action: action, subject: account.name.text, result: result)
        do {
            try await store.save(account, audit: [line])
        } catch {
            if let stored = try? await store.accounts() { book = AccountBook(stored, persons: persons) }
            throw .notStored("\(error)")
        }
    }

    private func note(
        _ actor: String, _ action: String, _ subject: String, _ result: String
    ) async throws(PeopleRefusal) {
        let line = AuditRecord(at: now().wall, actor: actor, action: action, subject: subject, result: result)
        do { try await store.save(nil, audit: [line]) } catch { throw .notStored("\(error)") }
    }

    private func describe(_ account: Account) -> String {
        account.roles.text + (account.person.map { " as \($0)" } ?? "")
    }
}
