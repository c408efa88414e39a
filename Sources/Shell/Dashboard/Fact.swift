// SPDX-License-Identifier: Apache-2.0

/// What is known of a thing, under its name.
struct Fact: Sendable {
    var factName: String
    var factText: String
}

/// A way to another page, with a few words on what is there.
struct NotedLink: Sendable {
    var linkHref: String
    var linkText: String
    var linkNote: String
}
