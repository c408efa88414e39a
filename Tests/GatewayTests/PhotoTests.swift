// SPDX-License-Identifier: Apache-2.0

import Foundation
import TestKit
import Testing

/// Photos of tickets with the whole program: taken, served, kept over a kill, copied and brought back.
@Suite(.serialized) struct PhotoTests {
    private func ticket(of gateway: LoneGateway) throws -> String {
        let answer = try gateway.peer.post(
            "/api/v1/tickets",
            #"{"person":"wang-fang","asset":"inlet","failure_mode":"reported_leak","text":"Water on the stairs."}"#,
            ["Idempotency-Key": "k"])
        return try #require((answer.json["ticket"] as? [String: Any])?["number"] as? String, "\(answer.body)")
    }

    private func put(
        _ peer: HTTPPeer, _ number: String, _ name: String, _ bytes: [UInt8], type: String = "image/jpeg",
        person: String = "li-wei"
    ) throws -> HTTPAnswer {
        try peer.send(
            "PUT", "/api/v1/tickets/\(number)/photos/\(name)?person=\(person)", type: type, bytes: bytes)
    }

    private func photos(_ answer: HTTPAnswer) -> [[String: Any]] {
        ((answer.json["photos"] as? [String: Any])?["list"] as? [[String: Any]]) ?? []
    }

    @Test func `a photo is kept without its notes, told once, served as what it is, and outlives a kill`() throws {
        let folder = try TestFolder()
        let gateway = try LoneGateway(in: folder)
        defer { gateway.end() }
        let number = try ticket(of: gateway)
        let first = try put(gateway.peer, number, "leak.jpg", Pictures.jpegOfCamera)
        #expect(first.status == 201, "\(first.body)")
        #expect(photos(first).compactMap { $0["name"] as? String } == ["leak.jpg"])
        #expect(try put(gateway.peer, number, "leak.jpg", Pictures.jpegOfCamera).status == 200, "once more")
        let second = try put(gateway.peer, number, "plan.png", Pictures.pngOfCamera, type: "image/jpeg")
        #expect(photos(second).compactMap { $0["format"] as? String } == ["jpeg", "png"], "told by the bytes")

        try gateway.restart()
        let path = "/api/v1/tickets/\(number)/photos/"
        let served = try gateway.peer.get(path + "leak.jpg")
        #expect(served.status == 200)
        #expect(served.headers["content-type"] == "image/jpeg")
        #expect(served.headers["x-content-type-options"] == "nosniff")
        #expect(served.headers["content-disposition"] == #"inline; filename="leak.jpg""#)
        #expect(served.headers["content-security-policy"]?.contains("default-src 'self'") == true)
        let bytes = try gateway.peer.bytes(of: path + "leak.jpg")
        #expect(bytes.count == Pictures.jpeg.count + 36)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("GPS"))
        #expect(try gateway.peer.bytes(of: path + "plan.png") == Pictures.png)
        let page = try gateway.peer.get("/tickets/\(number)").body
        #expect(page.contains(#"<img src="\#(path)leak.jpg""#), "on the page")
        #expect(page.contains("Photo added") && page.contains(#"enctype="multipart/form-data""#))
        let verify = try gateway.command(["tickets", "verify"])
        #expect(verify.status == 0, "\(verify.lines)")
    }

