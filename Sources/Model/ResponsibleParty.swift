// SPDX-License-Identifier: Apache-2.0

/// Who must act on an asset.
public enum ResponsibleParty: String, Hashable, Codable, Sendable, CaseIterable {
    case utility
    case propertyCompany
    case contractor
    case resident
}
