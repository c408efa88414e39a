// SPDX-License-Identifier: Apache-2.0

/// Whether an address or host name is this machine's own, which no other machine reaches: `localhost`, `::1` or
/// 127.0.0.0/8 (RFC 6890).
public func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "::1" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    let bytes = parts.compactMap { part in part.first?.isNumber == true ? UInt8(part) : nil }
    return parts.count == 4 && bytes.count == 4 && bytes[0] == 127
}
