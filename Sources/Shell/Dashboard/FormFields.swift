// SPDX-License-Identifier: Apache-2.0

import Hummingbird

/// The fields of a form as the browser sends it, `application/x-www-form-urlencoded`.
struct FormFields: Sendable {
    private var fields: [(name: String, value: String)] = []

    /// - Throws: `bodyTooLarge`, `bodyInvalid`.
    init(of request: Request) async throws {
        let body = String(buffer: try await BodyLimit.body(of: request))
        for field in body.split(separator: "&") {
            let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = PercentText.decoded(parts[0].replacing("+", with: " ")),
                let value = PercentText.decoded((parts.count > 1 ? parts[1] : "").replacing("+", with: " "))
            else { throw Problem(.bodyInvalid) }
            fields.append((name, value))
        }
    }

    /// The value of a field; empty when it is missing.
    subscript(name: String) -> String { fields.first { $0.name == name }?.value ?? "" }

    /// Of every field, in the order of the form.
    var names: [String] { fields.map(\.name) }

    /// All values of fields of one name.
    func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
}
