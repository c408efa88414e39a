// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
public import Model

/// The registers that somebody typed: groups of four hexadecimal digits, such as `0001 F089`.
///
/// - Returns: `nil` when the text is anything else, or empty.
public func registerWords(_ text: String) -> [UInt16]? {
    guard let bytes = hexBytes(text), !bytes.isEmpty, bytes.count % 2 == 0 else { return nil }
    return stride(from: 0, to: bytes.count, by: 2).map { UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]) }
}

/// The registers of a capture, whatever its profile: those that were read, without failures and without bits.
public func registerBlocks(
    ofCapture text: String, path: String
) -> (blocks: [RegisterBlock], problems: [FileProblem]) {
    var file = FileReader(path: path, document: .profile)
    let keys = ["profile", "origin", "taken", "note", "parameters", "registers", "expected"]
    guard let root = file.root(of: text, keys: keys) else { return ([], file.problems) }
    file.require("registers", in: root, "List what was read: {table, address, hex}.")
    var blocks: [RegisterBlock] = []
    for node in file.list("registers", in: root) ?? [] {
        let keys = ["table", "address", "hex", "bits", "count", "failure"]
        guard let section = file.section(node, "registers", at: node.place, keys: keys), section.has("hex") else {
            continue
        }
        let table: RegisterTable? = file.word("table", in: section, "register table", code: .unknownTable)
        let address = file.integer("address", in: section, 0...65_535)
        guard let table, let address, let hex = file.text("hex", in: section) else { continue }
        guard let words = registerWords(hex.value), address.value + words.count <= 65_536 else {
            file.error(
                .captureContent, at: hex.place,
                section.says("hex must be whole registers, such as \"7EBD 0001\", that end at 65535 at most."))
            continue
        }
        blocks.append(RegisterBlock(table: table, address: UInt16(clamping: address.value), words: words))
    }
    return (blocks, file.problems)
}
