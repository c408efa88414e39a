// SPDX-License-Identifier: Apache-2.0

import Hummingbird
import Model

/// The device that a path names.
enum AssetPath {
    static func page(of asset: AssetIdentifier) -> String { "/assets/" + PercentText.encoded(asset.text) }

    static func identifier(in context: DashboardContext) throws -> AssetIdentifier {
        let segment = try context.parameters.require("asset")
        return AssetIdentifier(PercentText.decoded(segment) ?? segment)
    }
}
