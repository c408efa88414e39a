// SPDX-License-Identifier: Apache-2.0

/// Which network addresses lie inside: those of the machine, of private networks and those with no owner.
public enum AddressRule {
    /// - Parameter bytes: Four of an IPv4 address or sixteen of an IPv6 one; any other number counts as inside.
    ///
    /// Sources: the IANA registries of special-purpose IPv4 and IPv6 addresses.
    public static func isInside(_ bytes: [UInt8]) -> Bool {
        switch bytes.count {
        case 4: return isInsideV4(bytes[0], bytes[1], bytes[2])
        case 16:
            let isMapped = bytes[0..<10].allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
            // 64:ff9b::/96 translates to the IPv4 address in its last four bytes.
            let isTranslated = bytes[0..<12].elementsEqual([0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0])
            if isMapped || isTranslated { return isInsideV4(bytes[12], bytes[13], bytes[14]) }
            // ::/96, of it :: and ::1
            if bytes[0..<12].allSatisfy({ $0 == 0 }) { return true }
            if bytes[0] == 0x20, bytes[1] == 0x02 { return isInsideV4(bytes[2], bytes[3], bytes[4]) }
            // fc00::/7, fe80::/10, fec0::/10, ff00::/8
            return bytes[0] & 0xFE == 0xFC || bytes[0] == 0xFE && bytes[1] & 0x80 == 0x80 || bytes[0] == 0xFF
        default: return true
        }
    }

    private static func isInsideV4(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> Bool {
        switch (a, b) {
        case (0, _), (10, _), (127, _), (224..., _): true
        case (100, 64...127), (169, 254), (172, 16...31), (192, 168), (198, 18...19): true
        case (192, 0): c == 0
        default: false
        }
    }
}
