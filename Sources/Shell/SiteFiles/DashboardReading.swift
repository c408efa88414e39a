// SPDX-License-Identifier: Apache-2.0

import Model
import Pipeline
import Profiles

extension SiteReader {
    /// `off` would be one of the bare words that YAML once read as false.
    enum SignIn: String, CaseIterable { case required, none }

    /// The `dashboard:` of the file. Whoever reaches the page from elsewhere comes by TLS and signs in.
    mutating func readDashboard(_ root: Section) -> DashboardSettings? {
        let section = file.settings("dashboard", in: root, "dashboard", keys: SiteKeys.dashboard)
        let port: Int = file.setting("port", in: section)
        let publicAddress = readPublicAddress(section)
        let host: String = file.setting("address", in: section)
        let address = section.entry("address").map { Located(host, $0.value.place) }
        let isBehindProxy: Bool = file.setting("behind_proxy", in: section)
        let isOpen = address.map { !isLoopback($0.value) } ?? false
        if isOpen, !isBehindProxy, let address {
            file.error(
                .openDashboard, at: address.place,
                section.says(
                    "address '\(address.value)' can be reached from other machines, "
                        + "and the page has no TLS of its own. Use 127.0.0.1, or put a proxy that ends TLS before it and "
                        + "say so: behind_proxy: true."
                ))
            return nil
        }
        if isBehindProxy, publicAddress?.hasPrefix("https://") != true {
            file.error(
                .openDashboard, at: section.entry("behind_proxy")?.keyPlace ?? section.place,
                section.says(
                    "behind_proxy needs the address that browsers ask for. Add public_url: \"https://estate.example/\"."
                ))
            return nil
        }
        file.noteDefault(
            "sign_in", in: section, (isOpen || isBehindProxy ? SignIn.required : SignIn.none).rawValue)
        let signIn: SignIn? = section.has("sign_in") ? file.word("sign_in", in: section, "sign_in") : nil
        if signIn == SignIn.none, isOpen || isBehindProxy {
            file.error(
                .openDashboard, at: section.entry("sign_in")?.keyPlace ?? section.place,
                section.says(
                    "sign_in: none would let in everybody who reaches the page from another machine. Use "
                        + "sign_in: required, or address: 127.0.0.1 without behind_proxy."))
            return nil
        }
        return DashboardSettings(
            host: host, port: port, publicAddress: publicAddress,
            isBehindProxy: isBehindProxy, needsSignIn: signIn.map { $0 == SignIn.required } ?? (isOpen || isBehindProxy)
        )
    }

    private mutating func readPublicAddress(_ section: Section) -> String? {
        guard let text = file.text("public_url", in: section) else { return nil }
        let rest = ["https://", "http://"].first { text.value.hasPrefix($0) }.map { text.value.dropFirst($0.count) }
        if let rest, let first = rest.first, first != "/", text.value.utf8.count <= 200,
            !text.value.contains(where: { $0.isWhitespace || $0 == "?" || $0 == "#" })
        {
            return text.value
        }
        file.error(
            .value, at: text.place,
            section.says("public_url '\(text.value)' is no address such as https://estate.example/."))
        return nil
    }

    private func isLoopback(_ address: String) -> Bool {
        if address == "localhost" || address == "::1" { return true }
        let parts = address.split(separator: ".", omittingEmptySubsequences: false)
        let bytes = parts.compactMap { wholeNumber(String($0)).flatMap(UInt8.init(exactly:)) }
        return parts.count == 4 && bytes.count == 4 && bytes[0] == 127
    }
}