    @Test func `what is not taken is refused with its problem, in both languages`() throws {
        let folder = try TestFolder()
        let gateway = try LoneGateway(in: folder)
        defer { gateway.end() }
        let number = try ticket(of: gateway)
        #expect(try put(gateway.peer, number, "a.jpg", Pictures.jpeg).status == 201)
        func problem(_ answer: HTTPAnswer) -> String {
            "\(answer.status) \((answer.json["type"] as? String)?.dropFirst("urn:sluice:problem:".count) ?? "")"
        }
        #expect(problem(try put(gateway.peer, number, "a.jpg", Pictures.png)) == "409 photo-name-taken")
        let page = Array("<html><script>alert(1)</script>".utf8)
        let invalid = try put(gateway.peer, number, "b.jpg", page)
        #expect(problem(invalid) == "422 photo-invalid")
        #expect(invalid.json["detail"] as? String == "The photo was not taken: it is neither JPEG nor PNG.")
        #expect(problem(try put(gateway.peer, number, ".b", Pictures.png)) == "422 photo-name")
        #expect(problem(try put(gateway.peer, number, "a%22b", Pictures.png)) == "422 photo-name")
        #expect(problem(try put(gateway.peer, "none", "b.jpg", Pictures.png)) == "404 ticket-unknown")
        #expect(problem(try put(gateway.peer, number, "b.jpg", Pictures.png, person: "nobody")) == "422 person-unknown")
        #expect(
            problem(try put(gateway.peer, number, "b", Pictures.png, type: "text/html")) == "415 media-type-unsupported"
        )
        let large = Pictures.jpeg + [UInt8](repeating: 0, count: 9 << 20)
        #expect(problem(try put(gateway.peer, number, "b.jpg", large)) == "413 body-too-large")
        #expect(problem(try gateway.peer.get("/api/v1/tickets/\(number)/photos/none.jpg")) == "404 photo-unknown")
        let foreign = try gateway.peer.send("PUT", "/api/v1/tickets/\(number)/photos/c?person=li-wei", isOwn: false)
        #expect(problem(foreign) == "403 origin-refused")
        let folderNames = try FileManager.default.contentsOfDirectory(atPath: "\(folder.path)/state/photos")
        #expect(folderNames.count == 1, "nothing is written for what is refused")
    }

    @Test func `the form of the page adds one without a script`() throws {
        let folder = try TestFolder()
        let gateway = try LoneGateway(in: folder)
        defer { gateway.end() }
        let number = try ticket(of: gateway)
        func form(_ picture: [UInt8], person: String = "li-wei", file: String = "漏水.jpg") throws -> HTTPAnswer {
            let boundary = "----WebKitFormBoundary7MA4"
            let head =
                "--\(boundary)\r\nContent-Disposition: form-data; name=\"person\"\r\n\r\n\(person)\r\n"
                + "--\(boundary)\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"\(file)\"\r\n"
                + "Content-Type: image/jpeg\r\n\r\n"
            return try gateway.peer.send(
                "POST", "/tickets/\(number)/photos", type: "multipart/form-data; boundary=\(boundary)",
                bytes: Array(head.utf8) + picture + Array("\r\n--\(boundary)--\r\n".utf8))
        }
        let answer = try form(Pictures.jpegOfCamera)
        #expect(answer.status == 303, "\(answer.status) \(answer.body)")
        #expect(answer.headers["location"] == "/tickets/\(number)#photos-title")
        #expect(try form(Pictures.png).status == 303, "a second one gets a name of its own")
        let detail = try gateway.peer.get("/api/v1/tickets/\(number)")
        #expect(photos(detail).compactMap { $0["name"] as? String } == ["photo.jpg", "photo.png"])
        let refused = try form(Array("GIF89a".utf8))
        #expect(refused.status == 422 && refused.body.contains("it is neither JPEG nor PNG"))
        #expect(refused.body.contains(#"enctype="multipart/form-data""#), "the page with its form")
        #expect(try form(Pictures.jpeg, person: "nobody").status == 422)
        #expect(try gateway.peer.post("/tickets/\(number)/photos", "x").status == 422, "no form at all")
    }

    @Test func `a copy has the photos beside it, and a new box gets them back`() throws {
        let (folder, stick, box) = (try TestFolder(), try TestFolder(), try TestFolder())
        let gateway = try LoneGateway(in: folder)
        let number = try ticket(of: gateway)
        #expect(try put(gateway.peer, number, "leak.jpg", Pictures.jpeg).status == 201)
        let copy = "\(stick.path)/copy.db"
        let backup = try gateway.command(["backup", copy])
        #expect(backup.status == 0 && backup.lines.contains { $0.contains("1 photo in the folder 'photos'") })
        gateway.end()
        try box.write("site.yaml", try String(contentsOfFile: "\(folder.path)/site.yaml", encoding: .utf8))
        func run(_ arguments: [String]) throws -> (lines: [String], status: Int32) {
            let command = try RunningProgram(try Programs.sluice, arguments)
            try command.linesToEnd(within: 60)
            command.process.waitUntilExit()
            return (command.output, command.process.terminationStatus)
        }
        let restored = try run(["restore", copy, "--config", "\(box.path)/site.yaml"])
        #expect(restored.status == 0, "\(restored.lines)")
        let verified = try run(["verify", "--config", "\(box.path)/site.yaml"])
        #expect(verified.status == 0)
        #expect(verified.lines.contains { $0.hasSuffix("1 photo, history") }, "\(verified.lines)")
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(box.path)/state/photos")
        #expect(names.count == 1)
        try FileManager.default.removeItem(atPath: "\(box.path)/state/photos/\(names[0])")
        let missed = try run(["verify", "--config", "\(box.path)/site.yaml"])
        #expect(missed.status == 1 && missed.lines.contains { $0.hasSuffix("photos/\(names[0]) is missing") })
    }
}
