// SPDX-License-Identifier: Apache-2.0

import Pipeline
import Testing

@testable import Dashboard

/// What the page of the settings shows to whom.
@Suite struct SettingsPageTests {
    @Test func `where nobody signs in there is a table and no form`() async throws {
        let page = try await withDashboard { try await $0.get("/system/settings") }
        #expect(page.status == 200)
        #expect(page.body.contains("<code>polling.fast_seconds</code>") && page.body.contains("0.05 … 86400"))
        #expect(page.body.contains("Only an administrator who has signed in may change settings."))
        #expect(!page.body.contains("<form method=\"post\""))
    }

    @Test func `each described setting has words of its own in both languages`() throws {
        for name in SettingWords.described {
            let texts = try [PageResources.catalogue(of: .chinese), PageResources.catalogue(of: .english)].map {
                $0[WordFamily.setting.key(name)]
            }
            #expect(texts[0] != nil && texts[1] != nil && texts[0] != texts[1], "\(name)")
        }
    }
}
