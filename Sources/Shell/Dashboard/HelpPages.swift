// SPDX-License-Identifier: Apache-2.0

import Foundation
import Hummingbird
import Logging
import NIOCore
import Pipeline

/// The documents of the product, served from this machine.
struct HelpPages: Sendable {
    static let path = "/help"

    let pages: Pages
    let shelf: HelpShelf

    static func path(of name: String) -> String { name == "help" ? path : path + "/" + name }

    func addRoutes(to router: Router<DashboardContext>) {
        router.get("/help") { request, context in try await show("help", request, context.language) }
        router.get("/help/:page") { request, context in
            try await show(context.parameters.require("page"), request, context.language)
        }
        router.get("/help/:page/:part") { request, context in
            let place = try (context.parameters.require("page"), context.parameters.require("part"))
            return try await show("\(place.0)/\(place.1)", request, context.language)
        }
    }

    private func show(_ name: String, _ request: Request, _ language: Language) async throws -> Response {
        guard let document = shelf.document(name, in: language) else {
            throw Problem(.notFound, ["path": request.uri.path])
        }
        let text: String
        do {
            text = try String(contentsOfFile: document.path, encoding: .utf8)
        } catch {
            pages.logger.error(
                "A document cannot be read.", metadata: ["path": "\(document.path)", "error": "\(error)"])
            throw Problem(.internalError)
        }
        let moment = await pages.look(language)
        let title = Self.title(of: text) ?? name
        return pages.page(
            "help",
            HelpPage(
                frame: pages.frame(title, request, moment), word: moment.wording.texts,
                article: Markdown.html(text, tableName: moment.wording.text(.helpTable)) {
                    shelf.target(of: $0, in: name, document.language)
                },
                articleLanguage: document.language.rawValue, isIndex: name == "help",
                isForeign: document.language != language))
    }

    /// The first heading.
    private static func title(of text: String) -> String? {
        text.split(separator: "\n").first { $0.hasPrefix("# ") }
            .map { $0.dropFirst(2).replacing("`", with: "").trimmingCharacters(in: .whitespaces) }
    }
}

struct HelpPage: Sendable {
    var frame: PageFrame
    var word: [String: String]
    /// HTML.
    var article: String
    var articleLanguage: String
    var isIndex: Bool
    /// Whether the document is not there in the reader's language.
    var isForeign: Bool
}
