// SPDX-License-Identifier: Apache-2.0

/// `text` with one to four bytes or pieces changed, as a slip of the keyboard or of an editor might.
public func mutated(_ text: String, using random: inout SeededGenerator) -> String {
    var bytes = Array(text.utf8)
    let marks = Array("{}[],:'\"#&*!|>%@`-? \n\t0123456789abcx.~\u{0}\u{FEFF}\u{E000}".utf8)
    for _ in 0..<Int.random(in: 1...4, using: &random) where !bytes.isEmpty {
        let place = Int.random(in: 0..<bytes.count, using: &random)
        let length = min(Int.random(in: 1...12, using: &random), bytes.count - place)
        switch Int.random(in: 0..<5, using: &random) {
        case 0: bytes[place] = marks.randomElement(using: &random) ?? 0
        case 1: bytes.insert(marks.randomElement(using: &random) ?? 0, at: place)
        case 2: bytes.removeSubrange(place..<place + length)
        case 3: bytes.insert(contentsOf: bytes[place..<place + length], at: Int.random(in: 0...place, using: &random))
        default: bytes.removeSubrange((place + length)...)
        }
    }
    return String(decoding: bytes, as: UTF8.self)
}
