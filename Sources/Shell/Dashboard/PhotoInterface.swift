// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model
import NIOCore
import Pipeline
import Synchronization
import Tickets

/// Photos of tickets: `/api/v1/tickets/{number}/photos/{name}` for programs and for the pictures of a page, and the form of
/// a ticket's page.
struct PhotoInterface: Sendable {
    let view: any EstateView

    static let places = [
        TicketInterface.place,
        InterfaceRoute.Place(
            name: "name", about: "1 to 100 letters, digits, dots, hyphens and underscores, with no dot in front."),
    ]

    static let adding = InterfaceRoute(
        method: .put, path: "/tickets/{number}/photos/{name}", name: "addPhoto",
        about: "Adds a photo to a ticket. What a camera notes beside the picture is left out.", places: places,
        query: BodyShape(members: [
            .init(name: "person", kind: .text(1...100), isRequired: true, among: .persons, about: "Who adds it.")
        ]), rawBody: PhotoFormat.allCases.map(\.mediaType),
        answers: [
            .init(status: 201, about: "The ticket with its photo.", shape: .ticketAnswer, hasEntityTag: true),
            .init(status: 200, about: "The ticket; it had the photo before.", shape: .ticketAnswer, hasEntityTag: true),
        ],
        problems: [
            .ticketUnknown, .personUnknown, .photoInvalid, .photoName, .photoNameTaken, .photosTooMany, .photoRoom,
            .ticketEnded, .tooManyUploads, .notStored,
        ])

    static let one = InterfaceRoute(
        method: .get, path: "/tickets/{number}/photos/{name}", name: "photo", about: "The bytes of a photo.",
        places: places,
        answers: [
            .init(
                status: 200, about: "The picture.",
                otherMedia: Dictionary(uniqueKeysWithValues: PhotoFormat.allCases.map { ($0.mediaType, .binary) }))
        ], problems: [.photoUnknown])

    func addRoutes(to routes: InterfaceRoutes) {
        routes.add(Self.adding) { call in
            let type = (call.request.headers[.contentType] ?? "").prefix { $0 != ";" }.lowercased()
            guard PhotoFormat.allCases.map(\.mediaType).contains(type.filter { !$0.isWhitespace }) else {
                throw Problem(.mediaTypeUnsupported, ["wanted": "image/jpeg, image/png"])
            }
            let number = try call.place("number") ?? ""
            let added = try await PhotoUpload.shared.receive(call.request) { bytes in
                try await PhotoUpload.add(
                    PhotoDraft(
                        ticket: number, name: .exactly(try call.place("name") ?? ""),
                        person: try Caller.acting(as: call.query.text("person")), bytes: bytes), to: view)
            }
            var response = JSONText.response(Versioned(added.ticket), status: added.isNew ? .created : .ok)
            response.headers[.eTag] = EntityTag.text(added.ticket.ticket.version)
            return response
        }
        routes.add(Self.one) { call in
            let name = try call.place("name") ?? ""
            guard let (photo, bytes) = await view.photo(name, of: try call.place("number") ?? "") else {
                throw Problem(.photoUnknown, ["name": name])
            }
            // It never changes under its name; a name holds nothing that could end a header.
            let headers: HTTPFields = [
                .contentType: photo.format.mediaType, .cacheControl: "private, max-age=3600",
                .contentDisposition: "inline; filename=\"\(photo.name)\"",
            ]
            return Response(
                status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
        }
    }
}

/// The form of a ticket's page that adds a photo; it works without a script.
struct PhotoPages: Sendable {
    let pages: Pages

    func addRoutes(to router: Router<DashboardContext>) {
        router.post("/tickets/:number/photos") { request, context in
            let number = try TicketPath.number(in: context)
            var person = ""
            do {
                try await PhotoUpload.shared.receive(request) { bytes in
                    let type = request.headers[.contentType] ?? ""
                    guard let form = MultipartForm(contentType: type, body: bytes), let file = form.file("photo") else {
                        throw Problem(.bodyInvalid)
                    }
                    person = try Caller.acting(as: form.text("person")).text
                    _ = try await PhotoUpload.add(
                        PhotoDraft(
                            ticket: number, name: .like(file.fileName ?? ""), person: PersonIdentifier(person),
                            bytes: Array(file.bytes)), to: pages.view)
                }
            } catch let problem as Problem {
                return try await pages.ticket(number, request, context.language, problem: problem)
            }
            var response = Response.redirect(to: TicketPath.page(of: number) + "#photos-title", type: .normal)
            if let cookie = ActionForm.cookie(of: person) { response.setCookie(cookie) }
            return response
        }
    }
}

/// Takes in large bodies, two at a time, so that many at once do not use up a small machine's memory.
final class PhotoUpload: Sendable {
    static let shared = PhotoUpload()
    static let most = 2
    /// A form has some text around the file.
    static let mostBytes = PhotoDraft.mostBytes + 16_384
    private let count = Mutex(0)

