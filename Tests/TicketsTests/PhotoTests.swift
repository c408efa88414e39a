// SPDX-License-Identifier: Apache-2.0

import Foundation
import Model
import TestKit
import Testing
import Tickets

@Suite struct PlainPictureTests {
    @Test func `what a camera notes is left out, and which way up it is stays`() throws {
        let plain = try PlainPicture(Pictures.jpegOfCamera)
        #expect((plain.format, plain.width, plain.height) == (.jpeg, 16, 8))
        let text = String(decoding: plain.bytes, as: UTF8.self)
        #expect(!text.contains("GPS") && !text.contains("Wang Fang") && !text.contains("film"))
        // One note of 36 bytes is left, which says 6.
        #expect(plain.bytes.count == Pictures.jpeg.count + 36)
        #expect(Array(plain.bytes[2..<4]) == [0xFF, 0xE1])
        #expect(Array(plain.bytes[20..<32]) == [0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6])
        #expect(try PlainPicture(plain.bytes) == plain, "a second time changes nothing")
    }

    @Test func `a picture with nothing beside it stays as it is`() throws {
        #expect(try PlainPicture(Pictures.jpeg).bytes == Pictures.jpeg)
        #expect(try PlainPicture(Pictures.png).bytes == Pictures.png)
    }

    @Test func `texts of a PNG are left out`() throws {
        let plain = try PlainPicture(Pictures.pngOfCamera)
        #expect(plain.bytes == Pictures.png)
        #expect((plain.format, plain.width, plain.height) == (.png, 16, 8))
    }

    struct Wrong: Sendable {
        var bytes: [UInt8]
        var defect: PhotoDefect
    }

    private static let noSides: [UInt8] = {
        let head = Pictures.chunk("IHDR", [0, 0, 0, 0, 0, 0, 0, 1, 8, 2, 0, 0, 0])
        return Array(Pictures.png.prefix(8)) + head + Pictures.chunk("IDAT", []) + Pictures.chunk("IEND", [])
    }()
    /// A chunk that a decoder must know, and that this one does not.
    private static let news: [UInt8] = {
        Array(Pictures.png.prefix(33)) + Pictures.chunk("NEWS", []) + Array(Pictures.png.dropFirst(33))
    }()

    static let wrongs: [Wrong] = [
        Wrong(bytes: Array("GIF89a".utf8), defect: .otherFormat), Wrong(bytes: [], defect: .otherFormat),
        Wrong(bytes: Array("<svg/>".utf8), defect: .otherFormat),
        Wrong(bytes: Array(Pictures.jpeg.prefix(60)), defect: .cut),
        Wrong(bytes: Array(Pictures.png.prefix(60)), defect: .cut),
        Wrong(bytes: [0xFF, 0xD8, 0xFF, 0xD9], defect: .broken),
        Wrong(bytes: [0xFF, 0xD8, 0xFF, 0], defect: .broken), Wrong(bytes: noSides, defect: .size),
        Wrong(bytes: news, defect: .broken),
    ]

    @Test(arguments: wrongs)
    func `what is no whole picture is refused`(wrong: Wrong) {
        #expect(throws: wrong.defect) { try PlainPicture(wrong.bytes) }
    }

    @Test(arguments: 0..<400 as Range<UInt64>)
    func `damage is refused or leaves a picture, and never a note`(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var bytes = seed % 2 == 0 ? Pictures.jpegOfCamera : Pictures.pngOfCamera
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0..<bytes.count, using: &random)
            switch Int.random(in: 0..<3, using: &random) {
            case 0: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
            case 1: bytes.remove(at: place)
            default: bytes.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
            }
        }
        if let plain = try? PlainPicture(bytes) {
            #expect(try PlainPicture(plain.bytes) == plain)
            #expect((1...20_000).contains(plain.width))
        }
    }

    @Test(arguments: [
        ("IMG_2031.JPG", "IMG_2031.jpg"), ("C:\\fakepath\\漏水 1.jpeg", "-1.jpg"), ("../../etc/passwd", "passwd.jpg"),
        ("漏水.png", "photo.jpg"), ("", "photo.jpg"), (".hidden", "photo.jpg"), ("a\"b.jpg", "a-b.jpg"),
    ])
    func `a name is made of that of a file`(file: String, name: String) {
        let made = TicketPhoto.name(from: file, format: .jpeg, taken: [])
        #expect(made == name)
        #expect(TicketPhoto.isName(made))
        let second = TicketPhoto.name(from: file, format: .jpeg, taken: [made])
        #expect(second != made && TicketPhoto.isName(second))
    }
}

@Suite struct TicketPhotoTests {
    private func photo(_ name: String, _ hash: String = "a") -> TicketPhoto {
        TicketPhoto(
            name: name, format: .jpeg, bytes: 100, width: 16, height: 8, sha256: String(repeating: hash, count: 64))
    }

    private func open() -> (TicketBook, String) {
        var book = TicketBook(policy: policy(), events: [])
        let number = book.report(
            PersonReport(text: "Water."), asset: AssetIdentifier("riser-1"),
            rule: RuleIdentifier("reported_leak"), severity: .p3, by: .person(wang),
            identifier: "r", at: moment(0)
        ).number
        return (book, number)
    }

