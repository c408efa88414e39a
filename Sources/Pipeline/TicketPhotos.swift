// SPDX-License-Identifier: Apache-2.0

public import Model
public import Tickets

/// A picture that a person adds to a ticket.
public struct PhotoDraft: Sendable {
    /// What it is to be called.
    public enum Name: Hashable, Sendable {
        /// This; the same picture under it twice is one.
        case exactly(String)
        /// Something like the name of the file that it was in.
        case like(String)
    }

    public var ticket: String
    public var name: Name
    public var person: PersonIdentifier
    /// As they came.
    public var bytes: [UInt8]

    /// Most bytes of a photo as it comes: 8 MiB, more than the cameras of phones write as a rule.
    public static let mostBytes = 8 << 20

    public init(ticket: String, name: Name, person: PersonIdentifier, bytes: [UInt8]) {
        (self.ticket, self.name, self.person, self.bytes) = (ticket, name, person, bytes)
    }
}

/// A photo of a ticket, for pages and programs.
public struct PhotoSnapshot: Hashable, Codable, Sendable {
    public var name: String
    public var format: PhotoFormat
    public var bytes: Int
    public var width: Int
    public var height: Int
    public var sha256: String
    public var at: Timestamp
    /// A person, or `engine`.
    public var by: String
    /// Whether its bytes are there; they go when their time is over.
    public var isKept: Bool

    public init(_ photo: TicketPhoto, _ event: TicketEvent, isKept: Bool) {
        (name, format, bytes) = (photo.name, photo.format, photo.bytes)
        (width, height, sha256) = (photo.width, photo.height, photo.sha256)
        (at, by) = (event.at, event.actor.word)
        self.isKept = isKept
    }
}

/// The photos of a ticket.
public struct TicketPhotos: Hashable, Codable, Sendable {
    /// Oldest first.
    public var list: [PhotoSnapshot]
    /// Whether another one may be added now.
    public var takesMore: Bool
    public init(list: [PhotoSnapshot], takesMore: Bool) { (self.list, self.takesMore) = (list, takesMore) }
}

/// What became of a photo that was taken.
public struct AddedPhoto: Sendable {
    /// Whether it was not there before.
    public var isNew: Bool
    public var ticket: TicketDetail
    public init(isNew: Bool, ticket: TicketDetail) { (self.isNew, self.ticket) = (isNew, ticket) }
}

extension EstateView {
    public func add(_ photo: PhotoDraft) async throws(PhotoRefusal) -> AddedPhoto {
        throw .notStored("this gateway takes no photos")
    }
    public func photo(_ name: String, of ticket: String) async -> (photo: PhotoSnapshot, bytes: [UInt8])? { nil }
}
