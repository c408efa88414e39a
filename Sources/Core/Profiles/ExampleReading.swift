// SPDX-License-Identifier: Apache-2.0

import ModbusCodec
import Model

extension ProfileReader {
    /// The `examples:` of the file: frames as a source printed them.
    mutating func readExamples(_ root: Section) -> [FrameExample] {
        (file.list("examples", in: root) ?? []).compactMap { readExample($0) }
    }

    private mutating func readExample(_ node: YAMLNode) -> FrameExample? {
        guard let section = file.section(node, "examples", at: node.place, keys: ProfileKeys.example.names) else {
            return nil
        }
        file.require("request", in: section, "Give the bytes of the request in hexadecimal.")
        let request = bytes("request", in: section)
        let answer = bytes("answer", in: section)
        let source = checkedSource(in: section)
        _ = file.text("note", in: section)
        let expected = readExpected(section)
        guard let request, answer != nil || !section.has("answer") else { return nil }
        return FrameExample(
            request: request, answer: answer ?? [], source: source ?? "", expected: expected, place: node.place)
    }

    private mutating func readExpected(_ section: Section) -> [Capture.Expectation] {
        guard let expected = file.section("expected", in: section, "examples: expected", keys: nil) else { return [] }
        if !section.has("answer") {
            file.error(
                .exampleFrames, at: expected.place,
                section.says("values follow from an answer, and there is none. Give it, or remove 'expected'."))
        }
        return expected.entries.compactMap { file.expectation($0, in: expected) }
    }

    private mutating func bytes(_ key: String, in section: Section) -> [UInt8]? {
        guard let text = file.text(key, in: section) else { return nil }
        guard let bytes = hexBytes(text.value), !bytes.isEmpty, bytes.count <= 260 else {
            file.error(
                .value, at: text.place,
                section.says("\(key) must be 1 to 260 bytes in hexadecimal, such as \"01 03 00 00 00 0A\"."))
            return nil
        }
        return bytes
    }

    /// Frames are whole, and give the values that the file expects of them.
    mutating func checkExamples(of profile: DeviceProfile) {
        for example in profile.examples {
            guard !example.answer.isEmpty else {
                if ReadRequest(serialFrame: example.request) == nil {
                    file.error(
                        .exampleFrames, at: example.place,
                        "examples: the request is no whole frame that reads; compare bytes and checksum.")
                }
                continue
            }
            guard let capture = example.capture else {
                file.error(
                    .exampleFrames, at: example.place,
                    "examples: request and answer are no whole frames that belong together; "
                        + "compare lengths and checksums.")
                continue
            }
            for expectation in example.expected {
                var single = capture
                single.expected = [expectation]
                for mismatch in single.mismatches(with: profile) {
                    file.error(.exampleFrames, at: expectation.place, "examples: \(mismatch)")
                }
            }
        }
    }
}

extension FrameExample {
    /// The registers of the answer and what they must give, with the defaults of the site's parameters; `nil` when there
    /// is no answer, or request and answer are no whole frames that belong together.
    public var capture: Capture? {
        guard let (span, result) = readFrames(request: request, answer: answer) else { return nil }
        var image = RegisterImage()
        image.store(result, for: span)
        return Capture(origin: .printed, parameters: [:], image: image, expected: expected)
    }
}
