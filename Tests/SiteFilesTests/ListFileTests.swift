// SPDX-License-Identifier: Apache-2.0

import Foundation
import Profiles
import SiteFiles
import TestKit
import Testing

/// Encodings of lists, as spreadsheets write them.
@Suite struct ListFileTests {
    private static let text = "设备,功能码\r\n水表,3\r\n"
    /// The same in GBK.
    private static let gbk: [UInt8] =
        [0xC9, 0xE8, 0xB1, 0xB8, 0x2C, 0xB9, 0xA6, 0xC4, 0xDC, 0xC2, 0xEB, 0x0D, 0x0A]
        + [0xCB, 0xAE, 0xB1, 0xED, 0x2C, 0x33, 0x0D, 0x0A]

    private static func utf16(isLittle: Bool) -> [UInt8] {
        text.utf16.flatMap { unit in
            let (low, high) = (UInt8(unit & 0xFF), UInt8(unit >> 8))
            return isLittle ? [low, high] : [high, low]
        }
    }

    @Test func `the encoding is told by the mark, else it is UTF-8 when all of it is, else GBK`() throws {
        let utf8 = Array(Self.text.utf8)
        let cases: [([UInt8], ListEncoding)] = [
            (utf8, .utf8), ([0xEF, 0xBB, 0xBF] + utf8, .utf8), (Self.gbk, .gb18030),
            ([0xFF, 0xFE] + Self.utf16(isLittle: true), .utf16LittleEndian),
            ([0xFE, 0xFF] + Self.utf16(isLittle: false), .utf16BigEndian),
        ]
        for (bytes, encoding) in cases {
            let list = try decodeList(bytes, path: "l.csv")
            #expect(list.text == Self.text && list.encoding == encoding)
        }
        #expect(
            try decodeList(Self.utf16(isLittle: true), path: "l.csv", encoding: .utf16LittleEndian).text == Self.text)
        #expect(try decodeList(utf8, path: "l.csv", encoding: .utf8).reason == "as told")
        // Valid in both: the bytes of this are 浣犲ソ in GBK.
        #expect(try decodeList(Array("你好".utf8), path: "l.csv").text == "你好")
        #expect(try decodeList([], path: "l.csv").text.isEmpty)
    }

    @Test func `characters of four bytes are read, and long lists in pieces`() throws {
        // U+20000 in GB18030.
        #expect(try decodeList([0x95, 0x32, 0x82, 0x36], path: "l.csv").text == "\u{20000}")
        let long = Array(repeating: Self.gbk, count: 20_000).flatMap { $0 }
        #expect(
            try decodeList(long, path: "l.csv").text.unicodeScalars.count == 20_000 * Self.text.unicodeScalars.count)
    }

    @Test(arguments: [
        (
            [0x50, 0x4B, 0x03, 0x04, 0x00] as [UInt8],
            "this is a workbook of a spreadsheet. Save it as CSV (UTF-8) and import that file."
        ),
        ([0xC9], "this is neither UTF-8 nor GBK (GB18030). Save it as UTF-8, or name its encoding: --encoding."),
        ([0xFF, 0xFE, 0x61], "its byte order mark says utf-16le, and it is not. Save it as UTF-8."),
        (
            [0x61, 0x00],
            "it contains zero bytes, so it is no text, or UTF-16 without a byte order mark: --encoding utf-16le reads that."
        ),
    ])
    func `what is no text is refused with the cure`(bytes: [UInt8], message: String) {
        do {
            _ = try decodeList(bytes, path: "点表.csv")
            Issue.record("it was read")
        } catch {
            #expect(error.description == "点表.csv: error: SL-1301: \(message)")
        }
    }

    @Test func `a file is read up to its bound, and a folder is none`() throws {
        let folder = try SiteFolder()
        try folder.write(Data(Self.gbk), to: "list.csv")
        #expect(try readListFile(at: "\(folder.path)/list.csv").encoding == .gb18030)
        try folder.write(Data(count: ListLimits.bytes + 1), to: "large.csv")
        for (name, message) in [
            ("large.csv", "the file is larger than 16 MiB."), ("none.csv", "the file does not exist."),
            ("profiles", "this is no file with a list in it."),
        ] {
            do {
                _ = try readListFile(at: "\(folder.path)/\(name)")
                Issue.record("\(name) was read")
            } catch {
                #expect(error.message == message)
            }
        }
    }

    @Test(arguments: 0..<40 as Range<UInt64>)
    func `random bytes are refused or read, and never trap`(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            var bytes = (0..<Int.random(in: 0...200, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes = Self.gbk + bytes.filter { $0 > 0x40 } }
            for encoding in [nil] + ListEncoding.allCases.map(Optional.some) {
                guard let list = try? decodeList(bytes, path: "l.csv", encoding: encoding) else { continue }
                _ = importPoints(list.text, path: "l.csv", options: PointListOptions(base: .one, device: "d"))
            }
        }
    }
}
