// SPDX-License-Identifier: Apache-2.0

import Logging
import Model
import Pipeline
import Store
import Tickets

extension Desk {
    /// Notes a photo whose bytes are on the disk; nothing changes when it is refused or cannot be stored.
    ///
    /// - Returns: Whether it was not there before.
    func note(
        _ photo: TicketPhoto, on number: String, by person: PersonIdentifier, at reading: ClockReading
    ) async throws(PhotoRefusal) -> Bool {
        await gate.enter()
        let outcome: Result<Bool, PhotoRefusal>
        do {
            var next = judge
            var verdict = Verdict()
            let now = next.serviceTime(of: reading, boot: boot)
            try next.photograph(photo, on: number, by: person, identifier: nextName("photo"), at: now, into: &verdict)
            if !verdict.isEmpty { try await save(next, verdict, cursor: nil) }
            judge = next
            await tell(verdict)
            outcome = .success(!verdict.isEmpty)
        } catch let refusal as PhotoRefusal {
            outcome = .failure(refusal)
        } catch {
            outcome = .failure(.notStored("\(error)"))
        }
        await gate.leave()
        return try outcome.get()
    }

    /// Deletes the photos of tickets that ended longer ago than they are kept, and files that no ticket speaks of.
    func dropPhotos(keptFor days: Int, at now: Timestamp) async throws {
        if days > 0 {
            let over = books.tickets.photosOver(after: .seconds(86_400 * Int64(days)), at: now)
            try await store.delete(photos: over.intersection(store.photos.names()).sorted(), at: now)
        }
        _ = try await store.sweepPhotos()
    }
}

extension EstateHub {
    /// The bytes are written before the line that speaks of them: a line without its photo is never there.
    nonisolated func add(_ draft: PhotoDraft) async throws(PhotoRefusal) -> AddedPhoto {
        guard configuration.persons.contains(where: { $0.identifier == draft.person }) else {
            throw .unknownPerson(draft.person.text)
        }
        guard let desk = await desk else { throw .notStored("the gateway is starting") }
        guard draft.bytes.count <= PhotoDraft.mostBytes else { throw .tooLarge(limitBytes: PhotoDraft.mostBytes) }
        guard let before = await desk.tickets.first(where: { $0.number == draft.ticket }) else {
            throw .unknownTicket(draft.ticket)
        }
        let picture: PlainPicture
        do { picture = try PlainPicture(draft.bytes) } catch { throw .noPicture(error) }
        let name =
            switch draft.name {
            case .exactly(let name): name
            case .like(let file):
                TicketPhoto.name(
                    from: file, format: picture.format, taken: Set(before.photos.map(\.photo.name)))
            }
        let sha256 = PhotoFolder.hash(of: picture.bytes)
        // Nothing is written for what is refused anyway.
        if let refusal = await desk.books.tickets.refusal(
            ofPhoto: name, sha256: sha256, on: draft.ticket, at: clock.now().wall)
        {
            throw refusal
        }
        do {
            guard try await store.keep(photo: picture.bytes) != nil else { throw PhotoRefusal.noRoom }
        } catch let refusal as PhotoRefusal {
            throw refusal
        } catch {
            throw .notStored("\(error)")
        }
        let photo = TicketPhoto(
            name: name, format: picture.format, bytes: picture.bytes.count, width: picture.width,
            height: picture.height, sha256: sha256)
        let isNew = try await desk.note(photo, on: draft.ticket, by: draft.person, at: clock.now())
        guard let detail = await ticket(draft.ticket) else { throw .unknownTicket(draft.ticket) }
        return AddedPhoto(isNew: isNew, ticket: detail)
    }

    nonisolated func photo(_ name: String, of number: String) async -> (photo: PhotoSnapshot, bytes: [UInt8])? {
        guard let ticket = await desk?.tickets.first(where: { $0.number == number }),
            let (photo, event) = ticket.photos.first(where: { $0.photo.name == name }),
            let bytes = store.photos.read(photo.sha256)
        else { return nil }
        return (PhotoSnapshot(photo, event, isKept: true), bytes)
    }

    /// Photos of a ticket for its page; `nil` where there are none and none may be added.
    func photos(of ticket: Ticket) async -> TicketPhotos? {
        let there = ticket.photos.isEmpty ? [] : Set(store.photos.names())
        let list = ticket.photos.map { PhotoSnapshot($0.photo, $0.event, isKept: there.contains($0.photo.sha256)) }
        let refusal = await desk?.books.tickets.refusal(
            ofPhoto: "new", sha256: nil, on: ticket.number, at: clock.now().wall)
        let takesMore = desk != nil && refusal == nil
        return list.isEmpty && !takesMore ? nil : TicketPhotos(list: list, takesMore: takesMore)
    }
}
