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
        let hasCertificate = section.has("certificate_file") || section.has("key_file")
        if isOpen, !isBehindProxy, !hasCertificate, let address {
            file.error(
                .openDashboard, at: address.place,
                section.says(
                    "address '\(address.value)' can be reached from other machines, and this page has no TLS. Use "
                        + "127.0.0.1, or give it a certificate (certificate_file and key_file), or put a proxy that ends "
                        + "TLS before it and say so: behind_proxy: true."
                ))
            return nil
        }
        if isBehindProxy || hasCertificate, publicAddress?.hasPrefix("https://") != true {
            let key = ["behind_proxy", "certificate_file", "key_file"].first(where: section.has) ?? "behind_proxy"
            file.error(
                .openDashboard, at: section.entry(key)?.keyPlace ?? section.place,
                section.says(
                    "\(key) needs the address that browsers ask for. Add public_url: \"https://estate.example/\"."
                ))
            return nil
        }
        let certificate = hasCertificate ? readCertificate(section) : nil
        if hasCertificate, certificate == nil { return nil }
        let isReached = isOpen || isBehindProxy || hasCertificate
        file.noteDefault("sign_in", in: section, (isReached ? SignIn.required : SignIn.none).rawValue)
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
            host: host, port: port, publicAddress: publicAddress, isBehindProxy: isBehindProxy,
            certificate: certificate, needsSignIn: signIn.map { $0 == SignIn.required } ?? isReached)
    }

    /// The page's certificate and its key, which go together. Whether they fit is seen when the page opens.
    private mutating func readCertificate(_ section: Section) -> PageCertificateFiles? {
        for (present, missing) in [("certificate_file", "key_file"), ("key_file", "certificate_file")]
        where section.has(present) && !section.has(missing) {
            file.error(
                .missingKey, at: section.entry(present)?.value.place ?? section.place,
                section.says("\(present) needs \(missing): a certificate and its key go together."))
        }
        guard let chain = file.text("certificate_file", in: section), let key = file.text("key_file", in: section)
        else { return nil }
        guard secret(at: key, in: section, "key file", SecretFile.text) != nil else { return nil }
        return PageCertificateFiles(chain: besideFile(chain.value), key: besideFile(key.value))
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
}
