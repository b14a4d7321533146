import Testing

@testable import NATSBridge

/// What the command's verbs on the bus are made of, without a server.
@Suite struct ClientTests {
    @Test func jsonOfServersIsRead() throws {
        let text = #" {"a":[1,-2.5e3,true,null,"x\"\\\u00e9\ud83d\ude00ü"],"b":{"c":{}},"d":""} "#
        let value = try #require(JSONValue(Array(text.utf8)))
        #expect(value["a"].elements.count == 5)
        #expect(value["a"].elements[0].integer == 1)
        #expect(value["a"].elements[1] == .number("-2.5e3"))
        #expect(value["a"].elements[2].isTrue)
        #expect(value["a"].elements[4].text == "x\"\\é😀ü")
        #expect(value["b"]["c"] == .object([:]))
        #expect(value["none"]["deeper"] == .null)
        for wrong in ["", "{", "[1,]", "{\"a\"}", "nul", "\"a", "[1] 2", "\"\\u12\"", "{1:2}"] {
            #expect(JSONValue(Array(wrong.utf8)) == nil, "\(wrong)")
        }
        #expect(JSONValue([UInt8](repeating: UInt8(ascii: "["), count: 100_000)) == nil)
    }

    /// The first of the vectors that SipHash's authors publish for 128 bits, under the key 00 01 ... 0f.
    @Test func contentIDsAreSipHash() {
        let key: (UInt64, UInt64) = (0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)
        let vectors: [(UInt64, UInt64)] = [
            (0xe6a8_25ba_047f_81a3, 0x9302_55c7_1472_f66d), (0x44af_996b_d8c1_87da, 0x45fc_229b_1159_7634),
        ]
        for (count, expected) in vectors.enumerated() {
            let bytes = (0..<count).map { UInt8($0) }
            // SAFETY: the bytes live for the closure.
            let hash = unsafe bytes.withUnsafeBytes { unsafe ContentID.hash($0, key: key) }
            #expect(hash == expected)
        }
        var seen: Set<String> = []
        for count in 0..<64 {
            let bytes = [UInt8](repeating: 0, count: count)
            // SAFETY: as above.
            let id = unsafe bytes.withUnsafeBytes { unsafe ContentID.text($0) }
            #expect(id.utf8.count == 32)
            seen.insert(id)
        }
        #expect(seen.count == 64)
    }

    @Test func severalSubjectsHaveOneFilter() {
        #expect(StreamReader.filter(of: ["a.b.c"]) == "a.b.c")
        #expect(StreamReader.filter(of: ["a.b.c", "a.x.c"]) == "a.*.c")
        #expect(StreamReader.filter(of: ["a.b.c", "a.b"]) == "")
    }

    @Test func versionsAreCompared() {
        var greeting = ServerGreeting(
            version: "2.9.10", name: "", asksForIdentity: false, asksForSecurity: false, hasJetStream: true)
        #expect(greeting.isBefore(2, 10) && !greeting.isBefore(2, 9))
        greeting.version = "v?"
        #expect(!greeting.isBefore(9, 9))
    }
}
