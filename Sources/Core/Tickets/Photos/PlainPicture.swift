// SPDX-License-Identifier: Apache-2.0

/// A picture without anything but the picture: no place, owner, thumbnail or other note that a camera writes into it.
///
/// Which way up it is stays. Nothing is decoded: parts of the file are kept or left out.
public struct PlainPicture: Sendable, Hashable {
    public var format: PhotoFormat
    public var width: Int
    public var height: Int
    public var bytes: [UInt8]

    /// - Throws: ``PhotoDefect``.
    public init(_ bytes: [UInt8]) throws(PhotoDefect) {
        if bytes.starts(with: [0xFF, 0xD8, 0xFF]) {
            self = try JPEGParts.plain(bytes)
        } else if bytes.starts(with: PNGParts.signature) {
            self = try PNGParts.plain(bytes)
        } else {
            throw .otherFormat
        }
        let sides = 1...20_000
        guard sides.contains(width), sides.contains(height), width * height <= 100_000_000 else { throw .size }
    }

    init(format: PhotoFormat, width: Int, height: Int, kept: [UInt8]) {
        (self.format, self.width, self.height, bytes) = (format, width, height, kept)
    }
}

/// Reads numbers out of bytes that came from anywhere; beyond the end is `nil`.
struct ByteView {
    let bytes: ArraySlice<UInt8>
    init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

    /// At `offset` from the beginning of the view, the most significant byte first unless `isLittle`.
    func integer(at offset: Int, _ count: Int, isLittle: Bool = false) -> Int? {
        guard offset >= 0, offset <= bytes.count, count <= bytes.count - offset else { return nil }
        let start = bytes.startIndex + offset
        let part = bytes[start..<start + count]
        return (isLittle ? Array(part.reversed()) : Array(part)).reduce(0) { $0 << 8 | Int($1) }
    }
}

/// The segments of a JPEG file (ITU-T T.81, annex B).
enum JPEGParts {
    private static let startOfScan: UInt8 = 0xDA
    private static let endOfImage: UInt8 = 0xD9

    static func plain(_ bytes: [UInt8]) throws(PhotoDefect) -> PlainPicture {
        var kept: [UInt8] = [0xFF, 0xD8]
        kept.reserveCapacity(bytes.count)
        var place = 2
        var size: (width: Int, height: Int)?
        var hasScan = false
        // Without a note of which way up it is, it is as it is stored.
        var orientation: Int?
        while true {
            guard place + 1 < bytes.count else { throw .cut }
            guard bytes[place] == 0xFF else { throw .broken }
            let marker = bytes[place + 1]
            // Fill bytes may stand before a marker.
            if marker == 0xFF {
                place += 1
                continue
            }
            if marker == endOfImage { break }
            guard (0xC0...0xFE).contains(marker), !(0xD0...0xD8).contains(marker) else { throw .broken }
            guard let length = ByteView(bytes[...]).integer(at: place + 2, 2) else { throw .cut }
            guard length >= 2 else { throw .broken }
            let end = place + 2 + length
            guard end <= bytes.count else { throw .cut }
            let content = bytes[place + 4..<end]
            if isFrame(marker) {
                guard size == nil, let height = ByteView(content).integer(at: 1, 2),
                    let width = ByteView(content).integer(at: 3, 2)
                else { throw .broken }
                size = (width, height)
            }
            if marker == 0xE1, orientation == nil { orientation = ExifNote.orientation(in: content) }
            if isKept(marker, content) { kept += bytes[place..<end] }
            place = end
            if marker == startOfScan {
                guard size != nil else { throw .broken }
                hasScan = true
                let scan = endOfScan(bytes, from: place)
                kept += bytes[place..<scan]
                place = scan
            }
        }
        guard let size, hasScan else { throw .broken }
        kept += [0xFF, endOfImage]
        if let orientation { kept.insert(contentsOf: ExifNote.segment(orientation: orientation), at: 2) }
        return PlainPicture(format: .jpeg, width: size.width, height: size.height, kept: kept)
    }

    private static func isFrame(_ marker: UInt8) -> Bool {
        // DHT, JPG and DAC lie between the frame headers.
        (0xC0...0xCF).contains(marker) && ![0xC4, 0xC8, 0xCC].contains(marker)
    }

    /// Tables and headers stay; of what applications write only what decoders need: JFIF, the colour profile and Adobe's
    /// note on colour.
    private static func isKept(_ marker: UInt8, _ content: ArraySlice<UInt8>) -> Bool {
        switch marker {
        case 0xE0: content.starts(with: Array("JFIF\0".utf8))
        case 0xE2: content.starts(with: Array("ICC_PROFILE\0".utf8))
        case 0xEE: content.starts(with: Array("Adobe".utf8))
        case 0xE1...0xEF, 0xF0...0xFE: false
        default: true
        }
    }

