// SPDX-License-Identifier: Apache-2.0

public import Model

/// A picture that was added to a ticket: what its log says of it. The bytes lie beside the log under their hash.
public struct TicketPhoto: Codable, Sendable, Hashable {
    /// The name it was given, unique in its ticket; see ``isName(_:)``.
    public var name: String
    public var format: PhotoFormat
    /// Size of the bytes that are kept.
    public var bytes: Int
    public var width: Int
    public var height: Int
    /// SHA-256 of the bytes that are kept, 64 small hexadecimal digits.
    public var sha256: String

    public init(name: String, format: PhotoFormat, bytes: Int, width: Int, height: Int, sha256: String) {
        (self.name, self.format, self.bytes) = (name, format, bytes)
        (self.width, self.height, self.sha256) = (width, height, sha256)
    }

    /// Most photos of one ticket.
    public static let mostOfTicket = 12

    /// 1 to 100 letters, digits, dots, hyphens and underscores of ASCII, with no dot in front.
    public static func isName(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count) && text.first != "."
            && text.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
                default: byte == UInt8(ascii: ".") || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
                }
            }
    }

    /// A name made of the one that a browser sends: what may not stand in a name becomes a hyphen, and the end says the
    /// format.
    ///
    /// - Parameter taken: Names that the ticket has already; the new one is none of them.
    public static func name(from text: String, format: PhotoFormat, taken: Set<String>) -> String {
        let file = text.split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
        let stem = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
        var plain = String(
            stem.unicodeScalars.prefix(60).map { scalar -> Character in
                isName("x\(scalar)") && scalar != "." ? Character(scalar) : "-"
            })
        while plain.contains("--") { plain = plain.replacing("--", with: "-") }
        if plain.allSatisfy({ $0 == "-" }) { plain = "photo" }
        var name = "\(plain).\(format.ending)"
        var count = 1
        while taken.contains(name) {
            count += 1
            name = "\(plain)-\(count).\(format.ending)"
        }
        return name
    }
}

/// Formats that a ticket takes, told by the bytes and never by a name.
public enum PhotoFormat: String, Codable, Sendable, CaseIterable {
    case jpeg, png

    public var mediaType: String { "image/\(rawValue)" }
    var ending: String { self == .jpeg ? "jpg" : "png" }
}

/// Why a photo was not taken.
public enum PhotoRefusal: Error, Hashable, Sendable {
    case unknownTicket(String)
    case unknownPerson(String)
    /// It ended for good, or closed too long ago to be taken up again.
    case ended(ticket: String)
    case badName(String)
    /// The ticket has another photo of that name.
    case nameTaken(String)
    case tooMany(limit: Int)
    case tooLarge(limitBytes: Int)
    /// Neither JPEG nor PNG, or damaged.
    case noPicture(PhotoDefect)
    /// The disk has no room for it, or photos have used up theirs.
    case noRoom
    case notStored(String)
}

/// What is wrong with the bytes of a picture.
public enum PhotoDefect: String, Error, Hashable, Sendable, CaseIterable {
    /// It begins like neither format.
    case otherFormat = "other-format"
    /// It ends before its time.
    case cut
    /// A part is not as its format says.
    case broken
    /// A side is nothing or longer than 20,000, or the whole is more than 100 million points.
    case size
}

extension Ticket {
    /// What was added to it, oldest first.
    public var photos: [(photo: TicketPhoto, event: TicketEvent)] {
        history.compactMap { event in
            if case .photographed(let photo) = event.kind { (photo, event) } else { nil }
        }
    }
}

extension TicketBook {
    /// Why a photo may not be added now; `nil` when it may, or is there already.
    ///
    /// - Parameter sha256: Of the bytes that would be kept; `nil` while it is not known.
    public func refusal(
        ofPhoto name: String, sha256: String?, on number: String, at now: Timestamp
    ) -> PhotoRefusal? {
        guard let ticket = ticket(number) else { return .unknownTicket(number) }
        guard TicketPhoto.isName(name) else { return .badName(name) }
        if let known = ticket.photos.first(where: { $0.photo.name == name }) {
            return sha256.map { $0 == known.photo.sha256 } ?? true ? nil : .nameTaken(name)
        }
        let isOver = ticket.state == .closed ? !isInWindow(ticket, at: now) : ticket.isClosed
        guard !isOver else { return .ended(ticket: number) }
        guard ticket.photos.count < TicketPhoto.mostOfTicket else { return .tooMany(limit: TicketPhoto.mostOfTicket) }
        return nil
    }

    /// Hashes of photos whose time is over: all tickets that have them ended longer ago than `span`.
    ///
    /// A ticket that was closed counts from its last line, such as a follow-up.
    public func photosOver(after span: Duration, at now: Timestamp) -> Set<String> {
        var over: Set<String> = []
        var kept: Set<String> = []
        for ticket in tickets {
            let hashes = ticket.photos.map(\.photo.sha256)
            if ticket.isClosed, let end = ticket.history.last?.at, now - end > span {
                over.formUnion(hashes)
            } else {
                kept.formUnion(hashes)
            }
        }
        return over.subtracting(kept)
    }

    /// Notes a photo whose bytes are on the disk. The same bytes under the same name are noted once.
    ///
    /// - Parameter identifier: A name that no other event has; the same twice is noted once.
    public mutating func photograph(
        _ photo: TicketPhoto, on number: String, by person: PersonIdentifier, identifier: String, at now: Timestamp
    ) throws(PhotoRefusal) -> [TicketEffect] {
        if let refusal = refusal(ofPhoto: photo.name, sha256: photo.sha256, on: number, at: now) { throw refusal }
        guard let ticket = ticket(number), !ticket.photos.contains(where: { $0.photo.name == photo.name }) else {
            return []
        }
        var effects: [TicketEffect] = []
        append(.photographed(photo), to: number, named: identifier, by: .person(person), at: now, into: &effects)
        return effects
    }
}
