// SPDX-License-Identifier: Apache-2.0

import Crypto
import FoundationEssentials
import Pipeline
import Profiles
import SiteFiles

extension HeldSettings {
    /// What a file that was loaded with its record sets and leaves to defaults; `nil` without a record.
    ///
    /// - Parameter key: What marks are made with, that of the settings it is compared with; `nil` makes a new one.
    init?(of loaded: LoadedSite, at path: String, key: String? = nil) {
        guard let record = loaded.record else { return nil }
        let key = key ?? SymmetricKey(size: .bits256).withUnsafeBytes { Data($0).base64EncodedString() }
        func mark(_ text: String) -> String {
            let code = HMAC<SHA256>.authenticationCode(
                for: Data(text.utf8), using: SymmetricKey(data: Data(key.utf8)))
            return Data(code).base64EncodedString()
        }
        let settings = record.heldValues.map { setting in
            Setting(
                path: setting.path, value: setting.text, mark: setting.hidden.map(mark), line: setting.place?.line,
                file: setting.place.flatMap { loaded.file(of: $0) })
        }
        var profiles: [String: String] = [:]
        for (file, text) in loaded.texts where !loaded.siteFiles.contains(file) {
            // A profile has the name of its folder.
            if let name = file.split(separator: "/").dropLast().last { profiles[String(name)] = mark(text) }
        }
        self.init(file: path, key: key, settings: settings, profiles: profiles)
    }
}
