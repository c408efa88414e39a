// SPDX-License-Identifier: Apache-2.0

public import Model

/// What the savings report must know of a water meter.
public struct SavingsMeter: Hashable, Sendable {
    public enum Role: String, Hashable, Codable, Sendable { case bulk, riser, dwelling, irrigation }

    public var asset: AssetIdentifier
    public var role: Role
    /// The meter whose water passes through this one.
    public var parent: AssetIdentifier?
    public var litresPerCount: Double
    /// Count at which the register starts again at zero.
    public var counterModulus: UInt64?
    /// Most that can pass, in litres an hour: 1.25 of the nominal flow (ISO 4064: overload flow Q4), or 10 m3/h for a
    /// dwelling and 250 m3/h for others when it is not known.
    public var greatestFlow: Double
    /// People in a dwelling; `nil` when it is not known.
    public var occupants: Int?
    /// Whether pumps have lifted all of its water.
    public var isLifted: Bool

    public init(
        asset: AssetIdentifier, role: Role, parent: AssetIdentifier?, litresPerCount: Double,
        counterModulus: UInt64? = nil, nominalFlow: LitresPerHour? = nil, occupants: Int? = nil, isLifted: Bool = false
    ) {
        self.asset = asset
        self.role = role
        self.parent = parent
        self.litresPerCount = litresPerCount
        self.counterModulus = counterModulus
        greatestFlow = nominalFlow.map { $0.value * 1.25 } ?? (role == .dwelling ? 10_000 : 250_000)
        self.occupants = occupants
        self.isLifted = isLifted
    }
}
