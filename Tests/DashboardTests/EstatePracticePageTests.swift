// SPDX-License-Identifier: Apache-2.0

import Testing

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
}
