// SPDX-License-Identifier: Apache-2.0

import Foundation

/// Pictures as a browser's canvas writes them, 16 by 8 points, and with what cameras add.
public enum Pictures {
    /// JPEG with nothing but the picture.
    public static let jpeg = decoded(
        """
        /9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABsSFBcUERsXFhceHBsgKEIrKCUlKFE6PTBCYFVlZF9VXVtqeJmBanGQc1tdhbWGkJ6j
        q62rZ4C8ybqmx5moq6T/2wBDARweHigjKE4rK06kbl1upKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSkpKSk
        pKSkpKSkpKT/wAARCAAIABADASIAAhEBAxEB/8QAFQABAQAAAAAAAAAAAAAAAAAAAAT/xAAUEAEAAAAAAAAAAAAAAAAAAAAA/8QA
        FAEBAAAAAAAAAAAAAAAAAAAAA//EABgRAAIDAAAAAAAAAAAAAAAAAAAEQUKB/9oADAMBAAIRAxEAPwCYAqsjO10//9k=
        """)
    /// PNG with nothing but the picture.
    public static let png = decoded(
        """
        iVBORw0KGgoAAAANSUhEUgAAABAAAAAICAYAAADwdn+XAAAAKklEQVR4AeyQMQ0AAAjDFizNE2rnaTjYw8FDk749WiKdZMvJwpIP
        APcPBgAA//+lesnzAAAABklEQVQDAL87JLmYGNVdAAAAAElFTkSuQmCC
        """)

    /// The JPEG with a note of the camera: turned by a quarter (orientation 6), the place where it was taken, a comment,
    /// and bytes behind its end.
    public static let jpegOfCamera: [UInt8] = {
        // TIFF, little-endian: two entries of the first directory, orientation and a pointer to the place.
        let tiff: [UInt8] =
            [0x49, 0x49, 42, 0, 8, 0, 0, 0, 2, 0]
            + [0x12, 0x01, 3, 0, 1, 0, 0, 0, 6, 0, 0, 0] + [0x25, 0x88, 4, 0, 1, 0, 0, 0, 38, 0, 0, 0]
            + [0, 0, 0, 0] + Array("GPS 31.2304 N 121.4737 E".utf8)
        let exif = segment(0xE1, Array("Exif\0\0".utf8) + tiff)
        let comment = segment(0xFE, Array("Taken by Wang Fang".utf8))
        return Array(jpeg.prefix(2)) + exif + comment + Array(jpeg.dropFirst(2)) + Array("and a film".utf8)
    }()

    /// The PNG with a text that says where it was taken.
    public static let pngOfCamera: [UInt8] = {
        // After IHDR: 8 bytes of signature, 25 of the chunk.
        Array(png.prefix(33)) + chunk("tEXt", Array("Place\0GPS 31.2304 N".utf8)) + Array(png.dropFirst(33))
    }()

    public static func segment(_ marker: UInt8, _ content: [UInt8]) -> [UInt8] {
        let length = content.count + 2
        return [0xFF, marker, UInt8(length >> 8), UInt8(length & 0xFF)] + content
    }

    public static func chunk(_ name: String, _ content: [UInt8]) -> [UInt8] {
        let checked = Array(name.utf8) + content
        var check: UInt32 = ~0
        for byte in checked {
            check ^= UInt32(byte)
            for _ in 0..<8 { check = check & 1 == 1 ? 0xEDB8_8320 ^ check >> 1 : check >> 1 }
        }
        func number(_ value: UInt32) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * $0)) } }
        return number(UInt32(content.count)) + checked + number(~check)
    }

    private static func decoded(_ text: String) -> [UInt8] {
        Array(Data(base64Encoded: text, options: .ignoreUnknownCharacters) ?? Data())
    }
}
