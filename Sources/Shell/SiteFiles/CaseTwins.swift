// SPDX-License-Identifier: Apache-2.0

/// Names that are taken, to be asked for one that differs by case only; an answer takes the same time however many there are.
struct CaseTwins {
    /// By their lower case, in the order in which they came.
    private var names: [String: [String]] = [:]

    mutating func insert(_ name: String) { names[name.lowercased(), default: []].append(name) }

    /// The first name that differs from `name` only by case.
    func twin(of name: String) -> String? { names[name.lowercased()]?.first { $0 != name } }
}