    /// Adds a photo; what the gateway refuses is thrown as a problem.
    static func add(_ draft: PhotoDraft, to view: any EstateView) async throws -> AddedPhoto {
        do { return try await view.add(draft) } catch { throw Problem(error) }
    }

    /// - Throws: `tooManyUploads`, `bodyTooLarge`, or what `body` throws.
    func receive<Value: Sendable>(_ request: Request, _ body: ([UInt8]) async throws -> Value) async throws -> Value {
        let isFree = count.withLock { count in
            guard count < Self.most else { return false }
            count += 1
            return true
        }
        guard isFree else { throw Problem(.tooManyUploads, ["limit": "\(Self.most)"]) }
        defer { count.withLock { $0 -= 1 } }
        let buffer: ByteBuffer
        do {
            buffer = try await request.body.collect(upTo: Self.mostBytes)
        } catch is NIOTooManyBytesError {
            throw Problem(.bodyTooLarge, ["limit": "\(PhotoDraft.mostBytes / 1024)"])
        }
        return try await body(Array(buffer.readableBytesView))
    }
}

extension Problem {
    init(_ refusal: PhotoRefusal) {
        switch refusal {
        case .unknownTicket(let number): self.init(.ticketUnknown, ["number": number])
        case .unknownPerson(let person): self.init(.personUnknown, ["person": person])
        case .ended(let number): self.init(.ticketEnded, ["number": number])
        case .badName(let name): self.init(.photoName, ["name": name])
        case .nameTaken(let name): self.init(.photoNameTaken, ["name": name])
        case .tooMany(let limit): self.init(.photosTooMany, ["limit": "\(limit)"])
        case .tooLarge(let limit): self.init(.bodyTooLarge, ["limit": "\(limit / 1024)"])
        case .noPicture(let defect):
            self.init(.photoInvalid)
            reason = RefusalReason("photo-" + defect.rawValue)
        case .noRoom: self.init(Kind.photoRoom)
        case .notStored(let reason): self.init(.notStored, ["reason": reason])
        }
    }
}

/// The photos of a ticket on its page.
struct PhotoSection: Sendable {
    struct Photo: Sendable {
        var photoHref, photoText: String
        var isKept: Bool
    }

    var word: [String: String]
    var photos: [Photo]
    var hasPhotos: Bool
    var takesMore: Bool
    var uploadHref: String
    var limitText: String
    var persons: [TicketPage.PersonOption]

    init?(_ detail: TicketDetail, _ persons: [TicketPage.PersonOption], in moment: EstateMoment) {
        guard let all = detail.photos else { return nil }
        let wording = moment.wording
        let number = PercentText.encoded(detail.ticket.number)
        (word, self.persons, takesMore) = (wording.texts, persons, all.takesMore)
        photos = all.list.map { photo in
            let kilobytes = NumberText.integer(Int64((photo.bytes + 1023) / 1024))
            return Photo(
                photoHref: "/api/v1/tickets/\(number)/photos/\(PercentText.encoded(photo.name))",
                photoText: wording.text(
                    photo.isKept ? .photoLine : .photoGone,
                    [
                        "name": photo.name, "person": moment.name(ofActor: photo.by),
                        "moment": moment.time.moment(photo.at), "size": kilobytes,
                    ]), isKept: photo.isKept)
        }
        hasPhotos = !photos.isEmpty
        uploadHref = TicketPath.page(of: detail.ticket.number) + "/photos"
        limitText = wording.text(
            .photoLimit,
            ["size": "\(PhotoDraft.mostBytes >> 20)", "count": "\(TicketPhoto.mostOfTicket)"])
    }
}
