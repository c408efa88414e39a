// SPDX-License-Identifier: Apache-2.0

import CMarkdown

/// A document of the product as HTML: Markdown with tables, as GitHub shows it. HTML within it is left out.
enum Markdown {
    /// - Parameters:
    ///   - tableName: What those who hear the page are told of a table that may have to be scrolled.
    ///   - link: Where a link leads; `nil` leaves its words alone.
    static func html(_ text: String, tableName: String, link: (String) -> String?) -> String {
        _ = isReady
        guard let parser = cmark_parser_new(CMARK_OPT_VALIDATE_UTF8) else { return "" }
        defer { cmark_parser_free(parser) }
        if let table = cmark_find_syntax_extension("table") { cmark_parser_attach_syntax_extension(parser, table) }
        cmark_parser_feed(parser, text, text.utf8.count)
        guard let document = cmark_parser_finish(parser) else { return "" }
        defer { cmark_node_free(document) }
        for node in links(of: document) { lead(node, link) }
        guard let made = cmark_render_html(document, CMARK_OPT_DEFAULT, cmark_parser_get_syntax_extensions(parser))
        else {
            return ""
        }
        defer { made.deallocate() }
        return finished(String(cString: made), tableName)
    }

    private static let isReady: Bool = {
        cmark_gfm_core_extensions_ensure_registered()
        return true
    }()

    private static func links(of document: OpaquePointer) -> [OpaquePointer] {
        var found: [OpaquePointer] = []
        guard let iterator = cmark_iter_new(document) else { return [] }
        defer { cmark_iter_free(iterator) }
        while case let event = cmark_iter_next(iterator), event != CMARK_EVENT_DONE {
            guard event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator) else { continue }
            let kind = cmark_node_get_type(node)
            if kind == CMARK_NODE_LINK || kind == CMARK_NODE_IMAGE { found.append(node) }
        }
        return found
    }

    /// Gives a link its address here; of one that leads nowhere, and of a picture, the words stay.
    private static func lead(_ node: OpaquePointer, _ link: (String) -> String?) {
        let address = cmark_node_get_url(node).map { String(cString: $0) } ?? ""
        if cmark_node_get_type(node) == CMARK_NODE_LINK, let target = link(address) {
            cmark_node_set_url(node, target)
            return
        }
        while let child = cmark_node_first_child(node) { cmark_node_insert_before(node, child) }
        cmark_node_unlink(node)
        cmark_node_free(node)
    }

    /// Headings that a link can lead to, and tables and code that scroll by themselves, also by keyboard.
    private static func finished(_ html: String, _ tableName: String) -> String {
        var used: [String: Int] = [:]
        let text = html.replacing(/<h([1-6])>(.*?)<\/h[1-6]>/) { match in
            let name = slug(of: String(match.output.2))
            let count = used[name, default: 0]
            used[name] = count + 1
            let level = match.output.1
            return "<h\(level) id=\"\(count == 0 ? name : "\(name)-\(count)")\">\(match.output.2)</h\(level)>"
        }
        let region = "<div class=\"wide\" tabindex=\"0\" role=\"region\" aria-label=\"\(tableName)\">"
        return text.replacing("<table>", with: region + "<table>").replacing("</table>", with: "</table></div>")
            .replacing(/<th(?=[ >])/, with: "<th scope=\"col\"").replacing("<pre>", with: "<pre tabindex=\"0\">")
    }

    /// The anchor of a heading as GitHub makes it: small letters, blanks as hyphens, no punctuation.
    static func slug(of heading: String) -> String {
        let plain = heading.replacing(/<[^>]*>/, with: "").replacing(/&[a-z]+;/, with: "")
        return String(
            plain.lowercased().compactMap { character -> Character? in
                if character == " " { return "-" }
                return character.isLetter || character.isNumber || character == "-" || character == "_"
                    ? character : nil
            })
    }
}