    @Test func `a photo is a line of the log, once`() throws {
        var (book, number) = open()
        let effects = try book.photograph(photo("a.jpg"), on: number, by: li, identifier: "1", at: moment(1))
        #expect(effects.events.map(\.kind) == [.photographed(photo("a.jpg"))] && effects.notices.isEmpty)
        #expect(try book.photograph(photo("a.jpg"), on: number, by: li, identifier: "2", at: moment(2)).isEmpty)
        let ticket = try #require(book.ticket(number))
        #expect(ticket.photos.map(\.photo.name) == ["a.jpg"] && ticket.version == 2 && ticket.state == .new)
        let data = try JSONEncoder().encode(ticket.history)
        let restored = TicketBook(policy: policy(), events: try JSONDecoder().decode([TicketEvent].self, from: data))
        #expect(restored.ticket(number) == ticket)
        #expect(String(decoding: data, as: UTF8.self).contains(#""photographed":{"_0":{"#), "the store reads it so")
    }

    @Test func `what may not be added is refused and changes nothing`() throws {
        var (book, number) = open()
        _ = try book.photograph(photo("a.jpg"), on: number, by: li, identifier: "1", at: moment(1))
        func refused(_ photo: TicketPhoto, _ number: String, at minutes: Int64 = 2) -> PhotoRefusal? {
            do throws(PhotoRefusal) {
                _ = try book.photograph(photo, on: number, by: li, identifier: "x", at: moment(minutes))
                return nil
            } catch { return error }
        }
        #expect(refused(photo("a.jpg", "b"), number) == .nameTaken("a.jpg"))
        #expect(refused(photo("../a"), number) == .badName("../a"))
        #expect(refused(photo("b.jpg"), "none") == .unknownTicket("none"))
        for place in 2...TicketPhoto.mostOfTicket {
            #expect(refused(photo("\(place).jpg"), number) == nil)
        }
        // The same name for an event is noted once, so each needs its own.
        #expect(book.ticket(number)?.photos.count == 2)
        for place in 3...TicketPhoto.mostOfTicket {
            _ = try book.photograph(photo("\(place).jpg"), on: number, by: li, identifier: "p\(place)", at: moment(3))
        }
        #expect(refused(photo("more.jpg"), number) == .tooMany(limit: TicketPhoto.mostOfTicket))
    }

    @Test func `photos of ended tickets go when their time is over, unless another ticket has the same`() throws {
        var (book, number) = open()
        let second = book.report(
            PersonReport(text: "Noise."), asset: AssetIdentifier("riser-2"), rule: RuleIdentifier("reported_noise"),
            severity: .p3, by: .person(wang), identifier: "r2", at: moment(0)
        ).number
        _ = try book.photograph(photo("a.jpg", "a"), on: number, by: li, identifier: "1", at: moment(1))
        _ = try book.photograph(photo("b.jpg", "b"), on: number, by: li, identifier: "2", at: moment(1))
        _ = try book.photograph(photo("a.jpg", "a"), on: second, by: li, identifier: "3", at: moment(1))
        func over(_ minutes: Int64) -> Set<Character> {
            Set(book.photosOver(after: .seconds(86_400), at: moment(minutes)).compactMap(\.first))
        }
        _ = try book.act(.cancel, on: number, by: li, note: "no", version: nil, identifier: "c", at: moment(2))
        #expect(over(2 + 1440) == [], "a day has not passed")
        #expect(over(3 + 1440) == ["b"], "an open ticket has the other")
        _ = try book.act(.cancel, on: second, by: li, note: "no", version: nil, identifier: "d", at: moment(5000))
        #expect(over(5001 + 1440) == ["a", "b"])
    }

    @Test func `a closed ticket takes one while it may be taken up again, an ended one none`() throws {
        var (book, number) = open()
        for (verb, person, minutes) in [
            (TicketVerb.accept, li, 1), (.arrive, li, 2), (.resolve, li, 3),
        ] as [(TicketVerb, PersonIdentifier, Int64)] {
            _ = try book.act(
                verb, on: number, by: person, note: "mended", version: nil, identifier: "\(verb)", at: moment(minutes))
        }
        _ = book.tick(at: moment(5000))
        _ = try book.act(.signOff, on: number, by: wang, note: "", version: nil, identifier: "s", at: moment(5001))
        #expect(book.ticket(number)?.state == .closed)
        _ = try book.photograph(photo("after.jpg"), on: number, by: wang, identifier: "late", at: moment(5002))
        #expect(book.ticket(number)?.photos.count == 1)
        #expect(
            book.refusal(ofPhoto: "b.jpg", sha256: nil, on: number, at: moment(5001 + 73 * 60))
                == .ended(ticket: number))
        var (other, second) = open()
        _ = try other.act(.cancel, on: second, by: li, note: "no", version: nil, identifier: "c", at: moment(1))
        #expect(other.refusal(ofPhoto: "b.jpg", sha256: nil, on: second, at: moment(2)) == .ended(ticket: second))
    }
}