    /// Where the next marker stands that is no part of the scan's data.
    private static func endOfScan(_ bytes: [UInt8], from start: Int) -> Int {
        var place = start
        while place + 1 < bytes.count {
            // A zero follows an 0xFF of the data; D0 to D7 are restarts inside the scan.
            if bytes[place] == 0xFF {
                let next = bytes[place + 1]
                if next != 0, next != 0xFF, !(0xD0...0xD7).contains(next) { return place }
            }
            place += 1
        }
        return bytes.count
    }
}

/// The one note of Exif that a picture needs: which way up it is.
enum ExifNote {
    /// 2 to 8; `nil` for none and for 1, which is as it is stored.
    static func orientation(in content: ArraySlice<UInt8>) -> Int? {
        guard content.starts(with: Array("Exif\0\0".utf8)) else { return nil }
        let tiff = ByteView(content.dropFirst(6))
        guard let order = tiff.integer(at: 0, 2), order == 0x4949 || order == 0x4D4D else { return nil }
        let isLittle = order == 0x4949
        guard tiff.integer(at: 2, 2, isLittle: isLittle) == 42,
            let directory = tiff.integer(at: 4, 4, isLittle: isLittle),
            let count = tiff.integer(at: directory, 2, isLittle: isLittle)
        else { return nil }
        for entry in 0..<min(count, 200) {
            let at = directory + 2 + 12 * entry
            guard let tag = tiff.integer(at: at, 2, isLittle: isLittle) else { return nil }
            guard tag == 0x0112 else { continue }
            let value = tiff.integer(at: at + 8, 2, isLittle: isLittle)
            return value.flatMap { (2...8).contains($0) ? $0 : nil }
        }
        return nil
    }

    /// An APP1 segment that says nothing else.
    static func segment(orientation: Int) -> [UInt8] {
        let tiff: [UInt8] =
            [0x4D, 0x4D, 0, 42, 0, 0, 0, 8, 0, 1]
            + [0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, UInt8(clamping: orientation), 0, 0] + [0, 0, 0, 0]
        let content = Array("Exif\0\0".utf8) + tiff
        return [0xFF, 0xE1, 0, UInt8(content.count + 2)] + content
    }
}

/// The chunks of a PNG file (ISO/IEC 15948).
enum PNGParts {
    static let signature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
    private static let kept: Set<String> = [
        "IHDR", "PLTE", "IDAT", "IEND", "tRNS", "gAMA", "cHRM", "sRGB", "iCCP", "sBIT", "pHYs",
    ]

    static func plain(_ bytes: [UInt8]) throws(PhotoDefect) -> PlainPicture {
        var plain = signature
        plain.reserveCapacity(bytes.count)
        var place = signature.count
        var size: (width: Int, height: Int)?
        var hasData = false
        let view = ByteView(bytes[...])
        while true {
            guard let length = view.integer(at: place, 4) else { throw .cut }
            guard length <= bytes.count, place + 12 + length <= bytes.count else { throw .cut }
            let name = String(decoding: bytes[place + 4..<place + 8], as: UTF8.self)
            let end = place + 12 + length
            guard view.integer(at: end - 4, 4) == Int(CRC32.of(bytes[place + 4..<end - 4])) else { throw .broken }
            if place == signature.count {
                guard name == "IHDR", length == 13, let width = view.integer(at: place + 8, 4),
                    let height = view.integer(at: place + 12, 4)
                else { throw .broken }
                size = (width, height)
            }
            // A critical chunk that is not known cannot be left out (a capital letter in front).
            guard kept.contains(name) || bytes[place + 4] & 0x20 != 0 else { throw .broken }
            hasData = hasData || name == "IDAT"
            if kept.contains(name) { plain += bytes[place..<end] }
            place = end
            if name == "IEND" { break }
        }
        guard let size, hasData else { throw .broken }
        return PlainPicture(format: .png, width: size.width, height: size.height, kept: plain)
    }
}

/// The check of PNG and of zlib (ISO 3309).
enum CRC32 {
    private static let table: [UInt32] = (0..<256).map { start in
        (0..<8).reduce(UInt32(start)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
    }

    static func of(_ bytes: ArraySlice<UInt8>) -> UInt32 {
        ~bytes.reduce(~0) { table[Int(($0 ^ UInt32($1)) & 0xFF)] ^ $0 >> 8 }
    }
}
