import Foundation
import Profiles
import Testing
@Test func scratch() throws {
    let data = try Data(contentsOf: URL(fileURLWithPath: "/tmp/dev/prof/gen/in.json"))
    let cases = try JSONDecoder().decode([[String]].self, from: data)
    var out: [[String]] = []
    for c in cases { out.append(readProfile(c[1], path: "profile.yaml").problems.map(\.description)) }
    try JSONEncoder().encode(out).write(to: URL(fileURLWithPath: "/tmp/dev/prof/gen/out.json"))
}
