import TestSupport
import Testing

@testable import NATSBridge

/// What servers answer is read as they mean it, and anything else is no reason to believe that a message is stored.
@Suite struct PublishAnswerTests {
    private func outcome(_ text: String, stream: String = "POS") -> PublishAnswer.Outcome {
        let bytes = Array(text.utf8)
        // SAFETY: the array outlives the call.
        return unsafe bytes.withUnsafeBytes {
            unsafe PublishAnswerText.outcome($0, expectedStream: Array(stream.utf8))
        }
    }

    private func mark(_ text: String) -> PublishedMark? {
        let bytes = Array(text.utf8)
        // SAFETY: the array outlives the call.
        return unsafe bytes.withUnsafeBytes { unsafe PublishAnswerText.mark($0) }
    }

    @Test func `A stored message has its place, in every way that servers write it`() {
        #expect(outcome(#"{"stream":"POS","seq":17}"#) == .stored(seq: 17, isDuplicate: false))
        #expect(outcome(#"{"stream":"POS", "seq": 17}"#) == .stored(seq: 17, isDuplicate: false))
        #expect(outcome(#"{"stream":"POS","seq":9,"duplicate": true}"#) == .stored(seq: 9, isDuplicate: true))
        #expect(
            outcome(#"{"stream":"POS","seq":9,"duplicate":false}"#) == .stored(seq: 9, isDuplicate: false))
        #expect(
            outcome(#"{"seq":18446744073709551615,"stream":"POS"}"#) == .stored(seq: .max, isDuplicate: false)
        )
        #expect(outcome(#"{"stream":"POS","domain":"x","seq":4}"#) == .stored(seq: 4, isDuplicate: false))
    }

    @Test func `A refusal says why, and nonsense is a refusal`() {
        let full =
            #"{"error":{"code":503,"err_code":10077,"description":"maximum bytes\u001b exceeded"},"stream":"POS","seq":0}"#
        #expect(outcome(full) == .refused(#"maximum bytes\u001b exceeded"#))
        for text in [
            "", "{", #"{"stream":"POS"}"#, #"{"stream":"POS","seq":}"#, #"{"stream":"POS","seq":0}"#,
            #"{"seq":1}"#,
            #"{"stream":"POS","seq":99999999999999999999}"#, #"{"stream":"POSX","seq":3}"#,
            #"{"stream":"PO","seq":3}"#,
            #"{"stream":"OTHER","seq":3}"#, #"{"error":{}}"#, #"{"stream":"POS"#,
        ] {
            guard case .refused = outcome(text) else {
                Issue.record("\(text) was believed")
                continue
            }
        }
    }

    @Test func `A stored message tells its headers`() {
        let headers = "TkFUUy8xLjANCk5hdHMtTXNnLUlkOiBtYWluOjc6Mg0KUGtzLUpvdXJuYWw6IGFiYw0KDQo="
        let text =
            #"{"type":"x","message":{"subject":"a\"seq\":5","seq":12,"hdrs":"\#(headers)","data":"AA=="}}"#
        #expect(mark(text) == PublishedMark(seq: 12, messageID: "main:7:2", journal: "abc"))
        #expect(
            mark(#"{"message":{"subject":"a","seq":3}}"#)
                == PublishedMark(seq: 3, messageID: nil, journal: nil))
        #expect(mark(#"{"error":{"code":404,"err_code":10037,"description":"no message found"}}"#) == nil)
    }

    @Test func `Ids are read only as they are written`() {
        #expect(MessageID("main:7:2", book: "main") == MessageID(seq: 7, n: 2))
        for text in [
            "main:7", "main:07:2", "main:7:2:1", "main:in:7:2", "other:7:2", "main:0:1", "main:-1:0",
            "main:7:+2", "",
            "main::", "main:7:4294967296",
        ] { #expect(MessageID(text, book: "main") == nil, "\(text)") }
    }

    @Test func `A cursor that was changed by one bit is not believed`() throws {
        var cursor = PublisherCursor(epoch: 0xfeed, through: MessageID(seq: 900, n: 3))
        cursor.set(
            PublisherCursor.Mark(
                stream: "POS", createdNs: 5, seq: 17, id: MessageID(seq: 900, n: 2), scanFrom: 16))
        cursor.storedThrough[5] = MessageID(seq: 950, n: 0)
        let bytes = Array(cursor.text.utf8)
        #expect(PublisherCursor(text: cursor.text) == cursor)
        var random = SeededRandom(seed: TestSeed.base)
        for _ in 0..<300 {
            var damaged = bytes
            damaged[Int.random(in: 0..<bytes.count, using: &random)] ^=
                1 << UInt8.random(in: 0..<7, using: &random)
            let text = String(decoding: damaged, as: UTF8.self)
            #expect(PublisherCursor(text: text) == nil, "\(text)")
            let cut = String(
                decoding: bytes.prefix(Int.random(in: 0..<bytes.count, using: &random)), as: UTF8.self)
            #expect(PublisherCursor(text: cut) == nil, "\(cut)")
        }
    }
}
