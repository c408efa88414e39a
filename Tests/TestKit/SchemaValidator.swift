// SPDX-License-Identifier: Apache-2.0

import Foundation

/// JSON Schema as a validator that is not ours understands it: Debian's python3-jsonschema.
public enum SchemaValidator {
    /// Reads the schema and files of YAML; prints `FILE: PLACE: MESSAGE` for each mistake, then END.
    private static let script = """
        import json, sys, yaml, jsonschema
        schema = json.load(open(sys.argv[1], encoding='utf-8'))
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        loader = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)
        def plain(value):
            # JSON has texts for keys and no dates.
            if isinstance(value, dict): return {str(k): plain(v) for k, v in value.items()}
            if isinstance(value, list): return [plain(v) for v in value]
            if value is None or isinstance(value, (str, int, float, bool)): return value
            return str(value)
        for path in sys.stdin.read().splitlines():
            try:
                content = plain(yaml.load(open(path, encoding='utf-8'), loader))
            except (yaml.YAMLError, ValueError) as error:
                print(f'{path}: YAML: {str(error).splitlines()[0]}')
                continue
            for error in validator.iter_errors(content):
                place = '/'.join(str(part) for part in error.absolute_path)
                print(f'{path}: {place}: {error.message[:300]!s}'.replace(chr(10), ' '))
        print('END')
        """

    struct Failure: Error { var output: [String] }

    /// What is wrong with each of these files, `FILE: PLACE: MESSAGE`; none for sound ones.
    public static func mistakes(in paths: [String], schema: String) throws -> [String] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/python3")
        process.arguments = ["-c", script, schema]
        let (input, output) = (Pipe(), Pipe())
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        // The script reads all names before it writes anything, so that neither waits for the other.
        try input.fileHandleForWriting.write(contentsOf: Data(paths.joined(separator: "\n").utf8))
        try input.fileHandleForWriting.close()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        let lines = String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
        guard lines.last == "END" else { throw Failure(output: lines.suffix(5)) }
        return lines.dropLast()
    }

    /// What is wrong with each of these texts, `PLACE: MESSAGE`, in their order.
    public static func mistakes(of texts: [String], schema: String) throws -> [[String]] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let paths = texts.indices.map { folder.appendingPathComponent("\($0).yaml").path }
        for (path, text) in zip(paths, texts) { try text.write(toFile: path, atomically: true, encoding: .utf8) }
        var found = texts.map { _ in [String]() }
        for line in try mistakes(in: paths, schema: schema) {
            let name = line.dropFirst(folder.path.count + 1).prefix { $0 != "." }
            guard let index = Int(name), texts.indices.contains(index) else { throw Failure(output: [line]) }
            found[index].append(String(line.dropFirst(paths[index].count + 2)))
        }
        return found
    }
}
