// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import SiteFiles

@Suite struct CaseTwinsTests {
    @Test func `a twin differs by case only, the first that came is told, and a name is no twin of itself`() {
        var names = CaseTwins()
        for name in ["pump-1", "Pump-1", "PUMP-1", "gate"] { names.insert(name) }
        #expect(names.twin(of: "pump-1") == "Pump-1")
        #expect(names.twin(of: "pumP-1") == "pump-1")
        #expect(names.twin(of: "gate") == nil && names.twin(of: "lift") == nil)
    }
}
