// SPDX-License-Identifier: Apache-2.0

import TestKit
import Testing

@testable import Dashboard

/// Forms with a file, as browsers send them.
@Suite struct MultipartFormTests {
    private static let type = "multipart/form-data; boundary=----WebKitFormBoundary7MA4"

    static func body(_ picture: [UInt8], boundary: String = "----WebKitFormBoundary7MA4") -> [UInt8] {
        Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"person\"\r\n\r\nli-wei\r\n".utf8)
            + Array("--\(boundary)\r\nContent-Disposition: form-data; name=\"photo\"; filename=\"漏水; 1.jpg\"\r\n".utf8)
            + Array("Content-Type: image/jpeg\r\n\r\n".utf8) + picture + Array("\r\n--\(boundary)--\r\n".utf8)
    }

    @Test func `fields and the file are found to the byte`() throws {
        // What looks like an end is none.
        let picture = Array("\r\n--\r\n------WebKit\r\n\r\n".utf8) + Pictures.jpegOfCamera + Array("\r\n".utf8)
        let form = try #require(MultipartForm(contentType: Self.type, body: Self.body(picture)))
        #expect(form.text("person") == "li-wei")
        let file = try #require(form.file("photo"))
        #expect(file.fileName == "漏水; 1.jpg")
        #expect(Array(file.bytes) == picture)
        #expect(form.text("photo") == nil && form.file("person") == nil)
    }

    @Test(arguments: [
        ("application/json", Self.body([1])), ("multipart/form-data", Self.body([1])), (Self.type, []),
        (Self.type, Array(Self.body([1]).dropLast(6))), (Self.type, Self.body([1], boundary: "other")),
        (Self.type, Array("------WebKitFormBoundary7MA4\r\n\r\n\r\nx\r\n------WebKitFormBoundary7MA4--".utf8)),
    ])
    func `what is no such form is refused`(type: String, body: [UInt8]) {
        #expect(MultipartForm(contentType: type, body: body) == nil)
    }

    @Test(arguments: 0..<300 as Range<UInt64>)
    func `damage never traps`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var body = Self.body(Array(Pictures.png.prefix(40)))
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let place = Int.random(in: 0..<body.count, using: &random)
            if Bool.random(using: &random) {
                body[place] = UInt8.random(in: .min ... .max, using: &random)
            } else {
                body.removeSubrange(place..<min(body.count, place + Int.random(in: 1...30, using: &random)))
            }
            if body.isEmpty { return }
        }
        let form = MultipartForm(contentType: Self.type, body: body)
        #expect((form?.parts.count ?? 0) <= MultipartForm.mostParts)
    }
}
