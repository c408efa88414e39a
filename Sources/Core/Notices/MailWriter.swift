// SPDX-License-Identifier: Apache-2.0

import Model

/// Writes letters (RFC 5322) whose thread is the ticket.
struct MailWriter {
    let mailbox: ChannelAddress.Mailbox
    let channel: ChannelIdentifier

    func letter(for dispatch: Dispatch, saying message: MessageText, at wall: Timestamp) -> [UInt8] {
        let notice = dispatch.rows[0].notice
        let domain = "\(channel).\(notice.site).sluice.invalid"
        var lines = [
            "From: <\(address(mailbox.from))>",
            "To: " + mailbox.to.map { "<\(address($0))>" }.joined(separator: ", "),
            "Subject: " + subject("[\(notice.ticket)] \(message.title)"),
            "Date: " + date(wall),
            "Message-ID: <\(token(dispatch.key))@\(domain)>",
        ]
        if notice.sequence > 0 {
            let first = "<\(token(notice.ticket))-0@\(domain)>"
            lines += ["In-Reply-To: \(first)", "References: \(first)"]
        }
        lines += [
            "Auto-Submitted: auto-generated", "X-Sluice-Ticket: \(token(notice.ticket))",
            "X-Sluice-Sequence: \(notice.sequence)", "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64", "",
        ]
        let text = message.text.isEmpty ? message.title : "\(message.title)\n\(message.text)"
        let bounded = BoundedText.fit(text, ending: message.ending, limit: RequestWriter.mailTextBytes)
        lines += wrapped(Base64.text(Array(bounded.utf8)), at: 76)
        return Array((lines.joined(separator: "\r\n") + "\r\n").utf8)
    }

    /// Nothing that ends a header or an address gets into one.
    private func address(_ text: String) -> String {
        String(
            text.unicodeScalars.filter { $0.value > 0x20 && $0.value != 0x7F && !"<>,;\"".unicodeScalars.contains($0) })
    }

    private func token(_ text: String) -> String {
        String(
            text.unicodeScalars.filter {
                $0.isASCII && ($0.properties.isAlphabetic || "0123456789-_.".unicodeScalars.contains($0))
            })
    }

    /// Encoded words (RFC 2047) of at most 75 characters, none of which splits a character.
    private func subject(_ text: String) -> String {
        var words: [String] = []
        var part = ""
        for character in BoundedText.cut(text, 300) {
            if (part + String(character)).utf8.count > 42 {
                words.append(part)
                part = ""
            }
            part.append(character.isNewline ? " " : character)
        }
        if !part.isEmpty { words.append(part) }
        return words.map { "=?utf-8?B?\(Base64.text(Array($0.utf8)))?=" }.joined(separator: "\r\n ")
    }

    private func date(_ wall: Timestamp) -> String {
        let c = wall.civil()
        let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = days[(c.date.weekday - 1 + 7) % 7]
        let month = months[min(max(c.date.month, 1), 12) - 1]
        return
            "\(day), \(two(c.date.day)) \(month) \(c.date.year) \(two(c.hour)):\(two(c.minute)):\(two(c.second)) +0000"
    }

    private func wrapped(_ text: String, at width: Int) -> [String] {
        let characters = Array(text.utf8)
        return stride(from: 0, to: characters.count, by: width).map {
            String(decoding: characters[$0..<min($0 + width, characters.count)], as: UTF8.self)
        }
    }
}
