// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

/// A place in a table as a list gives it.
struct ListAddress: Hashable, Sendable {
    /// `nil` when the number does not tell it.
    var table: RegisterTable?
    var address: Int
    /// The number that was printed, where it is not the address itself.
    var reference: Int?
}

/// The table and the address that a number such as 40017, 400017 or 30001 names; `nil` for any other.
func referencedAddress(_ number: Int) -> ListAddress? {
    let (first, size) = number >= 100_000 ? (number / 100_000, 100_000) : (number / 10_000, 10_000)
    let tables: [Int: RegisterTable] = [1: .discreteInput, 3: .inputRegister, 4: .holdingRegister]
    guard let table = tables[first] else { return nil }
    let address = number - first * size - 1
    guard (0...65_535).contains(address) else { return nil }
    return ListAddress(table: table, address: address, reference: number)
}

/// What the number of an address column asks for.
///
/// - Parameters:
///   - text: The cell.
///   - table: As another cell of the row says, if one does.
func addressNamed(
    _ text: String, base: AddressBase, table: RegisterTable?, isHexadecimal: Bool
) -> CellReading<ListAddress> {
    if text.lowercased().contains("e+") {
        return .refused(
            "the spreadsheet has written this number as '\(shortened(text))'. Format the column as text and save again."
        )
    }
    if let dot = text.firstIndex(where: { $0 == "." || $0 == ":" }), let word = listNumber(String(text[..<dot])) {
        return .refused(
            "'\(shortened(text))' looks like a bit of register \(word). Give the register here and the bit in a column "
                + "headed 位 (bit): a spreadsheet turns bit 10 of such a number into bit 1.")
    }
    guard let number = listNumber(text, isHexadecimal: isHexadecimal) else {
        if looksHexadecimal(text) {
            return .refused(
                "'\(text)' looks hexadecimal. Write 0x\(text.uppercased()), or say --hexadecimal when all addresses of "
                    + "the list are.")
        }
        return .refused("'\(shortened(text))' is no address. Write a whole number such as 16 or 0x10.")
    }
    switch base {
    case .zero: return checked(ListAddress(address: number), text)
    case .one:
        guard number > 0 else {
            return .refused("the list counts from 1 (--address-base 1), so that there is no address 0. Is it 0-based?")
        }
        return checked(ListAddress(address: number - 1, reference: number), text)
    case .reference:
        if let found = referencedAddress(number) { return .value(found) }
        // A spreadsheet takes the zeros of 00009 away, so that only the table's name tells a coil.
        if table == .coil, (1...65_536).contains(number) {
            return .value(ListAddress(table: .coil, address: number - 1, reference: number))
        }
        return .refused(
            "\(number) does not begin with the digit of a table (--address-base 4xxxx): 4 for holding registers, 3 for "
                + "input registers, 1 for discrete inputs; a coil such as 00009 needs its table in another column.")
    }
}

private func checked(_ address: ListAddress, _ text: String) -> CellReading<ListAddress> {
    guard address.address <= 65_535 else {
        return .refused("'\(shortened(text))' is beyond the last address of a table, 65535.")
    }
    return .value(address)
}

/// One row's number read in the two ways that lists may mean.
public struct AddressSample: Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    public var row: Int
    public var point: String
    /// The cell.
    public var written: String
    /// What the chosen base asks for; `nil` when none is chosen.
    public var chosen: String?
    /// Each base that the number can be read by, with what it asks for then.
    public var ways: [(base: AddressBase, asks: String)]

    public static func == (a: Self, b: Self) -> Bool { a.description == b.description }
    public func hash(into hasher: inout Hasher) { hasher.combine(description) }

    public var description: String {
        let readings = ways.map { "\($0.base.sentence) it is \($0.asks)" }.joined(separator: ", ")
        return "R\(row) \(point): \(written) in the list; \(readings)"
    }
}

/// The ways in which `text` can be read.
func addressSample(
    row: Int, point: String, text: String, table: RegisterTable?, isHexadecimal: Bool, chosen: AddressBase?
) -> AddressSample {
    var ways: [(AddressBase, String)] = []
    for base in AddressBase.allCases {
        guard
            case .value(let found) = addressNamed(text, base: base, table: table, isHexadecimal: isHexadecimal)
        else { continue }
        let name = (found.table ?? table).map(\.rawValue) ?? "address"
        ways.append((base, "\(name) \(found.address)"))
    }
    return AddressSample(
        row: row, point: point, written: text, chosen: chosen.flatMap { base in ways.first { $0.0 == base }?.1 },
        ways: ways)
}
