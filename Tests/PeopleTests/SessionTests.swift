// SPDX-License-Identifier: Apache-2.0

import Model
import Testing

@testable import People

private func at(_ minutes: Int) -> MonotonicInstant {
    MonotonicInstant(nanoseconds: 5_000_000_000) + .seconds(minutes * 60)
}
private let wei = AccountName("li-wei")!

@Suite struct SessionTests {
    @Test func `ASVS 7.2.3: what a browser gets has 256 random bits, and memory keeps only its digest`() {
        var book = SessionBook()
        let text = Secret.hexadecimal([UInt8](0..<32))
        #expect(text.utf8.count == 64)
        #expect(Secret.byteCount == 32, "what the desk asks chance for")
        book.begin(wei, text: text, formToken: "f", at: at(0))
        #expect(!"\(book)".contains(text))
        #expect("\(book)".contains(Secret.digest(of: text)))
        #expect(book.session(text, isDeed: true, at: at(1))?.account == wei)
        #expect(book.session(text + "0", isDeed: true, at: at(1)) == nil)
    }

    @Test func `a session ends thirty minutes after the last deed, and a page that fetches by itself is none`() {
        var book = SessionBook()
        book.begin(wei, text: "t", formToken: "f", at: at(0))
        #expect(book.session("t", isDeed: true, at: at(29)) != nil)
        #expect(book.session("t", isDeed: false, at: at(58)) != nil)
        #expect(book.session("t", isDeed: true, at: at(59)) == nil)
        // And does not come back when a clock is wrong.
        #expect(book.session("t", isDeed: true, at: at(29)) == nil)
    }

    @Test func `a session ends after twelve hours, whatever is done`() {
        var book = SessionBook()
        book.begin(wei, text: "t", formToken: "f", at: at(0))
        for minute in stride(from: 20, to: 720, by: 20) {
            #expect(book.session("t", isDeed: true, at: at(minute)) != nil, "\(minute)")
        }
        #expect(book.session("t", isDeed: true, at: at(720)) == nil)
    }

    @Test func `ASVS 7.4.1: signing out ends the session on this side, and a change ends all of the account`() {
        var book = SessionBook()
        for text in ["a", "b", "c"] { book.begin(wei, text: text, formToken: "f", at: at(0)) }
        book.begin(AccountName("zhao-lei")!, text: "z", formToken: "f", at: at(0))
        #expect(book.end("a")?.account == wei)
        #expect(book.end("a") == nil)
        #expect(book.session("a", isDeed: true, at: at(1)) == nil)
        #expect(book.session("b", isDeed: true, at: at(1)) != nil)
        book.endAll(of: wei)
        #expect(book.session("b", isDeed: true, at: at(1)) == nil)
        #expect(book.session("z", isDeed: true, at: at(1)) != nil)
    }

    @Test func `there are never more sessions than may be`() {
        var book = SessionBook()
        for number in 0...SessionBook.mostOfAccount {
            book.begin(wei, text: "\(number)", formToken: "f", at: at(number))
        }
        #expect(book.count == SessionBook.mostOfAccount)
        #expect(book.session("0", isDeed: true, at: at(9)) == nil)
        for number in 0..<1200 {
            book.begin(AccountName("user-\(number / 4)")!, text: "x\(number)", formToken: "f", at: at(10))
        }
        #expect(book.count == SessionBook.capacity)
    }
}

@Suite struct FailureLedgerTests {
    @Test func `after five failures each try waits twice as long, fifteen minutes at most`() {
        var ledger = FailureLedger()
        var now = at(0)
        for failure in 1...5 {
            #expect(ledger.wait(of: "li-wei", at: now) == nil)
            #expect(ledger.began("li-wei", isOfAccount: true, at: now) == failure)
        }
        var waits: [Duration] = []
        for _ in 0..<8 {
            let wait = ledger.wait(of: "li-wei", at: now) ?? .zero
            waits.append(wait)
            #expect(ledger.wait(of: "li-wei", at: now + (wait - .milliseconds(1))) != nil)
            now = now + wait
            #expect(ledger.wait(of: "li-wei", at: now) == nil)
            _ = ledger.began("li-wei", isOfAccount: true, at: now)
        }
        #expect(waits == [30, 60, 120, 240, 480, 900, 900, 900].map { .seconds($0) })
        #expect(ledger.wait(of: "zhao-lei", at: now) == nil, "others are not held up")
        ledger.succeeded("li-wei")
        #expect(ledger.wait(of: "li-wei", at: now) == nil)
    }

    @Test func `failures are forgotten after a day, and a try that was not looked at is none`() {
        var ledger = FailureLedger()
        for _ in 0..<4 { _ = ledger.began("li-wei", isOfAccount: true, at: at(0)) }
        #expect(ledger.began("li-wei", isOfAccount: true, at: at(24 * 60)) == 1)
        for _ in 0..<4 {
            _ = ledger.began("li-wei", isOfAccount: true, at: at(24 * 60))
            ledger.tookBack("li-wei")
        }
        #expect(ledger.began("li-wei", isOfAccount: true, at: at(24 * 60)) == 2)
    }

    @Test func `names without end fill neither memory nor the audit`() {
        var ledger = FailureLedger()
        for _ in 0..<5 { _ = ledger.began("li-wei", isOfAccount: true, at: at(0)) }
        var lines: [FailureLedger.Audit] = []
        for number in 0..<5000 {
            _ = ledger.began("name-\(number)", isOfAccount: false, at: at(0))
            lines.append(ledger.audit(at: at(0)))
        }
        #expect(ledger.wait(of: "li-wei", at: at(0)) != nil, "and none is forgotten for them")
        #expect(lines.count { $0 == .line } == 99 && lines.count { $0 == .last } == 1)
        #expect(ledger.audit(at: at(60)) == .line, "the next hour")
    }
}

@Suite struct FirstRunTokenTests {
    @Test func `ASVS 6.4.1: the first-run token fits once, within a day`() {
        var token = FirstRunToken("abc", at: at(0))
        #expect(token.fits("abc", at: at(24 * 60 - 1)))
        #expect(!token.fits("abd", at: at(0)) && !token.fits("", at: at(0)))
        #expect(!token.fits("abc", at: at(24 * 60)))
        token.use()
        #expect(!token.fits("abc", at: at(1)))
    }
}
