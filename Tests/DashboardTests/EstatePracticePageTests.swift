// SPDX-License-Identifier: Apache-2.0

import Pipeline
import Testing

@testable import Dashboard

/// Rules of estate practice that pages keep, named by the rule's words.
@Suite struct EstatePracticePageTests {
    @Test("each critical kind of fault has an emergency plan, shown with the ticket")
    func emergencyPlan() async throws {
        let (page, sheet) = try await withDashboard { dashboard in
            (
                try await dashboard.get("/tickets/20261122-002?lang=zh-Hans"),
                try await dashboard.get("/tickets/20261122-002/sheet?lang=zh-Hans")
            )
        }
        #expect(page.body.contains("应急预案") && page.body.contains("关闭 7 号阀。"))
        #expect(sheet.body.contains("关闭 7 号阀。"))
    }

    @Test("tickets go to the responsible party: where it is the utility, to wait for it and the notice stand ready")
    func utility() async throws {
        let page = try await withDashboard { try await $0.get("/tickets/20261122-002?lang=en") }
        #expect(page.body.contains("href=\"/resident-notice?ticket=20261122-002\""))
        let closed = try await withDashboard { try await $0.get("/tickets/20261118-001?lang=en") }
        #expect(!closed.body.contains("/resident-notice?ticket="))
        let wording = Wording(language: .english, texts: try PageResources.catalogue(of: .english))
        let form = TicketPage.Form("hold", persons: [], note: "", wording: wording, proposed: "utility")
        #expect(form.reasons.first?.choiceValue == "utility" && form.reasons.count == HoldWords.all.count)
        let plain = TicketPage.Form("hold", persons: [], note: "", wording: wording)
        #expect(plain.reasons.map(\.choiceValue) == HoldWords.all)
    }
}
